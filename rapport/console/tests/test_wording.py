"""How figures, money and moments are written."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils.html import strip_tags

from rapport.console.pages.colours import coloured
from rapport.console.templatetags.frame import icon, initials, share_bar
from rapport.console.templatetags.rules import rule_query, rule_words
from rapport.console.templatetags.wording import ago, count, day, figure, money, money_head, of_whole, span, when
from rapport.lib.clock import DAY_US, fixed, to_us

NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)


def test_counts_are_written_in_full_with_a_real_minus() -> None:
    assert count(48216) == "48,216"
    assert count(-3) == "\u22123"
    assert count(None) == "–"


@pytest.mark.parametrize(
    ("amount", "code", "written"),
    [
        (Decimal("248"), "EUR", "€248.00"),
        (Decimal("-89"), "EUR", "\u2212€89.00"),
        (Decimal("1200.5"), "JPY", "¥1,200"),
        (None, "EUR", "–"),
        (5, None, "5.00"),
    ],
)
def test_money_is_written_to_the_cent(amount: Decimal | None, code: str | None, written: str) -> None:
    assert money(amount, code) == written


def test_money_at_the_head_of_a_page_is_short() -> None:
    assert money_head(Decimal("1804210"), "EUR") == "€1.80 M"
    assert money_head(Decimal("677123"), "EUR") == "€677 k"
    assert money_head(Decimal("412.00"), "EUR") == "€412"
    assert money_head(Decimal("99999.50"), "EUR") == "€99,999.50"


def test_a_moment_names_the_year_only_when_it_is_another() -> None:
    with fixed(NOW):
        assert when(to_us(datetime(2026, 11, 6, 18, 42, tzinfo=UTC))) == "6 Nov 18:42"
        assert day(to_us(datetime(2023, 3, 14, tzinfo=UTC))) == "14 Mar 2023"
        assert ago(to_us(NOW) - 17 * DAY_US) == "17 days ago"
        assert ago(to_us(NOW) - 61_000_000) == "1 minute ago"
        assert ago(None) == "never"


def test_figures_of_evidence_are_written_as_people_write_them() -> None:
    assert [figure(one) for one in (5, 1234.5, True, None, "text", ["a", 2])] == ["5", "1,234.5", "yes", "–", "text", "a, 2"]


def test_few_people_are_counted_not_given_in_percent() -> None:
    assert of_whole(3, 20) == "3 of 20"
    assert of_whole(10, 200) == "5.0 %"


def test_times_taken_are_in_one_unit_or_two() -> None:
    assert [span(one) for one in (0.0412, 12.9, 134, 3_725)] == ["41 ms", "12 s", "2 min 14 s", "1 h 2 min"]


@pytest.mark.parametrize(
    ("name", "letters"), [("Marta Lindqvist", "ML"), ("王小明", "王"), ("偉強 陳", "偉"), ("bob@example.com", "BC"), ("", "?")]
)
def test_initials_fit_any_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_bar_needs_no_inline_style() -> None:
    assert 'width="25.0%"' in share_bar(1, 4)
    assert "style" not in share_bar(1, 4) + icon("home")


def test_a_coloured_rule_still_reads_the_same() -> None:
    rule = 'did "Order Completed" where products.sku = "a & b" BUT NOT `in` < 3'
    assert "".join(piece for _, piece in coloured(rule)) == rule
    assert strip_tags(rule_words(rule)).replace("&amp;", "&").replace("&quot;", '"').replace("&lt;", "<") == rule
    assert ("k-not", "BUT NOT") in coloured(rule)
    assert ("k-s", '"Order Completed"') in coloured(rule)


def test_a_rule_in_a_link_cannot_leave_it() -> None:
    assert '"' not in rule_query('name = "x" & <b>')
    assert rule_query("everyone", "2026-01-01") == "rule=everyone&amp;as_of=2026-01-01"
