"""How tests of mail write: a template, a mailing to some people, a courier that carries it."""

from typing import Any

from rapport.customers.queries import find
from rapport.messaging import actions
from rapport.messaging.delivery import Courier
from rapport.messaging.models import Mailing, Message, Version

BODY = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Dear {{ customer.first_name | default: "friend" }}</mj-text>
<mj-button href="https://shop.example/new?a=1&amp;b=2">See what is new</mj-button>
</mj-column></mj-section></mj-body></mjml>"""
BY = "head@example.com"


def template(name: str = "News", *, subject: str = "News for {{ customer.first_name }}", body: str = BODY, **more: Any) -> Version:
    return actions.save_template(name, **{"purpose": "marketing", "by": BY, "subject": subject, "mjml": body} | more)


def mailing(*who: int, version: Version | None = None, cause: str = "campaign:1") -> Mailing:
    """To these customers, on its way."""
    found = actions.open_mailing(cause, name="Spring", version=version or template())
    actions.add_people(found, who)
    return actions.start(found.id, by=BY)


def customer_id(user_id: str) -> int:
    found = find("user_id", user_id)
    assert found, user_id
    return found.id


def carry(courier: Courier | None = None) -> None:
    """Until nothing is due."""
    courier = courier or Courier(1)
    while courier(lambda: False):
        pass


def states(of: Mailing) -> list[tuple[str, str]]:
    """State and reason of each message, in order."""
    return list(Message.objects.filter(mailing=of).order_by("id").values_list("state", "reason"))


def welcomes(who: str, **traits: Any) -> list[dict[str, Any]]:
    """The calls that make a customer with an address who agreed to marketing mail."""
    address = traits.pop("email", f"{who}@example.com")
    return [
        {"type": "identify", "userId": who, "messageId": f"i:{who}", "timestamp": "2026-01-01", "traits": {"email": address, **traits}},
        {
            "type": "track", "event": "Consent Given", "userId": who, "messageId": f"c:{who}", "timestamp": "2026-01-01",
            "properties": {"channel": "email", "purpose": "marketing", "source": "sign-up"},
        },
    ]  # fmt: skip
