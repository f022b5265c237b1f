"""What the kept sets tell over time, against the same said plainly: sets of Python, a dictionary a person, every day written whole."""

import random
from collections import Counter
from datetime import date, timedelta
from itertools import combinations

import pytest
from pyroaring import BitMap

from rapport.customers.models import Customer
from rapport.events.catalogue import Catalogue
from rapport.segments import history
from rapport.segments.models import KeptDay, KeptSet, Segment
from rapport.segments.refresh import days
from rapport.segments.refresh.kept import EVERYONE
from rapport.segments.vocabulary import Vocabulary

START = date(2024, 1, 17)
KEY = "segment:1"


def some(chance: random.Random, among: int = 300) -> set[int]:
    return set(chance.sample(range(1, among + 1), chance.randrange(among)))


def plain_history(chance: random.Random, length: int) -> dict[date, set[int]]:
    """A set that changes a little each day; some days nobody was at home to keep it."""
    ids, told = some(chance), {}
    for number in range(length):
        ids ^= set(chance.sample(range(1, 301), 5))
        if chance.random() > 0.1:
            told[START + timedelta(days=number)] = set(ids)
    return told


def keep_all(told: dict[date, set[int]]) -> None:
    for day, ids in told.items():
        days.keep(day, {KEY: BitMap(ids)})


def everyone_is(*ids: int) -> None:
    people = BitMap(ids)
    KeptSet.objects.create(key=EVERYONE, meaning="", whole=people.serialize(), change=BitMap().serialize(), people=len(people))


# Days


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_every_day_reads_back_as_it_was_written(seed: int) -> None:
    told = plain_history(random.Random(seed), 120)
    keep_all(told)
    first = min(told)
    for number in range(-3, 123):
        day = START + timedelta(days=number)
        before = [one for one in told if one <= day]
        found = days.set_on(KEY, day)
        assert (None if found is None else set(found)) == (told[max(before)] if before else None)
    assert days.sizes([KEY], START) == {KEY: [(day, len(ids)) for day, ids in told.items()]}
    assert days.first_day(KEY) == first
    assert KeptDay.objects.filter(is_whole=True).count() == len({(day.year, day.month) for day in told}), "whole once a month"


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("since", [-5, 0, 20, 55, 200])
def test_days_walked_are_the_days_read_one_by_one(seed: int, since: int) -> None:
    told = plain_history(random.Random(seed), 100)
    keep_all(told)
    day = START + timedelta(days=since)
    begin = max((one for one in told if one <= day), default=day)
    assert [(one, set(ids)) for one, ids in days.each(KEY, day)] == [(one, ids) for one, ids in told.items() if one >= begin]


@pytest.mark.django_db
def test_a_day_is_written_once() -> None:
    days.keep(START, {KEY: BitMap([1, 2])})
    days.keep(START, {KEY: BitMap([3])})
    assert days.set_on(KEY, START) == BitMap([1, 2])


@pytest.mark.django_db
def test_old_months_keep_their_first_day_and_the_others_stay_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "DAYS_FINE", 40)
    told = plain_history(random.Random(7), 150)
    keep_all(told)
    fine = (max(told) - timedelta(days=40)).replace(day=1)
    firsts = {min(day for day in told if (day.year, day.month) == month) for month in {(day.year, day.month) for day in told}}
    left = {day: ids for day, ids in told.items() if day >= fine or day in firsts}
    assert dict(days.sizes([KEY], START)[KEY]) == {day: len(ids) for day, ids in left.items()}
    for day, ids in left.items():
        assert set(days.set_on(KEY, day) or ()) == ids, f"{day} is told against days that are there"


# Movements


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_movements_are_the_differences_between_days(seed: int) -> None:
    told = plain_history(random.Random(seed), 60)
    keep_all(told)
    everyone_is(*range(1, 301))
    since = START + timedelta(days=20)
    pairs = list(zip(list(told.items())[:-1], list(told.items())[1:], strict=True))
    wanted = [(day, len(ids - before), len(before - ids)) for (_, before), (day, ids) in pairs if day > since]
    assert history.movements(Segment(id=1), since) == wanted


@pytest.mark.django_db
def test_ids_of_an_earlier_day_are_read_as_whom_they_stand_for_now() -> None:
    for number, root in ((1, None), (2, 1), (3, None), (4, 3)):
        Customer.objects.create(id=number, known=True, merged_into=root, created_us=0)
    everyone = BitMap([1, 5])  # 3 was erased, and its alias with it
    assert history.as_now(BitMap([2, 5]), everyone) == BitMap([1, 5])
    assert history.as_now(BitMap([3, 4, 77]), everyone) == BitMap(), "who was erased is nobody"
    days.keep(START, {KEY: BitMap([2, 3, 5])})
    days.keep(START + timedelta(days=1), {KEY: BitMap([1, 5])})
    everyone_is(1, 5)
    assert history.movements(Segment(id=1), START) == [(START + timedelta(days=1), 0, 0)], "a merge and an erasure are no leaving"


# Flows and overlaps


@pytest.mark.parametrize("seed", range(5))
def test_flows_between_parts_of_one_whole_count_everyone_once(seed: int) -> None:
    chance = random.Random(seed)
    was = {one: chance.choice(["a", "b", "c", None]) for one in range(1, 400)}
    is_ = {one: chance.choice(["a", "b", "c", None]) for one in range(1, 400)}
    before = {name: BitMap(one for one, at in was.items() if at == name) for name in "abc"}
    now = {name: BitMap(one for one, at in is_.items() if at == name) for name in "abc"}
    wanted = Counter((was[one], is_[one]) for one in was)
    wanted.pop((None, None), None)
    assert {pair: len(ids) for pair, ids in history.flows(before, now).items()} == wanted


@pytest.mark.parametrize("seed", range(5))
def test_overlaps_are_those_of_plain_sets(seed: int) -> None:
    chance = random.Random(seed)
    plain = {name: some(chance) for name in ("one", "two", "three", "four")}
    found = {frozenset(one.names): one.people for one in history.overlaps({name: BitMap(ids) for name, ids in plain.items()})}
    wanted = {}
    for size in range(1, 5):
        for names in combinations(plain, size):
            inside = set.intersection(*(plain[name] for name in names)) - set().union(*(plain[one] for one in plain if one not in names))
            if inside:
                wanted[frozenset(names)] = len(inside)
                assert set(history.just_in({name: BitMap(ids) for name, ids in plain.items()}, names)) == inside
    assert found == wanted


def test_overlaps_of_nobody_are_none() -> None:
    assert history.overlaps({"one": BitMap(), "two": BitMap()}) == []
    assert history.overlaps({}) == []


# Apart


def test_of_few_people_nothing_is_told() -> None:
    words = Vocabulary(Catalogue({}))
    assert history.apart(BitMap(range(1, 30)), [], words, 0, BitMap(range(1, 500))) == []
