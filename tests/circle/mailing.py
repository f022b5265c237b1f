"""Run inside an installation: `python -m tests.circle.mailing 2000` makes so many people who welcome mail and starts a campaign to them."""

import os
import sys

import django

BODY = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Dear {{ customer.first_name }}, you rang the till {{ customer.rings }} times.</mj-text>
<mj-button href="https://shop.example/new">See what is new</mj-button>
</mj-column></mj-section></mj-body></mjml>"""
BY, AT_ONCE = "head@example.com", 500


def main(people: int) -> None:
    from rapport.campaigns import actions as campaigns
    from rapport.events.actions import learn
    from rapport.intake.actions import receive
    from rapport.messaging.actions import save_template
    from rapport.segments.actions import define_measure

    for start in range(0, people, AT_ONCE):
        receive([call for number in range(start, min(start + AT_ONCE, people)) for call in calls(number)], source_id=None)
    learn()
    define_measure('rings := number of "Till Rang" in the last 12 months', by=BY)
    version = save_template("News", purpose="marketing", subject="News for {{ customer.first_name }}", mjml=BODY, by=BY)
    campaigns.start(campaigns.save_draft("Spring", template_id=version.template_id, rule="everyone", by=BY).id, by=BY)


def calls(number: int) -> list[dict[str, object]]:
    who, at = f"c{number}", "2026-10-01T10:00:00Z"
    return [
        {"type": "identify", "userId": who, "messageId": f"i{number}", "timestamp": at,
         "traits": {"email": f"{who}@example.com", "first_name": f"Pia {number}"}},
        {"type": "track", "event": "Consent Given", "userId": who, "messageId": f"g{number}", "timestamp": at,
         "properties": {"channel": "email", "purpose": "marketing"}},
        {"type": "track", "event": "Till Rang", "userId": who, "messageId": f"t{number}", "timestamp": at},
    ]  # fmt: skip


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "rapport.settings"
    django.setup()
    main(int(sys.argv[1]))
