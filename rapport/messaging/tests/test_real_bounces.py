"""Bounces that real servers wrote, read in place in the folder of sample data, with the rates that we promise."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from rapport.messaging.bounces import Kind, Report, read_report

SHARE = {"class": 0.95, "recipients": 0.95, "both": 0.90}
SPELLED = {Kind.COMPLAINT: "complaint", Kind.AUTO_REPLY: "autoreply", Kind.MAIL: "mail"}


@pytest.fixture(scope="module")
def bounces(samples: Path) -> list[tuple[dict[str, Any], str, bytes]]:
    """Each label with the mails it is about (some are there with other line ends, too)."""
    labels = {row["file"]: row for row in map(json.loads, (samples / "mail" / "labels.jsonl").read_text().splitlines())}
    found = []
    with tarfile.open(samples / "mail" / "samples.tar.xz") as archive:
        for member in archive:
            name = Path(member.name)
            if member.isfile() and name.parts[0] != "replies":
                content = archive.extractfile(member)
                assert content is not None
                found.append((labels.get(name.name, {}), member.name, content.read()))
    return found


def class_of(report: Report) -> str:
    classes = {str(person.bounce_class) for person in report.recipients}
    return SPELLED.get(report.kind) or ("mixed" if len(classes) > 1 else "".join(classes))


def test_the_class_and_the_recipient_of_real_bounces(bounces):
    agreed = [(label, name, read_report(raw)) for label, name, raw in bounces if label.get("confidence") == "agreed"]
    told = {"class": 0, "recipients": 0, "both": 0}
    missed = []
    for label, name, report in agreed:
        is_class = class_of(report) == label["klass"]
        is_who = {person.address for person in report.recipients} == {one["recipient"].lower() for one in label["results"]}
        told = {"class": told["class"] + is_class, "recipients": told["recipients"] + is_who, "both": told["both"] + (is_class and is_who)}
        if not (is_class and is_who):
            missed.append(name)
    assert len(agreed) > 60
    assert {what: told[what] / len(agreed) >= share for what, share in SHARE.items()} == dict.fromkeys(SHARE, True), missed


def test_the_recipients_of_non_standard_texts(bounces):
    others = [(label, read_report(raw)) for label, _, raw in bounces if label.get("corpus") == "flufl"]
    right = [
        {person.address for person in report.recipients} == {address.lower() for address in label["temporary"] + label["permanent"]}
        for label, report in others
    ]
    assert len(others) > 10 and sum(right) / len(right) >= 0.95


def test_no_reply_of_a_person_is_taken_for_a_bounce(samples):
    with tarfile.open(samples / "mail" / "samples.tar.xz") as archive:
        texts = [archive.extractfile(member).read() for member in archive if member.isfile() and member.name.startswith("replies/")]
    kinds = [read_report(b"From: Ann <ann@omaha.example>\r\nSubject: Re: my order\r\n\r\n" + text).kind for text in texts]
    assert kinds and set(kinds) == {Kind.MAIL}
