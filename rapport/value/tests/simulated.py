"""Customers by chance, with known parameters: what the models say of them can be held against what they go on to do."""

import numpy as np

from rapport.value.btyd.rows import DAYS_A_WEEK, Rows, grouped


def simulated(
    kind: str, parameters: tuple[float, float, float, float], customers: int, days: int, after_days: int, seed: int
) -> tuple[Rows, np.ndarray]:
    """(summary after so many days, repeat purchases in the days after), of customers who buy first at random in the first quarter.

    `kind` is "beta_geometric" (a drop-out after each repeat purchase), "modified" (after the first one too), "pareto".
    """
    chance = np.random.default_rng(seed)
    r, alpha, a, b = parameters
    rate = chance.gamma(r, 1 / alpha, customers)
    watched = days - chance.integers(0, days // 4, customers)
    horizon = (watched + after_days) / DAYS_A_WEEK
    if kind == "pareto":
        dead_at, dropout = chance.exponential(1 / np.maximum(chance.gamma(a, 1 / b, customers), 1e-300)), np.zeros(customers)
    else:
        dead_at, dropout = np.full(customers, np.inf), chance.beta(a, b, customers)
    if kind == "modified":
        dead_at[chance.random(customers) < dropout] = 0
    x, last, after, now = (np.zeros(customers) for _ in range(4))
    going = np.arange(customers)
    while len(going):
        now[going] += chance.exponential(1 / np.maximum(rate[going], 1e-300))
        going = going[now[going] < np.minimum(horizon[going], dead_at[going])]
        early = now[going] <= watched[going] / DAYS_A_WEEK
        x[going[early]] += 1
        last[going[early]] = now[going[early]]
        after[going[~early]] += 1
        going = going[chance.random(len(going)) >= dropout[going]]
    t_x = np.where(x > 0, np.clip(np.ceil(last * DAYS_A_WEEK), 1, watched), 0).astype(int)
    return grouped(x.astype(int), t_x, watched), after
