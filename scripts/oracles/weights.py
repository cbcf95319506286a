"""Checks packages/sdk/vectors/projection.json and weights.json against implementations that share nothing with the SDK.

    python scripts/oracles/weights.py

The projection is solved in exact fractions, by trying every set of arms at their bounds; policies are written from
their definitions; the probability of being the best is scipy's adaptive quadrature over the quantiles of each arm.
Needs scipy.
"""

import itertools
import json
import math
import pathlib
import sys
from fractions import Fraction

from scipy import integrate, optimize, stats

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "packages" / "sdk" / "vectors"
BILLION = 10**9


def clip(x, low, high):
    return min(high, max(low, x))


def scale_to_one(q, low, high):
    """The p = clip(c q, low, high) of sum 1: of all assignments of arms to bounds, the one that is consistent."""
    moving = [k for k in range(len(q)) if q[k] > 0]
    for states in itertools.product("lfu", repeat=len(moving)):
        state = dict(zip(moving, states))
        held = sum(low[k] for k in range(len(q)) if state.get(k, "l") == "l")
        held += sum(high[k] for k in moving if state[k] == "u")
        free = sum(q[k] for k in moving if state[k] == "f")
        if free == 0:
            least = max((high[k] / q[k] for k in moving if state[k] == "u"), default=0)
            most = min((low[k] / q[k] for k in moving if state[k] == "l"), default=math.inf)
            if held == 1 and least <= most:
                return [high[k] if state.get(k) == "u" else low[k] for k in range(len(q))]
            continue
        c = (1 - held) / free
        p = [clip(c * q[k], low[k], high[k]) if k in state else low[k] for k in range(len(q))]
        if c >= 0 and sum(p) == 1:
            return p
    return None


def allocation(vector):
    n = len(vector["weights"])
    eligible = vector.get("eligible", [True] * n)
    control = vector["control"]
    if not any(eligible):
        return [Fraction(int(k == control)) for k in range(n)]
    count = sum(eligible)
    floor = min(Fraction(str(vector.get("floor", 0))), Fraction(1, count))
    w = [Fraction(str(x)) if e else Fraction(0) for x, e in zip(vector["weights"], eligible)]
    if sum(w) == 0:
        w = [Fraction(int(e)) for e in eligible]
    q = [(floor + (1 - count * floor) * x / sum(w)) if e else Fraction(0) for x, e in zip(w, eligible)]
    high = [Fraction(str(u)) if e else Fraction(0) for u, e in zip(vector.get("caps", [1] * n), eligible)]
    low = [min(floor, u) if e else Fraction(0) for u, e in zip(high, eligible)]
    if sum(high) < 1:
        return [1 - sum(high) + high[k] if k == control else high[k] for k in range(n)]
    if sum(high[k] if q[k] > 0 else low[k] for k in range(n)) <= 1:
        rest = [Fraction(int(q[k] == 0 and high[k] > 0)) for k in range(n)]
        return scale_to_one(rest, [high[k] if q[k] > 0 else low[k] for k in range(n)], high)
    return scale_to_one(q, low, high)


def check_projection(vector):
    p = allocation(vector)
    parts = vector["billionths"]
    exact = all(abs(float(x - Fraction(y))) < 1e-12 for x, y in zip(p, vector["p"]))
    whole = sum(parts) == BILLION and all((k > 0) == (x > 0) for k, x in zip(parts, p))
    near = all(abs(k - x * BILLION) <= 1 + sum(1 for y in p if 0 < y * BILLION < 1) for k, x in zip(parts, p))
    drawn = all(Fraction(str(d)) == Fraction(k, BILLION) for d, k in zip(vector["drawnFrom"], parts) if d >= 1e-6)
    return exact and whole and near and drawn


def distribution(posterior):
    kind = posterior["kind"]
    if kind == "beta":
        return stats.beta(posterior["alpha"], posterior["beta"])
    if kind == "gamma":
        return stats.gamma(posterior["shape"], scale=1 / posterior["rate"])
    return stats.t(posterior["df"], posterior["location"], posterior["scale"])


def moments(metric, cell):
    if metric["missing"] == "ignored":
        return cell["rewarded"], cell["mean"], cell["m2"]
    n, r = cell["trials"], cell["rewarded"]
    return (n, r * cell["mean"] / n, cell["m2"] + cell["mean"] ** 2 * r * (n - r) / n) if n else (0, 0.0, 0.0)


def pooled(arms):
    n = sum(a[0] for a in arms)
    mean = sum(a[0] * a[1] for a in arms) / n if n else 0.0
    return n, mean, sum(a[2] + a[0] * (a[1] - mean) ** 2 for a in arms)


def posteriors(vector):
    metric, prior = vector["metric"], vector["policy"].get("prior", {})
    arms = [moments(metric, cell) for cell in vector["cells"]]
    if metric["type"] in ("binary", "bounded"):
        low, high = metric.get("range", [0, 1])
        scaled = [(n, n * (mean - low) / (high - low)) for n, mean, _ in arms]
        a, b = prior.get("alpha", 1), prior.get("beta", 1)
        return [{"kind": "beta", "alpha": a + s, "beta": b + n - s} for n, s in scaled]
    n, mean, m2 = pooled(arms)
    if metric["type"] == "count":
        return [{"kind": "gamma", "shape": 0.5 + k * x, "rate": 0.5 / mean + k} for k, x, _ in arms]
    scale = 1.5 * m2 / (n - 1)
    out = []
    for k, x, s in arms:
        kappa, a = 1 + k, 1.5 + k / 2
        b = scale + s / 2 + k * (x - mean) ** 2 / (2 * kappa)
        location = (mean + k * x) / kappa
        out.append({"kind": "student", "location": location, "scale": math.sqrt(b / (a * kappa)), "df": 2 * a})
    return out


def best(vector):
    mine = posteriors(vector)
    for a, b in zip(mine, vector["posteriors"]):
        assert all(a[key] == b[key] if key == "kind" else math.isclose(a[key], b[key], rel_tol=1e-12) for key in b), (a, b)
    dists = [distribution(x) for x in mine]
    below = vector["metric"]["better"] == "higher"

    def others(u, k):
        """Chance that every other arm is worse than the u-quantile of arm k: its integral over u is P(k best)."""
        x = dists[k].ppf(u)
        return math.prod(float(d.cdf(x) if below else d.sf(x)) for j, d in enumerate(dists) if j != k)

    def chance(k):
        levels = (1e-12, 1e-6, 0.001, 0.05, 0.3, 0.7, 0.95, 0.999, 1 - 1e-6, 1 - 1e-12)
        cuts = sorted({0.0, 1.0, *(float(dists[k].cdf(d.ppf(t))) for d in dists for t in levels)})
        panels = [(lo, hi) for lo, hi in zip(cuts, cuts[1:]) if hi - lo > 1e-14]
        return sum(integrate.quad(others, *panel, args=(k,), epsabs=1e-13, epsrel=1e-10)[0] for panel in panels)

    return [chance(k) for k in range(len(dists))]


def one_hot(values):
    top = max(values)
    ties = [v == top or abs(v - top) <= 1e-12 * min(abs(v), abs(top)) for v in values]
    return [t / sum(ties) for t in ties]


def kl_bound(mean, d):
    def excess(q):
        terms = ((mean, q), (1 - mean, 1 - q))
        return sum(x * math.log(x / y) for x, y in terms if x > 0) - d

    return optimize.brentq(excess, mean, 1 - 1e-15, xtol=1e-15)


def indices(policy, metric, arms):
    low, high = (0, 1) if metric["type"] == "binary" else metric.get("range", (None, None))
    if low is None:
        n, centre, m2 = pooled(arms)
        width, low = 2 * math.sqrt(m2 / n), centre
    else:
        width = high - low
    scaled = [(n, (mean - low) / width, m2 / width**2) for n, mean, m2 in arms]
    if metric["better"] == "lower":
        scaled = [(n, -mean if "range" not in metric and metric["type"] != "binary" else 1 - mean, m2) for n, mean, m2 in scaled]
    if policy["kind"] == "epsilon-greedy":
        return [mean if n else -math.inf for n, mean, _ in scaled]
    log, c = math.log(sum(n for n, _, _ in scaled)), policy["c"]
    out = []
    for n, mean, m2 in scaled:
        if n == 0:
            out.append(math.inf)
        elif policy["variant"] == "ucb1":
            out.append(mean + math.sqrt(c * log / n))
        elif policy["variant"] == "ucb1-tuned":
            out.append(mean + math.sqrt(c * log / n * min(0.25, m2 / n + math.sqrt(2 * log / n))))
        else:
            out.append(kl_bound(mean, (log + c * math.log(log)) / n))
    return out


def weights(vector):
    policy, metric = vector["policy"], vector["metric"]
    if policy["kind"] == "fixed":
        return [s / sum(vector["shares"]) for s in vector["shares"]]
    if policy["kind"] == "thompson":
        return best(vector)
    greedy = one_hot(indices(policy, metric, [moments(metric, cell) for cell in vector["cells"]]))
    epsilon = policy.get("epsilon", 0)
    return [(1 - epsilon) * g + epsilon / len(greedy) for g in greedy]


def check_weights(vector):
    tolerance = 1e-9 if vector["policy"]["kind"] == "thompson" else 1e-12
    return all(abs(x - y) < tolerance for x, y in zip(weights(vector), vector["weights"]))


def main() -> int:
    bad = []
    for name, check in (("projection", check_projection), ("weights", check_weights)):
        vectors = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["vectors"]
        differ = [v for v in vectors if not check(v)]
        print(name, len(vectors), "vectors,", len(differ), "differ")
        bad += differ
    for vector in bad:
        print("differs:", json.dumps(vector))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
