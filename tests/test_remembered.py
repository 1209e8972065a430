"""What is remembered from call to call changes no answer: not in which order calls come, nor how much is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from cards import Hook, KnowledgeBase, in_force, seed
from cards.facts import Condition, Facts, MedicationOrder, Patient, Role
from cds_service.hook_request import parse
from cds_service.services import SERVICES
from fhir_fixtures import STORY_DAY, Story, stories

from .made_up import Ward, ward

SOME = [story for number, story in enumerate(stories()) if number % 3 == 0]
YEARS_ON = STORY_DAY + timedelta(days=400)  # some reviews are overdue, some files no longer in force


@pytest.fixture(scope="module")
def warm() -> Ward:
    """An engine that has answered every call before, the last one first, on two days."""
    asked = ward(seed())
    for day in (YEARS_ON, STORY_DAY):
        _answers(asked, reversed(SOME), day)
    return asked


def _answers(asked: Ward, told: Iterable[Story], day: date) -> dict[str, Any]:
    return {f"{story.rule}/{story.name}": _answer(asked, story, day) for story in told}


def _answer(asked: Ward, story: Story, day: date) -> Any:
    service = next(each for each in SERVICES.values() if each.hook == story.request["hook"])
    call = parse(orjson.dumps(story.request), None, frozenset({service.hook}))
    return asked.engine.answer(call, service, day).cards


@pytest.mark.parametrize("day", [STORY_DAY, YEARS_ON], ids=["on its day", "a year on"])
def test_what_was_asked_before_changes_no_card(warm: Ward, day: date) -> None:
    assert _answers(warm, SOME, day) == _answers(ward(KnowledgeBase.load()), SOME, day)


def test_what_is_forgotten_is_worked_out_again(warm: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _answers(warm, SOME, STORY_DAY)
    monkeypatch.setattr(in_force, "MOST_REMEMBERED", 20)
    warm.knowledge.remembered.clear()
    assert _answers(warm, SOME, STORY_DAY) == before
    assert len(warm.knowledge.remembered) <= 20


def test_no_more_is_remembered_after_the_same_calls_again(warm: Ward) -> None:
    _answers(warm, SOME, STORY_DAY)
    kept = len(warm.knowledge.remembered)
    _answers(warm, SOME, STORY_DAY)
    assert len(warm.knowledge.remembered) == kept


# --- of one patient -------------------------------------------------------------------------------------------------

TAKEN = MedicationOrder("MedicationRequest/a", Role.ACTIVE, "a", ("a",), frozenset({"class-a"}))
DRAFT = MedicationOrder("MedicationRequest/b", Role.DRAFT, "b", ("b",), selected=True)
FACTS = Facts(
    STORY_DAY,
    Hook.ORDER_SIGN,
    Patient("Patient/p", born_first=date(1950, 1, 1), born_last=date(1950, 1, 1)),
    (Condition("Condition/c", "c", frozenset({"c", "above-c"})),),
    (TAKEN, DRAFT),
)


def test_other_orders_of_a_patient_are_asked_anew_and_the_rest_is_kept() -> None:
    asked = FACTS.medicines, FACTS.value_sets, FACTS.age_between()
    other = FACTS.with_orders([DRAFT])
    assert asked == ({"a", "class-a", "b"}, {"c", "above-c"}, (76, 76))
    assert (other.medicines, list(other.active()), list(other.selected())) == ({"b"}, [], [DRAFT])
    assert (other.value_sets, other.age_between()) == (FACTS.value_sets, (76, 76))
    assert other.once("anything", lambda: "anew") == "anew"


def test_two_orders_that_are_alike_are_told_apart() -> None:
    twin = replace(TAKEN)
    assert twin == TAKEN
    assert FACTS.once("which", lambda: "one", TAKEN) == "one"
    assert FACTS.once("which", lambda: "the other", twin) == "the other"
    assert FACTS.once("which", lambda: "again", TAKEN) == "one"
