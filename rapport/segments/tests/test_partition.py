"""A scheme is a partition: every customer in exactly one silo, whatever the rules, and whatever is decided on them."""

from random import Random

import numpy as np
import pytest
from pyroaring import BitMap

from rapport.lib.refusals import Refusal
from rapport.segments.answer import answer_many
from rapport.segments.check import check
from rapport.segments.nodes import InSilo
from rapport.segments.parse import parse_rule
from rapport.segments.silos.partition import Part, Placed, Shape, expanded, flows, merge, placed, read_through, retire, split
from rapport.segments.tests.plain_lake import PlainReader, catalogue, prop
from rapport.segments.vocabulary import Vocabulary

NOW = 1_700_000_000_000_000
PEOPLE, SCHEMES = 60, 150
TESTS = ("points <= {n}", "points > {n}", "points = {n}", 'city = "{c}"', 'city != "{c}"', "points is unknown", "everyone", "no one")


@pytest.fixture(scope="module")
def reader() -> PlainReader:
    chance, found = Random(7), PlainReader()
    found.know(*range(1, PEOPLE + 1))
    rows = [
        f"{one}, TIMESTAMP '2023-01-01', {one}, NULL, false, {chance.randint(0, 9)}, '{chance.choice('abc')}'"
        for one in range(1, PEOPLE - 5)
    ]
    found.make("identify", "points DOUBLE, city VARCHAR", *rows)
    return found


WORDS = Vocabulary(catalogue(identify=[prop("points", "number"), prop("city", "text")]))


def rule(chance: Random, depth: int = 2) -> str:
    if not depth or chance.random() < 0.4:
        return chance.choice(TESTS).format(n=chance.randint(0, 9), c=chance.choice("abc"))
    joint = chance.choice((" AND ", " OR ", " BUT NOT "))
    return joint.join(f"({rule(chance, depth - 1)})" for _ in range(2))


def shape(chance: Random) -> Shape:
    return Shape(tuple(Part(f"s{number}", rule(chance)) for number in range(chance.randint(0, 5))), "rest")


def placed_by(shape: Shape, reader: PlainReader) -> Placed:
    rules = [check(parse_rule(part.rule), WORDS) for part in shape.parts]
    return placed([part.name for part in shape.parts], rules, shape.remainder, WORDS, NOW, reader)


@pytest.mark.parametrize("seed", range(SCHEMES))
def test_every_customer_is_in_exactly_one_silo(seed: int, reader: PlainReader) -> None:
    made = shape(Random(seed))
    found = placed_by(made, reader)
    assert list(found.sets) == made.names
    assert sorted(one for ids in found.sets.values() for one in ids) == list(range(1, PEOPLE + 1))


@pytest.mark.parametrize("seed", range(0, SCHEMES, 3))
def test_a_silo_asked_as_a_rule_means_those_it_holds(seed: int, reader: PlainReader) -> None:
    made = shape(Random(seed))
    rules = [check(parse_rule(part.rule), WORDS) for part in made.parts]
    silos = expanded([part.name for part in made.parts], rules, made.remainder)
    words = Vocabulary(WORDS.catalogue, silos={("S", name): meant for name, meant in silos.items()})
    asked = answer_many([check(InSilo(name, "S"), words) for name in silos], words, NOW, reader)
    assert dict(zip(silos, (one.root for one in asked), strict=True)) == placed_by(made, reader).sets


@pytest.mark.parametrize("seed", range(SCHEMES))
def test_a_split_touches_no_other_silo(seed: int, reader: PlainReader) -> None:
    chance = Random(seed)
    made = shape(chance)
    name, where = chance.choice(made.names), rule(chance)
    before, after = placed_by(made, reader).sets, placed_by(split(made, name, where=where, into="out", rest="in"), reader).sets
    (meant,) = answer_many([check(parse_rule(where), WORDS)], WORDS, NOW, reader)
    assert (after["out"], after["in"]) == (before[name] & meant.root, before[name] - meant.root)
    assert {other: ids for other, ids in after.items() if other not in ("out", "in")} == {o: i for o, i in before.items() if o != name}


@pytest.mark.parametrize("seed", range(SCHEMES))
def test_a_merge_moves_nobody_else(seed: int, reader: PlainReader) -> None:
    chance = Random(seed)
    made = shape(chance)
    if len(made.names) > 1:
        name, into = chance.sample(made.names, 2)
        before, after = placed_by(made, reader).sets, placed_by(merge(made, name, into), reader).sets
        assert after[into] == before[into] | before[name]
        assert {other: ids for other, ids in after.items() if other != into} == {o: i for o, i in before.items() if o not in (name, into)}


@pytest.mark.parametrize("seed", range(SCHEMES))
def test_those_of_a_retired_silo_fall_to_the_silos_after_it(seed: int, reader: PlainReader) -> None:
    chance = Random(seed)
    made = shape(chance)
    if made.parts:
        at = chance.randrange(len(made.parts))
        before, after = placed_by(made, reader).sets, placed_by(retire(made, made.parts[at].name), reader).sets
        assert all(after[name] == before[name] for name in made.names[:at])
        assert all(after[name] >= before[name] for name in made.names[at + 1 :])
        assert sum(map(len, after.values())) == PEOPLE


def test_the_remainder_cannot_be_retired() -> None:
    with pytest.raises(Refusal, match="remainder"):
        retire(Shape((), "rest"), "rest")


def test_flows_add_up() -> None:
    before = {"a": BitMap([1, 2, 3]), "b": BitMap([4])}
    after = {"a": BitMap([1, 4]), "c": BitMap([2, 5])}
    assert {way: set(ids) for way, ids in flows(before, after).items()} == {
        ("a", "a"): {1}, ("b", "a"): {4}, ("a", "c"): {2}, ("", "c"): {5}, ("a", ""): {3},
    }  # fmt: skip


def test_a_merge_of_two_customers_is_no_move() -> None:
    """9 was joined with 1, who has a place of their own; 8 with 2, who was not there yet."""
    aliases = (np.array([8, 9]), np.array([2, 1]))
    assert read_through({"a": BitMap([1, 8]), "b": BitMap([9])}, aliases) == {"a": BitMap([1, 2]), "b": BitMap()}
