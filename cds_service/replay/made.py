"""
A call that replay makes of an order in a chart: as the server has it once it is read, and as it goes over the wire.

Both are the same call. In this process it is not written out and read again, and what was read of the chart for one
order of a patient is kept for the next; a test holds the cards of the two against each other.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from cards import Readings

from ..chart import Chart
from ..hook_request import HookRequest
from ..part import Known, KnownEmpty, Missing, Part
from .as_of import Entry, at

Resource = Mapping[str, Any]

PARTS: Final = {
    "patient": "Patient",
    "conditions": "Condition",
    "medications": "MedicationRequest",
    "observations": "Observation",
    "allergies": "AllergyIntolerance",
}
USER: Final = "Practitioner/replay"
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://neuropathic-pain-cds.org/replay")
HISTORY: Final = "MedicationRequest?status=active,on-hold,completed,stopped"


class Record(Protocol):
    """What a call needs of the patient's record."""

    @property
    def patient_id(self) -> str: ...
    @property
    def supplied(self) -> frozenset[str]: ...
    @property
    def history(self) -> Mapping[str, Sequence[Entry]]: ...
    @property
    def drugs(self) -> tuple[Resource, ...]: ...
    @property
    def readings(self) -> Readings: ...


@dataclass(frozen=True, slots=True)
class Made:
    order: Resource = field(repr=False)
    earlier: Sequence[Entry] = field(repr=False)
    record: Record = field(repr=False)
    hook: str
    complete: bool  # what the record does not hold is known not to be there

    @property
    def moment(self) -> str:
        return str(self.order.get("authoredOn", ""))

    @property
    def hook_instance(self) -> str:
        return _uuid5(f"{self.record.patient_id}/{self.order.get('id', '')}/{self.moment}")

    @property
    def drafts(self) -> tuple[Resource, ...]:
        return ({**self.order, "status": "draft"}, *self.record.drugs)

    @property
    def selections(self) -> tuple[str, ...]:
        """None where the order cannot be told by an id: then all drafts are meant, and it is the only one."""
        named = self.hook == "order-select" and self.order.get("id")
        return (f"MedicationRequest/{self.order['id']}",) if named else ()

    def request(self) -> HookRequest:
        """As the server has it once the envelope is read."""
        return HookRequest(
            hook=self.hook,
            hook_instance=self.hook_instance,
            patient_id=self.record.patient_id,
            context={},
            user_id=USER,
            selections=self.selections,
            draft_orders=self.drafts,
        )

    def chart(self) -> Chart:
        """As the server has it once the prefetch is sorted."""
        parts = {key: self._part(kind) for key, kind in PARTS.items()}
        unknown = (f"{key}: {part.reason}" for key, part in parts.items() if isinstance(part, Missing))
        return Chart(parts, history_known=True, not_checked=tuple(unknown))

    def _part(self, kind: str) -> Part:
        if not self._is_known(kind):
            return Missing()
        resources = tuple(self._resources(kind))
        if kind == "Patient":
            return Known(resources[:1]) if resources else Missing()
        return Known(resources) if resources else KnownEmpty()

    def _is_known(self, kind: str) -> bool:
        return kind in self.record.supplied or self.complete

    def _resources(self, kind: str) -> Iterator[Resource]:
        entries = self.earlier if kind == "MedicationRequest" else self.record.history[kind]
        return at(entries, self.moment)

    def as_json(self) -> dict[str, Any]:
        """As it goes over the wire."""
        context: dict[str, Any] = {"userId": USER, "patientId": self.record.patient_id}
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": _entries(self.drafts)}
        if self.selections:
            context["selections"] = list(self.selections)
        return {
            "hook": self.hook,
            "hookInstance": self.hook_instance,
            "context": context,
            "prefetch": dict(self._prefetch()),
        }

    def _prefetch(self) -> Iterator[tuple[str, Any]]:
        for key, kind in PARTS.items():
            found = list(self._resources(kind)) if self._is_known(kind) else []
            if kind != "Patient" and self._is_known(kind):
                history = {"link": [{"relation": "self", "url": HISTORY}]} if key == "medications" else {}
                yield key, {"resourceType": "Bundle", "type": "searchset", **history, "entry": _entries(found)}
            elif found:
                yield key, found[0]


def _uuid5(name: str) -> str:
    """str(uuid.uuid5(NAMESPACE, name)), at a third of its cost: it is asked for every order."""
    digest = bytearray(hashlib.sha1(NAMESPACE.bytes + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _entries(resources: Iterable[Resource]) -> list[dict[str, Any]]:
    return [{"resource": resource} for resource in resources]
