"""Imports: a file handed in, looked at, loaded with progress, its sum, and the way back."""

from zoneinfo import available_timezones

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.console.guard import REFUSED, is_fragment, page, staff
from rapport.console.pages import imports
from rapport.console.pages.imports import KIND_WORDS, Upload
from rapport.console.pages.loads import is_moving, progress, reasons_of, reject_file
from rapport.intake import queries as doors
from rapport.intake.files import actions as files
from rapport.intake.files.actions import Options
from rapport.intake.models import Load, LoadState
from rapport.lib.refusals import Refusal

KIND_DEFAULT = "customers"


@page("intake.load")
def new(request: HttpRequest) -> HttpResponse:
    """Choose a file. It is streamed to disk; nothing is loaded yet."""
    if request.method != "POST":
        return render(request, "console/doors/new.html", {"here": "doors"})
    file = request.FILES.get("file")
    if file is None:
        refusal = Refusal(_("No file was chosen."), mend=_("Choose one, then look at it."))
        return render(request, "console/doors/new.html", {"here": "doors", "refusal": refusal}, status=REFUSED)
    try:
        upload = imports.keep_upload(file)
        kind = files.guess_kind(upload.path) or KIND_DEFAULT
    except Refusal as refusal:
        return render(request, "console/doors/new.html", {"here": "doors", "refusal": refusal}, status=REFUSED)
    return redirect(_preview_address(upload, kind=kind))


@page("intake.load")
def preview(request: HttpRequest) -> HttpResponse:
    """The first rows, what each column becomes, and how the file is to be read. Changing a choice looks again."""
    said = request.POST if request.method == "POST" else request.GET
    upload = imports.upload_of(said.get("upload", ""))
    kind = said.get("kind", KIND_DEFAULT)
    refusal: Refusal | None = None
    options = Options()
    seen = None
    try:
        options = _options(said, kind)
        if "start" in request.POST:
            return _start(request, upload, kind, options)
        seen = imports.look(upload, kind, options, guessing="column" not in said)
    except Refusal as trouble:
        refusal = trouble
        if "start" in request.POST:
            seen = imports.look(upload, kind, options, guessing=False)
    context = {
        "here": "doors",
        "upload": upload,
        "kind": kind,
        "kinds": KIND_WORDS.items(),
        "seen": seen,
        "refusal": refusal or (seen.refusal if seen else None),
        "said": said,
        "sources": doors.sources(),
        "zones": sorted(available_timezones()),
        "company_zone": settings.COMPANY_TIME_ZONE,
    }
    return render(request, "console/doors/preview.html", context, status=REFUSED if refusal else 200)


def _start(request: HttpRequest, upload: Upload, kind: str, options: Options) -> HttpResponse:
    source = request.POST.get("source", "").strip()
    load = files.start_load(upload.path, kind, source=source, options=options, by=staff(request).email, name=upload.name)
    return redirect("console:import", load.id)


def _options(said: QueryDict, kind: str) -> Options:
    """What was said about how to read the file."""
    columns, chosen = said.getlist("column"), said.getlist("field")
    statuses = imports.map_words(said.get("statuses", ""))
    return Options(
        map=imports.mapped(columns, chosen, imports.fields_of(kind)),
        map_value={"status": statuses} if statuses and kind == "orders" else {},
        currency=said.get("currency", "").strip().upper(),
        timezone=said.get("timezone", "").strip(),
        anonymous="anonymous" in said and kind == "orders",
        encoding=said.get("encoding", "").strip(),
        time_format=said.get("time_format", "").strip(),
        decimal_comma="decimal_comma" in said,
    )


@page("intake.read")
def one(request: HttpRequest, load_id: int) -> HttpResponse:
    """A load: its progress while it runs, its sum afterwards. While it moves, the page asks for its own piece again."""
    load = _load(load_id)
    shown = progress(load)
    upload = imports.upload_behind(load)
    context = {
        "here": "doors",
        "row": shown,
        "load": load,
        "moving": is_moving(load),
        "reasons": reasons_of(load, doors.rejects(load_id=load.id, limit=1_000)),
        "again": _preview_address(upload, kind=load.kind) if upload else "",
        "may_go_on": load.state in (LoadState.STOPPED, LoadState.FAILED),
        "may_take_back": load.state in (LoadState.DONE, LoadState.STOPPED, LoadState.FAILED),
    }
    return render(request, "console/doors/load_piece.html" if is_fragment(request) else "console/doors/load.html", context)


@page("intake.load")
@require_POST
def stop(request: HttpRequest, load_id: int) -> HttpResponse:
    files.stop_load(load_id)
    return redirect("console:import", load_id)


@page("intake.load")
@require_POST
def go_on(request: HttpRequest, load_id: int) -> HttpResponse:
    files.resume_load(load_id)
    return redirect("console:import", load_id)


@page("intake.load")
@require_POST
def take_back(request: HttpRequest, load_id: int) -> HttpResponse:
    """Handed to the worker; the page shows how it goes."""
    files.ask_take_back(load_id)
    return redirect("console:import", load_id)


@page("intake.read")
def rejects(request: HttpRequest, load_id: int) -> FileResponse:
    """The reject file as it lies on disk."""
    return reject_file(_load(load_id).reject_file)


def _load(load_id: int) -> Load:
    load = doors.load(load_id)
    if load is None:
        raise Http404
    return load


def _preview_address(upload: Upload, *, kind: str) -> str:
    return f"{reverse('console:preview')}?{urlencode({'upload': upload.token, 'kind': kind})}"
