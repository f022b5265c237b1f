"""Tree → nodes: takes nothing on trust, and names the JSON path of whatever it cannot take."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeVar, cast

from rapport.segments.errors import RuleError
from rapport.segments.limits import LEVELS_MAX, NODES_MAX, refuse_beyond_limits, too_deep, too_many
from rapport.segments.literals import Unfit, fit_count, fit_duration, fit_name, fit_number, fit_text, fit_time, spelled_count, unit_of
from rapport.segments.mends import nearest, shown
from rapport.segments.nodes import (
    AT_LEAST_ONCE,
    Amount,
    AmountKind,
    And,
    AnniversaryInTheNext,
    Before,
    Between,
    Bucket,
    ButNot,
    Compare,
    Did,
    Duration,
    Element,
    Everyone,
    FilterAnd,
    FilterButNot,
    FilterOr,
    InList,
    InSegment,
    InSilo,
    InTheLast,
    InTheNext,
    Known,
    MayReceive,
    Measure,
    Near,
    NoOne,
    OneOf,
    Or,
    PropertyTest,
    Relative,
    Rule,
    Sequence,
    Since,
    Step,
    Test,
    Time,
    Times,
    TraitTest,
    Value,
    Window,
)
from rapport.segments.tree_writing import AMOUNT_KEYS
from rapport.segments.walk import Node, fold

Made = TypeVar("Made")
NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
WINDOW_KEYS = ("in_the_last", "before", "since", "between")
TIMES_KEYS = ("at_least", "at_most", "exactly")
TEST_KEYS = ("op", "value", "values", "in_the_next", "anniversary_in_the_next", *WINDOW_KEYS)
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
OPS = (*COMPARISONS, "contains", "starts with", "in", "not in", "is known", "is unknown")
AMOUNTS = {key: cast(AmountKind, kind) for kind, key in AMOUNT_KEYS.items()}
DISTANCE_UNITS = ("km", "mi")
OF_PROPERTY = ("sum", "average", "smallest", "largest", "number_of_different")
EVENT_KEYS = ("where", *WINDOW_KEYS)
RULE_KEYS: dict[str, tuple[str, ...]] = {  # what a node of a rule is known by, and what else it may have
    "and": (),
    "or": (),
    "but_not": (),
    "everyone": (),
    "no_one": (),
    "trait": TEST_KEYS,
    "did": (*EVENT_KEYS, *TIMES_KEYS),
    "did_anything": (*EVENT_KEYS, *TIMES_KEYS),
    "sequence": WINDOW_KEYS,
    **{key: (*(["of"] if key in OF_PROPERTY else []), "op", "value", "factor", "the_before", *EVENT_KEYS) for key in AMOUNTS},
    "bucket": ("of",),
    "near_branch": ("within",),
    "in_list": (),
    "in_segment": (),
    "in_silo": ("of",),
    "may_receive": ("for",),
}
FILTER_KEYS: dict[str, tuple[str, ...]] = {"and": (), "or": (), "but_not": (), "property": TEST_KEYS, "element": ("where",)}
STEP_KEYS: dict[str, tuple[str, ...]] = {"did": ("where", "within"), "did_not": ("where", "within")}
KEYS = {"rule": RULE_KEYS, "filter": FILTER_KEYS, "step": STEP_KEYS}
OPERATORS: dict[tuple[str, str], Callable[[tuple[Any, ...]], Any]] = {
    ("rule", "and"): And,
    ("rule", "or"): Or,
    ("rule", "but_not"): ButNot,
    ("filter", "and"): FilterAnd,
    ("filter", "or"): FilterOr,
    ("filter", "but_not"): FilterButNot,
}


def from_tree(tree: object) -> Rule:
    """The rule a JSON value says."""
    budget = [NODES_MAX]

    def parts_of(piece: Piece) -> Several[Piece]:
        budget[0] -= 1
        if budget[0] < 0:
            raise too_many(None)
        return piece.parts()

    rule = cast(Rule, fold(Piece(tree, "$", "rule", 1), parts_of, lambda piece, made: piece.node(made)))
    refuse_beyond_limits(rule)
    return rule


@dataclass(frozen=True)
class Piece:
    """One JSON object of a tree, with its path."""

    said: Any
    path: str
    form: Literal["rule", "filter", "step"]
    level: int

    def refused(self, trouble: str, mend: str = "", *, at: str = "") -> RuleError:
        return RuleError(trouble, mend=mend, path=self.path + at)

    # Reading from the top down: what this object is, and which objects it holds

    def parts(self) -> Several["Piece"]:
        kind = self.kind
        if self.level > LEVELS_MAX:
            raise too_deep(path=self.path)
        self._refuse_unknown_keys(kind)
        if (self.form, kind) in OPERATORS:
            return self._several(kind, self.form, "A condition that stands alone needs no operator.")
        if kind == "sequence":
            return self._several(kind, "step", 'Write {"did": …} where nothing follows.')
        if "where" in self.said:
            return [Piece(self.said["where"], f"{self.path}.where", "filter", self.level + 1)]
        if kind == "element":
            raise self.refused("An element needs a `where`.", 'Write {"element": "products", "where": {…}}.')
        return []

    def _several(self, kind: str, form: Literal["rule", "filter", "step"], mend: str) -> Several["Piece"]:
        sides = self.said[kind]
        if not isinstance(sides, list | tuple) or len(sides) < 2:
            raise self.refused("A list of two or more is expected here.", mend, at=f".{kind}")
        return [Piece(side, f"{self.path}.{kind}[{number}]", form, self.level + 1) for number, side in enumerate(sides)]

    @property
    def kind(self) -> str:
        known = KEYS[self.form]
        if not isinstance(self.said, Mapping):
            raise self.refused(f"An object is expected here, not {_what_is(self.said)}.", f"It has one of the keys {', '.join(known)}.")
        found = [key for key in self.said if key in known]
        if len(found) == 1:
            return str(found[0])
        if found:
            raise self.refused(
                f"An object is one condition; {' and '.join(found[:3])} do not go together.", "Join two conditions with and."
            )
        keys = [str(key)[:40] for key in list(self.said)[:20]]
        near = next((near for key in keys if (near := nearest(key, list(known)))), "")
        mend = f"Did you mean {near}?" if near else f"It has one of the keys {', '.join(known)}."
        raise self.refused(f"No condition is known by {', '.join(map(shown, keys[:5])) or 'no key at all'}.", mend)

    def _refuse_unknown_keys(self, kind: str) -> None:
        allowed = (kind, *KEYS[self.form][kind])
        for key in self.said:
            if key not in allowed:
                near = nearest(str(key), allowed)
                mend = f"Did you mean {near}?" if near else f"Known here: {', '.join(allowed)}."
                raise self.refused(f"{shown(str(key))} is not known here.", mend)

    # Building from the leaves up

    def node(self, made: list[Node]) -> Node:
        kind = self.kind
        if (self.form, kind) in OPERATORS:
            return cast(Node, OPERATORS[self.form, kind](tuple(made)))
        if kind == "sequence":
            return Sequence(cast(tuple[Step, ...], tuple(made)), self._window())
        where: Any = made[0] if made else None
        if self.form == "step":
            within = self._duration("within") if "within" in self.said else None
            return Step(self._name(kind), where, within, kind == "did_not")
        if kind in AMOUNTS:
            return self._compared(kind, where)
        match kind:
            case "everyone" | "no_one":
                self._true(kind)
                return Everyone() if kind == "everyone" else NoOne()
            case "trait":
                return TraitTest(self._name("trait"), self._test())
            case "property":
                return PropertyTest(self._name("property"), self._test())
            case "element":
                return Element(self._name("element"), where)
            case "did" | "did_anything":
                event = self._name("did") if kind == "did" else None
                if event is None:
                    self._true(kind)
                return Did(event, where, self._times(), self._window())
            case "bucket":
                return self._bucket()
            case "near_branch":
                return self._near()
            case "in_list":
                return InList(self._name("in_list"))
            case "in_segment":
                return InSegment(self._name("in_segment"))
            case "in_silo":
                return InSilo(self._name("in_silo"), self._name("of"))
        assert kind == "may_receive", kind
        return MayReceive(self._name("may_receive"), self._name("for") if "for" in self.said else "marketing")

    def _compared(self, kind: str, where: Any) -> Measure | Relative:
        event, path = (self._name("of"), self._name(kind)) if kind in OF_PROPERTY else (self._name(kind), None)
        amount = Amount(AMOUNTS[kind], event, path, where, self._window())
        op = self._op()
        if op not in COMPARISONS:
            raise self.refused(f"An amount is compared with one of {', '.join(COMPARISONS)}.", at=".op")
        if "the_before" not in self.said:
            self._refuse_with("factor", beside="value")
            return Measure(amount, op, self._value(self._needed("value"), ".value"))  # type: ignore[arg-type]
        self._refuse_with("value", beside="the_before")
        factor = self._value(self.said.get("factor", 1), ".factor")
        if not isinstance(factor, Decimal):
            raise self.refused(f"A number is expected here, not {_what_is(self.said['factor'])}.", at=".factor")
        return Relative(amount, op, factor, self._duration("the_before"))  # type: ignore[arg-type]

    def _bucket(self) -> Bucket:
        said = self.said["bucket"]
        ends = list(said) if isinstance(said, list | tuple) else [said, said]
        if len(ends) != 2 or any(isinstance(end, bool) or not isinstance(end, int) or end < 0 for end in ends):
            raise self.refused("A number from 0 to 9999, or a list of two, is expected here.", "Write [0, 4999].", at=".bucket")
        first, last = (self._fitted(lambda end=end: fit_count(end), ".bucket") for end in ends)  # type: ignore[misc]
        return Bucket(first, last, self._name("of") if "of" in self.said else "")

    def _near(self) -> Near:
        said = self._needed("within")
        words = said.split() if isinstance(said, str) and len(said) < 100 else []
        if len(words) != 2 or words[1] not in DISTANCE_UNITS:
            raise self.refused(f"{_shown(said)} is no distance.", 'Write "5 km" or "3 mi".', at=".within")
        distance = self._fitted(lambda: _number(words[0]), ".within")
        return Near(self._name("near_branch"), distance, words[1])  # type: ignore[arg-type]

    def _test(self) -> Test:
        windows = [key for key in self.said if key in TEST_KEYS and key not in ("op", "value", "values")]
        if len(windows) + ("op" in self.said) != 1:
            raise self.refused(
                "One test is expected: an op, or one window.", 'Write {"op": "=", "value": …} or {"in_the_last": "90 days"}.'
            )
        if windows:
            self._refuse_with("value", "values", beside=windows[0])
            return self._window_test(windows[0])
        op = self._op()
        if op in ("in", "not in"):
            self._refuse_with("value", beside=op)
            return OneOf(self._values(), negated=op == "not in")
        self._refuse_with("values", *(["value"] if op.startswith("is ") else []), beside=op)
        if op.startswith("is "):
            return Known(op == "is known")
        value = self._value(self._needed("value"), ".value")
        if op in ("contains", "starts with") and not isinstance(value, str):
            raise self.refused(f"`{op}` needs text.", at=".value")
        return Compare(op, value)  # type: ignore[arg-type]

    def _op(self) -> str:
        op = self._needed("op")
        if op not in OPS:
            near = nearest(op, OPS) if isinstance(op, str) else ""
            raise self.refused(f"{_shown(op)} is no op.", f"Did you mean {near}?" if near else f"Known: {', '.join(OPS)}.", at=".op")
        return cast(str, op)

    def _values(self) -> tuple[Value, ...]:
        values = self._needed("values")
        if not isinstance(values, list | tuple) or not values:
            raise self.refused("A list of one or more values is expected here.", at=".values")
        return tuple(self._value(value, f".values[{number}]") for number, value in enumerate(values))

    def _window(self) -> Window | None:
        found = [key for key in WINDOW_KEYS if key in self.said]
        if len(found) > 1:
            raise self.refused(f"One window is expected, not {' and '.join(found)}.", "Use between for a beginning and an end.")
        return cast(Window, self._window_test(found[0])) if found else None

    def _window_test(self, key: str) -> Test:
        said = self.said[key]
        match key:
            case "in_the_last":
                return InTheLast(self._duration(key))
            case "in_the_next":
                return InTheNext(self._duration(key))
            case "anniversary_in_the_next":
                return AnniversaryInTheNext(self._duration(key))
            case "before":
                return Before(self._time(said, ".before"))
            case "since":
                return Since(self._time(said, ".since"))
        if not isinstance(said, list | tuple) or len(said) != 2:
            raise self.refused("Two times are expected: the beginning and the end.", at=".between")
        return Between(self._time(said[0], ".between[0]"), self._time(said[1], ".between[1]"))

    def _times(self) -> Times:
        found = [key for key in TIMES_KEYS if key in self.said]
        if len(found) > 1:
            raise self.refused(f"One number of times is expected, not {' and '.join(found)}.", "Join two conditions with and.")
        if not found:
            return AT_LEAST_ONCE
        count = self.said[found[0]]
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise self.refused(f"A whole number, 0 or more, is expected here, not {_shown(count)}.", at=f".{found[0]}")
        return Times(found[0].replace("_", " "), self._fitted(lambda: fit_count(count), f".{found[0]}"))  # type: ignore[arg-type]

    # Constants

    def _needed(self, key: str) -> Any:
        if key not in self.said:
            raise self.refused(f"{key} is missing here.")
        return self.said[key]

    def _refuse_with(self, *keys: str, beside: str) -> None:
        for key in keys:
            if key in self.said:
                raise self.refused(f"{key} has no meaning beside {beside}.", "Leave it out.", at=f".{key}")

    def _fitted(self, read: Callable[[], Made], at: str) -> Made:
        try:
            return read()
        except Unfit as unfit:
            raise self.refused(unfit.trouble, unfit.mend, at=at) from None

    def _true(self, key: str) -> None:
        if self.said[key] is not True:
            raise self.refused("true is expected here.", at=f".{key}")

    def _name(self, key: str) -> str:
        name = self._needed(key)
        if not isinstance(name, str):
            raise self.refused(f"A name is expected here, not {_what_is(name)}.", at=f".{key}")
        return self._fitted(lambda: fit_name(name), f".{key}")

    def _time(self, said: object, at: str) -> Time:
        text = said.get("time") if isinstance(said, Mapping) and len(said) == 1 else said
        if not isinstance(text, str):
            raise self.refused("A date or time is expected here.", 'Write "2011-06-01".', at=at)
        return self._fitted(lambda: fit_time(text), at)

    def _duration(self, key: str) -> Duration:
        said = self.said[key]
        words = said.split() if isinstance(said, str) and len(said) < 40 else []
        if len(words) != 2 or not (words[0].isascii() and words[0].isdigit()) or (unit := unit_of(words[1])) is None:
            raise self.refused(f"{_shown(said)} is no duration.", 'Write "90 days".', at=f".{key}")
        return self._fitted(lambda: fit_duration(spelled_count(words[0]), unit), f".{key}")

    def _value(self, said: object, at: str) -> Value:
        match said:
            case bool():
                return said
            case str():
                return self._fitted(lambda: fit_text(said), at)
            case int() | float() | Decimal():
                return self._fitted(lambda: _number(said), at)
            case {"time": str(), **others} if not others:
                return self._time(said, at)
            case {"number": str(text), **others} if not others:
                return self._fitted(lambda: _number(text), at)
        mend = 'A missing value is asked for with {"op": "is unknown"}.' if said is None else 'A time is written {"time": "2011-06-01"}.'
        raise self.refused(f"A value is text, a number, true, false or a time, not {_what_is(said)}.", mend, at=at)


def _number(said: int | float | Decimal | str) -> Decimal:
    """Exact: a double is the shortest decimal that names it."""
    if isinstance(said, int) and abs(said) >= 10**18:
        raise Unfit("A number has at most 18 digits before the point and 18 after it.", "Round it.")
    if isinstance(said, str) and not NUMBER.fullmatch(said):
        raise Unfit(f"{_shown(said)} is no number.", 'Write {"number": "12.50"}.')
    return fit_number(Decimal(repr(said) if isinstance(said, float) else said))


def _what_is(said: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number", type(None): "null"}
    return names.get(type(said), type(said).__name__)


def _shown(said: object) -> str:
    if isinstance(said, str):
        return shown(said)
    return str(said) if isinstance(said, bool | float) or (isinstance(said, int) and abs(said) < 10**18) else _what_is(said)
