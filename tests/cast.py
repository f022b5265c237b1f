"""The standing cast: people every test may call by name, and the till that tells of them.

Bob of Omaha buys often. Ana bought once and said it was bad. Chen bought long ago and lapsed. Mia only looked, and left her
address at the end.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.intake.actions import receive
from rapport.intake.models import Source
from rapport.lib.clock import fixed, to_us

TODAY = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday, in the cast's world
Tell = Callable[..., None]


@pytest.fixture
def today() -> Iterator[datetime]:
    """The clock, held still at the cast's today."""
    with fixed(TODAY):
        yield TODAY


@pytest.fixture
def till(db: None) -> Source:
    """Where the cast's facts come from."""
    return Source.objects.get_or_create(name="till")[0]


@pytest.fixture
def tell(till: Source) -> Tell:
    """Plays facts in through the door, as any shop would; every one of them has to be taken.

    `tell(track("bob", "Order Completed", days_ago=3, order_id="b-1", revenue=20))`
    """

    def play(*messages: dict[str, Any], load_id: int | None = None) -> None:
        for start in range(0, len(messages), 1000):
            part = list(messages[start : start + 1000])
            receipt = receive(part, source_id=till.id, received_us=to_us(TODAY), load_id=load_id)
            assert not receipt.refused, receipt.refused

    return play


def moment(days_ago: float) -> str:
    return (TODAY - timedelta(days=days_ago)).isoformat()


def message(call: str, who: str, days_ago: float, **more: Any) -> dict[str, Any]:
    """A call of the Segment spec; its id follows from its content, so that telling it twice is once."""
    body = {"type": call, "userId": who, "timestamp": moment(days_ago), **more}
    return {"messageId": f"{call}:{who}:{days_ago}:{sorted(map(str, more.items()))}"[:255], **body}


def track(who: str, event: str, *, days_ago: float, **properties: Any) -> dict[str, Any]:
    return message("track", who, days_ago, event=event, properties=properties)


def identify(who: str, *, days_ago: float, **traits: Any) -> dict[str, Any]:
    return message("identify", who, days_ago, traits=traits)


def order(who: str, order_id: str, *, days_ago: float, sku: str, price: float, quantity: int = 1, **more: Any) -> dict[str, Any]:
    """One line, one order; revenue is what the line comes to."""
    line = {"sku": sku, "category": "Shirts", "price": price, "quantity": quantity}
    return track(
        who, "Order Completed", days_ago=days_ago, order_id=order_id, revenue=price * quantity, currency="USD", products=[line], **more
    )


@pytest.fixture
def bob(tell: Tell) -> Customer:
    """Bob of Omaha buys often: five orders, the last three days ago."""
    tell(
        identify("bob", days_ago=400, email="bob@example.com", first_name="Bob", last_name="Kowalski", city="Omaha", country="USA"),
        *(order("bob", f"b-{n}", days_ago=3 + 60 * n, sku="OXFORD-BLUE", price=60.0, quantity=1 + n % 2) for n in range(5)),
    )
    return person("bob")


@pytest.fixture
def ana(tell: Tell) -> Customer:
    """Ana of Porto bought once and said it was bad."""
    tell(
        identify("ana", days_ago=40, email="ana@example.com", first_name="Ana", last_name="Sousa", city="Porto", country="Portugal"),
        order("ana", "a-1", days_ago=30, sku="LINEN-WHITE", price=80.0),
        track("ana", "Feedback Given", days_ago=20, order_id="a-1", score=1, comment="It shrank."),
    )
    return person("ana")


@pytest.fixture
def chen(tell: Tell) -> Customer:
    """Chen of Toronto bought three times, two years ago, and never since."""
    tell(
        identify("chen", days_ago=800, email="chen@example.com", first_name="大文", last_name="陳", city="Toronto", country="Canada"),
        *(order("chen", f"c-{n}", days_ago=700 + 10 * n, sku="BELT-BROWN", price=35.0) for n in range(3)),
    )
    return person("chen")


@pytest.fixture
def mia(tell: Tell) -> Customer:
    """Mia looked around under an anonymous id, then left her address."""
    visitor = {"anonymousId": "mia-phone", "userId": None}
    tell(
        *(
            {**track("mia", "Product Viewed", days_ago=10 - n, sku=sku), **visitor}
            for n, sku in enumerate(("OXFORD-BLUE", "LINEN-WHITE", "BELT-BROWN"))
        ),
        {**identify("mia", days_ago=5, email="mia@example.com", first_name="Mia"), "anonymousId": "mia-phone"},
    )
    return person("mia")


@pytest.fixture
def cast(bob: Customer, ana: Customer, chen: Customer, mia: Customer) -> dict[str, Customer]:
    """All of them, by user id."""
    return {"bob": bob, "ana": ana, "chen": chen, "mia": mia}


def person(user_id: str) -> Customer:
    found = customers.find("user_id", user_id)
    assert found is not None, f"{user_id} was told of and is not known"
    return found
