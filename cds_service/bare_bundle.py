"""
A client that POSTs what it is about to save as a bare FHIR Bundle, without a hook around it: made into a call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from .json_body import read_json
from .part import is_about

Json = dict[str, Any]


def as_call(body: bytes, content_type: str | None, hook: str) -> bytes:
    """The call that the Bundle stands for; what is no Bundle stays as it is."""
    document = read_json(body, content_type, len(body))
    if not isinstance(document, dict) or document.get("resourceType") != "Bundle":
        return body
    entries = [entry for entry in document.get("entry") or () if isinstance(entry, dict)]
    resources = [each for entry in entries if isinstance(each := entry.get("resource"), dict)]
    drafts = [each for each in resources if each.get("resourceType") == "MedicationRequest"]
    patient = _patient(resources)
    context = {"patientId": patient, "userId": "", "draftOrders": _bundle(drafts), "selections": []}
    call = {
        "hook": hook,
        "hookInstance": hashlib.sha256(body).hexdigest(),
        "context": context,
        "prefetch": _prefetch(resources, patient),
    }
    return orjson.dumps(call)


def _patient(resources: Iterable[Json]) -> str:
    for each in resources:
        if each.get("resourceType") == "Patient":
            return str(each.get("id", ""))
        about = each.get("subject")
        if isinstance(about, dict) and isinstance(about.get("reference"), str):
            return str(about["reference"])
    return ""


def _prefetch(resources: list[Json], patient: str) -> Json:
    """Its Conditions are those of this visit, not the whole list: so the Bundle is said to have more."""
    bare = patient.rsplit("/", 1)[-1]
    conditions = [each for each in resources if each.get("resourceType") == "Condition" and is_about(each, bare)]
    people = [each for each in resources if each.get("resourceType") == "Patient"]
    found: Json = {"patient": people[0]} if people else {}
    return {**found, "conditions": {**_bundle(conditions), "total": len(conditions) + 1}} if conditions else found


def _bundle(resources: Iterable[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
