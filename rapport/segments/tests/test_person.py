"""The plain evaluator against every case worked out by hand, and what it says of itself."""

import pytest
from pytest_django import Settings

from rapport.segments import person
from rapport.segments.tests.cases.book import Case, all_cases, worlds
from rapport.segments.tests.cases.playing import customers_of, moment_us, play_in, rule_of, words_of
from rapport.segments.tests.cases.world import World
from rapport.segments.vocabulary import Vocabulary


@pytest.fixture
def company(settings: Settings) -> Settings:
    settings.CURRENCY = ""
    return settings


@pytest.mark.django_db(transaction=True)  # the log shows what is committed
@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.name)
def test_each_case_means_the_customers_worked_out_by_hand(world: World, company: Settings) -> None:
    company.COMPANY_TIME_ZONE = world.zone
    play_in(world)
    words, ids = words_of(world), customers_of(world)
    histories = {number: person.history_of(number, words) for number in ids.values()}
    wrong = [told for case in cases_of(world) if (told := disagreement(case, ids, histories, words))]
    assert not wrong, "\n".join(wrong)


def disagreement(case: Case, ids: dict[str, int], histories: dict[int, person.History], words: Vocabulary) -> str:
    rule, moment = rule_of(case.rule, words), moment_us(case.as_of)
    found = {number for number, history in histories.items() if person.holds(rule, history, moment)}
    if found == {ids[name] for name in case.members}:
        return ""
    names = {number: name for name, number in ids.items()}
    answer = " ".join(sorted(names[number] for number in found)) or "no one"
    return f"{case.rule}  as of {case.as_of}: {answer}, expected {' '.join(sorted(case.members)) or 'no one'}"


def cases_of(world: World) -> list[Case]:
    return [case for case in all_cases() if case.world is world]
