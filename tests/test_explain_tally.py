"""`explain --tally`: what became of every resource under some paths; a broken file is a line, and nothing is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cards import KINDS, Knowledge, Outcome, outcomes
from cds_service import explain_tally
from cds_service.cli import main
from fhir_fixtures import FOLDER, STORY_DAY


def order(drug: str, sig: str | None = "1 capsule tid", **members: Any) -> dict[str, Any]:
    dosage = {"dosageInstruction": [{"text": sig}]} if sig else {}
    return {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": drug}} | dosage | members


def of(kind: str, **members: Any) -> dict[str, Any]:
    return {"resourceType": kind} | members


GABAPENTIN = order("gabapentin 300 mg capsule")


def tallied(*paths: Path | str, rc: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["explain", "--tally", "--json", *map(str, paths)])
    assert result.exit_code == rc, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def counts(found: dict[str, Any], kind: str, part: str) -> tuple[int, ...]:
    parts = found["resources"][kind]["parts"][part]
    return tuple(parts[state]["count"] for state in ("read", "aside", "refused"))


def test_every_resource_is_found_whatever_holds_it(tmp_path: Path) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": GABAPENTIN}, {"resource": GABAPENTIN}]}
    call = {
        "hook": "order-sign",
        "context": {"draftOrders": bundle},
        "prefetch": {"x": {"entry": [{"resource": GABAPENTIN}]}},
    }
    (tmp_path / "sub").mkdir()
    (tmp_path / "one.json").write_text(json.dumps(GABAPENTIN))
    (tmp_path / "list.json").write_text(json.dumps([GABAPENTIN, {"wrapped": {"resource": GABAPENTIN}}]))
    (tmp_path / "sub" / "bundle.json").write_text(json.dumps(bundle, indent=2))
    (tmp_path / "call.JSON").write_text(json.dumps(call))
    (tmp_path / "lines.ndjson").write_text(f"{json.dumps(GABAPENTIN)}\n\n{json.dumps(call)}\n")
    (tmp_path / "lines.json").write_text(f"{json.dumps(GABAPENTIN)}\n{json.dumps(GABAPENTIN)}")
    (tmp_path / "packed.ndjson.gz").write_bytes(gzip.compress(json.dumps(GABAPENTIN).encode()))
    (tmp_path / "notes.txt").write_text("not looked at")
    found = tallied(tmp_path)
    assert found["unreadable"] == 0
    assert found["resources"]["MedicationRequest"]["count"] == 1 + 2 + 2 + 3 + 4 + 2 + 1
    assert counts(found, "MedicationRequest", "dose of a drug of ours") == (15, 0, 0)


def test_what_another_contains_is_not_counted_by_itself(tmp_path: Path) -> None:
    held = {"resourceType": "Medication", "id": "m", "code": {"text": "gabapentin 300 mg capsule"}}
    referring = order("") | {"contained": [held], "medicationReference": {"reference": "#m"}}
    (tmp_path / "a.json").write_text(json.dumps(referring))
    found = tallied(tmp_path)
    assert list(found["resources"]) == ["MedicationRequest"]
    assert counts(found, "MedicationRequest", "drug") == (1, 0, 0)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.json", b'{"resourceType":', "not JSON"),
        ("a.json", b"", "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.ndjson", b"\xff\xfe\n", "not JSON"),
        ("a.json.gz", b"no gzip", "cannot be read"),
        ("a.ndjson.gz", gzip.compress(json.dumps(GABAPENTIN).encode())[:-9], "cannot be read"),
    ],
)
def test_a_broken_file_is_one_line_and_the_rest_goes_on(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "whole.json").write_text(json.dumps(GABAPENTIN))
    found = tallied(tmp_path)
    assert [one["why"] for one in found["broken"]] == [why]
    assert found["resources"]["MedicationRequest"]["count"] == 1


def test_a_link_to_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    assert tallied(tmp_path, rc=1)["broken"] == [
        {"place": str(tmp_path / "gone.json"), "why": "No such file or directory"}
    ]


def test_a_broken_line_has_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(f"{json.dumps(GABAPENTIN)}\nbad\n{json.dumps(GABAPENTIN)}\n")
    found = tallied(tmp_path)
    assert found["broken"] == [{"place": f"{tmp_path / 'a.ndjson'}:2", "why": "not JSON"}]
    assert found["documents"] == 2


def test_a_document_too_large_is_read_by_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain_tally, "LARGEST", 1000)
    line = json.dumps(GABAPENTIN)
    (tmp_path / "many.json").write_text("\n".join([line] * 20))
    (tmp_path / "long.json").write_text(json.dumps([GABAPENTIN] * 20))
    found = tallied(tmp_path)
    assert found["resources"]["MedicationRequest"]["count"] == 20
    assert [one["why"] for one in found["broken"]] == ["a line too long to be read"]


def test_broken_lines_without_end_are_counted_and_not_all_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain_tally, "MOST_LISTED", 2)
    (tmp_path / "a.ndjson").write_text("x\n" * 5 + "{}\n")
    found = tallied(tmp_path)
    assert (found["unreadable"], len(found["broken"])) == (5, 2)
    assert "and 3 more" in CliRunner().invoke(main, ["explain", "--tally", str(tmp_path)]).output


def test_the_table_tells_like_reasons_as_one(tmp_path: Path) -> None:
    orders = [order("gabapentin 300 mg capsule", f"1 {word} tid") for word in ("xyzzy", "plugh", "xyzzy")]
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, [*orders, GABAPENTIN])))
    said = CliRunner().invoke(main, ["explain", "--tally", str(tmp_path)]).output.splitlines()
    assert "  dose of a drug of ours: read 1, left aside 0, refused 3" in said
    assert (
        f"         3  refused: no dose; the text was not read: words not understood: ...  [{tmp_path}/a.ndjson:1]"
        in said
    )


def test_the_stories_are_all_read() -> None:
    found = tallied(FOLDER)
    assert found["unreadable"] == 0
    assert counts(found, "MedicationRequest", "dose of a drug of ours")[0] > 100


# --- what becomes of a resource ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "became"),
    [
        (GABAPENTIN, ["drug: read", "dose of a drug of ours: read"]),
        (
            order("somethingelse 5 mg"),
            [
                "drug: aside, a medicine that nothing here names",
                "dose of another: refused, in part: the product, and so its strength, is not known",
            ],
        ),
        (order("gabapentin", None), ["drug: read", "dose of a drug of ours: aside, none given"]),
        (
            order("gabapentin 300 mg", "as directed"),
            ["drug: read", "dose of a drug of ours: refused, no dose; the text was not read: as directed"],
        ),
        (of("MedicationRequest"), ["drug: refused, no drug is named", "dose of another: aside, none given"]),
        (of("Condition", code={"text": "Sciatica"}), ["condition: read"]),
        (of("Condition", code={"text": "Flat foot"}), ["condition: aside, one that no statement asks for"]),
        (
            of("Condition", verificationStatus="refuted"),
            ["condition: aside, refuted, entered in error, or over"],
        ),
        (
            of("Condition", code={"coding": [{"code": "7 7"}]}),
            ["condition: refused, its code ... is not known and has no words"],
        ),
        (of("Observation", code={"text": "Mood"}), ["result: aside, one that no statement asks for, or cancelled"]),
        (of("Patient", gender="male", birthDate="1950"), ["sex: read", "birth date: read"]),
        (
            of("Patient", gender="zzz"),
            ["sex: refused, neither male nor female, or no date", "birth date: aside, none given"],
        ),
        (of("AllergyIntolerance", code={"text": "gabapentin"}), ["allergy: read"]),
        (of("AllergyIntolerance", code={"text": "peanut"}), ["allergy: aside, to nothing that a statement asks for"]),
        (of("Encounter"), []),
    ],
)
def test_what_becomes_of_a_resource(resource: dict[str, Any], became: list[str], knowledge: Knowledge) -> None:
    found = outcomes(resource, knowledge, STORY_DAY)
    assert [f"{one.part}: {one.state}{', ' * bool(one.why)}{one.why}" for one in found] == became


def test_a_contradiction_is_read_and_said(knowledge: Knowledge) -> None:
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    line = {"text": "1 capsule tid", "timing": timing, "doseAndRate": [{"doseQuantity": {"value": 300, "unit": "mg"}}]}
    contrary = GABAPENTIN | {"dosageInstruction": [line]}
    dose = Outcome("dose of a drug of ours", "read", "with a contradiction, which is named")
    assert dose in outcomes(contrary, knowledge, STORY_DAY)


def test_a_reason_quotes_nothing_of_the_record(knowledge: Knowledge) -> None:
    canary = "Mrs 4711 Xyzzy"
    resources = [order("gabapentin 300 mg capsule", f"1 cap tid {canary}")]
    resources += [{"resourceType": kind, "code": {"coding": [{"code": canary}]}} for kind in sorted(KINDS)]
    resources += [order("gabapentin 300 mg", f"4711 {canary}"), order(canary), order("gabapentin", "5 mg/kg 4711")]
    said = " ".join(one.why for each in resources for one in outcomes(each, knowledge, STORY_DAY))
    assert not {"Xyzzy", "xyzzy", "4711"} & set(said.replace("'", " ").split())
