"""What customers are worth, beside lifetimes: the same likelihood sooner, and how near each comes to what people did."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.peers import Peer, peer
from rapport.run.bench.value_accuracy import tell_accuracy
from rapport.run.bench.value_history import UNTIL, UNTIL_DAY, drawn, write_orders
from rapport.value.bought import purchase_days, summaries
from rapport.value.btyd import beta_geometric, pareto_nbd
from rapport.value.btyd.beta_geometric import BgNbd
from rapport.value.btyd.gammas import Counted
from rapport.value.btyd.pareto_nbd import ParetoNbd
from rapport.value.btyd.rows import Rows, grouped
from rapport.value.calendar import day_end_us
from rapport.value.days import PurchaseDays
from rapport.value.rhythm import with_change
from rapport.value.valuation import Options, fit, value
from rapport.value.valuing import TESTED_MAX

LIFETIMES = ("lifetimes==0.11.3", "numpy==1.23.5", "pandas==1.5.3", "scipy==1.10.1", "pyarrow==17.0.0")
COMPARED = 1_000_000  # customers that the peer can bear
WEEKS = 365 / 7
LIKELIHOOD_DIGITS = 5  # log-likelihoods are compared to so many: to 1e-4 of their size
MOST_MB = 2_500
MORE_WORK = 3.0  # ours back-tests five models and says how sure it is; the peer fits one


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    with peer("value_lifetimes.py", LIFETIMES, tell) as lifetimes:
        tell_accuracy(lifetimes, tell)
        many = min(COMPARED, options["customers"])
        summary = _summary(many)
        lifetimes.ask(do="load", path=str(_saved(summary)))
        rows = grouped(summary["x"], summary["t_x"], summary["T"])
        for kind, times in ((BgNbd, 20), (ParetoNbd, 100)):
            yield Case(
                f"{kind.name}, {many:,} customers", _ours(kind, summary), "lifetimes", _theirs(kind, lifetimes, rows), 1 / times, runs=1
            )
        beside = Path(settings.DATA_DIR) / "orders.parquet"
        write_orders(0, many, tell, beside)

        def whole(digits: int) -> float:
            found = lifetimes.ask(do="whole", path=str(beside), until=UNTIL, weeks=WEEKS)
            return round(found["repeats"] / found["customers"], digits)

        name = f"end to end, {many:,} customers"
        yield Case(name, lambda: round(end_to_end(), 3), "lifetimes", lambda: whole(3), MORE_WORK, runs=1)
        if options["customers"] > many:
            write_orders(many, options["customers"], tell)
            name = f"end to end, {options['customers']:,} customers"
            part = many / options["customers"]
            alike = (lambda: round(end_to_end(), 1)), "lifetimes", (lambda: whole(1))  # of other customers, drawn in the same way
            yield Case(name, *alike, MORE_WORK, runs=1, peer_part=part, most_mb=MOST_MB)


BENCH = Bench("customer value against lifetimes", cases, options={"customers": 10_000_000})


def end_to_end() -> float:
    """From the orders in the warehouse to every customer's value, both intervals, change of rhythm, back-test and all; repeat purchases a
    customer."""
    end_us = day_end_us(UNTIL_DAY)
    everybody = summaries(end_us)
    sampled = purchase_days(end_us, one_in=max(1, -(-len(everybody.ids) // TESTED_MAX)))
    model = fit(everybody, sampled, UNTIL_DAY, Options())
    found = with_change(value(everybody, model), everybody, sampled, UNTIL_DAY)
    return float((everybody.counts - 1).sum() / len(found.ids))


def _summary(customers: int) -> dict[str, np.ndarray]:
    """x, and t_x and T in days, of so many customers."""
    whose, day, amount = drawn(customers, UNTIL_DAY, seed=1)
    told = PurchaseDays.of(whose, day, amount).summaries
    return {"x": told.counts - 1, "t_x": told.last - told.first, "T": UNTIL_DAY - told.first}


def _saved(summary: dict[str, np.ndarray]) -> Path:
    """In weeks, for the peer."""
    path = Path(settings.DATA_DIR) / "summary.npz"
    np.savez(path, x=summary["x"], t_x=summary["t_x"] / 7, T=summary["T"] / 7)
    return path


def _ours(kind: type[BgNbd | ParetoNbd], summary: dict[str, np.ndarray]) -> Callable[[], float]:
    """The log-likelihood at our maximum, to LIKELIHOOD_DIGITS; grouping the customers is part of the work."""
    return lambda: _steps(kind.of(grouped(summary["x"], summary["t_x"], summary["T"])).fit.log_likelihood)


def _theirs(kind: type[BgNbd | ParetoNbd], lifetimes: Peer, rows: Rows) -> Callable[[], float]:
    """The same at theirs: what lifetimes itself calls so is a mean on another scale of time."""

    def fit_and_look() -> float:
        found = np.array(lifetimes.ask(do="fit", model=kind.name)["parameters"])
        counted = Counted(rows)
        return _steps((beta_geometric.likelihood(found, counted, 0) if kind is BgNbd else pareto_nbd.likelihood(found, counted))[0])

    return fit_and_look


def _steps(log_likelihood: float) -> float:
    return float(f"{log_likelihood:.{LIKELIHOOD_DIGITS}g}")
