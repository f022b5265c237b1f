"""A campaign fixes its people and its words at the start, writes to each once, and is explained to the last person."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from rapport.campaigns import actions, queries
from rapport.campaigns.models import Campaign
from rapport.lib.clock import fixed, from_us, now_us
from rapport.lib.refusals import Refusal
from rapport.messaging import answers
from rapport.messaging.models import Message, TouchKind
from rapport.messaging.tests.sink import Sink, sink
from rapport.messaging.tests.writing import BY, carry, template, welcomes
from rapport.segments import actions as segments
from tests.cast import TODAY, Tell

pytestmark = pytest.mark.django_db(transaction=True)
RULE = 'did "Order Completed" BUT NOT city = "Lima"'


@pytest.fixture
def server(settings: Settings) -> Iterator[Sink]:
    with sink() as found:
        settings.EMAIL_URL, settings.MAIL_FROM = f"smtp://127.0.0.1:{found.port}", "Halden <news@halden.example>"
        settings.COMPANY_NAME, settings.COMPANY_ADDRESS = "Halden", "1 Quay Street"
        yield found


@pytest.fixture
def shoppers(tell: Tell, lake: Path) -> None:
    """Seven have bought, two of them live in Lima, one is nobody's mailing."""
    for number in range(7):
        who = f"s{number}"
        tell(*welcomes(who, city="Lima" if number < 2 else "Oslo")[: 1 if number == 6 else 2])
        order = {"order_id": who, "revenue": 10, "currency": "EUR"}
        tell({"type": "track", "event": "Order Completed", "userId": who, "messageId": who, "timestamp": "2026-02-01", "properties": order})


def started(**more: Any) -> Campaign:
    draft = actions.save_draft("Spring", template_id=template().template_id, by=BY, **more or {"rule": RULE})
    return actions.start(draft.id, by=BY)


def run() -> None:
    while actions.fill_started():
        pass
    carry()


def outcome(campaign: Campaign) -> queries.Outcome:
    found = queries.campaign(campaign.id)
    assert found is not None
    told = queries.outcome(found)
    assert told is not None
    return told


def test_everyone_the_rule_means_is_written_to_or_explained(server: Sink, shoppers: None, today: object) -> None:
    spring = started()
    run()
    told = outcome(spring)
    assert sorted(server.recipients) == [f"s{number}@example.com" for number in range(2, 6)]
    assert (told.report.people, told.report.sent, told.report.held, told.report.waiting) == (5, 4, 1, 0)
    assert [(one.reason, one.count) for one in told.report.reasons] == [("no_consent", 1)]
    assert told.mailing.state == "done"
    assert queries.audience(RULE, purpose="marketing") == queries.Audience(5, 4)


def test_starting_twice_and_filling_twice_writes_once(server: Sink, shoppers: None, today: object) -> None:
    spring = started()
    actions.start(spring.id, by=BY)
    actions.freeze(spring.id)
    actions.freeze(spring.id)
    run()
    run()
    assert len(server.mails) == 4


def test_people_are_written_down_in_steps_and_a_kill_between_two_loses_nobody(
    server: Sink, shoppers: None, today: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "FILLED_AT_ONCE", 2)
    spring = started()
    assert actions.fill_started() and actions.fill_started()
    assert Message.objects.count() == 2 and not server.mails
    Campaign.objects.filter(id=spring.id).update(filled_after=0)  # the rows were kept, the note of it was not: cannot be, and does no harm
    run()
    assert Message.objects.count() == 5 and len(server.mails) == 4


def test_a_segment_deleted_while_its_campaign_runs_changes_nothing(server: Sink, shoppers: None, today: object) -> None:
    segments.save_segment("Buyers", RULE, by=BY)
    spring = started(segment="Buyers")
    segments.delete_segment("Buyers", by=BY)
    run()
    assert len(server.mails) == 4 and outcome(spring).report.people == 5


def test_a_rule_that_names_a_segment_gone_since_ends_its_campaign_and_no_other(server: Sink, shoppers: None, today: object) -> None:
    segments.save_segment("Buyers", RULE, by=BY)
    lost = started(rule='in segment "Buyers"')
    segments.delete_segment("Buyers", by=BY)
    other = actions.save_draft("Other", template_id=lost.template_id, rule="everyone", by=BY)
    actions.start(other.id, by=BY)
    run()
    told = queries.campaign(lost.id)
    assert told is not None and "Buyers" in told.trouble and outcome(lost).mailing.state == "cancelled"
    assert outcome(other).report.sent == 6


def test_it_does_not_start_without_what_the_law_asks_for(server: Sink, shoppers: None, settings: Settings) -> None:
    settings.COMPANY_ADDRESS = ""
    with pytest.raises(Refusal, match="postal address"):
        started()
    assert not Message.objects.exists()


def test_a_campaign_that_started_is_not_changed(server: Sink, shoppers: None, today: object) -> None:
    spring = started()
    with pytest.raises(Refusal, match="not changed"):
        actions.save_draft("Other", template_id=spring.template_id, rule="everyone", by=BY, campaign_id=spring.id)
    template(subject="Changed since")
    run()
    assert server.read()["Subject"] == "News for"


def test_cancelled_while_it_fills_nothing_leaves(server: Sink, shoppers: None, today: object) -> None:
    spring = started()
    actions.freeze(spring.id)
    actions.cancel(spring.id, by=BY)
    run()
    assert not server.mails and not actions.fill_started()


def test_what_clickers_bought_within_the_window_is_counted(server: Sink, shoppers: None, tell: Tell) -> None:
    with fixed(TODAY):
        spring = started()
        run()
        message = Message.objects.filter(state="sent").order_by("id")[0]
        from rapport.messaging.models import Target

        answers.touch(
            message.id,
            TouchKind.CLICK,
            target_id=Target.objects.get().id,
            agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        )
        clicked_us = now_us()
    with fixed(from_us(clicked_us + 10_000_000)):
        assert answers.tell_touches() == 1
    buyer = next(number for number in range(7) if server.recipients[0] == f"s{number}@example.com")
    for days, revenue in ((1, 40), (9, 100)):
        at = from_us(clicked_us + days * 86_400_000_000).isoformat()
        order = {"order_id": f"later {days}", "revenue": revenue, "currency": "EUR"}
        tell(
            {
                "type": "track",
                "event": "Order Completed",
                "userId": f"s{buyer}",
                "messageId": f"l{days}",
                "timestamp": at,
                "properties": order,
            }
        )
    told = outcome(spring)
    assert (told.report.opened, told.report.clicked, told.orders, told.revenue) == (1, 1, 1, Decimal(40))
