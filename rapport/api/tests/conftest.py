"""A program at the door: a client with a token for the scopes a test names, and everything a write needs."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from rapport.api.actions import add_token
from rapport.api.problems import CONTENT_TYPE
from rapport.api.scopes import SCOPES

numbers = itertools.count(1)
API = "/api/v1"


@dataclass
class Program:
    """Another program, with one token."""

    secret: str
    name: str

    def get(self, path: str, **query: Any) -> Any:
        return Client().get(API + path, query, headers=self.headers())

    def post(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
        return self.send("POST", path, body, key=key, **headers)

    def put(self, path: str, body: Any, *, key: str | None = None) -> Any:
        return self.send("PUT", path, body, key=key)

    def delete(self, path: str, *, key: str | None = None) -> Any:
        return self.send("DELETE", path, b"", key=key)

    def send(self, method: str, path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = headers.pop("content_type", "application/json")
        given = {"Idempotency-Key": key or f"key-{next(numbers)}", **headers}
        return Client(raise_request_exception=False).generic(method, API + path, raw, content_type=kind, headers=self.headers() | given)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


Let = Callable[..., Program]


@pytest.fixture
def let(db: None) -> Let:
    """`let("facts:read")`: a program with a token for these scopes; without any, for all."""

    def make(*scopes: str) -> Program:
        name = f"program {next(numbers)}"
        return Program(add_token(name, scopes=scopes or tuple(SCOPES), by="ana@company.example")[1], name)

    return make


@pytest.fixture
def program(let: Let) -> Program:
    """One that may do everything."""
    return let()


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    """The problem an answer tells, which is one and nothing else."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    told = answer.json()
    assert told["status"] == status
    assert told["type"].startswith("urn:rapport:problem:")
    assert told["title"]
    assert told["detail"]
    return dict(told)
