"""
What a document holds: a whole hook call, a call wrapped in a log's line, a chart in a Bundle; or nothing to replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from fhir_fixtures import STORY_DAY, Story

from .asked import Asked, Item, Unreadable
from .clinic import id_in
from .moments import day_of
from .patients import NOBODYS, TYPES, Resource, asked_of, record_of
from .settings import Settings

WRAPPERS: Final = ("request", "body", "payload")  # where logs keep the call: as an object, or as its text
TIMES: Final = ("time", "timestamp", "date", "receivedAt", "day")
NOBODY: Final = "it does not say which patient it is about"


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


def in_story(path: Path, settings: Settings) -> Item:
    """In this process it happens on its own day. A service elsewhere has a clock: it is moved to that day."""
    day = settings.day if settings.url and settings.day else STORY_DAY
    story = Story(path.parent, day)
    try:
        cards = story.response["cards"]
        request = path.read_bytes() if day == STORY_DAY else story.request
    except (ValueError, KeyError, TypeError):
        return Unreadable(str(path.parent), "not a request beside an answer with cards")
    return Asked(str(path), request, day, expected=tuple(cards))


# ---- charts ---------------------------------------------------------------------------------------------------------


def in_bundle(bundle: Resource, place: str, settings: Settings) -> Iterator[Item]:
    """The orders of every patient in a Bundle. What does not say whose it is belongs to the only patient there is."""
    usable = [resource for resource in resources_in(bundle) if resource.get("resourceType") in TYPES]
    by_patient = by_patient_id(usable)
    common = by_patient.pop("", [])
    if not any(resource.get("resourceType") == "MedicationRequest" for resource in usable):
        yield Unreadable(place, "a Bundle without a MedicationRequest")
        return
    if len(by_patient) != 1:
        yield from nobodys(common, place)
        common = [resource for resource in common if resource.get("resourceType") in NOBODYS]
    for patient_id, own in sorted(by_patient.items()):
        yield from asked_of(record_of(patient_id, (*own, *common)), place, settings)


def nobodys(resources: Iterable[Resource], place: str) -> Iterator[Unreadable]:
    """Orders, results ... of nobody: whose chart they belong in is not known, so they are in none."""
    for resource in resources:
        if resource.get("resourceType") not in NOBODYS:
            where = f"{place}#{resource.get('resourceType')}/{resource.get('id', '')}"
            yield Unreadable(where, NOBODY)


def resources_in(bundle: Resource) -> Iterator[Resource]:
    """With references as a FHIR server has them that took the Bundle in: urn:uuid:x is Condition/c1."""
    entries = bundle.get("entry")
    usable = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    held = [(entry.get("fullUrl"), entry["resource"]) for entry in usable if isinstance(entry.get("resource"), dict)]
    named = {url: _named(url, resource) for url, resource in held if isinstance(url, str) and url.startswith("urn:")}
    for url, resource in held:
        known = {**resource, "id": named[url].rpartition("/")[2]} if url in named else resource
        yield _resolved(known, named) if named else known


def _named(url: str, resource: Resource) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id') or url.rpartition(':')[2]}"


def _resolved(value: Any, named: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: named.get(inner, inner) if key == "reference" and isinstance(inner, str) else _resolved(inner, named)
            for key, inner in value.items()
        }
    return [_resolved(inner, named) for inner in value] if isinstance(value, list) else value


def by_patient_id(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    """Each patient's resources; under "" those that are about nobody (Medication, Location, Organization)."""
    found: dict[str, list[Resource]] = {}
    for resource in resources:
        found.setdefault(patient_of(resource), []).append(resource)
    return found


def patient_of(resource: Resource) -> str:
    """The id of the patient a resource is about; "" for nobody, and for a group, a device or a place."""
    if resource.get("resourceType") == "Patient":
        return str(resource.get("id", ""))
    return next(filter(None, (id_in(resource.get(name), "Patient") for name in ("subject", "patient"))), "")
