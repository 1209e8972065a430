"""The interactions: every name leads somewhere, the corrections are taken, and one line covers a class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from cards.statements import Agent, Interaction, Pair, ValueSet
from cards.value_sets import ValueSets, medicine_key
from tests.knowledge.knowledge_files import refused, tables, typed

FILES: dict[str, Interaction] = typed("interactions", Interaction)
SETS: dict[str, ValueSet] = typed("value_sets", ValueSet)
RANK = {"minor": 1, "moderate": 2, "major": 3, "contraindicated": 4}

AGENTS: dict[str, Agent] = typed("agents", Agent)
VALUE_SETS = ValueSets(SETS, {id_: agent.classes for id_, agent in AGENTS.items()})
PAIRS = [(stem, pair) for stem, file in FILES.items() for pair in file.pair]
ADDRESSES = [f"{stem}#{pair.id}" for stem, pair in PAIRS]


def names(medicine: str) -> frozenset[str]:
    return VALUE_SETS.classes_of(medicine) | {medicine}


def found(one: str, other: str, *, plain: bool = True) -> Iterator[tuple[str, Pair]]:
    """The lines of a pair, either way round; `plain`: those that hold for any patient, dose and formulation."""
    for stem, pair in PAIRS:
        if plain and (pair.when or pair.age_from or pair.formulation or pair.from_dose):
            continue
        for left, right in ((names(one), names(other)), (names(other), names(one))):
            if left & set(pair.a) and right & set(pair.b):
                yield stem, pair
                break


def worst(one: str, other: str) -> str:
    return max((pair.severity for _, pair in found(one, other)), key=RANK.__getitem__, default="")


def line(address: str) -> Pair:
    return next(pair for (_, pair), known in zip(PAIRS, ADDRESSES, strict=True) if known == address)


# --- the files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", FILES)
def test_a_file_keeps_to_the_schema(stem: str) -> None:
    assert refused("interactions", tables("interactions")[stem]) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"severity": "serious"}, "is not one of", id="a severity that does not exist"),
        pytest.param({"washout_days": 400}, "maximum", id="a gap longer than any"),
        pytest.param({"why": ""}, "non-empty|too short", id="no reason"),
        pytest.param({"from_dose": "200"}, "does not match", id="a dose without its unit"),
        pytest.param({"b": []}, "non-empty|too short", id="no partner"),
        pytest.param({"colour": "red"}, "Additional properties", id="a key nobody reads"),
    ],
)
def test_the_schema_refuses(change: dict[str, Any], why: str) -> None:
    table = tables("interactions")["qt"]
    messages = refused("interactions", {**table, "pair": [{**table["pair"][0], **change}]})
    assert any(re.search(why, message) for message in messages), messages


def test_every_address_is_one_line() -> None:
    assert len(ADDRESSES) == len(set(ADDRESSES))


@pytest.mark.parametrize(("stem", "pair"), PAIRS, ids=ADDRESSES)
def test_every_name_and_source_is_known(stem: str, pair: Pair) -> None:
    ingredients = {medicine_key(name) for name in VALUE_SETS.medicines()}
    medicines = {*pair.a, *pair.b, *(pair.when.medicines if pair.when else ())}
    assert medicines <= SETS.keys() | ingredients | AGENTS.keys()
    assert {name for name in medicines if name in SETS} <= {id_ for id_, s in SETS.items() if s.kind == "medicine"}
    assert set(pair.sources) <= {source.id for source in FILES[stem].source}


@pytest.mark.parametrize(("_stem", "pair"), PAIRS, ids=ADDRESSES)
def test_no_ingredient_interacts_with_itself(_stem: str, pair: Pair) -> None:
    both = set(pair.a) & set(pair.b)
    assert all(name in SETS for name in both), "only a class may stand on both sides"


@pytest.mark.parametrize(("_stem", "pair"), PAIRS, ids=ADDRESSES)
def test_a_formulation_is_one_of_the_agents(_stem: str, pair: Pair) -> None:
    known = {formulation.id for name in pair.a if name in AGENTS for formulation in AGENTS[name].formulation}
    assert set(pair.formulation) <= known


def test_every_source_is_used() -> None:
    for stem, file in FILES.items():
        used = {source for pair in file.pair for source in pair.sources}
        assert {source.id for source in file.source} == used, stem


# --- one line covers a class ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "severity"),
    [
        ("amitriptyline", "phenelzine", "contraindicated"),
        ("duloxetine", "linezolid", "contraindicated"),
        ("venlafaxine", "methylene blue", "contraindicated"),
        ("tramadol", "rasagiline", "contraindicated"),
        ("morphine", "selegiline", "major"),
        ("carbamazepine", "tranylcypromine", "contraindicated"),
        ("nortriptyline", "tedizolid", "moderate"),
        ("phenelzine", "fluoxetine", "contraindicated"),
        ("nortriptyline", "sertraline", "major"),
        ("duloxetine", "amitriptyline", "major"),
        ("tramadol", "duloxetine", "major"),
        ("amitriptyline", "thioridazine", "contraindicated"),
        ("amitriptyline", "amiodarone", "major"),
        ("methadone", "haloperidol", "major"),
        ("oxycodone", "pregabalin", "major"),
        ("fentanyl", "lorazepam", "major"),
        ("gabapentin", "zolpidem", "major"),
        ("amitriptyline", "gabapentin", "minor"),
        ("nortriptyline", "pregabalin", "minor"),
        ("baclofen", "oxycodone", "major"),
        ("duloxetine", "fluvoxamine", "contraindicated"),
        ("duloxetine", "tamoxifen", "major"),
        ("nortriptyline", "paroxetine", "major"),
        ("codeine", "bupropion", "major"),
        ("fentanyl", "clarithromycin", "major"),
        ("carbamazepine", "apixaban", "major"),
        ("carbamazepine", "tacrolimus", "major"),
        ("carbamazepine", "bictegravir", "contraindicated"),
        ("carbamazepine", "rilpivirine", "contraindicated"),
        ("carbamazepine", "imatinib", "major"),
        ("oxcarbazepine", "ethinyl estradiol", "major"),
        ("oxycodone", "rifampin", "major"),
        ("lamotrigine", "valproate", "major"),
        ("valproate", "meropenem", "contraindicated"),
        ("lacosamide", "metoprolol", "major"),
        ("lidocaine", "mexiletine", "moderate"),
        ("duloxetine", "warfarin", "moderate"),
        ("naproxen", "apixaban", "major"),
        ("oxcarbazepine", "hydrochlorothiazide", "major"),
        ("tramadol", "bupropion", "major"),
        ("gabapentin", "pregabalin", "major"),
        ("gabapentin", "gabapentin-enacarbil", "major"),
        ("oxycodone", "naltrexone", "contraindicated"),
        ("morphine", "buprenorphine", "major"),
        ("pregabalin", "pioglitazone", "moderate"),
        ("gabapentin", "magnesium hydroxide", "moderate"),
        ("nortriptyline", "fingolimod", "moderate"),
        ("nortriptyline", "ritonavir", "major"),
        ("gabapentin", "lisinopril", ""),
        ("duloxetine", "metformin", ""),
        ("acetaminophen", "ibuprofen", ""),
        ("oxycodone", "naloxone", ""),
        ("lidocaine", "sertraline", ""),
    ],
)
def test_a_pair_and_its_severity(one: str, other: str, severity: str) -> None:
    assert worst(one, other) == worst(other, one) == severity


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        pytest.param("maoi#tca", 14, 14, id="tricyclics"),
        pytest.param("maoi#duloxetine-milnacipran", 14, 5, id="duloxetine, milnacipran"),
        pytest.param("maoi#venlafaxine", 14, 7, id="venlafaxine, desvenlafaxine"),
        pytest.param("maoi#tramadol-tapentadol", 14, 14, id="tramadol, tapentadol"),
        pytest.param("maoi#brief-tca", 1, 14, id="linezolid: 24 hours, watched 14 days"),
        pytest.param("maoi#brief-duloxetine", 1, 5, id="linezolid: watched 5 days"),
        pytest.param("maoi#brief-venlafaxine", 1, 7, id="linezolid: watched 7 days"),
        pytest.param("maoi#fluoxetine-tail", 35, None, id="MAO inhibitor after fluoxetine"),
        pytest.param("cyp2d6#tca-fluoxetine", 35, None, id="tricyclic after fluoxetine"),
        pytest.param("cyp2d6#tramadol-fluoxetine", 35, None, id="tramadol after fluoxetine"),
    ],
)
def test_gaps_are_those_of_the_second_reading(address: str, before: int, after: int | None) -> None:
    assert (line(address).washout_days, line(address).washout_days_reverse) == (before, after)
    assert line(address).corrected in {"C2", "C3"}


def test_a_tricyclic_with_a_gabapentinoid_warns_only_where_the_second_reading_says() -> None:
    lines = [(pair.severity, pair.age_from, pair.when) for _, pair in found("nortriptyline", "gabapentin", plain=False)]
    assert ("minor", None, None) in lines
    assert [(severity, age) for severity, age, when in lines if age] == [("major", 65)]
    assert [severity for severity, _, when in lines if when and "benzodiazepine" in when.medicines] == ["major"]


def test_contraception_fails_from_a_dose_of_topiramate_and_at_any_of_the_others() -> None:
    assert str(line("enzyme-induction#contraceptive-topiramate").from_dose) == "200 mg/d"
    assert line("enzyme-induction#contraceptive").from_dose is None


@pytest.mark.parametrize(
    "row", ["A7", "A8", "A17", "A26", "C2", "C3", "C9", "C10"]
    + [f"guidelines {row}" for row in ("C1", "C3", "C4", "C6", "C10", "C14", "C16")]
)  # fmt: skip
def test_a_correction_is_visibly_taken(row: str) -> None:
    assert any(pair.corrected == row for _, pair in PAIRS)
