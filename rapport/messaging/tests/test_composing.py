"""A template is checked when it is saved: what cannot stand is refused with its place, and none can cost more than its limits."""

import re
import time

import pytest
from inscriptis import get_text

from rapport.messaging import composing
from rapport.messaging.composing import compose
from rapport.messaging.errors import TemplateError
from rapport.messaging.liquid import Fields, fill
from rapport.messaging.tests.writing import BODY

KNOWN = Fields(frozenset({"first_name", "list", "address", "address.city"}), frozenset({"spend"}))
TAG_OR_TEXT = re.compile(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>|[^<]+")
SECONDS_MAX = 2.0  # by far: a template that runs away takes minutes


def body(words: str) -> str:
    return f"<mjml>\n<mj-body><mj-section><mj-column>\n<mj-text>{words}</mj-text></mj-column></mj-section></mj-body></mjml>"


def refusal(subject: str = "Hi", mjml: str = BODY, text: str = "", purpose: str = "marketing") -> TemplateError:
    began = time.monotonic()
    with pytest.raises(TemplateError) as refused:
        compose(subject, mjml, text, purpose=purpose, known=KNOWN)
    assert time.monotonic() - began < SECONDS_MAX
    return refused.value


@pytest.mark.parametrize(
    ("words", "column", "trouble"),
    [
        ("Hi {{ customer.frist_name }}", 16, "there is no field customer.frist_name"),
        ("{{ nosuch }}", 13, "there is no field nosuch"),
        ("{{ customer.__class__ }}", 13, "there is no field"),
        ("{{ customer.first_name.__class__.__mro__ }}", 13, "there is no field"),
        ("{{ customer['first_name'].__class__ }}", 13, "there is no field"),
        ("{{ data.order }}", 13, "there is no field data.order"),
        ("{{ customer.first_name | nosuch }}", 35, "there is no filter nosuch"),
        ("{{ customer.first_name", 10, "expected '}}'"),
        ("{% if %}x{% endif %}", 13, "missing expression"),
        ("{% include 'x' %}", 13, "unexpected tag 'include'"),
        ("{{ (1..1000000000) | join: ',' }}", 13, "a range stands in a for loop only"),
        ("{% for i in (1..1000000000) %}x{% endfor %}", 13, "loop iteration limit"),
        ("{% for i in (1..100) %}{% for j in (1..100) %}x{% endfor %}{% endfor %}", 13, "loop iteration limit"),
        ("{% assign s = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}", 0, "limit reached"),
        ("{% assign s = 'aaaaaaaaa' %}{% for i in (1..9) %}{% assign s = s | replace: 'a', s %}{% endfor %}", 0, "too long"),
    ],
)
def test_what_cannot_stand_is_refused_with_its_place(words: str, column: int, trouble: str) -> None:
    refused = refusal(mjml=body(words))
    assert trouble in refused.trouble and refused.line == 3 and column in (0, refused.column)
    assert str(refused).startswith(f"Body, line 3, column {refused.column}: ")


def test_a_tag_without_end_is_refused_at_once() -> None:
    for words in (
        "{% if " + "(" * 40_000 + " %}",
        "{{ " + "(" * 40_000 + " }}",
        "{% if " + "customer.first_name and " * 6_000 + " true %}",
    ):
        assert "2,000 are allowed" in refusal(mjml=body(words)).trouble


@pytest.mark.parametrize("words", ["{{ " * 60_000, "{% " * 60_000, "{% if a %}" * 15_000])
def test_tags_without_number_are_refused_at_once(words: str) -> None:
    assert "1,000 are allowed" in refusal(mjml=body(words)).trouble


def test_the_nearest_name_is_offered() -> None:
    assert refusal(mjml=body("{{ customer.frist_name }}")).mend == "Did you mean customer.first_name?"


@pytest.mark.parametrize("part", ["subject", "text"])
def test_each_part_is_looked_at(part: str) -> None:
    refused = refusal(**{part: "line one {{ nosuch }}"})
    assert (refused.part, refused.line, refused.column) == (part, 1, 13)


INCLUDED = "<mjml><mj-body><mj-include path='/etc/passwd'/></mj-body></mjml>"


@pytest.mark.parametrize("mjml", ["", "nonsense", "<mjml><mj-body><mj-text>x</mj-body></mjml>", INCLUDED])
def test_what_is_no_mjml_is_refused(mjml: str) -> None:
    assert refusal(mjml=mjml).part == "mjml"


def test_forty_megabytes_are_refused_at_once() -> None:
    assert "letters long" in refusal(mjml=body("x" * 40_000_000)).trouble


def test_a_subject_is_one_line() -> None:
    made = compose("Hi\r\nBcc: everybody@example.com", BODY, "", purpose="marketing", known=KNOWN)
    assert made.subject == "Hi Bcc: everybody@example.com"
    assert refusal(subject=" \r\n ").part == "subject"


def test_marketing_always_says_who_writes_and_how_to_leave() -> None:
    for own_text in ("", "Dear {{ customer.first_name }}"):
        made = compose("Hi", BODY, own_text, purpose="marketing", known=KNOWN)
        for page in (made.html, made.text):
            assert "{{ unsubscribe_url }}" in page and "{{ company.address }}" in page
    assert "unsubscribe_url" not in compose("Hi", BODY, "", purpose="transactional", known=KNOWN).html


def test_liquid_comes_through_the_layout_unharmed() -> None:
    words = "{% if customer.spend < 3 %}little{% else %}{{ customer.spend | money: 'EUR' }}{% endif %}"
    made = compose("Hi", body(words), "", purpose="marketing", known=KNOWN)
    assert made.fields == ("spend",)
    assert "little" in fill(made.html, {"customer": {"spend": 2}}, html=True)
    assert "€412.50" in fill(made.html, {"customer": {"spend": 412.5}}, html=True)


def test_the_text_part_is_made_of_the_words_in_order() -> None:
    made = compose("Hi", BODY, "", purpose="marketing", known=KNOWN)
    assert made.text.splitlines()[:2] == [
        'Dear {{ customer.first_name | default: "friend" }}', "See what is new ( https://shop.example/new?a=1&b=2 )",
    ]  # fmt: skip


def test_no_mail_fetches_anything_from_a_foreign_host() -> None:
    made = compose("Hi", BODY, "", purpose="marketing", known=KNOWN)
    assert set(re.findall(r"https?://[^/\"' ]+", made.html)) <= {"https://shop.example", "http://www.w3.org"}
    assert "googleapis" not in made.html


def test_a_page_says_the_same_in_lines_that_need_no_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "<p>one  <b title='a > b' class=\"c\">two</b> <!-- three <i class='d'>four</i> --> {{ customer.first_name }} </p>" * 40
    made = compose("Hi", body(rows), "", purpose="marketing", known=KNOWN).html
    monkeypatch.setattr(composing, "LINE_LENGTH", 1_000_000)
    long = compose("Hi", body(rows), "", purpose="marketing", known=KNOWN).html
    assert made != long and max(map(len, made.splitlines())) < 998 < max(map(len, long.splitlines()))
    pieces, same = ([re.sub(r"\s+>$", ">", one).split() for one in TAG_OR_TEXT.findall(page)] for page in (made, long))
    assert pieces == same
    assert get_text(made) == get_text(long)


def test_a_page_with_buttons_has_no_long_line() -> None:
    button = "<mj-button href='https://shop.example/new'>See what is new — for you</mj-button>"
    made = compose("Hi", BODY.replace("</mj-column>", button * 9 + "</mj-column>"), "", purpose="marketing", known=KNOWN).html
    assert made.isascii() and max(map(len, made.splitlines())) < 998


def test_html_in_what_customers_call_themselves_stays_text() -> None:
    made = compose("Hi {{ customer.first_name }}", BODY, "", purpose="marketing", known=KNOWN)
    hostile = {"customer": {"first_name": "<script>alert(1)</script>"}}
    assert "<script>alert" not in fill(made.html, hostile, html=True)
    assert fill(made.subject, hostile, html=False) == "Hi <script>alert(1)</script>"
