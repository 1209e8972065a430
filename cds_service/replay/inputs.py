"""
What a document holds: a whole hook call, a call wrapped in a log's line, a chart in a Bundle; or nothing to replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from fhir_fixtures import STORY_DAY

from .asked import Asked, Item, Unreadable
from .clinic import id_in
from .moments import day_of
from .patients import TYPES, Resource, asked_of, record_of
from .settings import Settings

WRAPPERS: Final = ("request", "body", "payload")  # where logs keep the call: as an object, or as its text
TIMES: Final = ("time", "timestamp", "date", "receivedAt", "day")
LARGEST: Final = 200 * 2**20  # a file above this is no single document


def in_text(text: bytes, place: str, settings: Settings) -> Iterator[Item]:
    """The calls in one document, or the one line that says why there are none."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield Unreadable(place, "not JSON")
        return
    if isinstance(document, list):
        for index, inner in enumerate(document):
            yield from in_document(inner, f"{place}[{index}]", settings)
    elif isinstance(document, dict) and "hook" in document:
        yield Asked(place, text, day_ordered(document))
    else:
        yield from in_document(document, place, settings)


def in_document(document: Any, place: str, settings: Settings) -> Iterator[Item]:
    if not isinstance(document, dict):
        yield Unreadable(place, "not a JSON object")
    elif "hook" in document:
        yield Asked(place, document, day_ordered(document))
    elif document.get("resourceType") == "Bundle":
        yield from in_bundle(document, place, settings)
    else:
        yield _unwrapped(document, place)


def _unwrapped(wrapper: Mapping[str, Any], place: str) -> Item:
    for name in WRAPPERS:
        call = _as_object(wrapper.get(name))
        if "hook" in call:
            said = next(filter(None, (day_of(wrapper.get(time)) for time in TIMES)), None)
            return Asked(place, call, said or day_ordered(call), expected=_answered(wrapper))
    return Unreadable(place, "no hook call, no Bundle with a chart")


def _as_object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def _answered(wrapper: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The cards that a log keeps beside the call."""
    cards = _as_object(wrapper.get("response")).get("cards")
    return tuple(cards) if isinstance(cards, list) else None


def day_ordered(call: Mapping[str, Any]) -> Any:
    """The latest day on which one of the drafts was written."""
    context = call.get("context")
    drafts = context.get("draftOrders") if isinstance(context, dict) else None
    entries = drafts.get("entry") if isinstance(drafts, dict) else None
    resources = [entry.get("resource") for entry in entries if isinstance(entry, dict)] if entries else []
    days = (day_of(resource.get("authoredOn")) for resource in resources if isinstance(resource, dict))
    return max(filter(None, days), default=None)


# ---- stories --------------------------------------------------------------------------------------------------------


def is_story(path: Path) -> bool:
    """A request.json with the exact cards and the story in words beside it."""
    return path.name == "request.json" and all((path.parent / name).exists() for name in ("response.json", "README.md"))


def in_story(path: Path) -> Item:
    text = path.read_bytes()
    try:
        cards = orjson.loads((path.parent / "response.json").read_bytes())["cards"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Unreadable(str(path.parent / "response.json"), "not an answer with cards")
    return Asked(str(path), text, STORY_DAY, expected=tuple(cards))


# ---- charts ---------------------------------------------------------------------------------------------------------


def in_bundle(bundle: Resource, place: str, settings: Settings) -> Iterator[Item]:
    """The orders of every patient in a Bundle."""
    entries = bundle.get("entry")
    resources = [entry.get("resource") for entry in entries if isinstance(entry, dict)] if entries else []
    usable = [
        resource for resource in resources if isinstance(resource, dict) and resource.get("resourceType") in TYPES
    ]
    by_patient = by_patient_id(usable)
    common = by_patient.pop("", [])
    if not any(resource.get("resourceType") == "MedicationRequest" for resource in usable):
        yield Unreadable(place, "a Bundle without a MedicationRequest")
        return
    for patient_id, own in sorted(by_patient.items()):
        yield from asked_of(record_of(patient_id, (*own, *common)), place, settings)


def by_patient_id(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    """Each patient's resources; under "" those that are about nobody (Medication, Location, Organization)."""
    found: dict[str, list[Resource]] = {}
    for resource in resources:
        found.setdefault(patient_of(resource), []).append(resource)
    return found


def patient_of(resource: Resource) -> str:
    if resource.get("resourceType") == "Patient":
        return str(resource.get("id", ""))
    return id_in(resource.get("subject")) or id_in(resource.get("patient"))
