"""What is answered is what the description says: generated requests, fit and unfit, meet no fault of ours and no undescribed answer."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from rapport.api.description import description
from rapport.api.models import KeptAnswer
from rapport.api.tests.conftest import Program
from rapport.wsgi import application

CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    negative_data_rejection,
]
EXAMPLES = 10  # of each mode and route
FACTS = "/api/v1/facts"  # takes any list: an unfit message is told of in the answer
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE


@pytest.fixture
def schema(lake: Path) -> Any:
    return schemathesis.openapi.from_wsgi("/api/openapi.json", application)


@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE], ids=["fit", "unfit"])
@pytest.mark.slow
def test_no_answer_is_outside_the_description(schema: Any, program: Program, cast: dict[str, Any], mode: Any) -> None:
    program.post("/segments", {"name": "Buyers", "rule": 'did "Order Completed"'})
    seen: Counter[int] = Counter()
    for path, ways in description()["paths"].items():
        for method in ways:
            ask_of(schema[path][method.upper()], program, mode, seen)
    assert not KeptAnswer.objects.filter(status=0).exists()
    assert seen[200] > 20 if mode is POSITIVE else seen[422] > 20


def ask_of(route: Any, program: Program, mode: Any, seen: Counter[int]) -> None:
    """A seeded number of requests of one route, each answer checked against the description."""
    checks = [check for check in CHECKS if route.path != FACTS or check is not negative_data_rejection]

    @given(case=route.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def asked(case: Any) -> None:
        headers = program.headers() if mode is POSITIVE or "Authorization" in (case.headers or {}) else {}  # none: that is what is unfit
        seen[case.call_and_validate(headers=headers, checks=checks).status_code] += 1

    asked()
