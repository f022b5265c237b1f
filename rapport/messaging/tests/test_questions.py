"""What pages ask of mail: how far it came, who stands behind a figure, what would hold whom, how unsaved words would look."""

from pathlib import Path

import pytest
from pytest_django import Settings

from rapport.lib.clock import now_us
from rapport.messaging import queries
from rapport.messaging.errors import TemplateError
from rapport.messaging.models import Mailing, Message, Target, Touch, TouchKind
from rapport.messaging.queries import Filled
from rapport.messaging.tests.writing import BODY, carry, customer_id, mailing, welcomes
from tests.cast import Tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(tell: Tell, settings: Settings, tmp_path: Path) -> list[int]:
    """Three who agreed, one who never did."""
    settings.OUTBOX_DIR, settings.EMAIL_URL = tmp_path / "outbox", ""
    for number in range(4):
        tell(*welcomes(f"p{number}", first_name=f"P{number}")[: 1 if number == 3 else 2])
    return [customer_id(f"p{number}") for number in range(4)]


@pytest.fixture
def sent(people: list[int]) -> Mailing:
    found = mailing(*people)
    carry()
    return found


def touch(of: Mailing, place: int, kind: TouchKind, *, machine: bool | None, url: str = "") -> None:
    message = Message.objects.filter(mailing=of).order_by("id")[place]
    target = Target.objects.get_or_create(digest=url, url=url)[0] if url else None
    Touch.objects.create(
        message_id=message.id, mailing_id=of.id, kind=kind, at_us=now_us(), machine=machine, target_id=target.id if target else None
    )


def test_states_are_counted_for_a_progress_row(sent: Mailing) -> None:
    assert queries.counts(sent.id) == {"sent": 3, "held": 1}
    assert queries.mailings([sent.id, 0]) == {sent.id: sent}


def test_why_a_mail_would_be_held_is_asked_without_one(people: list[int]) -> None:
    assert queries.would_hold([*people, 10_000_000], purpose="marketing") == {"no_consent": 1, "nobody": 1}
    assert queries.would_hold(people, purpose="transactional") == {}
    assert not Message.objects.exists()


def test_people_stand_apart_from_machines(sent: Mailing) -> None:
    touch(sent, 0, TouchKind.OPEN, machine=True)
    touch(sent, 0, TouchKind.CLICK, machine=False, url="https://shop.example/a")
    touch(sent, 1, TouchKind.OPEN, machine=True)
    touch(sent, 1, TouchKind.CLICK, machine=True, url="https://shop.example/a")
    touch(sent, 2, TouchKind.CLICK, machine=None, url="https://shop.example/b")
    assert {which: queries.count_apart(sent.id, which=which) for which in queries.APART} == {
        "machine_open": 1, "machine_click": 1, "silent": 2,
    }  # fmt: skip
    for which in queries.APART:
        assert len(queries.people_of(sent.id, which=which)) == queries.count_apart(sent.id, which=which)
    assert queries.links_of(sent.id) == [queries.Followed("https://shop.example/a", 1, 1)]


def test_unsaved_words_are_shown_or_refused_with_their_place(people: list[int]) -> None:
    page = queries.preview_unsaved("Hi {{ customer.first_name }}", BODY, "", purpose="marketing", customer_id=people[0])
    assert isinstance(page, Filled)
    assert page.subject == "Hi P0"
    assert "Unsubscribe" in page.html
    with pytest.raises(TemplateError, match="Subject, line 1, column 4"):
        queries.preview_unsaved("{{ nobody }}", BODY, "", purpose="marketing")
    assert not queries.templates()
