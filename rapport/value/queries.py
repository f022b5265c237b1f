"""The questions others may ask: which model to believe, and how far."""

from collections.abc import Callable
from datetime import date

from rapport.lib.clock import from_us
from rapport.lib.zone import company_zone
from rapport.value.backtest import Backtest, backtested
from rapport.value.bought import purchase_days

HORIZON_DAYS = 365
EPOCH = date(1970, 1, 1).toordinal()


def backtest(now_us: int, horizon_days: int = HORIZON_DAYS, tell: Callable[[str], None] = lambda _: None) -> Backtest:
    """Each model forecasting from days in the past, over orders in the warehouse; days end with the last whole one of the company's."""
    today = from_us(now_us, company_zone()).date().toordinal() - EPOCH - 1
    return backtested(purchase_days(now_us), today, horizon_days, tell)
