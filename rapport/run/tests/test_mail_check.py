"""A wrong setting of mail is named before the first mailing."""

import pytest
from pytest_django import Settings

from rapport.run.mail_check import mail_findings


def test_a_laptop_without_any_is_well() -> None:
    assert all(finding.ok for finding in mail_findings())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_URL", "mail.example.com"), ("EMAIL_URL", "http://mail.example.com"), ("EMAIL_URL", "smtp://mail.example.com:port"),
        ("MAIL_FROM", "Halden"), ("BOUNCE_ADDRESS", "bounces"), ("PUBLIC_URL", "crm.example.com"), ("SMTP_DOOR", "2525"),
        ("SMTP_DOOR", "127.0.0.1:99999"), ("MAIL_CONNECTIONS", 0), ("CONTACTS_PER_WEEK_MAX", -1), ("ATTRIBUTION_DAYS", 0),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_named_with_its_mend(name: str, value: object, settings: Settings) -> None:
    setattr(settings, name, value)
    wrong = [finding for finding in mail_findings() if not finding.ok]
    assert len(wrong) == 1 and f"RAPPORT_{name}" in wrong[0].what and wrong[0].mend
