"""The lake types a JSON value exactly as the record's reader does: each value here goes both ways."""

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rapport.events import queries as log
from rapport.events.models import EventType, Property
from rapport.segments.person.readings import readings
from rapport.warehouse.tests.conftest import Write, load_all, rows

ZONE = "America/New_York"
VALUES: list[Any] = [
    3, 3.0, -0.0, 0, -7, 0.1, 248.1, 1e2, 1e17, 999999999999999999, 10**18, 1e18, 12345678901234567, 9007199254740993, 1e-7,
    5e-324, 2.5e-6, 0.0000005, 0.0000015, -0.0000005, 1.0000005, 999999999999.999999, 999999999999, 10**12, 123456.1234565, True,
    False, "", " ", "a", "3", "3.0", "248.00", "-248.00", "+1", ".5", "5.", " 1 ", "1_000", "1e2", "0.1234567", "0.1234565",
    "12.000000000000000001", "999999999999.9999994", "999999999999.9999995", "1234567890123", "0012.50", "NaN", "Infinity", "１２",
    "e\u0301", "\u00e9", "\u212b", "\u0000", "a\u0000b", "\"q\"", "back\\slash", "line\nbreak", "\U0001f600", "true", "null",
    "[1]", "{}", "2026-03-08", "2026-02-29", "2024-02-29", "2026-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01",
    "2026-3-8", " 2026-03-08", "２０２６-03-08", "2026-03-08T02:30:00", "2026-11-01T01:30:00", "2026-03-08T10:00:00Z",
    "2026-03-08t10:00:00z", "2026-03-08 10:00:00", "2026-03-08T10:00", "2026-03-08T10:00Z", "2026-03-08T10:00:00.1Z",
    "2026-03-08T10:00:00.123456Z", "2026-03-08T10:00:00.123456789Z", "2026-03-08T10:00:00.1234567Z",
    "2026-03-08T10:00:00.9999999Z", "2026-03-08T10:00:00,5Z", "2026-03-08T10:00:00+02", "2026-03-08T10:00:00+0230",
    "2026-03-08T10:00:00-05:00", "2026-03-08T24:00:00Z", "2026-03-08T23:59:60Z", "2026-02-30T10:00:00Z", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00",
    "2026-03-08T10:00:00 Z", "2026-03-08T10:00:00ZZ", "2026-03-08T10:60:00Z", "2026-13-08T10:00:00Z",
    "1969-12-31T23:59:59.999999Z", None, [], [1, 2], ["a", None, "b"], ["2026-03-08", "x"],
    ["2026-03-08T10:00:00Z", "2026-03-08T10:00"], ["1.5", 2, True], [True, False, "true"], {"a": 1}, [{"a": 1}], [[1]], [None],
]  # fmt: skip
KINDS = [(kind, many) for kind in ("text", "number", "money", "boolean", "date", "time") for many in (False, True)]
RATES = [None, 0, 1_234_567_891, 1, 25_000_000_000_000]


@pytest.fixture
def typed(settings: Any) -> EventType:
    """A kind of fact with a property of each kind, alone and many, of the fact and of its lines."""
    settings.COMPANY_TIME_ZONE = ZONE
    made = EventType.objects.create(name="All Kinds", table="all_kinds")
    Property.objects.create(event_type=made, path="lines", kind="list", column="lines")
    for kind, many in KINDS:
        column = f"{kind}_{many}".lower()
        Property.objects.create(event_type=made, path=column, kind=kind, many=many, column=column)
        Property.objects.create(event_type=made, path=f"lines.{column}", kind=kind, many=many, column=column, list_path="lines")
    return made


def column_sql(kind: str, many: bool) -> str:
    """A column as Python can hold all of it: a time as microseconds, for some lie beyond the year 9999."""
    column = f"{kind}_{many}".lower()
    if kind != "time":
        return column
    return f"list_transform({column}, lambda one: epoch_us(one))" if many else f"epoch_us({column})"


def lake_reading(value: Any, many: bool) -> list[Any]:
    """A column's value as the record's reader would give it."""
    return [] if value is None else list(value) if many else [value]


@pytest.mark.parametrize("rate_e9", RATES)
def test_every_value_is_typed_as_the_record_types_it(write: Write, typed: EventType, rate_e9: int | None) -> None:
    columns = [f"{kind}_{many}".lower() for kind, many in KINDS]
    selected = ", ".join(column_sql(*one) for one in KINDS)
    for value in VALUES:
        write("All Kinds", {**dict.fromkeys(columns, value), "lines": [dict.fromkeys(columns, value)]}, rate_e9=rate_e9)
    load_all()
    properties = log.catalogue().event_types["All Kinds"].properties
    facts = log.facts_of([1])
    assert len(facts) == len(VALUES)
    for table, prefix in (("all_kinds", ""), ("all_kinds__lines", "lines.")):
        kept = {row[0]: row[1:] for row in rows(f"SELECT event_id, {selected} FROM {table}")}
        for fact in facts:
            for (_, many), column, value in zip(KINDS, columns, kept[fact.id], strict=True):
                said = readings(fact.properties, properties[prefix + column], rate_e9=rate_e9, zone=ZoneInfo(ZONE))
                assert lake_reading(value, many) == said, (table, column, fact.properties[column])


def test_the_reading_of_a_few_values_by_hand(write: Write, typed: EventType) -> None:
    write(
        "All Kinds",
        {"money_false": "248.00", "date_false": "2026-03-08", "time_false": "2026-03-08", "number_false": "3", "text_true": ["e\u0301", 1]},
    )
    load_all()
    columns = "money_false, date_false, time_false::VARCHAR, number_false, text_true"
    assert rows(f"SELECT {columns} FROM all_kinds") == [
        (Decimal("248.000000"), date(2026, 3, 8), "2026-03-08 05:00:00", None, ["\u00e9"])  # midnight in New York
    ]


def test_money_is_rounded_half_away_from_zero_at_its_rate(write: Write, typed: EventType) -> None:
    write("All Kinds", {"money_false": "0.000001"}, {"money_false": "-0.000001"}, {"money_false": "0.000003"}, rate_e9=500_000_000)
    load_all()
    assert rows("SELECT money_false FROM all_kinds ORDER BY event_id") == [
        (Decimal("0.000001"),),
        (Decimal("-0.000001"),),
        (Decimal("0.000002"),),
    ]


def test_a_fact_without_a_rate_is_marked(write: Write, typed: EventType) -> None:
    write("All Kinds", {"money_false": 5, "number_false": 5}, rate_e9=0)
    load_all()
    assert rows("SELECT money_false, number_false, unrated FROM all_kinds") == [(None, 5.0, True)]
