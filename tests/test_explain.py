"""`explain` says what was understood: a line out for every line in, and words for everything else."""

from __future__ import annotations

import json

import orjson
import pytest
from click.testing import CliRunner

from cards import Knowledge
from cds_service.cli import main
from cds_service.explain import json_lines
from fhir_fixtures import FOLDER

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def order(code: str, display: str, frequency: int, mg: float) -> dict[str, object]:
    return {
        "resourceType": "MedicationRequest",
        "id": "a",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code, "display": display}]},
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": frequency, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}],
            }
        ],
    }


def explained(resource: object, knowledge: Knowledge) -> dict[str, object]:
    (line,) = json_lines([orjson.dumps(resource)], knowledge)
    answer: dict[str, object] = json.loads(line)
    return answer


def test_a_line_has_the_drug_and_the_dose_a_day(knowledge: Knowledge) -> None:
    assert explained(order("310433", "gabapentin 600 MG Oral Tablet", 3, 600), knowledge) == {
        "id": "a",
        "agents": [{"system": RXNORM, "code": "25480", "display": "gabapentin"}],
        "dailyDose": {"value": 1800, "unit": "mg/d"},
    }


def test_what_is_not_known_is_left_out_and_said(knowledge: Knowledge) -> None:
    answer = explained({"resourceType": "MedicationRequest", "id": "b"}, knowledge)
    assert set(answer) == {"id", "unread"}


@pytest.mark.parametrize("line", [b"{", b"[]", b"1", b'"x"'])
def test_a_broken_line_is_one_line_that_says_so(line: bytes, knowledge: Knowledge) -> None:
    (answer,) = json_lines([line], knowledge)
    assert set(json.loads(answer)) == {"unread"}


def test_lines_come_out_in_order(knowledge: Knowledge) -> None:
    lines = [orjson.dumps({"resourceType": "MedicationRequest", "id": str(n)}) for n in range(20)]
    assert [json.loads(line)["id"] for line in json_lines(lines, knowledge)] == [str(n) for n in range(20)]


def test_a_call_is_explained_in_words() -> None:
    path = FOLDER / "daily-dose-above-renal-maximum" / "fires_gabapentin_1800_at_crcl_22" / "request.json"
    result = CliRunner(env={"NEUROPATHIC_PAIN_CDS_DAY": "2026-11-22"}).invoke(main, ["explain", str(path)])
    assert result.exit_code == 0
    assert "600 mg x 3 = 1,800 mg a day" in result.output
    assert "CrCl 22" in result.output


def test_what_is_not_json_is_refused_in_words() -> None:
    result = CliRunner().invoke(main, ["explain", "-"], input="not json")
    assert result.exit_code == 1
    assert "not JSON" in result.output
