"""The pairs: worded as what may be considered, kept from those at risk, and each with the trial behind it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cards.statements import Combination
from tests.knowledge.knowledge_files import refused, tables, typed
from tests.knowledge.offering import CLASSES, GENERIC, TRICYCLICS, concerns, patient

PAIRS: dict[str, Combination] = typed("combinations", Combination)
ORAL = ("tricyclic-with-gabapentinoid", "snri-with-gabapentinoid")


@pytest.mark.parametrize("stem", PAIRS)
def test_a_pair_keeps_to_the_schema(stem: str) -> None:
    assert refused("combinations", tables("combinations")[stem]) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"verdict": "good"}, "is not one of", id="a verdict that does not exist"),
        pytest.param({"not_for": []}, "non-empty|too short", id="supported for everyone"),
        pytest.param({"severity": "critical"}, "was expected", id="supported, yet critical"),
        pytest.param({"evidence": ""}, "non-empty|too short", id="no trial behind it"),
        pytest.param({"colour": "red"}, "Additional properties", id="a key nobody reads"),
    ],
)
def test_the_schema_refuses(change: dict[str, Any], why: str) -> None:
    messages = refused("combinations", {**tables("combinations")[ORAL[0]], **change})
    assert any(re.search(why, message) for message in messages), messages


def verdicts(one: str, other: str) -> set[str]:
    names = {one, CLASSES.get(one, one)}, {other, CLASSES.get(other, other)}
    return {
        pair.verdict
        for pair in PAIRS.values()
        for a, b in ((pair.a, pair.b), (pair.b, pair.a))
        if names[0] & set(a) and names[1] & set(b)
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gabapentin", "pregabalin"),
        ("nortriptyline", "duloxetine"),
        ("tramadol", "duloxetine"),
        ("tramadol", "amitriptyline"),
        ("tapentadol", "duloxetine"),
        ("opioid", "gabapentin"),
        ("opioid", "nortriptyline"),
        ("carbamazepine", "lamotrigine"),
        ("oxcarbazepine", "lacosamide"),
    ],
)
def test_never_together(one: str, other: str) -> None:
    assert verdicts(one, other) == {"avoid"}
    assert verdicts(other, one) == {"avoid"}


@pytest.mark.parametrize("agent", sorted(GENERIC | TRICYCLICS))
@pytest.mark.parametrize("topical", ["lidocaine", "capsaicin"])
def test_a_topical_may_join(agent: str, topical: str) -> None:
    assert verdicts(agent, topical) == {"supported"}


@pytest.mark.parametrize("stem", [stem for stem, pair in PAIRS.items() if pair.verdict == "supported"])
def test_a_supported_pair_may_be_considered_and_no_more(stem: str) -> None:
    assert PAIRS[stem].why.startswith("May be considered")
    assert PAIRS[stem].severity == "info"


@pytest.mark.parametrize(
    "who",
    [
        patient(medicines=("opioid",)),
        patient(medicines=("benzodiazepine",)),
        patient("sleep-apnea"),
        patient("falls"),
        patient(age=65, medicines=("ssri",)),
        patient(age=65, medicines=("antipsychotic",)),
    ],
)
@pytest.mark.parametrize("stem", ORAL)
def test_no_pair_by_mouth_for_those_at_risk(stem: str, who: Any) -> None:
    assert any(concerns(when, who) for when in PAIRS[stem].not_for)


def test_a_tricyclic_pair_ends_at_65_and_the_other_does_not() -> None:
    tricyclic, snri = (PAIRS[stem] for stem in ORAL)
    assert not any(concerns(when, patient(age=64)) for when in tricyclic.not_for)
    assert any(concerns(when, patient(age=65)) for when in tricyclic.not_for)
    assert not any(concerns(when, patient(age=65)) for when in snri.not_for)


def test_no_topical_joins_in_central_pain() -> None:
    not_for = PAIRS["oral-with-topical"].not_for
    assert any(concerns(when, patient("central-post-stroke-pain")) for when in not_for)
    assert not any(concerns(when, patient("postherpetic-neuralgia", "focal-peripheral-pain")) for when in not_for)


def test_a_pair_of_specialists_stays_in_its_condition() -> None:
    assert PAIRS["trigeminal-add-on"].conditions == ("trigeminal-neuralgia",)
    assert PAIRS["trigeminal-add-on"].verdict == "neutral"
