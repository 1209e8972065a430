"""
A chart as it was known at a moment: what was recorded later is left out, what has ended since had not ended yet.

An order that has ended is active if its supply is known to have lasted, a condition that has abated since is active
until it did, and nobody has died before their day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .moments import is_later

Resource = Mapping[str, Any]

ENDED: Final = frozenset({"completed", "stopped", "cancelled"})
ACTIVE: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource, and how it was before."""

    resource: Resource
    known: Any = None  # since when; None: always
    ends: Any = None
    until_then: Resource = field(default_factory=dict)

    def at(self, moment: str) -> Resource:
        return self.until_then if self.ends and is_later(self.ends, moment) else self.resource


def at(entries: Iterable[Entry], moment: str) -> Iterator[Resource]:
    return (entry.at(moment) for entry in entries if not (entry.known and is_later(entry.known, moment)))


def entry_of(resource: Resource) -> Entry:
    match resource.get("resourceType"):
        case "Patient":
            return _ending(resource, None, resource.get("deceasedDateTime"), _without(resource, "deceased"))
        case "Condition":
            still = {**_without(resource, "abatement"), "clinicalStatus": ACTIVE}
            return _ending(resource, _recorded(resource), _abated(resource), still)
        case "MedicationRequest":
            ends = _supply_end(resource) if resource.get("status") in ENDED else None
            return _ending(resource, None, ends, {**resource, "status": "active"})
        case "Observation":
            return Entry(resource, _resulted(resource))
        case _:
            return Entry(resource, _recorded(resource))


def _ending(resource: Resource, known: Any, ends: Any, until_then: Resource) -> Entry:
    return Entry(resource, known, ends, until_then) if ends else Entry(resource, known)


def _without(resource: Resource, beginning: str) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if not key.startswith(beginning)}


# ---- when -----------------------------------------------------------------------------------------------------------


def _recorded(resource: Resource) -> Any:
    """When a condition or an allergy came on record: its recordedDate, else its onset."""
    return resource.get("recordedDate") or resource.get("onsetDateTime") or _part(resource.get("onsetPeriod"), "start")


def _resulted(observation: Resource) -> Any:
    """When a result was to be seen: when it was issued, else when it was taken."""
    return (
        observation.get("issued")
        or observation.get("effectiveDateTime")
        or observation.get("effectiveInstant")
        or _part(observation.get("effectivePeriod"), "start")
    )


def _abated(condition: Resource) -> Any:
    return condition.get("abatementDateTime") or _part(condition.get("abatementPeriod"), "end")


def _supply_end(order: Resource) -> Any:
    dispense = order.get("dispenseRequest")
    said = _part(dispense.get("validityPeriod"), "end") if isinstance(dispense, dict) else None
    instructions = order.get("dosageInstruction")
    lines = instructions if isinstance(instructions, list) else []
    ends = [_part(_bounds(line), "end") for line in lines if isinstance(line, dict)]
    return said or max((end for end in ends if isinstance(end, str)), default=None)


def _bounds(instruction: Resource) -> Any:
    timing = instruction.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    return repeat.get("boundsPeriod") if isinstance(repeat, dict) else None


def _part(period: Any, which: str) -> Any:
    return period.get(which) if isinstance(period, dict) else None
