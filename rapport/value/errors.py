"""The room's refusals."""

from rapport.lib.refusals import Refusal


class TooFewPurchases(Refusal):
    """Nothing can be learnt from so few."""

    code = "too_few_purchases"


class WrongOptions(Refusal):
    """What was asked for cannot be."""

    code = "wrong_options"


class NotFitted(Refusal):
    """No maximum was found."""

    code = "not_fitted"
