"""A short way in for what a mailing brings by the hundred: its links and pixels need no session, no language and no cookie."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve

PREFIXES = ("/m/c/", "/m/o/")


class ShortWay:
    """Answers links of mails before the layers that only pages need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIXES):
            return self.get_response(request)
        try:
            request.resolver_match = found = resolve(request.path_info)
            answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
        except Http404:
            return self.get_response(request)  # the page that says so is one like any other, with a language and a policy
        return answer
