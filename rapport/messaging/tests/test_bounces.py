"""Bounces, complaints and answers are told apart, the recipient is found, and only a dead address is called dead."""

import time
import tracemalloc

import pytest

from rapport.messaging.bounces import BounceClass, Feedback, Kind, Reason, of_answer, read_report
from rapport.messaging.tests.hostile import hostile_mails
from rapport.messaging.tests.letters import ORIGINAL_ID, complaint, dsn, notice, person, written_notices, written_reports

HARD, SOFT = BounceClass.HARD, BounceClass.SOFT
BOB = "bob@omaha.example"


@pytest.mark.parametrize("letter", [*written_reports(), *written_notices()], ids=lambda letter: letter.name)
def test_each_server_and_language_is_understood(letter):
    report = read_report(letter.raw)
    (person_told,) = report.recipients
    assert (report.kind, person_told.bounce_class, person_told.reason) == (Kind.BOUNCE, letter.bounce_class, letter.reason)
    assert person_told.address == letter.recipient
    assert report.message_id == ORIGINAL_ID and report.is_automatic


def test_a_report_about_several_judges_each():
    report = read_report(
        dsn(
            person("bob@omaha.example", status="5.1.1", told="550 5.1.1 User unknown")
            + person("ann@omaha.example", status="5.2.2", told="552 Mailbox full")
        )
    )
    assert [(one.address, one.bounce_class) for one in report.recipients] == [("bob@omaha.example", HARD), ("ann@omaha.example", SOFT)]


def test_the_address_we_wrote_to_counts_and_where_it_went_is_kept():
    report = read_report(
        dsn(person("robert@inside.example", status="5.1.1", more="Original-Recipient: rfc822;Bob+2Bnews@Omaha.example\r\n"))
    )
    assert (report.recipients[0].address, report.recipients[0].final_address) == ("bob+news@omaha.example", "robert@inside.example")


@pytest.mark.parametrize(
    "written",
    [
        "rfc822;bob@omaha.example",
        "RFC822; <BOB@omaha.example>",
        "bob@omaha.example",
        "rfc822 ; bob@omaha.example ",
        "utf-8; bob@omaha.example",
    ],
)
def test_an_address_is_read_in_every_spelling(written):
    raw = dsn(person(status="5.1.1")).replace(b"rfc822; bob@omaha.example", written.encode())
    assert read_report(raw).recipients[0].address == BOB


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("delayed", "4.4.1", Kind.DELAY),
        ("delivered", "2.1.5", Kind.DELIVERED),
        ("relayed", "2.0.0", Kind.DELIVERED),
        ("failed", "5.1.1", Kind.BOUNCE),
        ("failure", "5.1.1", Kind.BOUNCE),
    ],
)
def test_what_was_done_decides_the_kind(action, status, kind):
    report = read_report(dsn(person(action=action, status=status)))
    assert report.kind is kind
    assert report.recipients[0].bounce_class == {Kind.DELAY: SOFT, Kind.DELIVERED: None, Kind.BOUNCE: HARD}[kind]


def test_a_delay_is_never_hard():
    assert read_report(dsn(person(action="delayed", status="5.1.1", told="550 5.1.1 User unknown"))).recipients[0].bounce_class is SOFT
    late = notice(f"Your message has been delayed, we will continue to try.\n\n{BOB}: user unknown\n", subject="Warning: message delayed")
    assert (read_report(late).kind, read_report(late).recipients[0].bounce_class) == (Kind.DELAY, SOFT)


def test_a_diagnostic_is_one_line_of_bounded_length():
    told = read_report(dsn(person(status="5.1.1", told="550 5.1.1 " + "no such user " * 200))).recipients[0].diagnostic
    assert len(told) <= 500 and "\n" not in told


@pytest.mark.parametrize(
    ("kind", "feedback", "ends", "counts"),
    [
        ("abuse", Feedback.ABUSE, True, True),
        ("fraud", Feedback.FRAUD, False, True),
        ("virus", Feedback.VIRUS, False, True),
        ("opt-out", Feedback.OPT_OUT, True, True),
        ("Other", Feedback.OTHER, False, True),
        ("never-heard-of", Feedback.OTHER, False, True),
        ("not-spam", Feedback.NOT_SPAM, False, False),
        ("auth-failure", Feedback.AUTH_FAILURE, False, False),
    ],
)
def test_a_complaint_is_told_by_its_type(kind, feedback, ends, counts):
    report = read_report(complaint(kind))
    assert (report.kind, report.feedback, report.ends_marketing, report.counts_as_complaint) == (Kind.COMPLAINT, feedback, ends, counts)
    assert report.recipients[0].address == BOB and report.message_id == ORIGINAL_ID


def test_a_complaint_without_its_recipient_takes_that_of_the_message():
    assert read_report(complaint("abuse", fields="")).recipients[0].address == BOB
    older = complaint("opt-out", fields="Removal-Recipient: bob@omaha.example\r\n")
    assert read_report(older).recipients[0].address == BOB


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-replied (vacation)"},
        {"X-Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"X-Auto-Response-Suppress": "All"},
        {"Subject": "Automatic reply: Sale"},
        {"Subject": "Abwesenheitsnotiz: Sale"},
        {"Subject": "Réponse automatique : Sale"},
        {"Subject": "Respuesta automática: Sale"},
        {"Subject": "自動応答: Sale"},
    ],
)
def test_an_automatic_answer_is_no_persons_mail_and_no_bounce(headers):
    raw = notice(
        "I am away until Monday. In urgent matters write to ann@omaha.example.",
        sender="Bob <bob@omaha.example>",
        subject=headers.pop("Subject", "Re: Sale"),
        headers=headers,
    )
    assert read_report(raw).kind is Kind.AUTO_REPLY and read_report(raw).is_automatic


@pytest.mark.parametrize("headers", [{"List-Id": "<news.example>"}, {"Precedence": "bulk"}, {"Auto-Submitted": "auto-generated"}])
def test_mail_of_lists_and_machines_is_mail_that_nobody_answers(headers):
    raw = notice("News of the week", sender="news@paper.example", subject="News", headers=headers)
    assert (read_report(raw).kind, read_report(raw).is_automatic) == (Kind.MAIL, True)


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order? It was not delivered.",
        f"Hello, my friend's address {BOB} is wrong, user unknown they say.",
        "> Undelivered Mail Returned to Sender\n> <bob@omaha.example>: 550 5.1.1 User unknown\nWhat does that mean?",
    ],
)
@pytest.mark.parametrize(
    "subject", ["My order was not delivered", "Re: Undelivered Mail Returned to Sender", "Fwd: failure notice", "Mailbox full?"]
)
def test_a_person_who_writes_about_a_bounce_is_a_person(text, subject):
    raw = notice(text, sender="Ann <ann@omaha.example>", subject=subject, return_path="<ann@omaha.example>")
    assert (read_report(raw).kind, read_report(raw).is_automatic) == (Kind.MAIL, False)


def test_a_bounce_that_a_person_forwards_as_an_attachment_is_a_persons_mail():
    inner = dsn(person(status="5.1.1"))
    head = b'From: ann@omaha.example\r\nSubject: what is this\r\nContent-Type: multipart/mixed; boundary="=_f"\r\n\r\n'
    body = b"--=_f\r\nContent-Type: text/plain\r\n\r\nSee.\r\n--=_f\r\nContent-Type: message/rfc822\r\n\r\n"
    raw = head + body + inner + b"\r\n--=_f--\r\n"
    assert read_report(raw).kind is Kind.MAIL


def test_what_is_said_about_one_recipient_is_not_held_against_another():
    text = (
        "Two failed.\n\n<bob@omaha.example>:\n550 5.1.1 User unknown\n\nann@omaha.example\n\n<jim-bob@omaha.example>:\n552 Mailbox full\n"
    )
    told = {one.address: one.bounce_class for one in read_report(notice(text)).recipients}
    assert told == {BOB: HARD, "ann@omaha.example": SOFT, "jim-bob@omaha.example": SOFT}


@pytest.mark.parametrize(
    ("sender", "subject"), [("dmarc@provider.example", "Report Domain: shop.example"), ("no-reply@paper.example", "Hello")]
)
def test_machines_of_others_get_no_answer(sender, subject):
    assert read_report(notice("See.", sender=sender, subject=subject, return_path=f"<{sender}>")).is_automatic


def test_the_envelope_counts_where_it_is_known():
    raw = notice(f"{BOB}\nYour message could not be delivered: 550 5.1.1 User unknown", sender="robot@omaha.example", return_path="<x@y.z>")
    assert read_report(raw, envelope_sender="").kind is Kind.BOUNCE
    assert read_report(raw, envelope_sender="robot@omaha.example").kind is Kind.MAIL


def test_line_ends_of_every_system_read_the_same():
    raw = dsn(person(status="5.1.1", told="550 5.1.1 User unknown"))
    assert read_report(raw) == read_report(raw.replace(b"\r\n", b"\n")) == read_report(raw.replace(b"\r\n", b"\r"))


ANSWERS = [
    (550, "5.1.1 User unknown", HARD, Reason.UNKNOWN_USER),
    (550, "No such user here", HARD, Reason.UNKNOWN_USER),
    (550, "5.1.2 Host unknown", HARD, Reason.BAD_DOMAIN),
    (521, "5.3.2 Domain omaha.example does not accept mail", HARD, Reason.BAD_DOMAIN),
    (450, "4.1.1 User unknown", SOFT, Reason.UNKNOWN_USER),
    (451, "5.1.1 User unknown", SOFT, Reason.UNKNOWN_USER),
    (552, "5.2.2 Mailbox full", SOFT, Reason.MAILBOX_FULL),
    (550, "5.7.1 Message rejected as spam", SOFT, Reason.SPAM),
    (554, "5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.list.example", SOFT, Reason.BLOCKED),
    (421, "4.7.0 Try again later", SOFT, Reason.SYSTEM),
    (535, "5.7.8 Authentication required", SOFT, Reason.AUTHENTICATION),
    (550, "", SOFT, Reason.OTHER),
]


@pytest.mark.parametrize(("code", "text", "bounce_class", "reason"), ANSWERS)
def test_a_direct_answer_is_judged_like_a_report(code, text, bounce_class, reason):
    assert of_answer(code, text) == (bounce_class, reason)


def test_unknown_user_after_the_text_needs_its_status():
    assert of_answer(550, "User unknown", stage="DATA")[0] is SOFT
    assert of_answer(550, "5.1.1 User unknown", stage="DATA")[0] is HARD


def test_hostile_mail_costs_little_and_raises_nothing():
    slow = []
    for name, raw in hostile_mails():
        started = time.perf_counter()
        read_report(raw)
        if (took := time.perf_counter() - started) > 1.5:
            slow.append((name, took))
    assert not slow


def test_hostile_mail_takes_little_memory():
    raw = dsn(person(status="5.1.1"))[:-10] + b"x" * 50_000_000
    tracemalloc.start()
    read_report(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
