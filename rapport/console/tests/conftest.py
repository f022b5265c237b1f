"""Staff at the console's pages: one client a role, and what every page is held to."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from rapport.accounts.models import User
from rapport.accounts.rights import ROLES

PASSWORD = "a long enough word"
FOREIGN = re.compile(
    r"""(?:src|href|action|srcset|hx-get|hx-post)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?(?:https?:)?//""", re.IGNORECASE
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|<style|\sstyle\s*=|\son[a-z]+\s*=", re.IGNORECASE)
SignedIn = Callable[[str], Client]


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """A client of somebody with this role."""

    def sign(role: str) -> Client:
        assert role in ROLES
        email = f"{role}@example.com"
        user = User.objects.filter(email=email).first() or User.objects.create_user(email, password=PASSWORD, role=role, name="Lena Marks")
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign


@pytest.fixture
def head(signed_in: SignedIn) -> Client:
    """A head of the company: opens everything."""
    return signed_in("head")
