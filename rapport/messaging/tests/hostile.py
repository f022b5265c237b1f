"""Mails that want to cost time, memory or a traceback, made on the spot."""

import random
from collections.abc import Iterator

REPORT_HEAD = (
    b"From: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
)


def hostile_mails() -> Iterator[tuple[str, bytes]]:
    """Each with the name of its trick."""
    daemon = b"From: MAILER-DAEMON@mx.example\r\nReturn-Path: <>\r\nSubject: Undelivered Mail\r\n"
    yield "50 MB of one line", daemon + b"\r\n" + b"a" * 50_000_000
    yield "50 MB of short lines", daemon + b"\r\n" + b"a@b.example:\r\n" * 3_500_000
    yield "50 MB of base64", daemon + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUFB" * 12_500_000
    yield "10,000 parts", REPORT_HEAD + b"--b\r\nContent-Type: text/plain\r\n\r\nbob@x.example: no\r\n" * 10_000 + b"--b--\r\n"
    yield "1,000 levels", b"From: MAILER-DAEMON@mx.example\r\n" + levels(1000)
    yield "1,000 levels of one boundary", REPORT_HEAD + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 1000
    yield "100,000 headers", b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + b"\r\nbody"
    yield "one header of 10 MB", b"Subject: " + b"=?utf-8?q?a?= " * 700_000 + b"\r\n\r\nbody"
    yield "a folded header without an end", b"Subject: x\r\n" + b" y\r\n" * 1_000_000
    yield "100,000 recipients", REPORT_HEAD + status(100_000) + b"--b--\r\n"
    yield "100,000 addresses in a text", daemon + b"\r\n" + b"".join(b"<p%d@x.example>: unknown user\r\n" % n for n in range(100_000))
    yield "addresses without an end", daemon + b"\r\n" + (b"a." * 200 + b"@" + b"b-." * 200 + b"\r\n") * 5000
    yield "at signs", daemon + b"\r\n" + b"@" * 1_000_000 + b"\r\n" + b"a@" * 500_000
    yield "colons and dashes", daemon + b"\r\n" + b"-" * 500_000 + b"\r\n" + b":" * 500_000 + b"\r\n" + (b" " * 5000 + b"\r\n") * 500
    yield "almost the words", daemon + b"\r\nbob@x.example: " + b"mailbox user address recipient domain account " * 20_000
    yield "html without an end", daemon + b"Content-Type: text/html\r\n\r\n" + b"<a <b " * 1_000_000
    yield "quoted-printable rubbish", daemon + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 1_000_000
    for charset in (
        "zlib",
        "bz2",
        "hex",
        "rot13",
        "idna",
        "punycode",
        "unicode_escape",
        "utf-7",
        "utf-16",
        "undefined",
        "x" * 5000,
        "\x00",
        "é",
    ):
        head = f"Content-Type: text/plain; charset={charset}\r\nSubject: =?{charset}?b?QUFB?=\r\n".encode()
        yield f"charset {charset[:20]!r}", daemon + head + b"\r\nbob@x.example: \xff\xfe user unknown" + b"-a" * 100_000
    yield "dates of nowhere", daemon + b"Date: Fri, 99 Foo 99999 99:99:99 +9999\r\n\r\nbob@x.example: user unknown"
    yield "a status of rubbish", REPORT_HEAD + b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + bytes(range(256)) * 4000
    yield "numbers in a status", REPORT_HEAD + status(1, told=b"5." * 100_000 + b"1.1" * 100_000) + b"--b--"
    yield (
        "feedback of rubbish",
        b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n' + b"\xff:\n" * 100_000,
    )
    yield "nothing", b""
    yield "blanks", b"\r\n \r\n\t\r\n"
    yield "only headers", b"From: MAILER-DAEMON@mx.example"
    yield "a boundary of nothing", b'Content-Type: multipart/report; boundary=""\r\n\r\n--\r\n--\r\n----\r\n'
    yield from noise()


def levels(depth: int) -> bytes:
    """Multiparts inside one another."""
    heads = [b"Content-Type: multipart/report; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)]
    return b"".join(heads) + b"Content-Type: text/plain\r\n\r\nbob@x.example: user unknown\r\n"


def status(count: int, told: bytes = b"550 5.1.1 User unknown") -> bytes:
    """A report about many."""
    one = b"Final-Recipient: rfc822; p%d@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; %s\r\n\r\n"
    return b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n" + b"".join(
        one % (n, told) for n in range(count)
    )


def noise(seed: int = 7, count: int = 300) -> Iterator[tuple[str, bytes]]:
    """Good reports with random wounds: bytes changed, pieces cut out or doubled."""
    chance = random.Random(seed)
    whole = REPORT_HEAD + b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIt failed.\r\n" + status(3) + b"--b--\r\n"
    for number in range(count):
        hurt = bytearray(whole)
        for _ in range(chance.randrange(1, 30)):
            place = chance.randrange(len(hurt))
            end = place + chance.randrange(1, 60)
            match chance.randrange(4):
                case 0:
                    hurt[place] = chance.randrange(256)
                case 1:
                    del hurt[place:end]
                case 2:
                    hurt[place:place] = hurt[place:end]
                case _:
                    hurt[place:place] = chance.randbytes(5)
        yield f"wounds {number}", bytes(hurt)
