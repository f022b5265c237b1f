"""Customers by chance, with known parameters: what the models say of them can be held against what they go on to do."""

from typing import TypeVar

import numpy as np

from rapport.value.btyd.fitting import Maximum
from rapport.value.btyd.models import Fitted
from rapport.value.btyd.rows import DAYS_A_WEEK, Rows, grouped
from rapport.value.days import Summaries


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


Model = TypeVar("Model", bound=Fitted)


def with_parameters(kind: type[Model], parameters: tuple[float, ...]) -> Model:
    """A model whose parameters are known, not found: without any error."""
    return kind(Maximum(np.array(parameters), 0.0, np.zeros((len(parameters),) * 2)))


def paying(rows: Rows, money: tuple[float, float, float], as_of: int, chance: np.random.Generator) -> tuple[Summaries, np.ndarray]:
    """(what these customers bought and spent until a day, the rate nu of what each one's purchases are worth), by Gamma-Gamma."""
    p, q, gamma = money
    x, t_x, T = (np.round(one[rows.row_of]).astype(int) for one in (rows.x, rows.t_x * DAYS_A_WEEK, rows.T * DAYS_A_WEEK))
    nu = chance.gamma(q, 1 / gamma, len(x))
    first = as_of - T
    return Summaries(np.arange(1, len(x) + 1), x + 1, first, first + t_x, spent(x + 1, nu, p, chance)), nu


def spent(purchases: np.ndarray, nu: np.ndarray, p: float, chance: np.random.Generator) -> np.ndarray:
    """What so many purchases came to; of shape (customers,)."""
    return np.where(purchases > 0, chance.gamma(p * np.maximum(purchases, 1)) / nu, 0)


def orders(customers: int, days: int, today: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(customer, day, amount to the cent) of so many days until today, each customer at a rate of their own; nobody leaves."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(0.8, 1 / 40, customers)
    whose, when = np.nonzero(chance.random((customers, days)) < rate[:, None])
    mean = chance.gamma(6, 5, customers)[whose]
    return whose + 1, today - days + 1 + when, np.round(mean * chance.gamma(8, 1 / 8, len(whose)), 2)
