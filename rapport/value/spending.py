"""What a purchase of a customer is worth, from what theirs and everybody's were worth."""

from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext_noop

from rapport.value.btyd.fitting import Maximum
from rapport.value.btyd.gamma_gamma import GammaGamma
from rapport.value.errors import NotFitted
from rapport.value.said import Said

BUYERS_MIN = 50  # with fewer who bought twice, how much purchases of one customer differ is a guess
LEARNERS_MAX = 1_000_000  # customers: of more, parameters are no surer
Q_MIN = 1.01  # at 1 the mean over customers has no end
CORRELATED = 0.3  # from here on who buys more often also spends more or less each time, which Gamma-Gamma denies
ALIKE = 1e-6  # amounts that differ by less (as a part of their mean) do not differ
USUAL = 0.99  # of customers: what the others spend at once does not make the mean of all
PLAIN = (1.0, 3.0)  # p and q where nothing can be learnt: one purchase tells a third, everybody's mean the rest


@dataclass(frozen=True)
class Spending:
    """Gamma-Gamma of all purchases, the first among them; and what is to be said about it."""

    model: GammaGamma
    is_fitted: bool
    correlation: float  # between how often and how much
    why: Said

    @property
    def is_doubtful(self) -> bool:
        """Nothing could be learnt, or amounts are not as Gamma-Gamma has them: whoever reads a forecast should know."""
        return not self.is_fitted or abs(self.correlation) >= CORRELATED


def spending(counts: np.ndarray, mean: np.ndarray) -> Spending:
    """From how many purchases each customer made and their mean amount, both of shape (customers,)."""
    paid = mean > 0
    often = paid & (counts > 1)
    correlation = _correlation(counts[often], mean[often])
    if not paid.any():
        why = Said(gettext_noop("No purchase has an amount above nothing, so none is expected."), {})
        return Spending(_plain(1e-9), False, 0.0, why)
    usual = np.minimum(mean[paid], np.quantile(mean[paid], USUAL))
    average = float(usual @ counts[paid] / counts[paid].sum())
    if np.ptp(mean[paid]) <= ALIKE * average:
        return Spending(_plain(average), False, 0.0, Said(gettext_noop("All purchases are worth the same."), {}))
    if int(often.sum()) < BUYERS_MIN:
        words = gettext_noop("Fewer than %(least)s customers bought twice: everybody is drawn to the mean.")
        return Spending(_plain(average), False, correlation, Said(words, {"least": BUYERS_MIN}))
    learners = np.linspace(0, len(counts) - 1, min(len(counts), LEARNERS_MAX)).astype(int)
    try:
        model = GammaGamma.of(counts[learners], mean[learners])
    except NotFitted:
        model = None
    if model is None or model.fit.at_edge or model.fit.parameters[1] < Q_MIN:
        words = gettext_noop("Gamma-Gamma does not fit these amounts: everybody is drawn to the mean.")
        return Spending(_plain(average), False, correlation, Said(words, {}))
    return Spending(model, True, correlation, _fitted(int(often.sum()), correlation))


def _fitted(customers: int, correlation: float) -> Said:
    """What Gamma-Gamma was learnt from, and what it denies."""
    of = {"n": f"{customers:,}", "correlation": f"{correlation:+.2f}"}
    if abs(correlation) < CORRELATED:
        return Said(gettext_noop("Gamma-Gamma over %(n)s customers who bought twice or more."), of)
    if correlation > 0:
        words = gettext_noop(
            "Gamma-Gamma over %(n)s customers who bought twice or more."
            " Who buys more often spends more each time (%(correlation)s), which it cannot say."
        )
    else:
        words = gettext_noop(
            "Gamma-Gamma over %(n)s customers who bought twice or more."
            " Who buys more often spends less each time (%(correlation)s), which it cannot say."
        )
    return Said(words, of)


def _plain(average: float) -> GammaGamma:
    """Without a fit: everybody's mean is the average, and a customer's own purchases count for little."""
    p, q = PLAIN
    return GammaGamma(Maximum(np.array([p, q, average * (q - 1) / p]), float("nan"), np.zeros((3, 3))))


def _correlation(counts: np.ndarray, mean: np.ndarray) -> float:
    if len(counts) < 3 or not np.ptp(counts) or not np.ptp(mean):
        return 0.0
    return float(np.corrcoef(counts, mean)[0, 1])
