# ruff: noqa: E501 - one case a line
"""What stands across rows and files: each kind of broken link is found and named by its file and key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any, get_type_hints

import msgspec
import pytest

from cards import KnowledgeBase, statements
from cards.knowledge_base import SHAPES
from cards.knowledge_links import broken_links
from cards.references import KIND_OF
from cards.statements import File, Quantity, Range, Table, ValueSet

# Fields of ids or words that point at nothing outside their own file, and what they are instead.
WORDS = {
    "sources": "ids of the file's own sources",
    "jurisdiction": "US, UK, JP",
    "formulation": "asked by itself, since whose it is depends on the row",
    "boxed": "sentences",
    "counsel": "sentences",
    "text": "phrases, or answers of a result",
    "text_exclude": "phrases",
    "answers": "answers of a result",
    "routes": "routes",
    "release": "releases",
    "forms": "dose forms",
    "offered_as": "dose forms",
    "icd10cm": "codes",
    "icd10cm_exclude": "codes",
    "icd10who": "codes",
    "icd10who_exclude": "codes",
    "snomed": "codes",
    "loinc": "codes",
    "ingredients": "asked of the product tables",
    "name_only": "medicines without a code that was verified",
}


def changed(base: KnowledgeBase, path: str, **changes: Any) -> list[str]:
    """What is wrong once a file of the seed says something else."""
    folder, stem = path.removesuffix(".toml").split("/")
    file = msgspec.structs.replace(base.files[folder][stem], **changes)
    files: Mapping[str, Mapping[str, File]] = {**base.files, folder: {**base.files[folder], stem: file}}
    return broken_links(files, base.products.ingredients_known())


def first(base: KnowledgeBase, path: str, field: str, **changes: Any) -> dict[str, Any]:
    """A file's rows of a field, the first of them changed."""
    folder, stem = path.removesuffix(".toml").split("/")
    head, *others = getattr(base.files[folder][stem], field)
    return {field: (msgspec.structs.replace(head, **changes), *others)}


def test_the_seed_has_no_broken_link(base: KnowledgeBase) -> None:
    assert broken_links(base.files, base.products.ingredients_known()) == []


@pytest.mark.parametrize(
    ("path", "field", "changes", "said"),
    [
        pytest.param("agents/gabapentin.toml", "contraindication", {"value_set": "no-such"}, "value_set: there is no value set 'no-such'", id="contraindication"),
        pytest.param("agents/gabapentin.toml", "approved", {"indication": ("no-such",)}, "indication: there is no value set 'no-such'", id="indication"),
        pytest.param("agents/topiramate.toml", "monitoring", {"only_with": ("no-such",)}, "only_with: there is no medicine 'no-such'", id="monitoring"),
        pytest.param("agents/gabapentin.toml", "maximum", {"formulation": ("no-such",)}, "formulation: there is no formulation 'no-such'", id="formulation of the agent"),
        pytest.param("agents/gabapentin.toml", "maximum", {"sources": ("no-such",)}, "no [[source]] has the id 'no-such'", id="source"),
        pytest.param("modifiers/heart-failure.toml", "when", {"value_sets": ("no-such",)}, "when.0: value_sets: there is no value set 'no-such'", id="when of a modifier"),
        pytest.param("modifiers/heart-failure.toml", "effect", {"classes": ("no-such",)}, "effect.out: classes: there is no class 'no-such'", id="class moved"),
        pytest.param("conditions/trigeminal-neuralgia.toml", "offer", {"agents": ("no-such",)}, "agents: there is no agent 'no-such'", id="offer"),
        pytest.param("conditions/neuropathic-pain.toml", "offer", {"use": "no-such"}, "use: there is no formulation 'no-such'", id="formulation offered"),
        pytest.param("guidelines/aan-2022.toml", "recommendation", {"condition": "no-such"}, "condition: there is no value set 'no-such'", id="guideline"),
        pytest.param("interactions/cyp1a2.toml", "pair", {"b": ("no-such",)}, "b: there is no medicine 'no-such'", id="interaction"),
        pytest.param("thresholds/sodium.toml", "row", {"value_set": "no-such"}, "value_set: there is no value set 'no-such'", id="threshold"),
    ],
)  # fmt: skip
def test_a_row_that_names_what_is_not_there(
    base: KnowledgeBase, path: str, field: str, changes: dict[str, Any], said: str
) -> None:
    found = changed(base, path, **first(base, path, field, **changes))
    assert any(line.startswith(f"{path}: ") and said in line for line in found), found


@pytest.mark.parametrize(
    ("path", "changes", "said"),
    [
        pytest.param("combinations/tricyclic-with-snri.toml", {"a": ("no-such",)}, "a: there is no medicine", id="combination"),
        pytest.param("combinations/tricyclic-with-snri.toml", {"conditions": ("no-such",)}, "conditions: there is no value set", id="its conditions"),
        pytest.param("value_sets/stroke.toml", {"parents": ("no-such",)}, "parents: there is no value set", id="parent"),
        pytest.param("value_sets/stroke.toml", {"implied_by": (("stroke", "no-such"),)}, "implied_by: there is no value set", id="implied"),
        pytest.param("value_sets/stroke.toml", {"icd10cm": ("I63",), "icd10cm_exclude": ("I63",)}, "'I63' is both in the set and excluded", id="in and out"),
        pytest.param("value_sets/stroke.toml", {"ingredients": ("nosuchine",)}, "the product tables know no 'nosuchine'", id="ingredient"),
    ],
)  # fmt: skip
def test_a_file_that_names_what_is_not_there(
    base: KnowledgeBase, path: str, changes: dict[str, Any], said: str
) -> None:
    found = changed(base, path, **changes)
    assert any(line.startswith(f"{path}: ") and said in line for line in found), found


def test_dates_that_do_not_follow_each_other(base: KnowledgeBase) -> None:
    review = msgspec.structs.replace(base.files["agents"]["gabapentin"].review, expires=date(2020, 1, 1))
    assert changed(base, "agents/gabapentin.toml", review=review) == [
        "agents/gabapentin.toml: review: last_review_date, review_due and expires must follow one another"
    ]


def test_an_address_used_twice(base: KnowledgeBase) -> None:
    rows = base.files["agents"]["gabapentin"].maximum  # type: ignore[attr-defined]
    found = changed(base, "agents/gabapentin.toml", maximum=(*rows, rows[0]))
    assert found == [f"agents/gabapentin.toml: maximum.{rows[0].id}: the id is used 2 times"]


def test_a_result_code_in_two_sets(base: KnowledgeBase) -> None:
    sodium = base.files["value_sets"]["sodium"]
    assert isinstance(sodium, ValueSet)
    found = changed(base, "value_sets/potassium.toml", loinc=sodium.loinc)
    assert found == [f"value_sets: loinc: {code!r} is in 2 sets" for code in sodium.loinc]


# --- an agent's own figures -----------------------------------------------------------------------------------------


def bands(*texts: str) -> tuple[statements.Band, ...]:
    return tuple(statements.Band(crcl=Range.parse(text)) for text in texts)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        pytest.param(("crcl >= 60", "30 < crcl < 60", "crcl <= 30"), None, id="each edge in one band"),
        pytest.param(("crcl >= 60", "30 < crcl < 59", "crcl <= 30"), "leave a gap or overlap", id="a gap"),
        pytest.param(("crcl >= 60", "30 < crcl < 61", "crcl <= 30"), "leave a gap or overlap", id="an overlap"),
        pytest.param(
            ("crcl > 60", "30 < crcl < 60", "crcl <= 30"), "60 itself must be in one of", id="an edge in none"
        ),
        pytest.param(
            ("crcl >= 60", "30 < crcl <= 60", "crcl <= 30"), "60 itself must be in one of", id="an edge in two"
        ),
        pytest.param(("crcl >= 60", "crcl >= 30"), "leave a gap or overlap", id="two without end"),
    ],
)
def test_the_bands_of_a_renal_table(base: KnowledgeBase, texts: tuple[str, ...], said: str | None) -> None:
    found = changed(
        base, "agents/gabapentin.toml", **first(base, "agents/gabapentin.toml", "renal", bands=bands(*texts))
    )
    assert [line for line in found if said is None or said not in line] == []
    assert bool(found) is (said is not None)


def test_a_schedule_that_begins_above_the_start(base: KnowledgeBase) -> None:
    lower = first(base, "agents/duloxetine.toml", "start", dose=Quantity(Fraction(1), "mg/d"))
    assert any(
        "begins with" in line and "above start" in line for line in changed(base, "agents/duloxetine.toml", **lower)
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"step": Quantity(Fraction(1), "mg")}, "by more than titration", id="too high a step"),
        pytest.param({"interval": Quantity(Fraction(52), "wk")}, "sooner than titration", id="too soon"),
    ],
)
def test_a_schedule_that_trips_the_climb(base: KnowledgeBase, change: dict[str, Any], said: str) -> None:
    path = "agents/lamotrigine.toml"
    assert any(said in line for line in changed(base, path, **first(base, path, "titration", **change)))


# --- nothing is forgotten -------------------------------------------------------------------------------------------


def shapes(shape: type[Table], found: set[type[Table]]) -> set[type[Table]]:
    """A table's class and those of the tables in it."""
    found.add(shape)
    for hint in get_type_hints(shape).values():
        for inner in msgspec_tables(hint):
            if inner not in found:
                shapes(inner, found)
    return found


def msgspec_tables(hint: Any) -> list[type[Table]]:
    if isinstance(hint, type) and issubclass(hint, Table):
        return [hint]
    return [table for inner in getattr(hint, "__args__", ()) for table in msgspec_tables(inner)]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=lambda shape: shape.__name__)
def test_every_list_of_words_is_a_reference_or_known_to_be_none(shape: type[File]) -> None:
    fields = {
        name
        for table in shapes(shape, set())
        for name, hint in get_type_hints(table).items()
        if "str" in str(hint) and "tuple" in str(hint)
    }
    assert fields - KIND_OF.keys() - WORDS.keys() == set()
