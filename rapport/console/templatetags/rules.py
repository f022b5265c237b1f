"""Rules on pages: in the editor's colours, and as the query of a link."""

import json

from django import template
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from rapport.console.pages.colours import coloured

register = template.Library()


@register.simple_tag
def rule_words(text: str) -> SafeString:
    """A rule, or a condition, in the colours of the language."""
    return format_html_join("", '<span class="{}">{}</span>', coloured(text))


@register.simple_tag
def rule_query(text: str, as_of: str = "") -> SafeString:
    """rule=…&as_of=… for a link."""
    said = {"rule": text, **({"as_of": as_of} if as_of else {})}
    return mark_safe(urlencode(said).replace("&", "&amp;"))  # noqa: S308  # percent-encoded throughout


@register.simple_tag
def kind_query(event: str) -> SafeString:
    """The rule of those who did something, for a link."""
    return rule_query(f"did {json.dumps(event, ensure_ascii=False)}")


@register.filter
def mailable(text: str) -> str:
    """Those a rule means who may be written to."""
    return f"({text}) AND may receive email"


@register.filter
def times(number: int) -> range:
    """For as many closing tags as there are lists to close."""
    return range(number)
