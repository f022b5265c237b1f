"""Plays a world in through the door, as any source would, and gives what its rules may name."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import transaction

from rapport.commerce.actions.told import RowTold, set_told
from rapport.commerce.models import Branch, Rate
from rapport.customers import queries as customers
from rapport.events import queries as events
from rapport.events.actions import learn
from rapport.intake.actions import receive
from rapport.lib.clock import to_us
from rapport.segments import queries
from rapport.segments.actions import upload_list
from rapport.segments.check import check
from rapport.segments.nodes import Rule
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.silos.partition import expanded
from rapport.segments.tests.cases.world import World
from rapport.segments.vocabulary import Vocabulary


def moment_us(text: str) -> int:
    """A moment of a world, always written with its offset."""
    return to_us(datetime.fromisoformat(text).astimezone(UTC))


def play_in(world: World) -> None:
    """Receive a world's facts and let the catalogue learn from them. The settings must have the world's zone already."""
    furnish(world)
    receipt = receive(world.messages(), source_id=None, received_us=moment_us(world.received))
    assert receipt.accepted == len(world.facts), receipt.refused
    assert learn() == events.log_end(), "the log shows what is committed: mark the test with transaction=True"
    upload_lists(world)


@transaction.atomic
def furnish(world: World) -> None:
    """What is there before any fact: rates and branches."""
    for currency, day, rate in world.rates:
        Rate.objects.create(currency=currency, day=date.fromisoformat(day), rate_e9=int(Decimal(rate) * 10**9))
    told = [RowTold(name, {"latitude": north, "longitude": east}) for name, (north, east) in world.branches.items()]
    set_told(Branch, told, load_id=None)


def upload_lists(world: World) -> None:
    for name, user_ids in world.lists.items():
        upload_list(name, user_ids, by="test")


def words_of(world: World) -> Vocabulary:
    """What the rules of a world may name, once its facts are in."""
    measures = {name: parse_definition(f"{name} := {amount}").amount for name, amount in world.measures.items()}
    segments = {name: parse_rule(rule) for name, rule in world.segments.items()}
    known = queries.vocabulary()
    words = Vocabulary(events.catalogue(), segments, measures, branches=known.branches, lists=known.lists)
    words = replace(words, segments={name: check(rule, words) for name, rule in segments.items()})
    for scheme, rules in world.silos.items():  # each may name the segments and the schemes before it
        silos = expanded(list(rules), [check(parse_rule(rule), words, saving_in=scheme) for rule in rules.values()], "Rest")
        words = replace(words, silos=words.silos | {(scheme, name): rule for name, rule in silos.items()})
    return words


def rule_of(text: str, words: Vocabulary) -> Rule:
    """A rule as any door takes it: read and checked."""
    return check(parse_rule(text), words)


def customers_of(world: World) -> dict[str, int]:
    """Each user id of a world with the customer it stands for now; two that were joined stand for one."""
    found = {name: customers.find("user_id", name) for name in {fact.get("userId", "") for fact in world.facts}}
    return {name: customer.id for name, customer in sorted(found.items()) if customer}
