"""One line in the log for each request: method, route, status, milliseconds and a number to find what else it said."""

import logging
import re
import time
from collections.abc import Callable
from secrets import token_hex

import structlog
from django.http import HttpRequest, HttpResponseBase

from rapport.run.logs import NUMBERED, route_of

HEADER = "X-Request-ID"
OF_A_PROXY = re.compile(r"[0-9a-f-]{16,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
log = logging.getLogger("rapport.request")
Answer = Callable[[HttpRequest], HttpResponseBase]


class RequestLine:
    """The outermost of the middlewares. A proxy's number is taken over where it looks like one."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        given = request.headers.get(HEADER, "")
        number = given if OF_A_PROXY.fullmatch(given) else token_hex(8)
        request.META[NUMBERED] = number
        with structlog.contextvars.bound_contextvars(request_id=number):
            response = self.answer(request)
            response.headers[HEADER] = number
            if log.isEnabledFor(logging.INFO):
                method = request.method if request.method in METHODS else "other"
                milliseconds = round(1000 * (time.perf_counter() - began), 1)
                facts = {"method": method, "route": route_of(request), "status": response.status_code, "ms": milliseconds}
                log.info("request", extra=facts)
        return response
