"""Made-up charts for the replay tests: a patient whose record grows over a year."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def order(id_: str, day: str, patient: str = "p1", **more: Any) -> dict[str, Any]:
    """Gabapentin 600 mg three times a day."""
    dose = {"value": 600, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    return {
        "resourceType": "MedicationRequest",
        "id": id_,
        "status": "active",
        "intent": "order",
        "authoredOn": day,
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "310434"}], "text": "gabapentin 600 mg"},
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": dose}],
            }
        ],
        **more,
    }


def patient(id_: str = "p1") -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "gender": "female", "birthDate": "1948-03-02"}


def neuropathy(recorded: str, id_: str = "p1") -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"dpn-{id_}",
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.42"}]},
        "subject": {"reference": f"Patient/{id_}"},
        "recordedDate": recorded,
    }


def measured(code: str, value: float, unit: str, day: str, id_: str = "p1") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{code}-{day}-{id_}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{id_}"},
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }


def chart(id_: str = "p1") -> list[dict[str, Any]]:
    """Kidneys are healthy in spring and failing in autumn; an order on each side."""
    return [
        patient(id_),
        neuropathy("2025-01-10", id_),
        measured("29463-7", 60, "kg", "2025-03-01", id_),
        measured("2160-0", 0.7, "mg/dL", "2025-03-01", id_),
        measured("2160-0", 2.6, "mg/dL", "2025-10-01", id_),
        order("spring", "2025-04-01", id_, status="stopped"),
        order("autumn", "2025-11-01T09:30:00Z", id_),
    ]


def bundle(resources: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def bulk_export(folder: Path, patients: Iterable[str], broken: bool = False) -> Path:
    """An NDJSON file a resource type, as Bulk FHIR has it."""
    folder.mkdir()
    lines: dict[str, list[bytes]] = {"AllergyIntolerance": []}
    for id_ in patients:
        for resource in chart(id_):
            lines.setdefault(resource["resourceType"], []).append(orjson.dumps(resource))
    if broken:
        lines["Observation"].insert(1, b'{"resourceType": "Observation", ')
    for kind, some in lines.items():
        (folder / f"{kind}.ndjson").write_bytes(b"".join(line + b"\n" for line in some))
    return folder
