"""Lists: people handed in as a file or pasted, which rules name as `in list "VIPs"`."""

import shutil
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rapport.console.guard import REFUSED, page, staff
from rapport.console.pages.imports import keep_upload
from rapport.console.pages.loads import reject_file
from rapport.lib.refusals import Refusal
from rapport.segments import actions
from rapport.segments import queries as segments
from rapport.segments.models import UploadedList
from rapport.segments.text import quoted

BYTES_MAX = 8_000_000  # read while the browser waits: a quarter of a million lines, half a minute
WORDS = {  # what people on a list may be known by
    "user_id": gettext_lazy("user id"),
    "membership_number": gettext_lazy("membership number"),
    "email": gettext_lazy("mail address"),
    "phone": gettext_lazy("phone"),
}


@page("segments.ask")
def listed(request: HttpRequest) -> HttpResponse:
    return _page(request)


@page("segments.save")
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a file or pasted lines under a name; a name that is there gets the new people."""
    file, lines = request.FILES.get("file"), request.POST.get("lines", "").splitlines()
    try:
        if file is None and not any(line.strip() for line in lines):
            raise Refusal(_("There is nobody in it."), mend=_("Choose a file, or paste one identifier a line."))
        kept = _from_file(request, file) if file is not None else _from_lines(request, lines)
    except Refusal as refusal:
        return _page(request, refusal=refusal)
    said = _("“%(name)s” is kept: %(known)s of its lines name somebody.") % {"name": kept.name, "known": kept.known}
    messages.success(request, said)
    return redirect("console:lists")


def _from_file(request: HttpRequest, file: "UploadedFile[bytes]") -> UploadedList:
    if (file.size or 0) > BYTES_MAX:
        what = _("A list of more than %(n)s MB is not read while you wait.") % {"n": BYTES_MAX // 1_000_000}
        raise Refusal(what, mend=_("On the server, `rapport segment upload NAME FILE` takes one of any size."))
    stored = keep_upload(file)
    try:
        column = request.POST.get("column", "").strip()
        return actions.upload_list(_name(request), stored.path, by=staff(request).email, kind=_kind(request), column=column)
    finally:
        shutil.rmtree(stored.path.parent, ignore_errors=True)


def _from_lines(request: HttpRequest, lines: list[str]) -> UploadedList:
    return actions.upload_list(_name(request), lines, by=staff(request).email, kind=_kind(request))


@page("segments.save")
@require_POST
def delete(request: HttpRequest, list_id: int) -> HttpResponse:
    name = _kept(list_id).name
    actions.delete_list(name, by=staff(request).email)
    messages.success(request, _("The list “%(name)s” is gone.") % {"name": name})
    return redirect("console:lists")


@page("segments.save")
def rejects(request: HttpRequest, list_id: int) -> FileResponse:
    """The lines that name nobody, each with its reason."""
    return reject_file(_kept(list_id).reject_file, f"not-known-{list_id}.csv")


def _page(request: HttpRequest, *, refusal: Refusal | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "here": "segments",
        "rows": [(one, f"in list {quoted(one.name)}") for one in segments.lists()],
        "kinds": WORDS.items(),
        "refusal": refusal,
        "said": request.POST,
    }
    return render(request, "console/segments/lists.html", context, status=REFUSED if refusal else 200)


def _name(request: HttpRequest) -> str:
    return request.POST.get("name", "").strip()


def _kind(request: HttpRequest) -> str:
    return request.POST.get("kind", "")


def _kept(list_id: int) -> UploadedList:
    kept = segments.uploaded_list(list_id)
    if kept is None:
        raise Http404
    return kept
