"""Checks packages/sdk/vectors/hash.json, draw.json and stages.json against implementations that share nothing with the SDK.

    python scripts/oracles/draw.py

The hash is mmh3's (a binding of the reference C++), the draw is written from its definition with mpmath's logarithm at
40 digits. Needs mmh3 and mpmath.
"""

import json
import pathlib
import struct
import sys
from fractions import Fraction

import mmh3
import mpmath

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "packages" / "sdk" / "vectors"
MASK = 0xFFFFFFFF
mpmath.mp.dps = 40


def utf8(text: str) -> bytes:
    """UTF-8 with U+FFFD for lone surrogates."""
    paired = text.encode("utf-16-le", "surrogatepass")
    return paired.decode("utf-16-le", "replace").encode("utf-8")


def words(data: bytes) -> list[int]:
    return list(struct.unpack("<4I", mmh3.hash128(data, 0, x64arch=False).to_bytes(16, "little")))


def keyed(domain: str, salt: str, key: str) -> list[int]:
    prefix = utf8(domain) + b"\0" + utf8(salt)
    prefix += b"\0" * (-len(prefix) % 16)
    return words(prefix + utf8(key))


def fmix32(h: int) -> int:
    h ^= h >> 16
    h = h * 0x85EBCA6B & MASK
    h ^= h >> 13
    h = h * 0xC2B2AE35 & MASK
    return h ^ h >> 16


def uniform(h1: int, h2: int, arm: str) -> mpmath.mpf:
    a, c = words(b"arm\0" + utf8(arm))[:2]
    v = fmix32(h2 ^ c)
    x = fmix32(h1 ^ a ^ v)
    y = fmix32((x + v & MASK) ^ 0x9E3779B9) >> 12
    return mpmath.ldexp(mpmath.mpf(2 * (x * 2**20 + y) + 1), -53)


def check_draw(vector: dict) -> bool:
    h1, h2 = keyed(vector["domain"], vector["salt"], vector["key"])[:2]
    u = [uniform(h1, h2, arm) for arm in vector["arms"]]
    scores = sorted((-mpmath.log(x) / p, arm) for x, p, arm in zip(u, vector["weights"], vector["arms"]) if p > 0)
    if any(mpmath.mpf(x) != y for x, y in zip(vector["u"], u)):
        return False
    if len(scores) > 1 and scores[1][0] - scores[0][0] <= 1e-12:
        return False
    return vector["drawn"] == (scores[0][1] if scores else None)


def stage_intervals(vector: dict) -> dict:
    """Stage by stage in their order: what it hashes with, and the interval of u that passes."""
    found = {}
    if "holdout" in vector:
        holdout = vector["holdout"]
        found["holdout"] = (holdout.get("name", vector["salt"]), Fraction(str(holdout["share"])), Fraction(1))
    if "layer" in vector:
        start, end = (Fraction(str(share)) for share in vector["layer"]["slot"])
        found["layer"] = (vector["layer"]["name"], start, end)
    if "traffic" in vector:
        found["traffic"] = (vector["salt"], Fraction(0), Fraction(repr(vector["traffic"])))
    return found


def check_stages(vector: dict) -> bool:
    stopped = None
    widths = {"holdout": Fraction(1), "layer": Fraction(1), "traffic": Fraction(1)}
    intervals = stage_intervals(vector)
    for stage, (salt, start, end) in intervals.items():
        h1, h2 = keyed(stage, salt, vector["key"])[:2]
        u = Fraction(2 * (h1 * 2**20 + h2 // 2**12) + 1, 2**53)
        widths[stage] = end - start
        if Fraction(vector["u"][stage]) != u:
            return False
        if stopped is None and not start <= u < end:
            stopped = stage
    kept, within = widths["holdout"], widths["layer"] * widths["traffic"]
    odds = {"holdout": 1 - kept, "excluded": kept * (1 - within), "drawn": kept * within}
    close = all(abs(Fraction(vector["odds"][name]) - p) <= Fraction(1, 10**15) for name, p in odds.items())
    return close and stopped == vector["stopped"] and set(vector["u"]) == set(intervals)


def main() -> int:
    hashes = json.loads((VECTORS / "hash.json").read_text("utf-8"))
    draws = json.loads((VECTORS / "draw.json").read_text("utf-8"))
    bad = [v for v in hashes["plain"] if words(utf8(v["text"])) != v["words"]]
    bad += [v for v in hashes["keyed"] if keyed(v["domain"], v["salt"], v["key"]) != v["words"]]
    bad += [v for v in draws["vectors"] if not check_draw(v)]
    stages = json.loads((VECTORS / "stages.json").read_text("utf-8"))
    bad += [v for v in stages["vectors"] if not check_stages(v)]
    for vector in bad:
        print("differs:", json.dumps(vector))
    print(len(hashes["plain"]), "texts,", len(hashes["keyed"]), "keys,", len(draws["vectors"]), "draws,", len(stages["vectors"]), "stages,", len(bad), "differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
