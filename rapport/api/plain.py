"""Under /api/ a program asks: whatever fails there, in a route or before one is reached, it is told as a problem and never as a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from rapport.api.problems import CONTENT_TYPE, of_status

PREFIX = "/api/"
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


class NoPages:
    """The outermost layer: an error page of the house becomes a problem, and no answer stays in anybody's cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if not request.path.startswith(PREFIX):
            return answer
        if answer.status_code >= 400 and answer.headers.get("Content-Type") != CONTENT_TYPE:
            page, answer = answer, of_status(answer.status_code).answer()
            for name in KEPT_HEADERS:
                if name in page.headers:
                    answer.headers[name] = page.headers[name]
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        return answer


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any address under /api/ that is no route."""
    return of_status(404).answer()
