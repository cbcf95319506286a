"""Writes bench/fixtures/weights.json: P(best) of 2, 10 and 100 Beta arms, to 15 digits, for `npm run bench`.

Needs mpmath only. Run from the repository's root: python3 scripts/oracles/bench-weights.py (some minutes)
The method shares nothing with the product's, see probability-best.py. There are sets of young arms (a handful of trials),
of a thousand trials, of a hundred thousand, and of mature arms beside new ones. A hundred arms are ten kinds of ten,
so that most densities are computed once.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
source = (HERE / "probability-best.py").read_text().rsplit("\nmain()", 1)[0]
oracle = {}
exec(compile(source, str(HERE / "probability-best.py"), "exec"), oracle)


def computed_once(family):
    """Arms of a kind share their density, and what it was last: all of a kind are asked for the same points in turn."""
    made = {}

    def build(*values):
        if values not in made:
            density, marks = family(*values)
            known = {}

            def recall(x):
                if len(known) > 64:
                    known.clear()
                if x not in known:
                    known[x] = density(x)
                return known[x]

            made[values] = recall, marks
        return made[values]

    return build


oracle["FAMILIES"]["beta"] = computed_once(oracle["FAMILIES"]["beta"])


def arm(trials, rate):
    successes = round(trials * rate)
    return 1 + successes, 1 + trials - successes


def cases(arms):
    kinds = min(arms, 10)
    places = [(i % kinds, (i * 7 % kinds) / kinds) for i in range(arms)]
    return {
        "young": [arm(4 + i % 5, 0.2 + 0.6 * x) for i, x in places],
        "1,000 trials": [arm(1000 + 13 * i, 0.05 + 0.02 * x) for i, x in places],
        "100,000 trials": [arm(100000 + 997 * i, 0.05 + 0.002 * x) for i, x in places],
        "new beside mature": [arm(10 if i % 3 == 0 else 200000, 0.1 + 0.01 * x) for i, x in places],
    }


def main():
    rows = []
    for count in (2, 10, 100):
        for name, arms in cases(count).items():
            best = oracle["probability_best"]([("beta", a, b) for a, b in arms])
            rows.append("  " + json.dumps({"arms": count, "name": name, "posteriors": arms, "best": best}))
            print(count, name, sum(best), file=sys.stderr)
    pathlib.Path("bench/fixtures/weights.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")


main()
