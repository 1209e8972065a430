"""The guidelines: each as it was given, none ranked on; what is overtaken says so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cards.statements import Guideline
from tests.knowledge.knowledge_files import refused, tables, typed
from tests.knowledge.offering import CONDITIONS

GUIDELINES: dict[str, Guideline] = typed("guidelines", Guideline)
EVERY = pytest.mark.parametrize("stem", GUIDELINES)
OPIOIDS = {"opioid", "tramadol", "tapentadol", "methadone", "oxycodone", "morphine"}


@EVERY
def test_a_guideline_keeps_to_the_schema(stem: str) -> None:
    assert refused("guidelines", tables("guidelines")[stem]) == []


ROW = {"condition": "neuropathic-pain", "agents": ["x"], "line": "first", "seen": "page", "sources": ["neupsig-2025"]}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"recommendation": []}, "non-empty|too short", id="no recommendation"),
        pytest.param({"recommendation": [{**ROW, "line": "best"}]}, "is not one of", id="a line that does not exist"),
        pytest.param({"recommendation": [{**ROW, "nnt": "4.6"}]}, "does not match", id="an NNT without its interval"),
        pytest.param({"recommendation": [{**ROW, "superseded": True}]}, "dependency", id="overtaken by nothing"),
        pytest.param({"recommendation": [{**ROW, "route": "by mouth"}]}, "is not one of", id="no such route"),
        pytest.param({"jurisdiction": ["DE"]}, "is not one of", id="a jurisdiction no deployment has"),
        pytest.param({"year": "2025"}, "is not of type", id="a year in words"),
    ],
)
def test_the_schema_refuses(change: dict[str, Any], why: str) -> None:
    messages = refused("guidelines", {**tables("guidelines")["neupsig-2025"], **change})
    assert any(re.search(why, message) for message in messages), messages


@EVERY
def test_every_recommendation_is_for_a_condition_of_ours(stem: str) -> None:
    assert {row.condition for row in GUIDELINES[stem].recommendation} <= CONDITIONS.keys()


def test_every_condition_has_a_guideline_but_the_one_that_has_none() -> None:
    spoken_of = {row.condition for guideline in GUIDELINES.values() for row in guideline.recommendation}
    assert CONDITIONS.keys() - spoken_of == {"small-fiber-neuropathy"}


@EVERY
def test_the_name_of_a_file_ends_in_its_year(stem: str) -> None:
    assert str(GUIDELINES[stem].year) in stem


@pytest.mark.parametrize("stem", ["efns-2010", "cps-2014", "aan-phn-2004"])
def test_old_lines_for_opioids_and_cannabinoids_are_never_current(stem: str) -> None:
    old = [row for row in GUIDELINES[stem].recommendation if set(row.agents) & (OPIOIDS | {"cannabinoid"})]
    assert old
    assert all(row.superseded and row.superseded_by for row in old)


def test_figures_of_one_year_stay_in_its_file() -> None:
    counted = {stem for stem, g in GUIDELINES.items() if any(row.nnt or row.nnh for row in g.recommendation)}
    assert counted == {"neupsig-2015", "neupsig-2025"}
    for stem in counted:
        assert {"2015": "neupsig-2025", "2025": "neupsig-2015"}[stem[-4:]] not in {
            source for row in GUIDELINES[stem].recommendation for source in row.sources
        }


def test_a_pooled_figure_is_not_one_drugs() -> None:
    pooled = [row for row in GUIDELINES["neupsig-2025"].recommendation if row.nnt == "8.9 (7.4-11.10)"]
    assert [set(row.agents) for row in pooled] == [{"gabapentin", "pregabalin"}]


def test_nice_is_for_the_uk_and_its_list_not_for_specialists() -> None:
    for stem, guideline in GUIDELINES.items():
        if stem.startswith("nice-"):
            assert guideline.jurisdiction == ("UK",)
    listed = [row for row in GUIDELINES["nice-cg173-2020"].recommendation if row.strength == "do not start"]
    assert all(row.setting == "non-specialist" for row in listed)


@EVERY
def test_a_replaced_guideline_is_not_in_force(stem: str) -> None:
    guideline = GUIDELINES[stem]
    assert not (guideline.superseded and guideline.in_force_by_default)
