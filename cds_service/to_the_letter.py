"""
What the service lets pass in a call although CDS Hooks has it otherwise: for `validate`, so that clients can be mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .errors import Problem

UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
REFERENCE: Final = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]+")
USERS: Final = ("Practitioner/", "PractitionerRole/", "Patient/", "RelatedPerson/")

Json = Mapping[str, Any]


def liberties(call: Json) -> Iterator[Problem]:
    """Of a call that is sound otherwise. Values are not repeated."""
    context = call["context"] if isinstance(call.get("context"), dict) else {}
    if not UUID.fullmatch(str(call.get("hookInstance"))):
        yield Problem("hookInstance", "should be a UUID, a new one for each call")
    if call.get("fhirAuthorization") and not call.get("fhirServer"):
        yield Problem("fhirServer", "is required beside fhirAuthorization")
    yield from _ids(context)
    yield from _selections(call, context)
    if call.get("hook") != "patient-view" and not _is_bundle(context.get("draftOrders")):
        yield Problem("context.draftOrders", "should be a Bundle with resourceType and type")


def _ids(context: Json) -> Iterator[Problem]:
    for name in ("patientId", "encounterId"):
        if "/" in str(context.get(name) or ""):
            yield Problem(f"context.{name}", "should be the id alone, without its type")
    if not str(context.get("userId")).startswith(USERS):
        yield Problem("context.userId", f"should begin with {', '.join(USERS)}")


def _selections(call: Json, context: Json) -> Iterator[Problem]:
    selections = context.get("selections")
    if call.get("hook") != "order-select":
        return
    if not selections or not isinstance(selections, list):
        yield Problem("context.selections", "should name what was selected")
        return
    for index, selection in enumerate(selections):
        if not REFERENCE.fullmatch(str(selection)):
            yield Problem(f"context.selections[{index}]", "should be a reference such as MedicationRequest/id")


def _is_bundle(drafts: Any) -> bool:
    return isinstance(drafts, dict) and drafts.get("resourceType") == "Bundle" and bool(drafts.get("type"))
