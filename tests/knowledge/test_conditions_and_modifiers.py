"""The conditions and modifiers: their files keep to the schema, and each patient is left the right offers in order."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cards.statements import Against, Manner, Modifier, Move, Offer
from tests.knowledge.knowledge_files import refused, tables
from tests.knowledge.offering import (
    CONDITIONS,
    GABAPENTINOIDS,
    GENERIC,
    JURISDICTIONS,
    MODIFIERS,
    TRICYCLICS,
    Patient,
    concerns,
    here,
    offers,
    patient,
    rows,
    slower,
    touches,
)

VALUE_SETS = tables("value_sets").keys()
EVERY = pytest.mark.parametrize("stem", CONDITIONS)


# --- the files ------------------------------------------------------------------------------------------------------


@EVERY
def test_a_condition_keeps_to_the_schema(stem: str) -> None:
    assert refused("conditions", tables("conditions")[stem]) == []


@pytest.mark.parametrize("stem", MODIFIERS)
def test_a_modifier_keeps_to_the_schema(stem: str) -> None:
    assert refused("modifiers", tables("modifiers")[stem]) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"nature": "nociceptive"}, "is not one of", id="a nature that does not exist"),
        pytest.param({"colour": "red"}, "Additional properties", id="a key nobody reads"),
        pytest.param({"if_nothing_left": "Refer."}, "too short", id="no step without drugs"),
        pytest.param({"combination": "always"}, "is not one of", id="a stance on combinations that does not exist"),
        pytest.param({"target": [{"agents": ["x"], "trial": "6", "corrected": "A1"}]}, "match", id="a trial, no unit"),
        pytest.param(
            {"target": [{"agents": ["x"], "dose": "60 mg", "trial": "6 wk", "corrected": "A1"}]},
            "match",
            id="a dose, not a day's",
        ),
        pytest.param({"say": [{"text": "", "corrected": "A1"}]}, "non-empty|too short", id="nothing said"),
        pytest.param(
            {"against": [{"strength": "against", "why": "so", "corrected": "A1"}]},
            "any of",
            id="nobody advised against",
        ),
        pytest.param(
            {"against": [{"agents": ["x"], "strength": "ban", "why": "so", "corrected": "A1"}]},
            "one of",
            id="a strength that does not exist",
        ),
        pytest.param(
            {"effect": [{"move": "out", "agents": ["x"], "why": "so", "corrected": "A1"}]},
            "'when'",
            id="an effect on everyone",
        ),
        pytest.param(
            {"offer": [{"group": 0, "agents": ["x"], "sources": ["y"], "corrected": "A1"}]},
            "minimum",
            id="a group before the first",
        ),
        pytest.param(
            {"offer": [{"group": 1, "agents": ["Duloxetine"], "sources": ["y"], "corrected": "A1"}]},
            "match",
            id="an id with a capital",
        ),
    ],
)
def test_the_schema_of_conditions_refuses(change: dict[str, Any], why: str) -> None:
    messages = refused("conditions", {**tables("conditions")["painful-diabetic-neuropathy"], **change})
    assert any(re.search(why, message) for message in messages), messages


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"when": []}, "non-empty|too short", id="a modifier of no one"),
        pytest.param({"when": [{}]}, "enough properties|non-empty", id="a modifier of everyone"),
        pytest.param({"when": [{"crcl": "under 30"}]}, "does not match", id="no comparison"),
        pytest.param({"when": [{"is": "sodium < 130"}]}, "dependency", id="a comparison of no result"),
        pytest.param(
            {"effect": [{"move": "up", "agents": ["x"], "why": "so", "corrected": "A1"}]}, "one of", id="no such move"
        ),
        pytest.param(
            {"manner": [{"how": "gently", "agents": ["x"], "why": "so", "corrected": "A1"}]},
            "one of",
            id="no such manner",
        ),
    ],
)
def test_the_schema_of_modifiers_refuses(change: dict[str, Any], why: str) -> None:
    messages = refused("modifiers", {**tables("modifiers")["age-65-or-older"], **change})
    assert any(re.search(why, message) for message in messages), messages


def test_the_fifteen_conditions_are_there() -> None:
    assert len(CONDITIONS) == 15
    assert all(condition.value_set == stem for stem, condition in CONDITIONS.items())


@pytest.mark.parametrize("stem", [*CONDITIONS, *MODIFIERS])
def test_every_condition_named_is_a_value_set(stem: str) -> None:
    file = CONDITIONS.get(stem) or MODIFIERS[stem]
    whens = [row.when for row in rows(file) if isinstance(row, (Against, Move, Manner)) and row.when]
    whens += file.when if isinstance(file, Modifier) else ()
    named = {name for when in whens for name in (*when.value_sets, *when.unless_value_sets)}
    named |= {name for row in rows(file) if isinstance(row, Offer) for name in row.needs_value_set}
    named |= {name for row in rows(file) if isinstance(row, Against) for name in row.unless_value_set}
    assert named - set(VALUE_SETS) == set()


@pytest.mark.parametrize("stem", [*CONDITIONS, *MODIFIERS])
def test_every_row_names_sources_of_its_own_file(stem: str) -> None:
    file = CONDITIONS.get(stem) or MODIFIERS[stem]
    named = {source for row in rows(file) for source in row.sources}
    assert named == {source.id for source in file.source}


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
@EVERY
def test_every_offer_has_a_target_and_a_trial(stem: str, jurisdiction: str) -> None:
    condition = CONDITIONS[stem]
    judged = {a for row in condition.target if here(row, Patient(), jurisdiction) for a in row.agents}
    assert {a for row in condition.offer if here(row, Patient(), jurisdiction) for a in row.agents} <= judged


@EVERY
def test_nothing_is_offered_and_advised_against(stem: str) -> None:
    condition = CONDITIONS[stem]
    flat = [row for row in condition.against if not (row.when or row.unless_value_set or row.formulation)]
    for jurisdiction in JURISDICTIONS:
        offered = {a for row in condition.offer if here(row, Patient(), jurisdiction) for a in row.agents}
        spoken = {a for row in flat if here(row, Patient(), jurisdiction) for a in offered if touches(row, a)}
        assert spoken == set()


@EVERY
def test_an_agent_is_named_once_among_those_not_offered(stem: str) -> None:
    named: set[tuple[str, str, bool]] = set()
    for row in CONDITIONS[stem].against:
        for agent in (*row.agents, *row.classes):
            for where in row.jurisdiction or JURISDICTIONS:
                for formulation in row.formulation or ("",):
                    key = (f"{agent} {formulation}", where, bool(row.when))
                    assert key not in named
                    named.add(key)


# --- the order of offers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stem", "who", "left"),
    [
        pytest.param(
            "neuropathic-pain", patient(), {"duloxetine", "gabapentin", "pregabalin", "nortriptyline"}, id="equals"
        ),
        pytest.param("neuropathic-pain", patient(age=70), GENERIC, id="65 and older: no tricyclic"),
        pytest.param(
            "painful-diabetic-neuropathy",
            patient("ckd-stage-4", crcl=22),
            {*GABAPENTINOIDS, "nortriptyline", "capsaicin"},
            id="CrCl 22: no duloxetine",
        ),
        pytest.param(
            "painful-diabetic-neuropathy",
            patient("orthostatic-hypotension"),
            {*GENERIC, "capsaicin"},
            id="orthostasis: no tricyclic",
        ),
        pytest.param(
            "trigeminal-neuralgia", patient(), {"carbamazepine", "oxcarbazepine"}, id="trigeminal: two agents"
        ),
        pytest.param("trigeminal-neuralgia", patient(results=(("sodium", "129"),)), set(), id="sodium 129: neither"),
        pytest.param(
            "trigeminal-neuralgia",
            patient(results=(("sodium", "130"),)),
            {"carbamazepine", "oxcarbazepine"},
            id="sodium 130: both",
        ),
        pytest.param(
            "trigeminal-neuralgia",
            patient(medicines=("doac",)),
            {"oxcarbazepine"},
            id="an anticoagulant: no carbamazepine",
        ),
        pytest.param(
            "central-post-stroke-pain", patient("atrial-fibrillation"), GENERIC, id="fibrillation: no tricyclic"
        ),
        pytest.param("spinal-cord-injury-pain", patient(), {*GABAPENTINOIDS, *TRICYCLICS}, id="cord injury: no SNRI"),
        pytest.param(
            "spinal-cord-injury-pain",
            patient("neurogenic-bladder"),
            GABAPENTINOIDS,
            id="neurogenic bladder: no tricyclic",
        ),
        pytest.param("hiv-polyneuropathy", patient(), {"gabapentin", "duloxetine"}, id="HIV: no generic ladder"),
        pytest.param("chemotherapy-induced-neuropathy", patient(), {"duloxetine"}, id="chemotherapy: duloxetine alone"),
        pytest.param(
            "chemotherapy-induced-neuropathy", patient(medicines=("tamoxifen",)), set(), id="tamoxifen: nothing"
        ),
        pytest.param(
            "chemotherapy-induced-neuropathy", patient("liver-metastasis"), set(), id="liver metastasis: nothing"
        ),
        pytest.param("radiculopathy-sciatica", patient(), set(), id="sciatica: nothing"),
        pytest.param("complex-regional-pain-syndrome", patient(), {"gabapentin", "nortriptyline"}, id="CRPS: adjuncts"),
        pytest.param(
            "complex-regional-pain-syndrome",
            patient("depression"),
            {"gabapentin", "duloxetine"},
            id="CRPS and depression",
        ),
        pytest.param("phantom-limb-pain", patient(age=70), {"gabapentin"}, id="phantom limb at 70"),
        pytest.param(
            "cancer-neuropathic-pain",
            patient(medicines=("opioid",)),
            {*GENERIC, "nortriptyline"},
            id="cancer: a gabapentinoid stays beside an opioid",
        ),
    ],
)
def test_what_is_left_to_offer(stem: str, who: Patient, left: set[str]) -> None:
    assert set(offers(stem, who)) == left


@pytest.mark.parametrize(
    ("stem", "who", "first"),
    [
        pytest.param(
            "postherpetic-neuralgia",
            patient("focal-peripheral-pain", age=70),
            "lidocaine",
            id="zoster at 70: the patch",
        ),
        pytest.param(
            "neuropathic-pain", patient("focal-peripheral-pain", age=70), "lidocaine", id="focal at 70: the patch"
        ),
        pytest.param("painful-diabetic-neuropathy", patient("heart-failure"), "duloxetine", id="heart failure"),
        pytest.param("painful-diabetic-neuropathy", patient(medicines=("glitazone",)), "duloxetine", id="a glitazone"),
        pytest.param("painful-diabetic-neuropathy", patient("obesity"), "duloxetine", id="obesity"),
        pytest.param("painful-diabetic-neuropathy", patient("depression"), "duloxetine", id="depression untreated"),
        pytest.param("painful-diabetic-neuropathy", patient("sleep-apnea"), "duloxetine", id="sleep apnoea"),
        pytest.param(
            "neuropathic-pain", patient("depression", medicines=("ssri",)), "gabapentin", id="depression on an SSRI"
        ),
        pytest.param("neuropathic-pain", patient("severe-hepatic"), "gabapentin", id="cirrhosis"),
        pytest.param("neuropathic-pain", patient("urinary-retention"), "gabapentin", id="retention"),
        pytest.param(
            "spinal-cord-injury-pain", patient("depression"), "amitriptyline", id="cord injury with depression"
        ),
        pytest.param(
            "hiv-polyneuropathy", patient("substance-use-disorder"), "duloxetine", id="HIV with substance use"
        ),
    ],
)
def test_what_comes_first(stem: str, who: Patient, first: str) -> None:
    assert offers(stem, who)[0] == first


@pytest.mark.parametrize(
    ("who", "last"),
    [
        pytest.param(patient("substance-use-disorder"), GABAPENTINOIDS, id="substance use"),
        pytest.param(patient("copd"), GABAPENTINOIDS, id="COPD"),
        pytest.param(patient(medicines=("opioid",)), GABAPENTINOIDS, id="an opioid"),
        pytest.param(patient(medicines=("z-drug",)), GABAPENTINOIDS, id="a Z-drug"),
        pytest.param(patient("seizure"), {"nortriptyline"}, id="seizures"),
        pytest.param(patient("obesity"), {"pregabalin", "nortriptyline"}, id="obesity"),
        pytest.param(patient("hyponatremia"), {"duloxetine", "nortriptyline"}, id="low sodium"),
        pytest.param(patient("falls"), {*GENERIC}, id="falls: none is safe"),
        pytest.param(patient("heart-failure"), {"gabapentin"}, id="heart failure"),
    ],
)
def test_what_comes_last(who: Patient, last: set[str]) -> None:
    order = offers("neuropathic-pain", who)
    assert set(order[len(order) - len(last) :]) == last


def test_a_topical_needs_pain_known_to_be_focal() -> None:
    for stem in ("neuropathic-pain", "post-surgical-traumatic-neuropathic-pain"):
        assert "lidocaine" not in offers(stem)
        assert "lidocaine" in offers(stem, patient("focal-peripheral-pain"))


@pytest.mark.parametrize("stem", ["age-65-or-older", "kidney-crcl-15-to-29", "pregnancy"])
def test_every_effect_says_why(stem: str) -> None:
    modifier = MODIFIERS[stem]
    assert all(len(row.why) > 20 for row in (*modifier.effect, *modifier.manner))


@pytest.mark.parametrize(
    "who", [patient(age=65), patient(crcl=45), patient(crcl=20), patient("sleep-apnea"), patient(medicines=("opioid",))]
)
def test_a_gabapentinoid_climbs_slower(who: Patient) -> None:
    assert slower("painful-diabetic-neuropathy", "gabapentin", who)
    assert not slower("painful-diabetic-neuropathy", "gabapentin", patient())


@pytest.mark.parametrize(
    ("crcl", "named"),
    [
        ("60", ""),
        ("59.9", "kidney-crcl-30-to-59"),
        ("30", "kidney-crcl-30-to-59"),
        ("29.9", "kidney-crcl-15-to-29"),
        ("15", "kidney-crcl-15-to-29"),
        ("14.9", "kidney-crcl-under-15-or-dialysis"),
    ],
)
def test_a_clearance_is_in_one_band(crcl: str, named: str) -> None:
    who = patient(crcl=crcl)
    bands = {stem: modifier for stem, modifier in MODIFIERS.items() if stem.startswith("kidney")}
    found = [stem for stem, modifier in bands.items() if any(concerns(when, who) for when in modifier.when)]
    assert found == ([named] if named else [])


# --- the two jurisdictions ------------------------------------------------------------------------------------------


@EVERY
def test_the_uk_option(stem: str) -> None:
    offered = offers(stem, patient("focal-peripheral-pain"), "UK")
    assert "nortriptyline" not in offered
    assert "oxcarbazepine" not in offered
    assert not {row.use for row in CONDITIONS[stem].offer if "UK" in (row.jurisdiction or JURISDICTIONS)} & {
        "patch-8-percent"
    }


def test_trigeminal_neuralgia_in_the_uk_has_carbamazepine_alone() -> None:
    assert offers("trigeminal-neuralgia", Patient(), "UK") == ["carbamazepine"]


def test_an_order_inside_a_guideline_gets_no_disapproval() -> None:
    silent = {
        ("painful-diabetic-neuropathy", "venlafaxine"),
        ("painful-diabetic-neuropathy", "carbamazepine"),
        ("painful-diabetic-neuropathy", "oxcarbazepine"),
        ("painful-diabetic-neuropathy", "lamotrigine"),
        ("painful-diabetic-neuropathy", "lacosamide"),
        ("central-post-stroke-pain", "lamotrigine"),
        ("spinal-cord-injury-pain", "tramadol"),
        ("chemotherapy-induced-neuropathy", "gabapentin"),
        ("hiv-polyneuropathy", "amitriptyline"),
    }
    for stem, agent in silent:
        found = [r for r in CONDITIONS[stem].against if agent in r.agents and here(r, Patient(), "US") and not r.when]
        assert [row.strength in ("not offered", "specialist") for row in found] == [True], (stem, agent)
