"""The practice company's one account of staff: its password is made once and kept in the data folder for its owner alone."""

import os
import secrets
from pathlib import Path

from django.conf import settings

from rapport.accounts.actions import add_user
from rapport.accounts.queries import user_of

EMAIL = "head@halden.example"


def sign_in() -> tuple[str, str]:
    """Mail address and password; the account is made where there is none."""
    password = _password()
    if user_of(EMAIL) is None:
        add_user(EMAIL, role="head", password=password, name="Head of customers", by="practice company")
    return EMAIL, password


def _password() -> str:
    path = Path(settings.DATA_DIR) / "secrets" / "practice-sign-in"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        password = secrets.token_urlsafe(9)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(password)
        return password
