"""The words of the rule language: what each terminal of the grammar is called in plain words, and which words need backticks as names."""

from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["keyword", "operator", "name", "constant"]

# What a person may type for each terminal that is made of words, canonical spelling first.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "_AND": ("AND",),
    "_OR": ("OR",),
    "_BUT_NOT": ("BUT NOT",),
    "DID": ("did",),
    "THEN": ("then",),
    "THEN_NO": ("then no",),
    "WITHIN": ("within",),
    "ANYTHING": ("anything",),
    "EVERYONE": ("everyone",),
    "NO_ONE": ("no one",),
    "IN_SEGMENT": ("in segment",),
    "IN_SILO": ("in silo",),
    "IN_LIST": ("in list",),
    "BUCKET": ("bucket",),
    "DISTANCE_UNIT": ("km", "mi"),
    "_OF_BRANCH": ("of branch",),
    "FACTOR": ("half of", "twice"),
    "_THE": ("the",),
    "MAY_RECEIVE": ("may receive",),
    "AMOUNT_OF_PROPERTY": ("sum", "average", "smallest", "largest", "number of different"),
    "AMOUNT_OF_FACTS": ("number of", "days since last", "days since first"),
    "_OF": ("of",),
    "_FOR": ("for",),
    "_WHERE": ("where",),
    "TIMES_BOUND": ("at least", "at most", "exactly"),
    "_TIMES": ("times", "time"),
    "_IN_THE_LAST": ("in the last",),
    "_BEFORE": ("before",),
    "_SINCE": ("since",),
    "_BETWEEN": ("between",),
    "_IN_THE_NEXT": ("in the next",),
    "_ANNIVERSARY_IN_THE_NEXT": ("anniversary in the next",),
    "TEXT_TEST": ("contains", "starts with"),
    "_IN": ("in",),
    "_NOT_IN": ("not in",),
    "_IS_KNOWN": ("is known",),
    "_IS_UNKNOWN": ("is unknown",),
    "BOOLEAN": ("true", "false"),
    "UNIT": ("days", "weeks", "months", "years", "hours", "minutes", "day", "week", "month", "year", "hour", "minute"),
}
SIGNS: dict[str, tuple[str, ...]] = {
    "COMPARE": ("=", "!=", "<", "<=", ">", ">="),
    "OPEN": ("(",),
    "CLOSE": (")",),
    "_COMMA": (",",),
    "_BECOMES": (":=",),
}
# Words that can begin or join conditions by themselves: as names they stand in backticks.
RESERVED = frozenset(
    {"and", "or", "not", "but", "did", "anything", "everyone", "where", "in", "is", "of", "for", "before", "since", "between", "exactly"}
    | {"within", "bucket", "contains", "anniversary", "sum", "average", "smallest", "largest", "true", "false"}
)
OPERATORS = frozenset({"_AND", "_OR", "_BUT_NOT"})
CONSTANTS = frozenset({"TEXT", "NUMBER", "COUNT", "RANGE", "TIME", "BOOLEAN", "UNIT", "DISTANCE_UNIT"})
NAMES = frozenset({"NAME", "QUOTED_NAME"})

# Terminals that come together are told together, in this order.
EXPECTATIONS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"DID", "EVERYONE"}), 'a condition, such as did "Order Completed" or country = "USA"'),
    (frozenset({"COMPARE", "_IN", "_IS_KNOWN"}), 'a test, such as = 5, contains "x" or is known'),
    (frozenset({"TEXT", "NUMBER", "BOOLEAN", "TIME"}), 'a value: "text" in double quotes, a number, true, false or a date'),
    (frozenset({"TEXT", "ANYTHING"}), "a kind of event in double quotes, or anything"),
    (frozenset({"NAME", "QUOTED_NAME"}), "a name"),
    (frozenset({"TEXT"}), "text in double quotes"),
    (frozenset({"TIME"}), "a date such as 2011-06-01"),
    (frozenset({"RANGE", "COUNT"}), "a number from 0 to 9999, or two such as 0-4999"),
    (frozenset({"COUNT"}), "a whole number"),
    (frozenset({"NUMBER"}), "a number"),
    (frozenset({"FACTOR", "_THE"}), "half of, twice or a number of times the 90 days before"),
    (frozenset({"UNIT"}), "minutes, hours, days, weeks, months or years"),
    (frozenset({"_IN_THE_LAST", "_BEFORE", "_SINCE", "_BETWEEN"}), "a window, such as in the last 90 days"),
    (frozenset({"_AND", "_OR", "_BUT_NOT"}), "AND, OR, BUT NOT"),
)
CONDITION_STARTS = frozenset(
    {"DID", "EVERYONE", "NO_ONE", "MAY_RECEIVE", "IN_SEGMENT", "IN_SILO", "IN_LIST", "NAME", "QUOTED_NAME", "OPEN"}
    | {"AMOUNT_OF_PROPERTY", "AMOUNT_OF_FACTS", "BUCKET", "WITHIN"}
)
TEST_STARTS = frozenset(
    {
        "COMPARE", "TEXT_TEST", "_IN", "_NOT_IN", "_IS_KNOWN", "_IS_UNKNOWN", "_IN_THE_NEXT", "_ANNIVERSARY_IN_THE_NEXT",
        "_IN_THE_LAST", "_BEFORE", "_SINCE", "_BETWEEN",
    }
)  # fmt: skip


def expected_words(accepted: set[str]) -> str:
    """What may stand at a place, for a person: `where, a window, such as …, or the end`."""
    left, told = set(accepted), []
    for group, words in EXPECTATIONS:
        if group <= left:
            told.append(words)
            left -= CONDITION_STARTS if "DID" in group else TEST_STARTS if "COMPARE" in group else group
    told += [" or ".join((SPELLINGS | SIGNS)[terminal]) for terminal in sorted(left) if terminal in SPELLINGS or terminal in SIGNS]
    if "$END" in left:
        told.append("the end of the rule")
    return told[0] if len(told) == 1 else ", ".join(told[:-1]) + f" or {told[-1]}" if told else ""
