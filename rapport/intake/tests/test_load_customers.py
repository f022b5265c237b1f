"""Customer files: who a row names, what it says of them, and whether they may be written to."""

from pathlib import Path
from typing import Any

import pytest

from rapport.customers import queries as customers
from rapport.intake.actions import receive
from rapport.intake.tests.loading import facts, in_rows, load, rejects, written
from rapport.lib.clock import from_us, now_us
from rapport.lib.refusals import Refusal

pytestmark = pytest.mark.django_db


def people(folder: Path, text: str, *, name: str = "customers.csv", **options: Any) -> dict:
    return load(written(folder, text, name=name), "customers", **options)


def consents(user_id: str) -> dict[str, bool]:
    found = customers.find("user_id", user_id)
    assert found is not None
    return {row.channel: row.given for row in customers.consents_of(found.id)}


def traits(user_id: str) -> dict:
    return customers.standing([("user_id", user_id)])["user_id", user_id].traits


def test_a_row_becomes_a_customer_with_traits(tmp_path):
    text = (
        "user_id,email,First Name,last_name,birthday,created_at,Loyalty tier,visits,vip,store_id\n"
        'u1,ana@example.com,Ana,"Sousa, dos",1980-02-29,2020-01-02T03:04:05Z,gold,12,true,007\n'
    )
    answer = people(tmp_path, text)
    assert in_rows(answer) == (1, 1, 0, 0)
    assert (answer["customers"], answer["events"]) == (1, 1)
    assert traits("u1") == {
        "email": "ana@example.com", "first_name": "Ana", "last_name": "Sousa, dos", "birthday": "1980-02-29",
        "created_at": "2020-01-02T03:04:05Z", "Loyalty tier": "gold", "visits": 12, "vip": True, "store_id": "007",
    }  # fmt: skip
    assert customers.find("email", "ANA@example.com").name == "Ana Sousa, dos"


def test_a_row_needs_one_of_four_identifiers(tmp_path):
    text = (
        "user_id,email,phone,membership_number,city\nu1,,,,A\n,b@example.com,,,B\n,,+44 20 7946 0958,,C\n,,,M-9,D\n,,,,E\n,,020 7946,,F\n"
    )
    answer = people(tmp_path, text)
    assert in_rows(answer) == (6, 4, 0, 2)
    assert [line.split(",")[0] for line in rejects(answer)] == ["6", "7"]
    assert "without its country" in rejects(answer)[1]
    for kind, value in (("user_id", "u1"), ("email", "b@example.com"), ("phone", "+442079460958"), ("membership_number", "M-9")):
        assert customers.find(kind, value) is not None


def test_unusable_parts_of_a_row_are_left_out_and_noted(tmp_path):
    answer = people(tmp_path, "user_id,email,birthday,phone,created_at\nu1,nowhere,1980-13-45,call me,yesterday\n")
    assert in_rows(answer) == (1, 1, 0, 0)
    assert (answer["notes"], answer["reject_file"], traits("u1")) == (4, None, {})
    noted = Path(answer["notes_file"]).read_text()
    assert all(word in noted for word in ("no mail address", "not a day", "no telephone number", "not a time"))


def test_without_consent_columns_nobody_is_mailable_and_the_answer_says_how_many(tmp_path):
    answer = people(tmp_path, "user_id,email\nu1,a@example.com\nu2,b@example.com\n")
    assert answer["without_consent"] == 2
    assert consents("u1") == {}


def test_consent_by_channel_with_time_and_proof(tmp_path):
    text = (
        "user_id,consent_email,consent_sms,consent_at,consent_source\n"
        "u1,yes,no,2024-02-03T10:00:00Z,paper form 7\nu2,,1,2024-02-03,till\nu3,TRUE,perhaps,,\n"
    )
    answer = people(tmp_path, text)
    assert (consents("u1"), consents("u2"), consents("u3")) == ({"email": True, "sms": False}, {"sms": True}, {"email": True})
    assert (answer["without_consent"], answer["notes"], answer["events"]) == (0, 1, 7)
    first = facts("Consent Given")[0]
    assert from_us(first.time_us).isoformat() == "2024-02-03T10:00:00+00:00"
    assert first.properties == {"channel": "email", "purpose": "marketing", "source": "paper form 7"}


def test_the_same_file_again_adds_nothing(tmp_path):
    text = "user_id,city,consent_email\nu1,Porto,yes\nu2,Omaha,no\n"
    assert in_rows(people(tmp_path, text)) == (2, 2, 0, 0)
    second = people(tmp_path, text)
    assert in_rows(second) == (2, 0, 2, 0)
    assert (second["events"], second["customers"]) == (0, 0)


def test_a_longer_file_adds_what_is_new(tmp_path):
    text = "user_id,city\nu1,Porto\nu2,Omaha\n"
    people(tmp_path, text)
    assert in_rows(people(tmp_path, text + "u3,Lima\n", name="more.csv")) == (3, 1, 2, 0)


def test_own_time_is_that_of_the_last_change_then_of_creation(tmp_path):
    text = "user_id,city,created_at,updated_at\nu1,Porto,2020-01-01,2022-01-01\nu2,Porto,2021-01-01,\nu3,Porto,,\n"
    before = now_us()
    people(tmp_path, text, timezone="America/New_York")
    times = [fact.time_us for fact in facts("Identify")]
    assert [from_us(us).isoformat() for us in times[:2]] == ["2022-01-01T05:00:00+00:00", "2021-01-01T05:00:00+00:00"]
    assert times[2] >= before


def test_an_older_row_does_not_overwrite_a_newer_trait(tmp_path):
    people(tmp_path, "user_id,city,updated_at\nu1,Lisbon,2023-01-01\n")
    people(tmp_path, "user_id,city,updated_at\nu1,Porto,2022-01-01\n", name="old.csv")
    assert traits("u1")["city"] == "Lisbon"


def test_a_file_that_was_changed_back_is_news_and_the_same_file_never(tmp_path):
    porto, lisbon = "user_id,city\nu1,Porto\n", "user_id,city\nu1,Lisbon\n"
    people(tmp_path, porto)
    people(tmp_path, lisbon)
    assert in_rows(people(tmp_path, porto)) == (1, 0, 1, 0)
    assert traits("u1")["city"] == "Lisbon"
    answer = people(tmp_path, porto + "u2,Lima\n")
    assert (answer["accepted"], traits("u1")["city"]) == (2, "Porto")


def test_a_stale_yes_never_brings_back_a_withdrawn_consent(tmp_path):
    text = "user_id,city,consent_email\nu1,Porto,yes\n"
    people(tmp_path, text)
    receive([{"type": "track", "event": "Unsubscribed", "userId": "u1", "properties": {"channel": "email"}}], source_id=None)
    answer = people(tmp_path, text.replace("Porto", "Lisbon"))
    assert (consents("u1"), traits("u1")["city"], answer["notes"]) == ({"email": False}, "Lisbon", 1)
    assert "withdrawn" in Path(answer["notes_file"]).read_text()
    people(tmp_path, "user_id,consent_email,consent_at\nu1,yes,2199-01-01\n", name="dated.csv")
    assert consents("u1") == {"email": True}


def test_a_no_is_always_news_where_a_yes_stands(tmp_path):
    no, yes = "user_id,consent_email\nu1,no\n", "user_id,consent_email,consent_at\nu1,yes,2024-05-01\n"
    people(tmp_path, no)
    receive([{"type": "track", "event": "Consent Given", "userId": "u1", "properties": {"channel": "email"}}], source_id=None)
    assert consents("u1") == {"email": True}
    people(tmp_path, no + "u2,no\n", name="later.csv")
    assert consents("u1") == {"email": False}
    people(tmp_path, yes, name="older word.csv")
    assert consents("u1") == {"email": False}


def test_a_mail_address_joins_with_the_customer_who_has_it(tmp_path):
    receive([{"type": "identify", "userId": "u1", "traits": {"email": "ana@example.com"}}], source_id=None)
    people(tmp_path, "email,city\nAna@Example.com,Porto\n")
    assert (customers.known_count(), traits("u1")["city"]) == (1, "Porto")


def test_source_is_no_namespace_for_user_ids(tmp_path):
    path = written(tmp_path, "user_id,city\nu1,Porto\n")
    load(path, "customers", source="till")
    load(written(tmp_path, "user_id,region\nu1,Norte\n", name="b.csv"), "customers", source="shop")
    assert customers.known_count() == 1


def test_ten_thousand_traits_and_a_trait_of_every_script(tmp_path):
    names = ",".join(f"特性{n}" for n in range(10_000))
    people(tmp_path, f"user_id,{names}\nu1,{','.join(['ja'] * 10_000)}\n")
    assert traits("u1")["特性9999"] == "ja"


def test_a_file_without_identifiers_is_refused_with_the_mend(tmp_path):
    with pytest.raises(
        Refusal, match=r"no column for user_id or membership_number or email or phone; its columns are Kunde, Ort.*--map user_id=COLUMN"
    ):
        people(tmp_path, "Kunde,Ort\n1,Bern\n")
    assert people(tmp_path, "Kunde,Ort\n1,Bern\n", map={"user_id": "Kunde", "city": "Ort"})["accepted"] == 1
    assert traits("1") == {"city": "Bern"}
