"""Orders of a chart are asked again with what was known on their day, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from charts import bulk_export, bundle, chart, measured, neuropathy, order, patient
from running import records, replay, rules, write

from cds_service.replay.asked import Asked, Unreadable
from cds_service.replay.inputs import NOBODY, in_bundle
from cds_service.replay.moments import is_later
from cds_service.replay.settings import Settings

RENAL = "daily-dose-above-renal-maximum"


def asked(*resources: dict[str, object]) -> list[Asked]:
    return [item for item in in_bundle(bundle(resources), "x", Settings()) if isinstance(item, Asked)]


def prefetch(call: Asked) -> dict[str, Any]:
    sent: dict[str, Any] = orjson.loads(call.raw)["prefetch"]
    return sent


def ids(call: Asked, key: str) -> list[str]:
    return [entry["resource"]["id"] for entry in prefetch(call)[key]["entry"]]


def test_each_order_is_judged_with_the_results_of_its_day(tmp_path: Path) -> None:
    spring, autumn = records(write(tmp_path / "chart.json", bundle(chart())))
    assert (spring["day"], autumn["day"]) == ("2025-04-01", "2025-11-01")
    assert RENAL not in rules(spring)
    assert RENAL in rules(autumn)


def test_a_condition_recorded_later_is_not_known_yet() -> None:
    early, late = asked(
        patient(), neuropathy("2025-06-01"), order("a", "2025-05-31"), order("b", "2025-06-01", status="completed")
    )
    assert ids(early, "conditions") == []
    assert ids(late, "conditions") == ["dpn-p1"]


def test_a_result_of_the_same_day_counts_only_if_it_was_there() -> None:
    (call,) = asked(
        patient(),
        measured("2160-0", 1, "mg/dL", "2025-06-01T12:00:00Z"),
        measured("2160-0", 1, "mg/dL", "2025-06-01T08:00:00Z"),
        order("a", "2025-06-01T09:00:00Z"),
    )
    assert ids(call, "observations") == ["2160-0-2025-06-01T08:00:00Z-p1"]


def test_an_order_that_ended_since_was_active_while_its_supply_lasted() -> None:
    supply = {"dispenseRequest": {"validityPeriod": {"start": "2025-01-01", "end": "2025-07-01"}}}
    _, during, after = asked(
        patient(),
        order("first", "2025-01-01", status="completed", **supply),
        order("during", "2025-05-01"),
        order("after", "2025-09-01"),
    )
    assert _status(during, "first") == "active"
    assert _status(after, "first") == "completed"


def _status(call: Asked, id_: str) -> str:
    entries = prefetch(call)["medications"]["entry"]
    return next(str(entry["resource"]["status"]) for entry in entries if entry["resource"]["id"] == id_)


def test_a_condition_that_abated_since_was_active_until_then() -> None:
    resolved = {**neuropathy("2025-01-01"), "abatementDateTime": "2025-08-01"}
    resolved["clinicalStatus"] = {"coding": [{"code": "resolved"}]}
    before, after = asked(patient(), resolved, order("a", "2025-07-01"), order("b", "2025-09-01"))
    statuses = [prefetch(call)["conditions"]["entry"][0]["resource"] for call in (before, after)]
    assert [each["clinicalStatus"]["coding"][0]["code"] for each in statuses] == ["active", "resolved"]


def test_later_orders_are_no_context() -> None:
    first, second = asked(patient(), order("b", "2025-09-01"), order("a", "2025-07-01"))
    assert (ids(first, "medications"), ids(second, "medications")) == ([], ["a"])


def test_what_the_record_has_no_resources_of_is_not_known_unless_it_is_said_to_be_complete() -> None:
    (call,) = asked(patient(), order("a", "2025-05-31"))
    assert set(prefetch(call)) == {"patient", "medications"}
    whole = next(in_bundle(bundle([patient(), order("a", "2025-05-31")]), "x", Settings(complete=True)))
    assert isinstance(whole, Asked)
    assert set(prefetch(whole)) == {"patient", "conditions", "medications", "observations", "allergies"}


def test_an_order_without_a_date_is_reported(tmp_path: Path) -> None:
    undated = {key: value for key, value in order("a", "2025-01-01").items() if key != "authoredOn"}
    result = replay(write(tmp_path / "chart.json", bundle([patient(), undated, order("b", "2025-01-01")])))
    assert result.exit_code == 0
    assert "MedicationRequest/a: the order has no authoredOn" in result.stderr


@pytest.mark.parametrize("status", ["draft", "entered-in-error"])
def test_what_was_never_signed_is_no_order(status: str) -> None:
    assert asked(patient(), order("a", "2025-01-01", status=status)) == []


def test_a_bulk_export_gives_what_the_bundles_of_its_patients_give(tmp_path: Path) -> None:
    patients = [f"p{number}" for number in range(20)]
    exported = records(bulk_export(tmp_path / "export", patients))
    assert len(exported) == 40
    for id_ in patients:
        alone = records(write(tmp_path / "chart.json", bundle(chart(id_))), "--complete")
        mine = [record for record in exported if record["place"].startswith(f"Patient/{id_}#")]
        assert [record["cards"] for record in mine][1] == alone[1]["cards"] or rules(mine[1]) == rules(alone[1])
        assert [rules(record) for record in mine] == [rules(record) for record in alone]


def test_a_broken_line_of_an_export_is_one_line_of_the_report(tmp_path: Path) -> None:
    result = replay(bulk_export(tmp_path / "export", ["p1", "p2"], broken=True), "--quiet")
    assert "4 orders" in result.stdout
    assert "Observation.ndjson:2: not JSON" in result.stderr


def test_the_clinic_is_that_of_the_encounter(tmp_path: Path) -> None:
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "subject": {"reference": "Patient/p1"},
        "serviceProvider": {"reference": "Organization/o1"},
    }
    clinic = {"resourceType": "Organization", "id": "o1", "name": "Pain clinic"}
    seen = order("a", "2025-05-31", encounter={"reference": "urn:uuid:e1"})
    (record,) = records(write(tmp_path / "chart.json", bundle([patient(), encounter, clinic, seen])))
    assert record["clinic"] == "Pain clinic"


@pytest.mark.parametrize(
    ("text", "moment", "later"),
    [
        ("2025-06", "2025-06-15", False),
        ("2025-07", "2025-06-15", True),
        ("2024", "2025-06-15T10:00:00Z", False),
        ("2025-06-15T12:00:00+02:00", "2025-06-15T10:00:00Z", False),
        ("2025-06-15T12:01:00+02:00", "2025-06-15T10:00:00Z", True),
        ("2025-06-15T25:00:00Z", "2025-06-15T10:00:00Z", False),
        ("soon", "2025-06-15", False),
        (None, "2025-06-15", False),
    ],
)
def test_later_is_said_only_where_it_is_certain(text: object, moment: str, later: bool) -> None:
    assert is_later(text, moment) is later


def test_what_does_not_say_whose_it_is_is_in_nobodys_chart(tmp_path: Path) -> None:
    """In an export of many patients an order without a subject was once in the chart of every one of them."""
    folder = bulk_export(tmp_path / "export", ["p1", "p2"])
    stray = {key: value for key, value in order("stray", "2025-10-01", status="completed").items() if key != "subject"}
    groups = order("groups", "2025-10-01", subject={"reference": "Group/p1"})
    with (folder / "MedicationRequest.ndjson").open("ab") as file:
        file.write(b"\n".join(map(orjson.dumps, (stray, groups))))
    result = replay(folder, "--json")
    assert len(result.stdout.splitlines()) == 4
    assert "MedicationRequest.ndjson:5: it does not say which patient it is about" in result.stderr
    assert "MedicationRequest.ndjson:6: it does not say which patient it is about" in result.stderr


def test_in_a_bundle_of_several_patients_a_stray_result_is_nobodys_in_one_of_one_patient_it_is_theirs() -> None:
    stray = {key: value for key, value in measured("2160-0", 3, "mg/dL", "2025-03-01").items() if key != "subject"}
    alone = asked(patient(), stray, order("a", "2025-04-01"))
    assert ids(alone[0], "observations") == ["2160-0-2025-03-01-p1"]
    several = list(in_bundle(bundle([patient(), patient("p2"), stray, order("a", "2025-04-01")]), "x", Settings()))
    assert [item.why for item in several if isinstance(item, Unreadable)] == [NOBODY]
    (call,) = [item for item in several if isinstance(item, Asked)]
    assert "observations" not in prefetch(call)


def test_references_by_full_url_are_followed_as_a_server_would(tmp_path: Path) -> None:
    """Some generators write urn:uuid references, and Bundles whose resources have no ids."""
    reason, drug = "urn:uuid:11111111-1111-4111-8111-111111111111", "urn:uuid:22222222-2222-4222-8222-222222222222"
    plain = order("a", "2025-04-01", reasonReference=[{"reference": reason}], medicationReference={"reference": drug})
    plain.pop("medicationCodeableConcept")
    pain = {key: value for key, value in neuropathy("2025-01-01").items() if key != "id"}
    medication = {"resourceType": "Medication", "id": "m", "code": {"text": "gabapentin 600 mg tablet"}}
    entries = [{"resource": patient()}, {"resource": plain}]
    entries += [{"fullUrl": reason, "resource": pain}, {"fullUrl": drug, "resource": medication}]
    document = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    (call,) = [item for item in in_bundle(document, "x", Settings()) if isinstance(item, Asked)]
    draft, beside = [each["resource"] for each in orjson.loads(call.raw)["context"]["draftOrders"]["entry"]]
    assert draft["medicationReference"]["reference"] == "Medication/m"
    assert beside["id"] == "m"
    named = prefetch(call)["conditions"]["entry"][0]["resource"]["id"]
    assert draft["reasonReference"][0]["reference"] == f"Condition/{named}"


def test_orders_are_in_the_order_of_time_in_whatever_zone_it_is_written() -> None:
    first, second = asked(
        patient(), order("late", "2025-07-01T23:30:00-05:00"), order("early", "2025-07-02T01:00:00+02:00")
    )
    assert (first.place, second.place) == ("x#MedicationRequest/early", "x#MedicationRequest/late")
