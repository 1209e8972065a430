"""
The reference set: a Bulk FHIR export of made-up patients, put together from the stories' resources by a seeded lottery.

    python -m benchmarks.reference_set FOLDER [--patients 500] [--orders 20000] [--seed 1]

As in a hospital most orders are none of ours: one in OURS is for a story's drug, the rest for everyday medicines, some
of which interactions name. Each patient has the conditions, results and allergies of one to three stories, spread over
the year of the orders.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson

from fhir_fixtures import stories

Resource = dict[str, Any]

YEAR = date(2026, 1, 1)
OURS = 5
EVERYDAY = [
    "amoxicillin 500 mg",
    "atorvastatin 20 mg",
    "cefalexin 500 mg",
    "cholecalciferol 1000 units",
    "folic acid 5 mg",
    "lansoprazole 15 mg",
    "lisinopril 10 mg",
    "omeprazole 20 mg",
    "salbutamol inhaler",
]
DATES = {"Condition": "recordedDate", "Observation": "effectiveDateTime", "AllergyIntolerance": "recordedDate"}


def write(folder: Path, patients: int = 500, orders: int = 20_000, seed: int = 1) -> None:
    """An NDJSON file a resource type. The same arguments give the same bytes."""
    lottery = random.Random(seed)  # noqa: S311 - a seeded lottery is what is wanted
    found = list(_stories())
    folder.mkdir(parents=True, exist_ok=True)
    files = {kind: (folder / f"{kind}.ndjson").open("wb") for kind in ("Patient", "MedicationRequest", *DATES)}
    for number in range(patients):
        many = orders // patients + (number < orders % patients)
        for resource in _patient(f"made-up-{number}", many, found, lottery):
            files[resource["resourceType"]].write(orjson.dumps(resource, option=orjson.OPT_APPEND_NEWLINE))
    for file in files.values():
        file.close()


def _stories() -> Iterator[tuple[Resource, list[Resource], list[Resource]]]:
    """Each story as (patient, chart, orders)."""
    for story in stories():
        request = story.request
        parts = request.get("prefetch", {})
        chart = [entry["resource"] for key in parts if key != "patient" for entry in parts[key].get("entry", [])]
        drafts = [entry["resource"] for entry in request["context"].get("draftOrders", {}).get("entry", [])]
        kept = [each for each in chart if each["resourceType"] in DATES]
        ours = [each for each in drafts if each["resourceType"] == "MedicationRequest"]
        if ours and "medicationCodeableConcept" in ours[0] and isinstance(parts.get("patient"), dict):
            yield parts["patient"], kept, ours


def _patient(id_: str, orders: int, found: list[Any], lottery: random.Random) -> Iterator[Resource]:
    chosen = lottery.sample(found, lottery.randint(1, 3))
    yield {**chosen[0][0], "id": id_}
    for index, resource in enumerate(each for _, chart, _ in chosen for each in chart):
        day = _day(lottery, -200)
        yield {**_about(resource, id_, f"{id_}-{index}"), DATES[resource["resourceType"]]: day}
    drugs = [draft for _, _, drafts in chosen for draft in drafts]
    for index in range(orders):
        order = lottery.choice(drugs) if not lottery.randrange(OURS) else _everyday(lottery)
        days = {"authoredOn": _day(lottery), "status": lottery.choice(["active", "completed", "stopped"])}
        yield {**_about(order, id_, f"{id_}-o{index}"), **days}


def _about(resource: Resource, patient: str, id_: str) -> Resource:
    """A story's resource as this patient's. Its reason is left out: it refers into the story."""
    subject = "patient" if resource["resourceType"] == "AllergyIntolerance" else "subject"
    kept = {key: value for key, value in resource.items() if key not in ("reasonReference", "subject", "patient")}
    return {**kept, "id": id_, subject: {"reference": f"Patient/{patient}"}}


def _day(lottery: random.Random, first: int = 0) -> str:
    return (YEAR + timedelta(days=lottery.randrange(first, 365))).isoformat()


def _everyday(lottery: random.Random) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "intent": "order",
        "medicationCodeableConcept": {"text": lottery.choice(EVERYDAY)},
        "dosageInstruction": [{"text": "one tablet twice a day"}],
    }


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--patients", type=int, default=500)
    asked.add_argument("--orders", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=1)
    write(**vars(asked.parse_args()))
