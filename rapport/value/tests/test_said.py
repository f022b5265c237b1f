"""What a fit says is kept as words with places, and said in the reader's language."""

import json

from django.utils.translation import override

from rapport.value.report import plain
from rapport.value.said import Said, all_said, said

SPAN = Said("Only %(span)s days of %(asked)s", {"span": 7, "asked": "1,000"})


def test_it_comes_back_from_the_report_as_it_was_meant() -> None:
    kept = json.loads(json.dumps(plain({"notes": (SPAN,)})))
    assert kept == {"notes": [{"words": SPAN.words, "of": {"span": 7, "asked": "1,000"}}]}
    assert said(kept["notes"][0]) == str(SPAN) == "Only 7 days of 1,000"


def test_a_fit_of_old_kept_sentences() -> None:
    assert said("100 % of 5 customers.") == "100 % of 5 customers."
    with override("es"):
        assert said("") == ""


def test_programs_get_sentences_and_all_else_as_it_was() -> None:
    report = plain({"why": SPAN, "signals": [{"name": "visits", "groups": [{"name": Said("unknown", {}), "did": 1.5}]}], "held": None})
    assert all_said(report) == {
        "why": "Only 7 days of 1,000",
        "signals": [{"name": "visits", "groups": [{"name": "unknown", "did": 1.5}]}],
        "held": None,
    }
