"""A body that would end the process or never end is refused with its place."""

import time

import pytest

from rapport.messaging.composing import DEPTH_MAX, LINKS_MAX, compose
from rapport.messaging.errors import TemplateError
from rapport.messaging.liquid import Fields
from rapport.messaging.tests.writing import BODY

MAIL = "<mjml><mj-body>{}</mj-body></mjml>"
TEXT = MAIL.format("<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>")
KNOWN = Fields(frozenset({"first_name"}), frozenset())


def composed(body: str) -> str:
    return compose("News", body, "", purpose="marketing", known=KNOWN).html


@pytest.mark.parametrize(
    "body",
    [
        MAIL.format("<mj-wrapper>" * 7_000 + "</mj-wrapper>" * 7_000),
        TEXT.format("<div>" * 18_000 + "</div>" * 18_000),
        TEXT.format("<div><!-- </div> -->" * 6_000 + "</div>" * 6_000),
        TEXT.format("<div a='</div>'>" * 6_000 + "</div>" * 6_000),
        TEXT.format("<div></x>" * 18_000),
        TEXT.format('<a href="">' * 17_000),
        TEXT.format("<a href=''>x</a>" * (LINKS_MAX + 1)),
    ],
    ids=["wrappers", "depth", "hidden in comments", "hidden in attributes", "closed by others", "open links", "links"],
)
def test_a_body_without_end_is_refused_at_once(body: str) -> None:
    began = time.monotonic()
    with pytest.raises(TemplateError) as told:
        composed(body)
    assert told.value.part == "mjml"
    assert time.monotonic() - began < 10


def test_the_place_is_told() -> None:
    with pytest.raises(TemplateError, match="more than 100 deep") as told:
        composed(TEXT.format("\n" + "<b>" * (DEPTH_MAX - 3) + "</b>" * (DEPTH_MAX - 3)))
    assert (told.value.line, told.value.column) == (2, 1 + 3 * (DEPTH_MAX - 5))


def test_what_people_write_is_left_alone() -> None:
    assert composed(BODY)
    nested = "<b>" * 50 + "x<br>y<br/>" + "</b>" * 50
    assert "x<br" in composed(TEXT.format(nested * 20 + "<!-- a > b -->"))
    assert "{{" in composed(TEXT.format("{% raw %}{{ a {% endraw %}"))
