"""From what a marketer writes to what is kept: MJML compiled once, the text part made, the footer the law asks for added."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mjml
from inscriptis import get_text
from inscriptis.model.config import ParserConfig

from rapport.messaging import liquid
from rapport.messaging.errors import TemplateError
from rapport.messaging.liquid import Fields
from rapport.messaging.mime import in_references
from rapport.messaging.models import Purpose

SUBJECT_LENGTH_MAX = 1_000
DEPTH_MAX = 100  # the compiler of MJML goes down one stack frame a level: thousands of levels end the process
LINKS_MAX = 500
LINE_LENGTH = 300  # about; values filled in make it longer, and beyond 998 a mail needs an encoding
LIQUID = re.compile(r"\{\{.*?(?:\}\}|\Z)|\{%.*?(?:%\}|\Z)", re.DOTALL)
TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)"
    r"|<(?P<close>/?)(?P<name>[a-z][\w:-]*)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^\"'<>])*)>|<(?P<loose>[a-z])",
    re.DOTALL | re.IGNORECASE,
)
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "wbr"})
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
LINK_LIKE = re.compile(r"<(?:a|mj-button|mj-image)\b", re.IGNORECASE)
KEPT = "liquidpiece{}x"  # a word no parser of MJML or HTML takes for anything else
HEAD = re.compile(r"<mj-head\b.*?</mj-head\s*>", re.DOTALL | re.IGNORECASE)
IMAGE = re.compile(r"<mj-image\b[^>]*?(?:\balt=\"([^\"]*)\")?[^>]*/?>(?:</mj-image\s*>)?", re.IGNORECASE)
BUTTON = re.compile(r"<mj-button\b([^>]*)>(.*?)</mj-button\s*>", re.DOTALL | re.IGNORECASE)
HREF = re.compile(r"\bhref=\"([^\"]*)\"", re.IGNORECASE)
BLOCK = re.compile(r"<(/?)mj-[a-z-]+[^>]*?(/?)>", re.IGNORECASE)
PLACE = re.compile(r"at position (\d+)")
LINK = "{} ( {} )"
FOOTER = """<mj-section padding="24px 0"><mj-column><mj-text align="center" font-size="12px" line-height="18px" color="#676970">
{{ company.name }} · {{ company.address }}<br/><a href="{{ unsubscribe_url }}" style="color:#676970">Unsubscribe</a>
</mj-text></mj-column></mj-section>"""
NOBODY: dict[str, dict[str, Any]] = {"customer": {}, "company": {}, "campaign": {}, "data": {}}  # a customer of whom nothing is known
TEXT_FOOTER = "\n\n-- \n{{ company.name }} · {{ company.address }}\nUnsubscribe: {{ unsubscribe_url }}\n"


@dataclass(frozen=True)
class Composed:
    """A version in the making: checked, compiled, with what it names of a customer."""

    subject: str
    mjml: str
    own_text: str
    html: str
    text: str
    fields: tuple[str, ...]


def compose(subject: str, body: str, own_text: str, *, purpose: str, known: Fields) -> Composed:
    """Check and compile; TemplateError names the part, the line and the column of what cannot stand."""
    transactional = purpose == Purpose.TRANSACTIONAL
    subject = " ".join(subject.split())  # a subject is one line; CR LF would end the header
    if not subject:
        raise TemplateError("subject", "it is empty.", mend="Write what the mail is about.")
    if len(subject) > SUBJECT_LENGTH_MAX:
        raise TemplateError("subject", f"it is longer than {SUBJECT_LENGTH_MAX:,} letters.", mend="Say it shorter.")
    used: set[str] = set()
    for part, source in (("subject", subject), ("mjml", body), ("text", own_text)):
        used |= liquid.check(part, source, known, transactional=transactional)
        liquid.try_out(part, source, NOBODY)
    whole = body if transactional or "unsubscribe_url" in body else _with_footer(body)
    html = _compiled(whole)
    text = own_text or _as_text(whole)
    if not transactional and own_text and "unsubscribe_url" not in own_text:
        text += TEXT_FOOTER
    for part, source in (("mjml", html), ("text", text)):
        liquid.check(part, source, known, transactional=transactional)  # a tag torn apart by the layout shows here
    return Composed(subject, body, own_text, html, text, tuple(sorted(used)))


def _with_footer(body: str) -> str:
    at = body.rfind("</mj-body>")
    return body if at < 0 else body[:at] + FOOTER + body[at:]


def _compiled(body: str) -> str:
    """HTML with the Liquid untouched. MJML reads `<` in a Liquid tag as its own, so the pieces wait outside."""
    safe, back = _set_aside(body)
    _refuse_endless(safe, back)
    try:
        html = mjml.mjml2html(safe, fonts={})  # else it fetches fonts from a foreign host
    except ValueError as trouble:
        raise _mjml_error(str(trouble), body, safe, back) from None
    return back(_in_lines(in_references(html)))


def _in_lines(html: str) -> str:
    """The page in lines of some length, broken within tags at a place where a space says nothing: `<p\nclass="a">`, `</p\n>`."""
    pieces, done, line_start = [], 0, 0
    for tag in TAG.finditer(html):
        line_start = max(line_start, html.rfind("\n", line_start, tag.start()) + 1)
        at = tag.end() - 1 if tag["close"] else tag.start("rest")
        if tag["name"] and at - line_start > LINE_LENGTH and (tag["close"] or tag["rest"].startswith(" ")):
            pieces.append(html[done:at])
            done, line_start = at + (not tag["close"]), at
    return "\n".join([*pieces, html[done:]])


def _refuse_endless(safe: str, back: Callable[[str], str]) -> None:
    """TemplateError where elements lie so deep, or links are so many, that neither compiler nor reader comes to an end."""
    if len(LINK_LIKE.findall(safe)) > LINKS_MAX:
        raise TemplateError("mjml", f"it has more than {LINKS_MAX} links and images.", mend="Link to a page that shows them.")
    open_ones: list[str] = []
    for tag in TAG.finditer(safe):
        name = (tag["name"] or tag["loose"] or "").lower()
        if tag["close"]:
            if open_ones and open_ones[-1] == name:
                open_ones.pop()
        elif name and name not in VOID and not (tag["rest"] or "").endswith("/"):
            open_ones.append(name)
        if len(open_ones) > DEPTH_MAX:
            line, column = liquid.place(back(safe[: tag.start()]))
            trouble = f"elements lie more than {DEPTH_MAX} deep in one another."
            raise TemplateError("mjml", trouble, mend="Close each element.", line=line, column=column)


def _mjml_error(words: str, body: str, safe: str, back: Callable[[str], str]) -> TemplateError:
    trouble = words.removesuffix(" in root template") + "."
    mend = "A body is <mjml><mj-body>…</mj-body></mjml>; Liquid tags between its elements stand in <mj-raw>."
    if found := PLACE.search(words):
        line, column = liquid.place(back(safe[: int(found[1])]))
        return TemplateError(
            "mjml", f"{words[: found.start()].removesuffix(' in root template ').strip()}.", mend=mend, line=line, column=column
        )
    return TemplateError("mjml", trouble, mend=mend)


def _as_text(body: str) -> str:
    """The text part of a body: its words in order, links written out, Liquid kept."""
    safe, back = _set_aside(HEAD.sub("", COMMENT.sub("", body), count=1))
    safe = BUTTON.sub(_button, IMAGE.sub(lambda found: f"<div>{found[1] or ''}</div>", safe))
    html = BLOCK.sub(lambda found: "</div>" if found[1] else "<div></div>" if found[2] else "<div>", safe)
    html = re.sub(r"<a\b[^>]*?\bhref=\"([^\"]*)\"[^>]*>(.*?)</a\s*>", lambda found: LINK.format(found[2], found[1]), html, flags=re.DOTALL)
    lines = [line.strip() for line in get_text(f"<html><body>{html}</body></html>", ParserConfig(display_links=False)).splitlines()]
    return back(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()) + "\n"


def _button(found: re.Match[str]) -> str:
    href = HREF.search(found[1])
    return f"<div>{LINK.format(found[2].strip(), href[1]) if href else found[2]}</div>"


def _set_aside(text: str) -> tuple[str, Callable[[str], str]]:
    """The text with each piece of Liquid as a word, and the way back."""
    pieces: list[str] = []

    def keep(found: re.Match[str]) -> str:
        pieces.append(found[0])
        return KEPT.format(len(pieces) - 1)

    def back(compiled: str) -> str:
        return re.sub(KEPT.format(r"(\d+)"), lambda found: pieces[int(found[1])], compiled)

    return LIQUID.sub(keep, text), back
