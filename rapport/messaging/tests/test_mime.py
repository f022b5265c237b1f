"""A mail is what the standards allow, whatever stands in it: no line too long, no header too many, the same words back."""

import email
import email.policy
import re
from email.header import decode_header, make_header
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.messaging.mime import CONTROL, HEADER_TEXT_MAX, Letter, as_bytes, in_references

NASTY = [
    "Hi\r\nBcc: everybody@example.com", "陳大文" * 80, "a" * 2_000, "=?utf-8?q?x?=", 'O"Neil, \\ <x@y.example>', "", " ", ".", "\x00",
    "Grüße an alle, die " * 30, "\u2028 line", "🎉" * 100, "é" * 76, "x" * 75 + " é", "a, b; c: d (e) [f]", "\ud800",
]  # fmt: skip


def written(**parts: Any) -> bytes:
    usual: dict[str, Any] = {
        "sender": "Halden <news@halden.example>", "to": "ana@example.com", "to_name": "Ana",
        "subject": "Hi", "text": "text", "html": "<p>html</p>",
        "message_id": "<1-abc@halden.example>", "at_us": 1_772_000_000_000_000, "extra": (("List-Id", "<marketing.halden.example>"),),
    }  # fmt: skip
    return as_bytes(Letter(**usual | parts))


def assert_sound(raw: bytes) -> None:
    assert raw.isascii() and b"\r" not in raw.replace(b"\r\n", b"") and b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    head = email.message_from_bytes(raw)
    assert [name for name in head if name not in KEPT] == [], "a header nobody wrote"
    assert head.get_all("Bcc") is None and len(head.get_all("To") or []) == 1


REFERENCE = re.compile(r"&#(\d{1,6});")
KEPT = {"From", "To", "Subject", "Date", "Message-ID", "List-Id", "MIME-Version", "Content-Type"}


def said(text: str) -> str:
    return CONTROL.sub(" ", text).encode("utf-8", "replace").decode()[:HEADER_TEXT_MAX].strip()


@pytest.mark.parametrize("nasty", NASTY)
def test_nasty_words_stay_words(nasty: str) -> None:
    raw = written(subject=nasty, to_name=nasty, text=nasty, html=nasty)
    assert_sound(raw)
    subject = str(make_header(decode_header(email.message_from_bytes(raw)["Subject"] or "")))
    assert "".join(subject.split()) == "".join(said(nasty).split())


@given(st.text(max_size=400), st.text(max_size=80), st.text(max_size=400))
def test_any_words_come_back(subject: str, name: str, text: str) -> None:
    raw = written(subject=subject, to_name=name, text=text, html=text)
    assert_sound(raw)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    wanted = "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").encode("utf-8", "replace").decode().split("\n"))
    for kind in ("plain", "html"):
        part: Any = mail.get_body((kind,))
        payload = part.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")
        if kind == "html":
            payload, wanted = (
                REFERENCE.sub(lambda found: chr(int(found[1])), payload),
                REFERENCE.sub(lambda found: chr(int(found[1])), wanted),
            )
        assert payload.rstrip("\n") == wanted.rstrip("\n")


def test_a_line_of_any_length_is_folded() -> None:
    assert_sound(written(text="x" * 100_000, html="<p>" + "y" * 100_000))


@pytest.mark.parametrize(
    ("page", "plain"),
    [
        ("<p>Grüße</p><i>陳</i>" + "<p>hello</p>" * 20, "<p>Gr&#252;&#223;e</p><i>&#38515;</i>" + "<p>hello</p>" * 20),
        ("<p>" + "大文" * 90, None),
        ("<style>p::after { content: '·' }</style>" + "<p>hello</p>" * 9, None),
        ("<p>hello</p>" * 9 + "<PlainText>é", None),
        ("<p>hello \x80</p>" * 9, None),  # &#128; would be read as €
    ],
)
def test_letters_are_referred_to_where_html_reads_it_so(page: str, plain: str | None) -> None:
    assert in_references(page) == (plain or page)


def test_a_page_of_usual_lines_needs_no_encoding() -> None:
    assert b"Content-Transfer-Encoding: 7bit\r\n\r\n<p>Gr&#252;n</p>" in written(html="<p>Grün</p>" + "<p>hello</p>\n" * 9)
