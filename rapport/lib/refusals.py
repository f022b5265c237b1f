"""The domain's no: an exception with facts, turned into a page, JSON or an exit status in one place."""

from typing import Any


class Refusal(Exception):
    """Something a person or program asked for and may not have.

    `what` names the place and the trouble, `mend` the nearest way out, `facts` the figures behind it.
    """

    code = "refused"

    def __init__(self, what: str, *, mend: str = "", **facts: Any) -> None:
        super().__init__(what)
        self.what, self.mend, self.facts = what, mend, facts

    def __str__(self) -> str:
        return f"{self.what} {self.mend}".strip()
