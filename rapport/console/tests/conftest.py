"""Staff at the console's pages: one client a role, and what every page is held to."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rapport.accounts.models import User
from rapport.accounts.rights import ROLES
from tests.browser import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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


@pytest.fixture(params=[(1440, 900, "light"), (390, 844, "dark")], ids=["desktop, light", "phone, dark"])
def window(request: Any, chromium: "Browser", lake: Path, live_server: Any) -> "Iterator[Page]":
    """A window that counts what goes wrong in it: refused by the policy, thrown by a script, fetched from elsewhere."""
    width, height, scheme = request.param
    wrong: list[str] = []
    with opened(chromium, wrong, viewport={"width": width, "height": height}, color_scheme=scheme, base_url=live_server.url) as found:
        ours = (live_server.url, "data:")
        found.on("request", lambda asked: None if asked.url.startswith(ours) else wrong.append(f"foreign: {asked.url}"))
        found.on("response", lambda got: wrong.append(f"{got.status}: {got.url}") if got.status >= 400 and got.status != 422 else None)
        yield found


def sideways(page: "Page") -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
