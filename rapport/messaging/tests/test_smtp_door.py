"""The SMTP door, driven over loopback by the standard library's client."""

import logging
import smtplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rapport.messaging import smtp_door
from rapport.messaging.smtp_door import MAIL_BYTES_MAX, SmtpDoor

MAIL = b"From: MAILER-DAEMON@shop.example\r\nSubject: failure notice\r\n\r\nIt did not work out.\r\n..\r\nEnd.\r\n"
OURS = {"b-1@reports.example", "b-2@reports.example"}


@contextmanager
def door(take: Callable[[str, str, bytes], None] | None = None, accepts: Callable[[str], bool] = OURS.__contains__) -> Iterator[SmtpDoor]:
    opened = SmtpDoor("127.0.0.1", 0, take=take or (lambda *_: None), accepts=accepts)
    opened.start()
    try:
        yield opened
    finally:
        opened.stop()


@contextmanager
def client(opened: SmtpDoor) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP(opened.host, opened.port, timeout=10) as smtp:
        smtp.ehlo("sender.example")
        yield smtp


def test_a_report_is_taken_for_each_recipient_before_the_door_says_so():
    taken = []
    with door(lambda *mail: taken.append(mail)) as opened, client(opened) as smtp:
        assert smtp.sendmail("", sorted(OURS), MAIL) == {}
        assert [(recipient, sender) for recipient, sender, _ in taken] == [("b-1@reports.example", ""), ("b-2@reports.example", "")]
        assert taken[0][2] == MAIL


def test_a_sender_with_a_name_is_told():
    taken = []
    with door(lambda *mail: taken.append(mail)) as opened, client(opened) as smtp:
        smtp.sendmail("complaints@provider.example", ["b-1@reports.example"], MAIL)
    assert taken[0][1] == "complaints@provider.example"


def test_an_unknown_recipient_is_refused_at_once_and_nothing_is_relayed():
    taken = []
    with door(lambda *mail: taken.append(mail)) as opened, client(opened) as smtp:
        smtp.mail("")
        for stranger in (
            "bob@elsewhere.example",
            "b-3@reports.example",
            "@gate.example:b-1@reports.example",
            "b-1%reports.example@x.example",
        ):
            code, words = smtp.rcpt(stranger)
            assert 500 <= code < 600
        assert words.startswith(b"5.1.1")
        assert smtp.docmd("DATA")[0] == 503
    assert taken == []


def test_what_cannot_be_kept_comes_again_and_the_log_names_nobody(caplog):
    def fail(recipient: str, sender: str, raw: bytes) -> None:
        raise ValueError(f"no room for {recipient}")

    with caplog.at_level(logging.DEBUG), door(fail) as opened, client(opened) as smtp:
        smtp.mail("bob@omaha.example")
        smtp.rcpt("b-1@reports.example")
        assert smtp.data(MAIL)[0] == 451
        assert smtp.noop()[0] == 250
    assert "ValueError" in caplog.text
    assert "omaha" not in caplog.text and "b-1@" not in caplog.text


def test_one_recipient_that_fails_makes_the_whole_mail_come_again():
    taken = []

    def half(recipient: str, sender: str, raw: bytes) -> None:
        if recipient.startswith("b-2"):
            raise OSError
        taken.append(recipient)

    with door(half) as opened, client(opened) as smtp, pytest.raises(smtplib.SMTPDataError) as refusal:
        smtp.sendmail("", sorted(OURS), MAIL)
    assert refusal.value.smtp_code == 451 and taken == ["b-1@reports.example"]


def test_a_directory_that_fails_defers_the_recipient():
    def fail(recipient: str) -> bool:
        raise OSError

    with door(accepts=fail) as opened, client(opened) as smtp:
        smtp.mail("")
        assert smtp.rcpt("b-1@reports.example")[0] == 451


def test_a_mail_over_the_size_is_refused_when_announced_and_when_sent():
    taken = []
    big = b"Subject: big\r\n\r\n" + b"x" * 76 + b"\r\n"
    big += (b"y" * 998 + b"\r\n") * (MAIL_BYTES_MAX // 1000 + 1)
    with door(lambda *mail: taken.append(mail)) as opened, client(opened) as smtp:
        assert smtp.esmtp_features["size"] == str(MAIL_BYTES_MAX)
        assert smtp.mail("", [f"size={MAIL_BYTES_MAX + 1}"])[0] == 552
        smtp.mail("")
        smtp.rcpt("b-1@reports.example")
        assert smtp.data(big)[0] == 552
        assert smtp.sendmail("", ["b-1@reports.example"], MAIL) == {}
    assert len(taken) == 1


def test_long_lines_of_a_returned_mail_are_no_reason_to_refuse_it():
    taken = []
    with door(lambda *mail: taken.append(mail)) as opened, client(opened) as smtp:
        smtp.sendmail("", ["b-1@reports.example"], b"Subject: x\r\n\r\n" + b"z" * 200_000 + b"\r\n")
    assert len(taken[0][2]) > 200_000


def test_nobody_learns_who_has_a_mailbox():
    with door() as opened, client(opened) as smtp:
        answers = {smtp.verify(name) for name in ("b-1@reports.example", "nobody@reports.example", "<<<>", "b-1")}
        lists = {smtp.docmd("EXPN", name) for name in ("b-1@reports.example", "nobody@reports.example")}
    assert len(answers) == 1 and len(lists) == 1


def test_connections_are_bounded(monkeypatch):
    monkeypatch.setattr(smtp_door, "CONNECTIONS_MAX", 3)
    with door() as opened:
        held = [socket.create_connection((opened.host, opened.port), timeout=5) for _ in range(3)]
        for each in held:
            assert each.recv(100).startswith(b"220")
        with socket.create_connection((opened.host, opened.port), timeout=5) as late:
            assert late.recv(100).startswith(b"421")
        for each in held:
            each.close()
        time.sleep(0.2)
        with client(opened) as smtp:
            assert smtp.noop()[0] == 250


def test_a_silent_or_endless_sender_is_cut_off(monkeypatch):
    monkeypatch.setattr(smtp_door, "CONNECTION_SECONDS_MAX", 0.3)
    monkeypatch.setattr(smtp_door, "CONNECTION_BYTES_MAX", 3_000_000)
    with door() as opened:
        with socket.create_connection((opened.host, opened.port), timeout=5) as silent:
            silent.recv(100)
            started = time.monotonic()
            assert silent.recv(100) == b""
            assert time.monotonic() - started < 3
        with socket.create_connection((opened.host, opened.port), timeout=5) as endless, pytest.raises(OSError):
            endless.sendall(b"x" * 20_000_000)


def test_recipients_a_mail_are_bounded(monkeypatch):
    monkeypatch.setattr(smtp_door, "RECIPIENTS_A_MAIL_MAX", 2)
    with door(accepts=lambda _: True) as opened, client(opened) as smtp:
        smtp.mail("")
        assert [smtp.rcpt(f"b-{number}@reports.example")[0] for number in range(3)] == [250, 250, 452]


def test_an_address_that_is_no_text_is_refused():
    with door(accepts=lambda _: True) as opened, socket.create_connection((opened.host, opened.port), timeout=5) as raw:
        reader = raw.makefile("rb")
        reader.readline()
        raw.sendall(b"HELO sender.example\r\nMAIL FROM:<>\r\nRCPT TO:<\xff\xfe@reports.example>\r\nQUIT\r\n")
        answers = [line[:3] for line in reader.readlines()]
    assert answers[2][:1] == b"5"


def test_many_senders_at_once_lose_nothing():
    taken, lock = [], threading.Lock()

    def take(recipient: str, sender: str, raw: bytes) -> None:
        with lock:
            taken.append(raw)

    def send(number: int) -> None:
        with client(opened) as smtp:
            for turn in range(10):
                smtp.sendmail("", ["b-1@reports.example"], f"Subject: {number}-{turn}\r\n\r\nx\r\n".encode())

    with door(take) as opened:
        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(taken)) == 80


def test_closing_waits_for_what_is_being_taken_and_the_sender_is_not_told_that_it_was():
    begun, taken = threading.Event(), []

    def slow(recipient: str, sender: str, raw: bytes) -> None:
        begun.set()
        time.sleep(0.5)
        taken.append(recipient)

    def send() -> None:
        with pytest.raises((smtplib.SMTPException, OSError)):
            smtplib.SMTP(opened.host, opened.port, timeout=10).sendmail("", ["b-1@reports.example"], MAIL)

    with door(slow) as opened:
        thread = threading.Thread(target=send)
        thread.start()
        begun.wait(5)
        opened.stop()
        assert taken == ["b-1@reports.example"]
        thread.join()


def test_a_take_that_hangs_makes_the_mail_come_again(monkeypatch):
    monkeypatch.setattr(smtp_door, "TAKE_SECONDS_MAX", 0.2)
    with door(lambda *_: time.sleep(1)) as opened, client(opened) as smtp, pytest.raises(smtplib.SMTPDataError) as refusal:
        smtp.sendmail("", ["b-1@reports.example"], MAIL)
    assert refusal.value.smtp_code == 451


def test_the_door_closes_and_opens_again_and_says_when_its_port_is_taken():
    with door() as opened:
        taken = SmtpDoor("127.0.0.1", opened.port, take=lambda *_: None, accepts=lambda _: True)
        with pytest.raises(OSError):
            taken.start()
        opened.stop()
        opened.stop()
        opened.start()
        with client(opened) as smtp:
            assert smtp.noop()[0] == 250
