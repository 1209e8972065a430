"""The figures that belong to no single agent: each has a unit, a source and two sides."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest

from cards.statements import Threshold, ThresholdRow, ValueSet
from tests.knowledge.knowledge_files import KNOWLEDGE, refused, tables, typed

FILES: dict[str, Threshold] = typed("thresholds", Threshold)
SETS: dict[str, ValueSet] = typed("value_sets", ValueSet)
ROWS: dict[str, ThresholdRow] = {row.id: row for file in FILES.values() for row in file.row}


@pytest.mark.parametrize("stem", FILES)
def test_a_file_keeps_to_the_schema(stem: str) -> None:
    assert refused("thresholds", tables("thresholds")[stem]) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"stop": "sodium 130"}, "does not match", id="no comparison"),
        pytest.param({"value": "130"}, "does not match", id="a value without its unit"),
        pytest.param({"sex": "f"}, "is not one of", id="a sex that does not exist"),
        pytest.param({"colour": "red"}, "Additional properties", id="a key nobody reads"),
    ],
)
def test_the_schema_refuses(change: dict[str, Any], why: str) -> None:
    table = tables("thresholds")["sodium"]
    messages = refused("thresholds", {**table, "row": [{**table["row"][0], **change}]})
    assert any(re.search(why, message) for message in messages), messages


def test_a_row_without_any_figure_is_refused() -> None:
    table = tables("thresholds")["sodium"]
    row = {key: value for key, value in table["row"][0].items() if key not in {"caution", "stop", "value"}}
    assert refused("thresholds", {**table, "row": [row]})


def test_every_row_has_an_id_of_its_own() -> None:
    assert len(ROWS) == sum(len(file.row) for file in FILES.values())


def test_every_result_and_source_is_known() -> None:
    for file in FILES.values():
        for row in file.row:
            assert not row.value_set or SETS[row.value_set].kind == "result"
            assert set(row.sources) <= {source.id for source in file.source}


def test_every_part_that_a_figure_plays_is_explained() -> None:
    readme = (KNOWLEDGE / "README.md").read_text("utf-8")
    assert [file.meaning for file in FILES.values() if file.meaning and f"| `{file.meaning}` |" not in readme] == []


@pytest.mark.parametrize(
    ("row", "outside", "within"),
    [
        pytest.param("sodium-before-start", "135", "134.9", id="sodium"),
        pytest.param("qtc-men", "450", "450.1", id="QTc of a man"),
        pytest.param("qtc-women", "470", "470.1", id="QTc of a woman"),
        pytest.param("alt-before-start", "2", "2.1", id="ALT"),
        pytest.param("ast-before-start", "2", "2.1", id="AST"),
        pytest.param("bicarbonate-before-start", "20", "19.9", id="bicarbonate"),
        pytest.param("platelets-before-start", "100", "99", id="platelets"),
        pytest.param("cns-active-count", "2", "3", id="CNS-active medicines"),
        pytest.param("mme-reassess", "49.9", "50", id="50 MME: exactly 50 counts"),
        pytest.param("mme-justify", "89.9", "90", id="90 MME: exactly 90 counts"),
    ],
)
def test_both_sides_of_a_caution(row: str, outside: str, within: str) -> None:
    caution = ROWS[row].caution
    assert caution is not None
    assert caution.holds(Fraction(within))
    assert not caution.holds(Fraction(outside))


@pytest.mark.parametrize(
    ("row", "outside", "within"),
    [
        pytest.param("sodium-before-start", "130", "129.9", id="sodium"),
        pytest.param("qtc-men", "499", "500", id="QTc of a man"),
        pytest.param("qtc-women", "499", "500", id="QTc of a woman"),
        pytest.param("alt-before-start", "3", "3.1", id="ALT"),
        pytest.param("ast-before-start", "3", "3.1", id="AST"),
        pytest.param("systolic-before-start", "179", "180", id="systolic"),
        pytest.param("diastolic-before-start", "109", "110", id="diastolic"),
    ],
)
def test_both_sides_of_a_stop(row: str, outside: str, within: str) -> None:
    stop = ROWS[row].stop
    assert stop is not None
    assert stop.holds(Fraction(within))
    assert not stop.holds(Fraction(outside))


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("tolerance-days", "7 d"),
        ("tolerance-morphine", "60 mg/d"),
        ("tolerance-fentanyl", "25 ug/h"),
        ("tolerance-oxycodone", "30 mg/d"),
        ("tolerance-hydromorphone", "8 mg/d"),
        ("tolerance-oxymorphone", "25 mg/d"),
        ("tolerance-hydrocodone", "60 mg/d"),
        ("pregnancy-days", "294 d"),
        ("pregnancy-ended-days", "14 d"),
        ("taper-after-a-year", "10 %/mo"),
        ("taper-after-weeks", "10 %/wk"),
        ("mme-reassess", "50 mg/d"),
        ("mme-justify", "90 mg/d"),
    ],
)
def test_a_figure(row: str, value: str) -> None:
    assert str(ROWS[row].value) == value
