"""
Calls from a chart: each MedicationRequest of a patient becomes the draft of a call on its own day, with the chart as it
was known then (as_of). Orders of one moment are taken one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cards import KeptReadings

from .as_of import Entry, entry_of
from .asked import Asked, Item, Unreadable
from .clinic import clinic_of, id_in
from .made import PARTS, Made
from .moments import day_of, instant
from .settings import Settings

Resource = Mapping[str, Any]

NOBODYS: Final = frozenset({"Medication", "Location", "Organization"})  # about no patient
TYPES: Final = frozenset({*PARTS.values(), *NOBODYS, "Encounter"})
ORDERS: Final = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order", ""})
NOT_SIGNED: Final = frozenset({"draft", "entered-in-error", "unknown"})


@dataclass(frozen=True, slots=True)
class Record:
    """All resources of one patient, by type, in the order they came."""

    patient_id: str
    by_type: Mapping[str, Sequence[Resource]]
    supplied: frozenset[str]  # the types the source had at all: one that is missing is not known to be empty
    history: Mapping[str, Sequence[Entry]] = field(repr=False)
    drugs: tuple[Resource, ...] = field(repr=False)  # the Medications that orders refer to
    readings: KeptReadings = field(default_factory=KeptReadings, repr=False, compare=False)


def record_of(patient_id: str, resources: Iterable[Resource], supplied: Iterable[str] = ()) -> Record:
    by_type: dict[str, list[Resource]] = {}
    for resource in resources:
        by_type.setdefault(str(resource.get("resourceType")), []).append(resource)
    history = {kind: [entry_of(each) for each in by_type.get(kind, ())] for kind in PARTS.values()}
    history["MedicationRequest"] = sorted(filter(_was_signed, history["MedicationRequest"]), key=_authored)
    named = {id_in(entry.resource.get("medicationReference")) for entry in history["MedicationRequest"]}
    drugs = tuple(drug for drug in by_type.get("Medication", ()) if drug.get("id") in named)
    return Record(patient_id, by_type, frozenset({*by_type, *supplied}), history, drugs)


def asked_of(record: Record, place: str, settings: Settings) -> Iterator[Item]:
    """The calls this patient's orders would have made, oldest first."""
    orders = record.history["MedicationRequest"]
    for index, entry in enumerate(orders):
        order = entry.resource
        where = f"{place}#MedicationRequest/{order.get('id', index)}"
        day = day_of(order.get("authoredOn"))
        if day is None:
            yield Unreadable(where, "the order has no authoredOn, so it is not known what was known when it was made")
        else:
            made = Made(order, orders[:index], record, settings.hook, settings.complete)
            yield Asked(where, made, day, clinic_of(order, record.by_type))


def _was_signed(entry: Entry) -> bool:
    order = entry.resource
    return order.get("intent", "") in ORDERS and order.get("status") not in NOT_SIGNED


def _authored(entry: Entry) -> Any:
    return instant(entry.resource.get("authoredOn"))
