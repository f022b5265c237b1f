"""Who stays under contract: the shifted beta geometric model of renewals, and beside it what was seen, by Kaplan and Meier.

sBG: Fader and Hardie, "How to Project Customer Retention", Journal of Interactive Marketing 21 (2007) 76.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import betaln, digamma

from rapport.value.btyd.fitting import maximum
from rapport.value.btyd.models import Fitted

START = np.array([1.0, 1.0])


class Sbg(Fitted):
    """At each renewal a member leaves with a probability of their own, Beta(alpha, beta) over members."""

    name: ClassVar[str] = "sBG"
    symbols: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @classmethod
    def of(cls, lost: np.ndarray, still: np.ndarray) -> "Sbg":
        """How many left at renewal 1, 2, … and how many are still there after 1, 2, … of them, both of shape (renewals,)."""
        lost, still = np.asarray(lost, float), np.asarray(still, float)
        return cls(maximum(lambda parameters: likelihood(parameters, lost, still), START, max(lost.sum() + still.sum(), 1)))

    def survival(self, t: np.ndarray) -> np.ndarray:
        """S(t): who is still there after t renewals; of the shape of t (equation 6)."""
        alpha, beta = self.fit.parameters
        return np.exp(betaln(alpha, beta + np.asarray(t, float)) - betaln(alpha, beta))

    def leaves_within(self, t: np.ndarray, h: int) -> np.ndarray:
        """1 - S(t + h) / S(t), for members who have renewed t times."""
        return 1 - self.survival(np.asarray(t) + h) / self.survival(t)


def cohort(members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(lost, still) of one cohort, from how many members there were at the start and after each renewal."""
    members = np.asarray(members, float)
    still = np.zeros(len(members) - 1)
    still[-1:] = members[-1]
    return -np.diff(members), still


def likelihood(parameters: np.ndarray, lost: np.ndarray, still: np.ndarray) -> tuple[float, np.ndarray]:
    """The sum of n_t ln P(T = t) and of who is left ln S(t), with P(T = t) = B(alpha + 1, beta + t - 1) / B(alpha, beta)."""
    alpha, beta = parameters
    t = np.arange(1, len(lost) + 1, dtype=float)
    whole = betaln(alpha, beta)
    value = lost @ (betaln(alpha + 1, beta + t - 1) - whole) + still @ (betaln(alpha, beta + t) - whole)
    after, before = digamma(alpha + beta + t), digamma(alpha + beta)
    by_alpha = lost @ (digamma(alpha + 1) - after - digamma(alpha) + before) + still @ (before - after)
    by_beta = lost @ (digamma(beta + t - 1) - after - digamma(beta) + before) + still @ (digamma(beta + t) - after - digamma(beta) + before)
    return float(value), np.array([by_alpha, by_beta])


@dataclass(frozen=True)
class Survival:
    """What was seen: the share still there after each time at which somebody left; arrays of shape (times,)."""

    times: np.ndarray
    survival: np.ndarray
    standard_error: np.ndarray  # Greenwood's


def kaplan_meier(duration: np.ndarray, left: np.ndarray) -> Survival:
    """From each member's time and whether they left at its end or were only watched so long; both of shape (members,)."""
    times, number = np.unique(duration, return_inverse=True)
    gone = np.bincount(number.reshape(-1), np.asarray(left, float), len(times))
    at_risk = len(duration) - np.concatenate([[0], np.cumsum(np.bincount(number.reshape(-1), minlength=len(times)))[:-1]])
    survival = np.cumprod(1 - gone / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):  # where nobody is left there is no error to tell
        greenwood = np.cumsum(np.where(at_risk > gone, gone / (at_risk * (at_risk - gone)), 0))
    there = gone > 0
    return Survival(times[there], survival[there], (survival * np.sqrt(greenwood))[there])
