"""Prints the mean pseudo-regret of epsilon-greedy (epsilon .1) after 10,000 steps, with its standard error.

Needs numpy only. Run from the repository's root: python3 scripts/oracles/epsilon-greedy-regret.py
An arm without pulls is found by exploration only, unless none has any; ties of the greedy arm are broken evenly.
The numbers stand in packages/analysis/src/proofs/regret-references.ts.
"""

import numpy as np

STEPS, RUNS, EPSILON = 10_000, 2_000, 0.1
INSTANCES = [
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    [0.01, 0.02, 0.3, 0.4, 0.5, 0.6, 0.795, 0.8, 0.805],
    [0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.05, 0.05, 0.1],
]


def regret(means, rng):
    means = np.array(means)
    arms, every = len(means), np.arange(RUNS)
    pulls, wins, lost = np.zeros((RUNS, arms)), np.zeros((RUNS, arms)), np.zeros(RUNS)
    for step in range(STEPS):
        value = np.where(pulls > 0, wins / np.maximum(pulls, 1), -1.0)
        tied = value == value.max(axis=1, keepdims=True)
        greedy = np.where(tied, rng.random((RUNS, arms)), -1.0).argmax(axis=1)
        arm = np.where(rng.random(RUNS) < EPSILON, rng.integers(0, arms, RUNS), greedy)
        pulls[every, arm] += 1
        wins[every, arm] += rng.random(RUNS) < means[arm]
        lost += means.max() - means[arm]
    return lost.mean(), lost.std(ddof=1) / RUNS**0.5


for number, instance in enumerate(INSTANCES):
    mean, error = regret(instance, np.random.default_rng(number))
    print(f"{instance}: {mean:.2f} +- {error:.2f}", flush=True)
