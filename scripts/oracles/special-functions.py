"""Writes packages/sdk/test/policies/fixtures/special-functions.json: special functions to 50 digits, rounded to doubles.

Needs mpmath only. Run from the repository's root: python3 scripts/oracles/special-functions.py
Every argument is a double and stands in the file exactly; every value is the nearest double (0 below the normal range).
"""

import json
from itertools import product

from mpmath import erfc, exp, log, log1p, loggamma, mp, mpf, pi, sqrt

DIGITS = 50
DEEP = 400  # for complements of tails down to 1e-300
mp.dps = DIGITS
SMALLEST = mpf("2.3e-308")


def double(value):
    return 0.0 if 0 < abs(value) < SMALLEST else float(value)


def beta_term(a, b, x, y):
    return exp(a * log(x) + b * log(y) + loggamma(a + b) - loggamma(a) - loggamma(b))


def beta_series(a, b, x, y, limit):
    """I_x(a, b) as a sum of positive terms, or None when it takes more than `limit`."""
    term = total = mpf(1)
    for m in range(limit):
        term *= (a + b + m) * x / (a + 1 + m)
        total += term
        if term < total * (1 - x) * mpf(10) ** (-mp.dps):
            return total * beta_term(a, b, x, y) / a
    return None


def beta_tails(a, b, x, y=None):
    mp.dps = DEEP
    y = 1 - x if y is None else y
    swapped = x * (a + b) > a
    p, q, u, v = (b, a, y, x) if swapped else (a, b, x, y)
    mp.dps = DIGITS
    tail = beta_series(p, q, u, v, 100_000)
    mp.dps = DEEP
    if tail is None:
        tail = 1 - beta_series(q, p, v, u, 2_000_000)
    tails = (1 - tail, tail) if swapped else (tail, 1 - tail)
    mp.dps = DIGITS
    return tails


def gamma_series(a, x):
    term = total = mpf(1)
    m = 0
    while term > total * mpf(10) ** (-mp.dps):
        m += 1
        term *= x / (a + m)
        total += term
    return total * exp(a * log(x) - x - loggamma(a + 1))


def gamma_tails(a, x):
    mp.dps = DEEP
    lower = gamma_series(a, x)
    mp.dps = DIGITS
    return lower, 1 - lower if lower < 0.9 else mpf(mp_upper(a, x))


def mp_upper(a, x):
    mp.dps = DEEP
    upper = 1 - gamma_series(a, x)
    mp.dps = DIGITS
    return upper


def student_tail(t, df):
    """P(T > t) for t >= 0."""
    mp.dps = DEEP + 300
    t2 = mpf(t) ** 2
    x, y = df / (df + t2), t2 / (df + t2)
    mp.dps = DIGITS
    return beta_tails(mpf(df) / 2, mpf(1) / 2, x, y)[0] / 2


def student_pdf(t, df):
    df = mpf(df)
    return exp(loggamma((df + 1) / 2) - loggamma(df / 2) - (df + 1) / 2 * log(1 + t * t / df)) / sqrt(df * pi)


def invert(p, start, tail, density):
    """Newton from a point whose tail rounds to p."""
    x = start
    for _ in range(3):
        x -= (tail(x) - p) / density(x)
    return x


def normal_rows():
    points = [0, 1e-300, 1e-20, 1e-9, 1e-3, 0.1, 0.3, 0.66, 0.67, 1, 1.5, 1.96, 2, 3, 4, 5, 5.65, 5.66, 6, 8, 10, 15, 20, 25, 30, 35, 37, 37.5]
    rows = []
    for z in sorted({s * z for z in points for s in (1, -1)}):
        sf, cdf = (erfc(s * mpf(z) / sqrt(mpf(2))) / 2 for s in (1, -1))
        rows.append([z, double(cdf), double(sf), double(log(sf) if z > 0 else log1p(-cdf))])
    for z in (50.0, 1e3, 1e6):
        rows.append([z, 1.0, 0.0, double(log(erfc(mpf(z) / sqrt(mpf(2))) / 2))])
    return rows


def normal_quantile_rows():
    levels = [1e-300, 1e-200, 1e-100, 1e-50, 1e-20, 1e-17, 1e-12, 1e-11, 1.3e-11, 1.5e-11, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.025, 0.05, 0.07, 0.075, 0.08, 0.1, 0.2, 0.3, 0.4, 0.49, 0.499999, 0.51, 0.6, 0.75, 0.9, 0.92, 0.95, 0.975, 0.99, 0.999, 0.999999, 0.9999999999]
    rows = []
    for p in levels:
        tail = mpf(p) if p < 0.5 else 1 - mpf(p)
        z = sqrt(-2 * log(tail)) if tail < 0.1 else mpf(1)
        for _ in range(60):
            here = erfc(z / sqrt(mpf(2))) / 2
            z += (log(here) - log(tail)) * here / (exp(-z * z / 2) / sqrt(2 * pi))
        rows.append([p, double(-z if p < 0.5 else z)])
    return rows


def spread(mean, sd, low, high, steps):
    return [x for x in (float(mean + k * sd) for k in steps) if low < x < high]


def beta_rows():
    shapes = [0.01, 0.5, 1, 1.7, 3, 20.5, 300, 1e4, 1e6]
    rows = []
    for a, b in product(shapes, shapes):
        mean = a / (a + b)
        sd = (mean * (1 - mean) / (a + b + 1)) ** 0.5
        points = spread(mean, sd, 0, 1, (-30, -6, -1.5, 0, 0.7, 4, 20))
        if a < 100 and b < 100:
            points += [1e-30, 1e-3, 0.3, 0.5, 0.999]
        for x in points:
            lower, upper = beta_tails(mpf(a), mpf(b), mpf(x))
            rows.append([x, a, b, double(lower), double(upper)])
    return rows


def beta_quantile_rows():
    rows = []
    for a, b, x in [(0.5, 0.5, 1e-20), (0.5, 0.5, 0.3), (0.5, 3, 1e-9), (1, 1, 0.25), (1, 1e6, 1e-6), (2, 5, 1e-60), (2, 5, 0.4), (8, 4, 0.9), (8, 4, 0.01), (30, 2.5, 0.999), (1e6, 0.5, 0.9999999), (1e3, 1e5, 0.0098), (1e3, 1e5, 0.005), (1e6, 1e6, 0.5001), (1e6, 1e6, 0.49), (1e6, 3e4, 0.9711), (0.01, 2, 1e-100), (2, 5, 1e-150), (1, 1, 1e-300), (3, 3, 1e-98), (2, 2, 0.5), (0.01, 0.01, 0.5), (0.3, 7, 1e-300), (20.5, 300, 0.064), (20.5, 300, 0.01), (300, 20.5, 0.99), (1e4, 1e4, 0.5), (1e4, 1e4, 0.45), (1e4, 1, 0.9999), (1, 1e4, 1e-9), (1e6, 1, 0.999999), (5, 1.7, 1e-30)]:
        a, b = mpf(a), mpf(b)
        p = float(beta_tails(a, b, mpf(x))[0])
        at = invert(mpf(p), mpf(x), lambda u: beta_tails(a, b, u)[0], lambda u: beta_term(a, b, u, 1 - u) / (u * (1 - u)))
        rows.append([p, float(a), float(b), double(at)])
    return rows


def gamma_rows():
    rows = []
    for a in [0.01, 0.5, 1, 1.5, 3, 10, 47.5, 1000.5, 1e5, 1e6]:
        points = spread(a, a**0.5, 0, 1e9, (-30, -7, -2, -0.3, 0, 0.01, 1, 5, 20, 35))
        points += [1e-100, 1e-5, 0.2, 0.99, 1.0, 4.0, 60.0, 600.0] if a < 100 else []
        for x in points:
            lower, upper = gamma_tails(mpf(a), mpf(x))
            if min(lower, upper) > mpf("1e-305"):
                rows.append([x, a, double(lower), double(upper)])
    return rows


def gamma_quantile_rows():
    rows = []
    for a, x in [(0.01, 1e-50), (0.5, 1e-30), (0.5, 0.1), (0.5, 3), (1, 0.7), (3, 1e-9), (3, 12), (47.5, 20), (47.5, 70), (1000.5, 900), (1000.5, 1010), (1e6, 995000), (1e6, 1003000), (0.01, 1e-300), (0.5, 1e-300), (1, 1e-300), (1, 30), (2, 1e-150), (3, 1e-98), (10, 10), (10, 1e-28), (47.5, 3e-5), (1e5, 1e5), (1e5, 98000), (1000.5, 600), (1.5, 0.6), (1.5, 20)]:
        a = mpf(a)
        p = float(gamma_tails(a, mpf(x))[0])
        at = invert(mpf(p), mpf(x), lambda u: gamma_tails(a, u)[0], lambda u: exp((a - 1) * log(u) - u - loggamma(a)))
        rows.append([p, float(a), double(at)])
    return rows


def student_rows():
    rows = []
    for df in [1, 1.5, 2, 3, 7.3, 10, 97.3, 1000, 1e5, 1e7]:
        for t in [1e-12, 0.01, 0.3, 0.674, 1, 1.8, 2.5, 5, 9, 20, 36, 1e3, 1e10, 1e100]:
            tail = student_tail(t, df)
            if tail > mpf("1e-305"):
                rows += [[t, df, double(1 - tail), double(tail)], [-t, df, double(tail), double(1 - tail)]]
    rows.append([1e300, 1, 1.0, double(student_tail(1e300, 1))])
    return rows


def student_quantile_rows():
    rows = []
    for df in [1, 2.5, 10, 97.3, 1e5, 1e7]:
        for t in [-1e100, -1e8, -35, -12, -5.61, -2.2, -1, -0.1, -1e-7, 0.4, 1.96, 4]:
            tail = student_tail(abs(t), df)
            p = float(tail if t < 0 else 1 - tail)
            if p < 1e-300:
                continue
            wanted = mpf(p) if t < 0 else 1 - mpf(p)
            at = invert(wanted, mpf(abs(t)), lambda u: student_tail(u, df), lambda u: -student_pdf(u, df))
            rows.append([p, df, double(-at if t < 0 else at)])
    return rows


def log_gamma_rows():
    points = [1e-300, 1e-10, 0.01, 0.3, 0.5, 0.75, 0.999999, 1.000001, 1.2, 1.4616321449683622, 1.5, 1.999, 2.0001, 2.4, 2.6, 3, 7.7, 14.9, 15, 15.1, 100.5, 1e5, 1e8, 1e15]
    return [[x, double(loggamma(mpf(x)))] for x in points]


def log_beta_rows():
    shapes = [0.01, 0.5, 1, 3.3, 40, 1e4, 1e8]
    return [[a, b, double(log(gamma_ratio(a, b)))] for a, b in product(shapes, shapes) if a <= b]


def gamma_ratio(a, b):
    a, b = mpf(a), mpf(b)
    return exp(loggamma(a) + loggamma(b) - loggamma(a + b))


def main():
    grid = {
        "logGamma": log_gamma_rows(),
        "logBeta": log_beta_rows(),
        "normal": normal_rows(),
        "normalQuantile": normal_quantile_rows(),
        "beta": beta_rows(),
        "betaQuantile": beta_quantile_rows(),
        "gamma": gamma_rows(),
        "gammaQuantile": gamma_quantile_rows(),
        "student": student_rows(),
        "studentQuantile": student_quantile_rows(),
    }
    rows = lambda table: ",\n".join("    " + json.dumps(row) for row in table)
    body = ",\n".join(f'  "{name}": [\n{rows(table)}\n  ]' for name, table in grid.items())
    with open("packages/sdk/test/policies/fixtures/special-functions.json", "w") as file:
        file.write("{\n" + body + "\n}\n")


main()
