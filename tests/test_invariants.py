"""
What must hold for every patient: a matrix of condition, agent and trait, asked of the real engine.

A sample with a fixed seed here; the whole matrix in `make test-integrations`.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator

import pytest

from cards import Knowledge, KnowledgeBase
from tests.made_up import Json, Patient, Ward, accepted, basis, condition, kidneys, order, ward, worst

SAMPLE = 700
NEUROPATHIC = {  # one way to say each condition
    "painful-diabetic-neuropathy": (condition("c", "E11.42"),),
    "postherpetic-neuralgia": (condition("c", "B02.29"),),
    "trigeminal-neuralgia": (condition("c", "G50.0"),),
    "central-post-stroke-pain": (condition("c", "G89.0"), condition("c2", "I69.398")),
    "spinal-cord-injury-pain": (condition("c", "G89.0"), condition("c2", "S14.109S")),
    "multiple-sclerosis-central-pain": (condition("c", "G89.0"), condition("c2", "G35")),
    "chemotherapy-induced-neuropathy": (condition("c", "G62.0"),),
    "radiculopathy-sciatica": (condition("c", "M54.31"),),
    "phantom-limb-pain": (condition("c", "G54.6"),),
    "complex-regional-pain-syndrome": (condition("c", "G90.511"),),
    "neuropathic-pain": (condition("c", "M79.2"),),
}
TRAITS: dict[str, Patient] = {
    "nothing else": Patient(observations=kidneys(0.9)),
    "78 years": Patient(born="1948-01-01", observations=kidneys(0.9)),
    "kidneys at 45": Patient(observations=kidneys(1.2 * 80 * 90 / (72 * 45), 80)),
    "kidneys at 22": Patient(observations=kidneys(80 * 90 / (72 * 22), 80)),
    "dialysis": Patient(conditions=(condition("x", "Z99.2"),), observations=kidneys(6.0)),
    "kidneys unknown": Patient(),
    "cirrhosis": Patient(conditions=(condition("x", "K74.60"),), observations=kidneys(0.9)),
    "heart failure": Patient(conditions=(condition("x", "I50.9"),), observations=kidneys(0.9)),
    "heart block": Patient(conditions=(condition("x", "I44.2"),), observations=kidneys(0.9)),
    "long QT": Patient(conditions=(condition("x", "I45.81"),), observations=kidneys(0.9)),
    "angle closure": Patient(conditions=(condition("x", "H40.20X0"),), observations=kidneys(0.9)),
    "retention": Patient(conditions=(condition("x", "R33.9"),), observations=kidneys(0.9)),
    "epilepsy": Patient(conditions=(condition("x", "G40.909"),), observations=kidneys(0.9)),
    "depression": Patient(conditions=(condition("x", "F32.1"),), observations=kidneys(0.9)),
    "sleep apnoea": Patient(conditions=(condition("x", "G47.33"),), observations=kidneys(0.9)),
    "falls": Patient(born="1948-01-01", conditions=(condition("x", "R29.6"),), observations=kidneys(0.9)),
    "opioid use disorder": Patient(conditions=(condition("x", "F11.20"),), observations=kidneys(0.9)),
    "woman of 30": Patient(born="1996-01-01", sex="female", observations=kidneys(0.9)),
    "pregnant": Patient(
        born="1996-01-01", sex="female", conditions=(condition("x", "Z33.1"),), observations=kidneys(0.9)
    ),
    "child of 12": Patient(born="2014-01-01", observations=kidneys(0.6, 40)),
    "age unknown": Patient(born=None, observations=kidneys(0.9)),
    "on sertraline": Patient(
        medications=(order("ssri", "312941", "sertraline 50 MG Oral Tablet", 1, 50, "active"),),
        observations=kidneys(0.9),
    ),
    "on oxycodone": Patient(
        medications=(order("opioid", "1049621", "oxycodone hydrochloride 5 MG Oral Tablet", 3, 5, "active"),),
        observations=kidneys(0.9),
    ),
    "on tamoxifen": Patient(
        medications=(order("tam", "313195", "tamoxifen 20 MG Oral Tablet", 1, 20, "active"),), observations=kidneys(0.9)
    ),
    "medicines unknown": Patient(observations=kidneys(0.9), unknown=frozenset({"medications"})),
    "allergies unknown": Patient(observations=kidneys(0.9), unknown=frozenset({"allergies"})),
}
NEARLY_GONE: Json = {"validityPeriod": {"start": "2026-06-01", "end": "2026-11-25"}}
IRRELEVANT: Json = condition("irrelevant", "L70.0", "Acne vulgaris")


@pytest.fixture(scope="module")
def here(base: KnowledgeBase) -> Ward:
    return ward(base)


def drafts_of(knowledge: Knowledge) -> Iterator[Json]:
    """For each agent that comes in tablets: its lowest and its highest strength, twice a day."""
    for agent in knowledge.agents.values():
        for formulation in agent.formulation:
            tablets = knowledge.tablets(agent, formulation)
            for tablet in {tablets[0].code: tablets[0], tablets[-1].code: tablets[-1]}.values() if tablets else ():
                yield order("draft", tablet.code, tablet.display, 2, float(tablet.strength))


def matrix(knowledge: Knowledge) -> list[tuple[str, str, Json]]:
    cases = list(itertools.product(NEUROPATHIC, TRAITS, drafts_of(knowledge)))
    return random.Random(20261122).sample(cases, SAMPLE)  # noqa: S311 - a sample, not a secret


def patient(neuropathic: str, trait: str) -> Patient:
    return TRAITS[trait].with_(conditions=NEUROPATHIC[neuropathic])


def test_accepting_a_suggestion_never_brings_a_higher_severity(here: Ward) -> None:
    worse = []
    for neuropathic, trait, draft in matrix(here.knowledge):
        who = patient(neuropathic, trait)
        cards = here.ask(who, [draft])
        for label, drafts in accepted(cards, [draft]):
            again = here.ask(who, drafts)
            if worst(again) > worst(cards):
                said = [card["summary"] for card in again]
                worse.append(f"{neuropathic}, {trait}, {draft['medicationCodeableConcept']['text']}: {label}: {said}")
    assert worse == []


def test_an_offered_agent_is_never_ruled_out_when_ordered(here: Ward) -> None:
    """Nothing that a warning or critical card speaks against is ever in the list of agents to consider."""
    for neuropathic, trait in itertools.product(NEUROPATHIC, TRAITS):
        for card in here.ask(patient(neuropathic, trait), hook="patient-view"):
            for label, drafts in accepted([card], []):
                assert worst(here.ask(patient(neuropathic, trait), drafts)) <= 1, f"{neuropathic}, {trait}: {label}"


def test_an_irrelevant_resource_changes_nothing(here: Ward) -> None:
    for neuropathic, trait, draft in matrix(here.knowledge)[:200]:
        who = patient(neuropathic, trait)
        assert here.ask(who, [draft]) == here.ask(who.with_(conditions=(IRRELEVANT,)), [draft])


def test_the_same_call_twice_is_the_same_answer(here: Ward) -> None:
    for neuropathic, trait, draft in matrix(here.knowledge)[:100]:
        assert here.ask(patient(neuropathic, trait), [draft]) == here.ask(patient(neuropathic, trait), [draft])


def test_a_worse_kidney_never_raises_a_limit(here: Ward) -> None:
    for draft in drafts_of(here.knowledge):
        limits = []
        for creatinine in (0.8, 1.2, 1.6, 2.2, 3.0, 4.5, 7.0):
            who = Patient(conditions=NEUROPATHIC["painful-diabetic-neuropathy"], observations=kidneys(creatinine))
            found = [basis(card)["limit"]["value"] for card in here.ask(who, [draft]) if _renal(card)]
            limits += found[:1]
        assert limits == sorted(limits, reverse=True), draft["medicationCodeableConcept"]["text"]


def _renal(card: Json) -> bool:
    rules = {basis(card)["rule"], *basis(card).get("alsoRules", [])}
    return "daily-dose-above-renal-maximum" in rules and "limit" in basis(card)


@pytest.mark.parametrize("part", ["allergies", "medications", "conditions"])
def test_without_a_part_that_any_order_needs_nothing_may_be_started(here: Ward, part: str) -> None:
    offered_with_all = 0
    for neuropathic, trait, draft in matrix(here.knowledge)[:150]:
        who = patient(neuropathic, trait)
        offered_with_all += len(started(here.ask(who, [draft]), draft))
        assert started(here.ask(without(who, part), [draft]), draft) == set(), (neuropathic, trait)
    assert offered_with_all > 50  # or there was nothing to lose


def test_unknown_results_never_give_an_order_to_start_that_known_ones_would_not(here: Ward) -> None:
    """What is not known may take a suggestion away, never add one."""
    for neuropathic, trait, draft in matrix(here.knowledge)[:150]:
        who = patient(neuropathic, trait)
        fewer, more = here.ask(without(who, "observations"), [draft]), here.ask(who, [draft])
        assert started(fewer, draft) <= started(more, draft), (neuropathic, trait)


@pytest.mark.parametrize("part", ["allergies", "medications", "conditions", "observations"])
def test_fewer_data_never_mend_an_order_to_a_higher_dose(here: Ward, part: str) -> None:
    """Nor to any dose at all where more data would not: orders far too high, of what is new and of what is taken."""
    wrong, mended_with_all = [], 0
    for neuropathic, trait, draft, taken in far_too_high(here.knowledge):
        who = patient(neuropathic, trait).with_(medications=taken)
        more, fewer = mended(here.ask(who, [draft])), mended(here.ask(without(who, part), [draft]))
        mended_with_all += more > 0
        if fewer > more:
            wrong.append(f"{neuropathic}, {trait}, {draft['medicationCodeableConcept']['text']}: {fewer} > {more}")
    assert wrong == []
    assert mended_with_all > 20  # or there was nothing to compare


def without(who: Patient, part: str) -> Patient:
    return dataclasses.replace(who, unknown=who.unknown | {part})


def started(cards: list[Json], draft: Json) -> set[str]:
    """The agents that may be started with a click."""
    return {label for label, _ in accepted(cards, [draft]) if label.startswith("Start ")}


def far_too_high(knowledge: Knowledge) -> list[tuple[str, str, Json, tuple[Json, ...]]]:
    """Each agent in its highest strength, six times a day: begun, and for a patient who takes half of that."""
    cases = []
    for agent in knowledge.agents.values():
        for formulation in agent.formulation:
            tablets = sorted(knowledge.tablets(agent, formulation), key=lambda tablet: tablet.strength)
            for tablet in tablets[-1:]:
                code, words, mg = tablet.code, tablet.display, float(tablet.strength)
                now = order("now", code, words, 3, mg, "active", dispenseRequest=NEARLY_GONE, authoredOn="2026-06-01")
                cases += [(order("draft", code, words, 6, mg), taken) for taken in ((), (now,))]
    patients = itertools.product(("painful-diabetic-neuropathy", "postherpetic-neuralgia"), TRAITS)
    drawn = random.Random(5).sample(list(itertools.product(patients, cases)), 250)  # noqa: S311
    return [(neuropathic, trait, draft, taken) for (neuropathic, trait), (draft, taken) in drawn]


def mended(cards: list[Json]) -> float:
    """The most a day of a draft that may be changed with a click; 0 where none may."""
    actions = [a for card in cards for s in card.get("suggestions", []) for a in s["actions"] if a["type"] == "update"]
    return max((dose_a_day(line) for a in actions for line in a["resource"]["dosageInstruction"]), default=0)


def dose_a_day(line: Json) -> float:
    repeat, dose = line["timing"]["repeat"], line["doseAndRate"][0]["doseQuantity"]["value"]
    return float(dose * repeat["frequency"] / repeat["period"])


def test_no_summary_is_too_long_and_no_card_is_one_too_many(here: Ward) -> None:
    for neuropathic, trait, draft in matrix(here.knowledge):
        cards = here.ask(patient(neuropathic, trait), [draft])
        assert len(cards) <= 5
        assert all(0 < len(card["summary"]) < 140 for card in cards)
