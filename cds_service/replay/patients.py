"""
Calls from a chart: each MedicationRequest of a patient becomes the draft of a call on its own day, with the chart as it
was known then.

Left out of a chart: what was recorded later. An order that has ended since is active if its supply is known to have
lasted, a condition that has abated since is active until it did. Orders of one moment are taken one after the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .asked import Asked, Item, Unreadable
from .clinic import clinic_of
from .moments import day_of, is_later
from .settings import Settings

Resource = Mapping[str, Any]

PARTS: Final = {
    "patient": "Patient",
    "conditions": "Condition",
    "medications": "MedicationRequest",
    "observations": "Observation",
    "allergies": "AllergyIntolerance",
}
TYPES: Final = frozenset({*PARTS.values(), "Medication", "Encounter", "Location", "Organization"})
ORDERS: Final = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order", ""})
NOT_SIGNED: Final = frozenset({"draft", "entered-in-error", "unknown"})
ENDED: Final = frozenset({"completed", "stopped", "cancelled"})
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://neuropathic-pain-cds.org/replay")
HISTORY: Final = "MedicationRequest?status=active,on-hold,completed,stopped"


@dataclass(frozen=True, slots=True)
class Record:
    """All resources of one patient, by type, in the order they came."""

    patient_id: str
    by_type: Mapping[str, Sequence[Resource]]
    supplied: frozenset[str]  # the types the source had at all: one that is missing is not known to be empty

    def of(self, kind: str) -> Sequence[Resource]:
        return self.by_type.get(kind, ())


def record_of(patient_id: str, resources: Iterable[Resource], supplied: Iterable[str] = ()) -> Record:
    by_type: dict[str, list[Resource]] = {}
    for resource in resources:
        by_type.setdefault(str(resource.get("resourceType")), []).append(resource)
    return Record(patient_id, by_type, frozenset({*by_type, *supplied}))


def asked_of(record: Record, place: str, settings: Settings) -> Iterator[Item]:
    """The calls this patient's orders would have made, oldest first."""
    orders = sorted((order for order in record.of("MedicationRequest") if _was_signed(order)), key=_authored)
    for index, order in enumerate(orders):
        where = f"{place}#MedicationRequest/{order.get('id', index)}"
        day = day_of(order.get("authoredOn"))
        if day is None:
            yield Unreadable(where, "the order has no authoredOn, so it is not known what was known when it was made")
        else:
            call = _call(order, orders[:index], record, settings)
            yield Asked(where, call, day, clinic_of(order, record.by_type), made=True)


def _was_signed(order: Resource) -> bool:
    return order.get("intent", "") in ORDERS and order.get("status") not in NOT_SIGNED


def _authored(order: Resource) -> str:
    return str(order.get("authoredOn", ""))


def _call(order: Resource, earlier: Sequence[Resource], record: Record, settings: Settings) -> dict[str, Any]:
    moment = _authored(order)
    name = f"{record.patient_id}/{order.get('id', '')}/{moment}"
    return {
        "hook": settings.hook,
        "hookInstance": str(uuid.uuid5(NAMESPACE, name)),
        "context": _context(order, record, settings),
        "prefetch": _prefetch(_chart(record, earlier, moment), record, settings),
    }


def _context(order: Resource, record: Record, settings: Settings) -> dict[str, Any]:
    context: dict[str, Any] = {
        "userId": "Practitioner/replay",
        "patientId": record.patient_id,
        "draftOrders": {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": {**order, "status": "draft"}}, *_entries(record.of("Medication"))],
        },
    }
    if settings.hook == "order-select":
        context["selections"] = [f"MedicationRequest/{order.get('id', '')}"]
    return context


def _prefetch(chart: Mapping[str, list[Resource]], record: Record, settings: Settings) -> dict[str, Any]:
    known = {key: kind for key, kind in PARTS.items() if kind in record.supplied or settings.complete}
    prefetch: dict[str, Any] = {key: _searchset(chart[kind]) for key, kind in known.items() if kind != "Patient"}
    patient = chart["Patient"]
    if "medications" in prefetch:
        prefetch["medications"]["link"] = [{"relation": "self", "url": HISTORY}]
    return {"patient": patient[0], **prefetch} if patient else prefetch


def _searchset(resources: Iterable[Resource]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": _entries(resources)}


def _entries(resources: Iterable[Resource]) -> list[dict[str, Any]]:
    return [{"resource": resource} for resource in resources]


# ---- the chart as of a moment ---------------------------------------------------------------------------------------


def _chart(record: Record, earlier: Iterable[Resource], moment: str) -> dict[str, list[Resource]]:
    return {
        "Patient": [_patient_then(patient, moment) for patient in record.of("Patient")],
        "Condition": [_condition_then(c, moment) for c in record.of("Condition") if not is_later(_recorded(c), moment)],
        "MedicationRequest": [_order_then(order, moment) for order in earlier],
        "Observation": [o for o in record.of("Observation") if not is_later(_resulted(o), moment)],
        "AllergyIntolerance": [a for a in record.of("AllergyIntolerance") if not is_later(_recorded(a), moment)],
    }


def _recorded(resource: Resource) -> Any:
    """When a condition or an allergy came on record: its recordedDate, else its onset."""
    return resource.get("recordedDate") or resource.get("onsetDateTime") or _start(resource.get("onsetPeriod"))


def _resulted(observation: Resource) -> Any:
    """When a result was to be seen: when it was issued, else when it was taken."""
    return (
        observation.get("issued")
        or observation.get("effectiveDateTime")
        or observation.get("effectiveInstant")
        or _start(observation.get("effectivePeriod"))
    )


def _start(period: Any) -> Any:
    return period.get("start") if isinstance(period, dict) else None


def _end(period: Any) -> Any:
    return period.get("end") if isinstance(period, dict) else None


def _patient_then(patient: Resource, moment: str) -> Resource:
    if not is_later(patient.get("deceasedDateTime"), moment):
        return patient
    return {key: value for key, value in patient.items() if key != "deceasedDateTime"}


def _condition_then(condition: Resource, moment: str) -> Resource:
    abated = condition.get("abatementDateTime") or _end(condition.get("abatementPeriod"))
    if not is_later(abated, moment):
        return condition
    kept = {key: value for key, value in condition.items() if not key.startswith("abatement")}
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {**kept, "clinicalStatus": {"coding": [{"system": system, "code": "active"}]}}


def _order_then(order: Resource, moment: str) -> Resource:
    if order.get("status") in ENDED and is_later(_supply_end(order), moment):
        return {**order, "status": "active"}
    return order


def _supply_end(order: Resource) -> Any:
    dispense = order.get("dispenseRequest")
    said = _end(dispense.get("validityPeriod")) if isinstance(dispense, dict) else None
    if said:
        return said
    instructions = order.get("dosageInstruction")
    ends = (
        [_end(_bounds(one)) for one in instructions if isinstance(one, dict)] if isinstance(instructions, list) else []
    )
    return max((end for end in ends if isinstance(end, str)), default=None)


def _bounds(instruction: Resource) -> Any:
    timing = instruction.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    return repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
