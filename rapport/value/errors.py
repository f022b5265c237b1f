"""The room's refusals."""

from rapport.lib.refusals import Refusal


class TooFewPurchases(Refusal):
    """Nothing can be learnt from so few."""

    code = "too_few_purchases"


class NoSuchParting(Refusal):
    """The customers of a fit do not part so, or the fit did not look."""

    code = "no_such_parting"


class WrongOptions(Refusal):
    """What was asked for cannot be."""

    code = "wrong_options"


class NotFitted(Refusal):
    """No maximum was found."""

    code = "not_fitted"
