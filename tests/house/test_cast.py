"""The standing cast is who every other test takes it to be."""

import pytest

from rapport.customers.models import Customer
from rapport.events.queries import facts_of
from tests.cast import Tell, track


@pytest.mark.django_db
def test_the_cast_are_four_known_customers(cast: dict[str, Customer]) -> None:
    assert {name: person.email for name, person in cast.items()} == {name: f"{name}@example.com" for name in ("bob", "ana", "chen", "mia")}
    assert len({person.id for person in cast.values()}) == 4


def test_bob_buys_often(bob: Customer) -> None:
    assert len(facts_of([bob.id])) == 1 + 5


def test_what_mia_looked_at_before_she_left_her_address_is_hers(mia: Customer) -> None:
    assert len(facts_of([mia.id])) == 3 + 1


def test_the_same_word_twice_is_told_once(ana: Customer, tell: Tell) -> None:
    visit = track("ana", "Store Visited", days_ago=2, branch="Porto")
    tell(visit)
    tell(visit)
    assert len(facts_of([ana.id])) == 3 + 1
