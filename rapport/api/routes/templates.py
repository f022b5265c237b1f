"""Templates of mail: listed, read, written as versions, and tried on a customer or a hard case."""

from typing import Any

from ninja import Path, Router

from rapport.accounts.actions import write_down
from rapport.api import asking
from rapport.api.cursors import cursor_of, numbers_of, page_of
from rapport.api.door import ApiRequest
from rapport.api.mail_shapes import PreviewIn, PreviewOut, TemplateIn, TemplateOut, TemplateSummary, VersionNumber
from rapport.api.problems import Problem
from rapport.api.routes.ways import asks, reads, writes
from rapport.api.shapes import Cursor, Id, Page, PageLimit, iso
from rapport.customers import queries as customers
from rapport.messaging import actions
from rapport.messaging import queries as mails
from rapport.messaging.models import Template, Version

router = Router(tags=["templates"])
READS_CUSTOMERS = "customers:read"


@router.get("/templates", **reads("campaigns:read", Page[TemplateSummary], "List templates"))
def listed(request: ApiRequest, cursor: Cursor | None = None, limit: PageLimit = 50) -> Page[TemplateSummary]:
    """Every template, by rising id, with the subject of its newest version."""
    after = (numbers_of(cursor, 1) or (0,))[0]
    shown, last = page_of(mails.templates_after(after, limit=limit + 1), limit)
    newest = mails.newest_versions([template.id for template in shown])
    data = [TemplateSummary(**_summary(template, newest[template.id])) for template in shown if template.id in newest]
    return Page(data=data, next=cursor_of(last.id) if last else None)


@router.post("/templates", **writes("campaigns:write", TemplateOut, "Write a template", status=201, first=asking.catch_up))
def write(request: ApiRequest, said: TemplateIn) -> TemplateOut:
    """Keep a template under a name that is free, as its version 1. What cannot be filled in is refused with line and column."""
    return _out(actions.save_template(**said.model_dump(), by=request.token.actor, new=True))


@router.get("/templates/{template_id}", **reads("campaigns:read", TemplateOut, "One template", one=True))
def one(request: ApiRequest, template_id: Path[Id], version: VersionNumber | None = None) -> TemplateOut:
    """As its newest version has it, or an earlier one."""
    return _out(_version(template_id, version))


@router.put("/templates/{template_id}", **writes("campaigns:write", TemplateOut, "Change a template", one=True, first=asking.catch_up))
def change(request: ApiRequest, template_id: Path[Id], said: TemplateIn) -> TemplateOut:
    """A new version where something changed. What was sent, and campaigns that have started, keep theirs."""
    _version(template_id)
    return _out(actions.save_template(**said.model_dump(), by=request.token.actor, template_id=template_id))


@router.post("/templates/{template_id}/preview", **asks("campaigns:read", PreviewOut, "Try a template out", one=True))
def preview(request: ApiRequest, template_id: Path[Id], said: PreviewIn) -> PreviewOut:
    """Its newest version filled in. A customer's mail tells what is known of them: it takes `customers:read` too, and is written down."""
    version = _version(template_id)
    if (said.customer_id is None) == (said.case is None):
        mend = "Send one of the two."
        raise Problem("misfit", "customer_id, case: a preview is for a customer or for a hard case.", field="customer_id", mend=mend)
    if said.customer_id is not None:
        page = mails.preview(version, customer_id=_read(request, said.customer_id, template_id))
    elif said.case is not None and said.case in mails.HARD_CASES:
        page = mails.preview(version, case=said.case)
    else:
        mend = f"They are {', '.join(mails.HARD_CASES)}."
        raise Problem("misfit", f"case: there is no hard case {said.case!a}.", field="case", mend=mend)
    if isinstance(page, mails.Unfilled):
        return PreviewOut(version=version.number, subject=None, text=None, html=None, trouble=page.trouble)
    return PreviewOut(version=version.number, subject=page.subject, text=page.text, html=page.html, trouble=None)


def _read(request: ApiRequest, customer_id: int, template_id: int) -> int:
    """The customer's id, once it is written down that their traits are read."""
    if not request.token.may(READS_CUSTOMERS):
        raise Problem("forbidden", f"A customer's mail needs the scope {READS_CUSTOMERS} too.", mend="Try one of the hard cases.")
    customer = customers.customer(customer_id)
    if customer is None:
        raise Problem("not_found", f"There is no customer {customer_id}.", field="customer_id")
    token = request.token
    write_down("customers.read", subject=f"customer {customer.id}", by=token.actor, token=token.prefix, template=template_id)
    return customer.id


def _version(template_id: int, number: int | None = None) -> Version:
    found = mails.numbered_version(template_id, number)
    if found is None:
        what, field = (f"template {template_id}", "template_id") if number is None else (f"version {number} of this template", "version")
        raise Problem("not_found", f"There is no {what}.", field=field)
    return found


def _summary(template: Template, version: Version) -> dict[str, Any]:
    return {
        "id": template.id,
        "name": template.name,
        "purpose": template.purpose,
        "version": version.number,
        "subject": version.subject,
        "by": version.by,
        "created": iso(template.created_us),
        "updated": iso(version.created_us),
    }


def _out(version: Version) -> TemplateOut:
    return TemplateOut(**_summary(version.template, version), mjml=version.mjml, text=version.own_text, fields=version.fields)
