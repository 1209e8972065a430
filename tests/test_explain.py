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
    assert set(explained({"resourceType": "MedicationRequest"}, knowledge)) == {"unread"}


@pytest.mark.parametrize("line", [b"{", b"[]", b"1", b'"x"'])
def test_a_broken_line_is_one_line_that_says_so(line: bytes, knowledge: Knowledge) -> None:
    (answer,) = json_lines([line], knowledge)
    assert set(json.loads(answer)) == {"unread"}


def worded(drug: str, sig: str) -> dict[str, object]:
    return {
        "resourceType": "MedicationRequest",
        "id": "a",
        "medicationCodeableConcept": {"text": drug},
        "dosageInstruction": [{"text": sig}],
    }


@pytest.mark.parametrize(
    ("drug", "sig", "daily"),
    [
        ("gabapentin 300 mg capsule", "gabapentin 300 mg po tid", 900),
        ("GABAPENTIN 300 MG PO CAPS", "NEURONTIN 300 MG CAP: 2 CAPS TID", 1800),
        ("Lyrica 75 mg capsule", "Lyrica 75 mg capsule: 1 cap bid", 150),
        ("duloxetine 30 mg", "Duloxetine DR 30 mg cap: 2 caps daily", 60),
        ("gabapentin", "gabapentin 300 mg capsule, 2 capsules tid", 1800),  # the strength stands in the sig alone
        ("amitriptyline 25 mg tablet", "amitriptyline hcl 25 mg nocte", 25),
    ],
)
def test_a_sig_may_name_the_drug_itself(drug: str, sig: str, daily: int, knowledge: Knowledge) -> None:
    assert explained(worded(drug, sig), knowledge)["dailyDose"] == {"value": daily, "unit": "mg/d"}


@pytest.mark.parametrize(
    ("drug", "sig", "daily"),
    [
        ("gabapentin", "2 capsules tid", None),  # of what strength?
        ("gabapentin oral solution", "6 mL tid", None),
        ("lidocaine 5 % patch", "apply 3 patches once daily", {"value": 3, "unit": "patch/d"}),
        ("diclofenac 1 % gel", "apply 4 g 4 times daily", {"value": 16, "unit": "g/d"}),
        ("lisinopril 10 mg tablet", "1 tablet daily", {"value": 10, "unit": "mg/d"}),  # no agent: its dose all the same
    ],
)
def test_a_count_is_a_dose_only_where_a_mass_says_nothing(
    drug: str, sig: str, daily: dict[str, object] | None, knowledge: Knowledge
) -> None:
    answer = explained(worded(drug, sig), knowledge)
    assert answer.get("dailyDose") == daily
    assert ("unread" in answer) is (daily is None)


def test_a_sig_that_names_another_drug_is_not_read(knowledge: Knowledge) -> None:
    answer = explained(worded("amitriptyline 25 mg tablet", "gabapentin 300 mg tid"), knowledge)
    assert "dailyDose" not in answer
    assert answer["unread"] == ["dose: no dose; the text was not read: words not understood: 'gabapentin'"]


def test_a_number_that_json_cannot_hold_is_no_reason_to_fail(knowledge: Knowledge) -> None:
    order = worded("gabapentin 300 mg capsule", "1 cap tid")
    (line,) = json_lines(
        [json.dumps(order | {"medicationCodeableConcept": {"text": "gabapentin", "x": 10**40}}).encode()], knowledge
    )
    assert json.loads(line)["id"] == "a"


def test_a_line_of_another_kind_says_so(knowledge: Knowledge) -> None:
    assert explained({"resourceType": "Patient", "id": "p"}, knowledge) == {
        "unread": ["line: another resource than a MedicationRequest"]
    }


def test_a_mark_of_the_encoding_and_carriage_returns_are_no_trouble(knowledge: Knowledge) -> None:
    line = orjson.dumps(worded("gabapentin 300 mg capsule", "1 cap tid"))
    read = [json.loads(answer) for answer in json_lines([b"\xef\xbb\xbf" + line + b"\r\n", b"\r\n", line], knowledge)]
    assert [answer["dailyDose"]["value"] for answer in read] == [900, 900]


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
