"""What a marketer writes into: a start worth keeping, the fields one may name, and a refusal laid beside its part."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from rapport.console.frames import asked_for
from rapport.lib.refusals import Refusal
from rapport.messaging import queries as mails
from rapport.messaging.errors import TemplateError
from rapport.messaging.models import Purpose, Version

TEXT_MAX = 200_001  # one more than a template may hold, so that the refusal says so
FIELDS_FIRST = ("first_name", "last_name", "name", "email", "city", "country")
NAMES_MAX = 300
SUBJECT = '{{ customer.first_name | default: "Hello" }}, something new for you'
BODY = """<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="#1b1c1f" />
      <mj-button background-color="#3650c4" font-size="16px" border-radius="6px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f6f6f4">
    <mj-section background-color="#ffffff" padding="32px 16px">
      <mj-column>
        <mj-text font-size="22px" line-height="28px" font-weight="600">
          Hello {{ customer.first_name | default: "there" }}
        </mj-text>
        <mj-text>
          Say in one or two sentences why you write, and what is in it for them.
        </mj-text>
        <mj-button href="https://shop.example/new">See what is new</mj-button>
        <mj-text font-size="13px" line-height="20px" color="#676970">
          Can't see this well? <a href="{{ view_url }}">Open it in the browser</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


@dataclass(frozen=True)
class Written:
    """What stands in the editor."""

    name: str = ""
    purpose: str = Purpose.MARKETING.value
    subject: str = SUBJECT
    mjml: str = BODY
    text: str = ""


def written(request: HttpRequest) -> Written:
    """What the form says; line ends as the record keeps them."""
    purpose = asked_for(request, "purpose", 20)
    return Written(
        asked_for(request, "name", 300),
        purpose or Purpose.MARKETING.value,
        request.POST.get("subject", "")[:TEXT_MAX],
        request.POST.get("mjml", "")[:TEXT_MAX].replace("\r\n", "\n"),
        request.POST.get("text", "")[:TEXT_MAX].replace("\r\n", "\n"),
    )


def of_version(version: Version) -> Written:
    template = version.template
    return Written(template.name, template.purpose, version.subject, version.mjml, version.own_text)


@dataclass(frozen=True)
class Trouble:
    """A refusal as the editor shows it: beside its part, with the place in it. `start` counts as JavaScript does."""

    part: str  # subject, mjml, text, name, purpose, or "": of the whole
    what: str
    mend: str
    line: int = 0
    column: int = 0
    start: int | None = None


def trouble(refusal: Refusal, said: Written) -> Trouble:
    if not isinstance(refusal, TemplateError):
        return Trouble(str(refusal.facts.get("field", "")), refusal.what, refusal.mend)
    source = {"subject": said.subject, "mjml": said.mjml, "text": said.text}[refusal.part]
    start = _offset(source, refusal.line, refusal.column) if refusal.line else None
    return Trouble(refusal.part, refusal.trouble, refusal.mend, refusal.line, refusal.column, start)


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    before = "\n".join(lines[: line - 1]) + ("\n" if line > 1 else "") + "".join(lines[line - 1 : line])[: column - 1]
    return len(before.encode("utf-16-le")) // 2


@dataclass(frozen=True)
class Names:
    """What may be named, as it is written."""

    words: str
    names: list[tuple[str, str]]  # shown, inserted


def names() -> list[Names]:
    """Fields by where they come from, the usual ones first."""
    known = mails.fields()
    first = [name for name in FIELDS_FIRST if name in known.traits]
    traits = [*first, *sorted(known.traits - set(first))][:NAMES_MAX]
    fixed = ("company.name", "company.address", "company.url", "campaign.name", "unsubscribe_url", "view_url")
    return [
        Names(_("The customer"), [(name, _tag(f"customer.{name}")) for name in traits]),
        Names(_("Named measures"), [(name, _tag(f"customer.{name}")) for name in sorted(known.measures)[:NAMES_MAX]]),
        Names(_("The company and this mail"), [(name, _tag(name)) for name in fixed]),
    ]


def _tag(name: str) -> str:
    return "{{ " + name + " }}"
