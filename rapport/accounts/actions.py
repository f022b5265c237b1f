"""The verbs of staff: an account made, a deed written down."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from rapport.accounts.models import AuditEntry, User
from rapport.accounts.rights import ROLES
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal

COMMAND_LINE = "command line"


def write_down(deed: str, *, subject: str, by: str, **facts: Any) -> None:
    """Keep who did what; every read of a profile and every change passes here."""
    AuditEntry.objects.create(at_us=now_us(), by=by, deed=deed, subject=subject, facts=facts)


@transaction.atomic
def add_user(email: str, *, role: str, password: str, name: str = "", by: str = COMMAND_LINE) -> User:
    """An account of staff, signed in with by its mail address. There is one for each address."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as trouble:
        raise Refusal(f'"{email}" is no mail address.', mend="Write it as name@company.example.") from trouble
    if role not in ROLES:
        raise Refusal(f'There is no role "{role}".', mend=f"The roles are {', '.join(ROLES)}.")
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as trouble:
        raise Refusal("This password is too weak.", mend=" ".join(trouble.messages)) from trouble
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password=password, role=role, name=name)
    except IntegrityError as trouble:
        raise Refusal(f"There is an account for {email} already.", mend="Sign in with it, or name another address.") from trouble
    write_down("accounts.add", subject=f"user {email}", by=by, role=role)
    return user
