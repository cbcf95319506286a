"""Writes packages/sdk/test/policies/fixtures/probability-best.json: P(best) of a few sets of posteriors, to 15 digits.

Needs mpmath only. Run from the repository's root: python3 scripts/oracles/probability-best.py
The method shares nothing with the product's: 35 digits, x itself as the variable, panels of half a standard deviation
around every arm with 20 Gauss-Legendre nodes each, and every cdf from its own quadrature between neighbouring nodes.
"""

import json
from itertools import accumulate

from mpmath import exp, log, log1p, loggamma, mp, mpf, pi, sqrt

mp.dps = 35


def gauss(n):
    nodes = []
    for i in range(n):
        x = mp.cos(pi * (i + mpf(3) / 4) / (n + mpf(1) / 2))
        for _ in range(8):
            before, value = mpf(1), x
            for k in range(2, n + 1):
                before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
            slope = n * (x * value - before) / (x * x - 1)
            x -= value / slope
        nodes.append((x, 2 / ((1 - x * x) * slope * slope)))
    return sorted(nodes)


OUTER = gauss(20)
INNER = gauss(8)
REACH = [mpf(k) / 2 for k in range(-26, 27)] + [mpf(s * k) for k in range(14, 45, 2) for s in (1, -1)]


def beta(a, b):
    a, b = mpf(a), mpf(b)
    scale = loggamma(a + b) - loggamma(a) - loggamma(b)
    mean = a / (a + b)
    sd = sqrt(mean * (1 - mean) / (a + b + 1))
    density = lambda x: exp(scale + (a - 1) * log(x) + (b - 1) * log1p(-x)) if 0 < x < 1 else mpf(0)
    marks = [0, 1] + [m for m in (mean + k * sd for k in REACH) if 0 < m < 1]
    if a < 30 and a != int(a):
        marks += [mpf(2) ** -k for k in range(1, 150)]
    if b < 30 and b != int(b):
        marks += [1 - mpf(2) ** -k for k in range(1, 110)]
    return density, marks


def normal(mean, sd):
    mean, sd = mpf(mean), mpf(sd)
    density = lambda x: exp(-(((x - mean) / sd) ** 2) / 2) / (sd * sqrt(2 * pi))
    return density, [mean + k * sd for k in REACH]


def student(location, scale, df):
    location, scale, df = mpf(location), mpf(scale), mpf(df)
    constant = exp(loggamma((df + 1) / 2) - loggamma(df / 2)) / (sqrt(df * pi) * scale)
    density = lambda x: constant * exp(-(df + 1) / 2 * log1p(((x - location) / scale) ** 2 / df))
    tails = [location + s * scale * mpf(2) ** (mpf(k) / 2) for k in range(4, 120) for s in (-1, 1)]
    return density, [location + scale * mpf(k) / 2 for k in range(-8, 9)] + (tails if df < 50 else [location + k * scale for k in REACH])


def gamma(shape, rate):
    shape, rate = mpf(shape), mpf(rate)
    scale = shape * log(rate) - loggamma(shape)
    density = lambda x: exp(scale + (shape - 1) * log(x) - rate * x) if x > 0 else mpf(0)
    sd = sqrt(shape) / rate
    marks = [0] + [m for m in (shape / rate + k * sd for k in REACH) if m > 0] + [(shape + 4 * k) / rate for k in range(1, 26)]
    if shape < 30 and shape != int(shape):
        marks += [sd * mpf(2) ** -k for k in range(1, 150)]
    return density, marks


FAMILIES = {"beta": beta, "normal": normal, "student": student, "gamma": gamma}
FIELDS = {"beta": ("alpha", "beta"), "normal": ("mean", "sd"), "student": ("location", "scale", "df"), "gamma": ("shape", "rate")}


def probability_best(arms):
    built = [FAMILIES[kind](*values) for kind, *values in arms]
    marks = sorted({mpf(m) for _, own in built for m in own})
    cdf = [mpf(0)] * len(arms)
    best = [mpf(0)] * len(arms)
    for low, high in zip(marks, marks[1:]):
        half, centre = (high - low) / 2, (high + low) / 2
        last = low
        for node, weight in OUTER + [(mpf(1), 0)]:
            x = centre + half * node
            h, c = (x - last) / 2, (x + last) / 2
            for i, (density, _) in enumerate(built):
                cdf[i] += h * sum(w * density(c + h * t) for t, w in INNER)
            last = x
            if weight == 0:
                continue
            before = list(accumulate(cdf, lambda p, q: p * q, initial=mpf(1)))
            after = mpf(1)
            for i in reversed(range(len(arms))):
                best[i] += weight * half * built[i][0](x) * before[i] * after
                after *= cdf[i]
    assert abs(sum(best) - 1) < mpf("1e-15"), (arms, sum(best))
    return [float(value) for value in best]


CASES = [
    [("beta", 1, 1), ("beta", 0.5, 0.5), ("beta", 3, 2)],
    [("beta", 5, 200), ("beta", 9, 300), ("beta", 2, 90), ("beta", 1, 1)],
    [("beta", 69, 2562), ("beta", 64, 2599), ("beta", 50, 2491), ("beta", 40, 2513)],
    [("beta", 1.7, 4.3), ("beta", 2.25, 3.5), ("beta", 0.8, 1.1)],
    [("beta", 50_000_001, 50_000_001), ("beta", 50_004_001, 49_996_001), ("beta", 1, 1)],
    [("beta", 1_000_001, 99_000_001), ("beta", 999_001, 98_999_001), ("beta", 11, 1001)],
    [("beta", 90_000_000, 3), ("beta", 400, 1)],
    [("beta", 13 + i, 400 + 7 * i) for i in range(12)],
    [("normal", 0, 1), ("normal", 0.3, 0.01), ("normal", -1, 3), ("normal", 0.31, 1e-5)],
    [("normal", 0.1 * i, 1 + 0.05 * i) for i in range(10)],
    [("student", 0, 1, 3), ("student", 0.4, 0.7, 4.5), ("student", -1, 2, 3)],
    [("student", 10.1, 0.2, 203), ("student", 10, 0.3, 53), ("student", 9, 2, 3)],
    [("gamma", 10, 100), ("gamma", 12.5, 100), ("gamma", 0.5, 4)],
    [("gamma", 1_000_000.5, 2_000_000), ("gamma", 5.5, 10)],
    [("beta", 3, 5), ("normal", 0.4, 0.2), ("student", 0.3, 0.1, 5)],
    [("gamma", 2.5, 3), ("normal", 0.9, 0.3), ("beta", 8, 2.5), ("student", 0.7, 0.2, 3)],
    [("beta", 1, 1), ("normal", 0.8, 1e-4)],
]


def main():
    rows = []
    for arms in CASES:
        posteriors = [{"kind": kind, **dict(zip(FIELDS[kind], values))} for kind, *values in arms]
        rows.append("  " + json.dumps({"posteriors": posteriors, "best": probability_best(arms)}))
    with open("packages/sdk/test/policies/fixtures/probability-best.json", "w") as file:
        file.write("[\n" + ",\n".join(rows) + "\n]\n")


main()
