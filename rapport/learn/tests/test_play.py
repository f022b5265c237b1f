"""The practice company in an installation: played in through the doors once, taken up where it was cut short, alive at once."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from rapport.accounts.actions import add_user
from rapport.events.actions import NewFact, record
from rapport.events.models import Event
from rapport.learn import play, saved
from rapport.learn.practice import company
from rapport.learn.practice.story import tell
from rapport.learn.standing import SEED, Practice, keep, standing
from rapport.lib.clock import DAY_US, to_us
from rapport.lib.refusals import Refusal
from rapport.run.tests.bare import give
from rapport.segments import queries as segments

SMALL = Practice(seed=5, customers=60, until_us=to_us(datetime(2026, 5, 4, 10, tzinfo=UTC)))
pytestmark = pytest.mark.django_db


class CutShort(Exception):
    """Somebody pulled the plug."""


def unseen(share: float) -> None:
    assert 0 <= share <= 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    return tmp_path


def test_every_fact_is_taken_and_the_second_time_none() -> None:
    told = len(list(tell(seed=SMALL.seed, customers=SMALL.customers, until_us=SMALL.until_us)))
    assert play.play(SMALL, unseen) == told
    recorded = Event.objects.count()
    assert recorded >= told
    assert play.play(SMALL, unseen) == 0
    assert Event.objects.count() == recorded


def test_facts_were_received_when_they_happened_and_lately_day_by_day() -> None:
    play.play(SMALL, unseen)
    received = Event.objects.values_list("time_us", "received_us")
    assert all(time_us <= received_us <= SMALL.until_us for time_us, received_us in received)
    lately = [(time_us, received_us) for time_us, received_us in received if received_us > SMALL.until_us - 40 * DAY_US]
    assert lately
    assert all(time_us // DAY_US == received_us // DAY_US for time_us, received_us in lately)


def test_a_start_that_was_cut_short_is_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "BATCH", 200)

    def cut(share: float) -> None:
        if share > 0.5:
            raise CutShort

    with pytest.raises(CutShort):
        play.play(SMALL, cut)
    before = Event.objects.filter(message_id__startswith="practice-").count()
    assert before > 0
    fresh = play.play(SMALL, unseen)
    assert before + fresh == len(list(tell(seed=SMALL.seed, customers=SMALL.customers, until_us=SMALL.until_us)))


def test_an_empty_folder_may_become_a_practice_company(folder: Path) -> None:
    assert standing() is None


def test_a_folder_with_facts_of_ones_own_is_refused(folder: Path) -> None:
    record([NewFact("Order Completed", "till-7:1", {"order_id": "1"})])
    keep(SMALL)
    with pytest.raises(Refusal, match="not a practice company"):
        standing()


def test_a_folder_with_staff_of_ones_own_is_refused(folder: Path) -> None:
    add_user("ana@example.com", role="head", password="long and dull and mine")
    with pytest.raises(Refusal, match="not a practice company"):
        standing()


def test_a_marker_without_facts_means_to_begin_anew(folder: Path) -> None:
    keep(Practice(5, 60, SMALL.until_us, complete=True))
    assert standing() == SMALL


@pytest.mark.usefixtures("lake")
def test_its_segments_are_alive() -> None:
    """Everyone is there, and each segment means some of them."""
    full = Practice(seed=SEED, customers=600, until_us=SMALL.until_us)
    facts = play.play(full, unseen)
    play.fill_shelves()
    play.load_warehouse(facts, unseen)
    saved.save_examples()
    saved.save_examples()
    words = segments.vocabulary()
    assert set(words.segments) == set(saved.SEGMENTS)
    rules = [segments.check(segments.parse_rule(text), words) for text in ("everyone", *saved.SEGMENTS.values())]
    everyone, *others = [len(answer.root) for answer in segments.answer_many(rules, words, full.until_us)]
    assert everyone == full.customers
    assert all(0 < count < everyone for count in others), dict(zip(saved.SEGMENTS, others, strict=True))


def test_the_command_makes_it_once_and_refuses_another_size(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = give(folder, "demo", "--no-serve", "--customers", "30", "--json")
    assert first.returncode == 0, first.stderr
    answer = json.loads(first.stdout)
    assert answer["customers"] == 30
    assert answer["company"] == company.NAME
    secret = folder / "secrets" / "practice-sign-in"
    assert secret.read_text() == answer["password"]
    assert secret.stat().st_mode & 0o077 == 0
    again = give(folder, "demo", "--no-serve", "--json")
    assert json.loads(again.stdout) == answer
    assert "Playing" not in again.stderr
    other = give(folder, "demo", "--no-serve", "--customers", "40")
    assert other.returncode == 2
    assert "30 customers" in other.stderr


def test_a_size_out_of_bounds_is_refused_before_anything_is_played(tmp_path: Path) -> None:
    done = give(tmp_path / "data", "demo", "--no-serve", "--customers", "5")
    assert done.returncode == 2
    assert "20 to 50,000" in done.stderr
