"""One subject, one card: several pairs that differ in the other medicine alone, and what was not checked."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from cards import RULES, Facts, Frame, KnowledgeBase, advise
from cards.finding import Beside, Finding, Indicator
from cards.gathering import gathered
from cards.unchecked import SUBJECTS
from tests.clinic import ask, medicine, patient
from tests.made_up import Json, Ward, basis, request, ward

FRAME = Frame("service", "call")


@pytest.fixture(scope="module")
def here(base: KnowledgeBase) -> Ward:
    return ward(base)


def about(cards: list[Json], rule: str) -> list[Json]:
    return [card for card in cards if rule in (basis(card)["rule"], *basis(card).get("alsoRules", []))]


def names(card: Json) -> set[str]:
    return {agent["display"] for agent in basis(card)["agents"]}


SEDATED = "50 m; neuropathic pain; on lorazepam 1 mg; on diazepam 5 mg; on clonazepam 1 mg"


def test_three_benzodiazepines_beside_one_opioid_are_one_card_that_names_all(here: Ward) -> None:
    [card] = about(ask(here, SEDATED, "order oxycodone 5 x4"), "opioid-risk")
    assert names(card) == {"oxycodone", "lorazepam", "diazepam", "clonazepam"}
    assert "Oxycodone with clonazepam, diazepam and lorazepam: together they can slow" in card["summary"]
    assert basis(card)["orders"] == [f"MedicationRequest/{key}" for key in ("draft0", "r3", "r2", "r1")]
    assert basis(card)["alsoRules"] == ["interaction"]
    assert card["detail"].count("being taken") == 3
    assert card["detail"].count("Boxed warning: profound sedation") == 1


def test_one_kind_twice_names_every_other(here: Ward) -> None:
    [card] = about(
        ask(here, "50 m; on ibuprofen 400 mg; on celecoxib 200 mg", "order naproxen 500 x2"), "duplicate-therapy"
    )
    assert names(card) == {"naproxen", "ibuprofen", "celecoxib"}


def test_a_graver_pair_keeps_its_own_card(here: Ward) -> None:
    cards = ask(here, "50 f; diabetic neuropathy; on linezolid 600 mg; on sertraline 50", "order duloxetine 30")
    [critical] = [card for card in cards if card["indicator"] == "critical"]
    assert names(critical) == {"duloxetine", "linezolid"}
    assert any(names(card) == {"duloxetine", "sertraline"} for card in cards)


def test_a_reason_that_does_not_hold_for_all_says_for_whom(here: Ward) -> None:
    who = "50 m; neuropathic pain; on tramadol 50 x3; on tapentadol 50 mg"
    [card] = about(ask(here, who, "order duloxetine 30"), "combination-to-avoid")
    assert "\n- Tramadol: sodium falls" in card["detail"]
    assert "\n- Both raise serotonin" in card["detail"]


def test_moderate_interactions_for_one_reason_are_one_line(here: Ward) -> None:
    who = "50 m; neuropathic pain; on oxybutynin 5 mg; on tolterodine 2 mg"
    [card] = about(ask(here, who, "order amitriptyline 10"), "interaction")
    assert "Oxybutynin and tolterodine: anticholinergic burden" in card["detail"]


def test_too_many_sedating_medicines_are_counted_once_for_all_drafts(here: Ward) -> None:
    who = "72 m; neuropathic pain; on lorazepam 1 mg"
    found = advise_on(here, who, "sign gabapentin 100 x1 + duloxetine 30", most_cards=50)
    counted = [finding for finding in found.findings if "CNS-active medicines together" in finding.summary]
    assert len(counted) == 1
    assert set(counted[0].agents) == {"gabapentin", "duloxetine", "lorazepam"}


def test_what_the_beers_list_says_of_a_pair_goes_with_the_pair(here: Ward) -> None:
    cards = ask(here, "72 m; neuropathic pain; on oxycodone 5 x4; on morphine 15 mg", "order gabapentin 100 x1")
    [pair] = [card for card in cards if "together they can slow" in card["summary"]]
    assert "older-adult-risk" in basis(pair)["alsoRules"]
    assert all("best avoided beside" not in card["summary"] for card in cards)


def test_a_pair_is_one_card_whichever_is_named_first(here: Ward) -> None:
    cards = ask(here, "50 f; diabetic neuropathy; on amitriptyline 25", "order amitriptyline 10 + duloxetine 30")
    pairs = [card for card in cards if names(card) == {"amitriptyline", "duloxetine"}]
    [card] = about(pairs, "combination-to-avoid")
    assert set(basis(card)["orders"]) == {f"MedicationRequest/{key}" for key in ("draft0", "draft1", "r1")}


def test_of_a_second_condition_the_headline_and_its_red_flags_are_enough(here: Ward) -> None:
    [card] = about(ask(here, "50 f; postherpetic neuralgia; MS pain", "order mexiletine 150"), "recommended-agents")
    lines = card["detail"].splitlines()
    assert sum(line.startswith("- Also: ") for line in lines) == 2
    assert any("Zoster of the eye" in line for line in lines)
    assert any("may be a relapse" in line for line in lines)
    assert sum(line.startswith("- Gabapentin") for line in lines) == 1
    assert len(lines) <= 18


def test_cards_on_two_conditions_have_an_identity_each(here: Ward) -> None:
    cards = ask(here, "50 f; CRPS; cancer neuropathic pain; pregnant", "view")
    assert len({card["uuid"] for card in cards}) == len(cards) == 2


def of(other: str, **more: Any) -> Finding:
    beside = Beside("Duloxetine with", other, "both raise serotonin", f"{other}: being taken")
    summary = f"Duloxetine with {other}: both raise serotonin"
    made = Finding(summary, Indicator.WARNING, ("duloxetine", other), beside=beside, rule="interaction")
    return replace(made, **more)


@pytest.mark.parametrize(
    "other",
    [
        of("b", indicator=Indicator.CRITICAL),
        of("b", rule="duplicate-therapy"),
        of("b", beside=Beside("Duloxetine with", "b", "bleeding")),
        of("b", beside=Beside("Tramadol with", "b", "both raise serotonin")),
        of("b", beside=None),
    ],
    ids=["another urgency", "another rule", "another reason", "another judged medicine", "worded alone"],
)
def test_only_what_differs_in_the_other_medicine_alone_is_gathered(other: Finding) -> None:
    assert gathered([of("a"), other]) == [of("a"), other]


def test_many_are_counted_and_all_are_in_the_extension() -> None:
    [one] = gathered([of(name) for name in "abcdef"])
    assert one.summary == "Duloxetine with a, b, c and 3 more: both raise serotonin"
    assert one.agents == ("duloxetine", *"abcdef")
    assert one.detail == tuple(f"{name}: being taken" for name in "abcdef")


# --- what was not checked -------------------------------------------------------------------------------------------


def facts_of(here: Ward, who: str, what: str) -> Facts:
    hook, _, rest = what.partition(" ")
    drafts = [medicine(words, f"draft{n}") for n, words in enumerate(rest.split(" + "))]
    found: list[Facts] = []

    def listening(facts: Facts, _: Any) -> Any:
        found.append(facts)
        return iter(())

    engine = dataclasses.replace(here.engine, rules={"interaction": listening})
    Ward(engine, here.day).ask(patient(who), drafts, {"order": "order-select", "sign": "order-sign"}[hook])
    return found[0]


def advise_on(here: Ward, who: str, what: str, **more: Any) -> Any:
    return advise(facts_of(here, who, what), here.knowledge, **more)


LACKING = "52 m; neuropathic pain; unknown allergies"


def test_allergies_that_did_not_come_stand_on_a_card_that_is_there_anyway(here: Ward) -> None:
    cards = ask(here, LACKING, "order nortriptyline 10")
    assert [basis(card)["rule"] for card in about(cards, "could-not-be-checked")] == ["monitoring-before-start"]
    assert "Not checked: allergies" in cards[0]["detail"]
    assert any(line.startswith("allergies") for line in basis(cards[0])["notChecked"])


def test_without_another_card_they_are_one_for_all_orders(here: Ward) -> None:
    [card] = ask(here, LACKING, "sign gabapentin 100 x1 + nortriptyline 10")
    assert card["summary"] == "Gabapentin and nortriptyline: not fully checked (allergies)"
    assert basis(card)["orders"] == ["MedicationRequest/draft0", "MedicationRequest/draft1"]
    assert names(card) == {"gabapentin", "nortriptyline"}


NAMELESS = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}}
OTHERS = {**NAMELESS, "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "H52.4"}]}}


def test_a_medicine_that_was_not_read_is_said_and_holds_back_new_orders(here: Ward) -> None:
    taken = {**medicine("naproxen 500", "m", "active"), "medicationReference": {"reference": "Medication/gone"}}
    del taken["medicationCodeableConcept"]
    cards = here.ask(
        patient("58 f; postherpetic neuralgia").with_(medications=[taken]), [medicine("naproxen 500", "d")]
    )
    assert any("other medicines: a record was not read (MedicationRequest/m: " in card["detail"] for card in cards)
    assert not any(card.get("suggestions") for card in cards)


@pytest.mark.parametrize(("record", "lines", "accepted"), [(NAMELESS, 1, False), (OTHERS, 0, True)])
def test_a_condition_that_was_not_read_is_said_and_holds_back_new_orders(
    here: Ward, record: Json, lines: int, accepted: bool
) -> None:
    who = patient("58 f; postherpetic neuralgia").with_(conditions=[record])
    cards = here.ask(who, [medicine("naproxen 500", "draft")])
    said = [line for card in cards for line in basis(card).get("notChecked", []) if line.startswith("conditions")]
    assert len(set(said)) == lines
    assert any(card.get("suggestions") for card in cards) is accepted


def test_what_is_missing_of_the_order_itself_keeps_its_card(here: Ward) -> None:
    who = f"{LACKING}; kidneys unknown; on gabapentin 600 x3"
    [card] = about(ask(here, who, "order gabapentin 800 x3"), "could-not-be-checked")
    assert card["summary"] == "Gabapentin: not fully checked (kidney function and allergies)"


def test_what_was_not_checked_is_in_words_once_and_in_every_extension(here: Ward) -> None:
    who = "50 m; neuropathic pain; on sertraline 50; on trazodone 50 mg; on sumatriptan 50 mg"
    cards = ask(here, who, "order duloxetine 30")
    lines = [line for card in cards for line in basis(card).get("notChecked", []) if "wash-out" in line]
    assert len(lines) == 2
    assert sum("wash-out was checked" in card["detail"] for card in cards) == 1


def test_what_dialysis_leaves_out_is_a_line_where_the_card_on_the_dose_says_the_figure(here: Ward) -> None:
    cards = ask(here, "58 f; diabetic neuropathy; dialysis; allergic to gabapentin", "order gabapentin 300 x3")
    [of_the_dose] = about(cards, "daily-dose-above-renal-maximum")
    assert "On dialysis: at most 300 mg a day" in of_the_dose["detail"]
    [folded] = about(cards, "could-not-be-checked")
    assert basis(folded)["notChecked"][0].endswith("the limit of 300 mg a day is the one for dialysis")
    [card] = ask(here, "15 f; diabetic neuropathy; dialysis", "order gabapentin 300 x3")
    assert card["summary"] == "Gabapentin: not fully checked (dialysis and age under 18)"
    assert "one dose after each 4-hour session" in card["detail"]


def test_it_is_not_folded_into_a_card_that_will_not_be_shown(here: Ward) -> None:
    facts = facts_of(
        here, f"{LACKING}; narrow angle; heart block; on sertraline 50; on tramadol 50 x3", "order amitriptyline 10"
    )
    for most in (1, 2, 3):
        advice = advise(facts, here.knowledge, most_cards=most)
        assert any("allergies" in line for finding in advice.findings for line in finding.not_checked)


def broken(*_: Any) -> Any:
    raise KeyError("CANARY")


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_that_fails_is_never_answered_with_silence(here: Ward, rule: str) -> None:
    facts = facts_of(here, "58 f; diabetic neuropathy", "sign duloxetine 30")
    assert advise(facts, here.knowledge).findings == ()
    advice = advise(facts, here.knowledge, {**RULES, rule: broken})
    [card] = advice.cards(facts, here.knowledge, FRAME)
    assert card["indicator"] == "info"
    assert card["summary"] == f"Duloxetine: not checked ({SUBJECTS[rule]}), as the check failed"
    assert basis(card)["rule"] == "could-not-be-checked"
    assert basis(card)["orders"] == ["MedicationRequest/draft0"]
    assert rule in basis(card)["notChecked"][0]
    assert "CANARY" not in str(card)


def test_beside_other_cards_a_failed_rule_is_a_line_on_the_first(here: Ward) -> None:
    facts = facts_of(here, "50 m; diabetic neuropathy; heart block", "sign amitriptyline 25")
    advice = advise(facts, here.knowledge, {**RULES, "interaction": broken})
    assert advice.findings[0].rule == "contraindicated-by-condition"
    assert "interactions: this check failed (rule interaction)" in advice.findings[0].not_checked


def test_on_opening_a_chart_a_failed_rule_makes_no_card(here: Ward) -> None:
    failing = Ward(dataclasses.replace(here.engine, rules=dict.fromkeys(RULES, broken)), here.day)
    assert failing.ask(patient("58 f; diabetic neuropathy"), hook="patient-view") == []
    assert request(patient("58 f"), [], "patient-view")["hook"] == "patient-view"


def test_every_rule_has_a_subject_in_words() -> None:
    assert set(SUBJECTS) == set(RULES)
    assert len(set(SUBJECTS.values())) == len(SUBJECTS)
