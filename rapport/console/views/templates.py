"""Templates of mail: the list, and the editor whose words are checked and shown before they are kept."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.console.frames import framed, whole, with_frames
from rapport.console.guard import REFUSED, page, staff
from rapport.console.pages.writing import Written, names, of_version, trouble, written
from rapport.lib.refusals import Refusal
from rapport.messaging import actions
from rapport.messaging import queries as mails
from rapport.messaging.models import Purpose, Template
from rapport.messaging.queries import Filled

PARTS = ("subject", "mjml", "text")


@page("campaigns.read")
def listed(request: HttpRequest) -> HttpResponse:
    kept = mails.templates()
    newest = mails.newest_versions([template.id for template in kept])
    rows = [(template, newest[template.id]) for template in kept if template.id in newest]
    return render(request, "console/mail/templates.html", {"here": "templates", "rows": rows})


@page("campaigns.write")
def new(request: HttpRequest) -> HttpResponse:
    """A start worth keeping stands in the editor."""
    if request.method != "POST":
        return _editor(request, Written(), None)
    said = written(request)
    if any(one.name == " ".join(said.name.split()) for one in mails.templates()):
        refusal = Refusal(_("Another template is called “%(name)s”.") % {"name": said.name}, mend=_("Choose another name."), field="name")
        return _editor(request, said, None, refusal)
    return _keep(request, said, None)


@page("campaigns.read")
def one(request: HttpRequest, template_id: int) -> HttpResponse:
    """The newest words of a template, or those of an older version asked for."""
    template = mails.template(template_id)
    versions = mails.versions_of(template_id)
    if template is None or not versions:
        raise Http404
    if request.method == "POST":
        if not staff(request).may("campaigns.write"):
            raise PermissionDenied("campaigns.write")
        said = written(request)
        return _keep(request, Written(template.name, template.purpose, said.subject, said.mjml, said.text), template)
    wanted = whole(request.GET.get("version"))
    shown = next((version for version in versions if version.id == wanted), versions[0])
    return _editor(request, of_version(shown), template)


def _keep(request: HttpRequest, said: Written, template: Template | None) -> HttpResponse:
    before = mails.numbered_version(template.id) if template else None
    try:
        version = actions.save_template(
            said.name, purpose=said.purpose, subject=said.subject, mjml=said.mjml, text=said.text, by=staff(request).email
        )
    except Refusal as refusal:
        return _editor(request, said, template, refusal)
    if before and before.id == version.id:
        messages.success(request, _("Nothing changed: version %(n)s stands.") % {"n": version.number})
    else:
        messages.success(request, _("Kept as version %(n)s.") % {"n": version.number})
    return redirect("console:template", version.template_id)


def _editor(request: HttpRequest, said: Written, template: Template | None, refusal: Refusal | None = None) -> HttpResponse:
    versions = mails.versions_of(template.id) if template else []
    context: dict[str, Any] = {
        "here": "templates",
        "said": said,
        "template": template,
        "versions": versions,
        "purposes": Purpose.choices,
        "names": names(),
        "cases": mails.HARD_CASES,
        "shown_version": whole(request.GET.get("version")) or (versions[0].id if versions else 0),
        "trouble": trouble(refusal, said) if refusal else None,
    }
    return with_frames(render(request, "console/mail/editor.html", context, status=REFUSED if refusal else 200))


@page("campaigns.write")
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Whether the words can stand, said beside the part that cannot."""
    said = written(request)
    found = None
    try:
        _shown(request, said)
    except Refusal as refusal:
        found = trouble(refusal, said)
    return render(request, "console/mail/checked.html", {"trouble": found, "parts": PARTS})


@page("campaigns.write")
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The unsaved words as a mail, for the frame beside them."""
    said = written(request)
    try:
        found = _shown(request, said)
    except Refusal as refusal:
        return framed(format_html("<p><b>{}</b> {}</p>", refusal.what, refusal.mend), status=REFUSED)
    if not isinstance(found, Filled):
        return framed(format_html("<p>{}</p>", found.trouble), status=REFUSED)
    return framed(found.html)


def _shown(request: HttpRequest, said: Written) -> mails.Filled | mails.Unfilled:
    case = request.POST.get("case", "")
    return mails.preview_unsaved(
        said.subject,
        said.mjml,
        said.text,
        purpose=said.purpose if said.purpose in Purpose.values else Purpose.MARKETING.value,
        customer_id=whole(request.POST.get("customer")) or None,
        case=case if case in mails.HARD_CASES else "no name",
    )
