"""
The call as we understand it: bytes -> HookRequest, or a HookError that names the place.

Strict about what makes a call a call (JSON, `hook`, `hookInstance`, `context`), generous about all else that clients
are known to send; what was let pass is listed in `notes`. No message repeats a value of the call.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .errors import BadRequest, HookError, TooLarge
from .json_body import MAX_BYTES, read_strictly
from .validation import validate

Resource = Mapping[str, Any]

MAX_DRAFTS: Final = 200

ORDER_HOOKS: Final = frozenset({"order-select", "order-sign"})
ENVELOPE: Final = frozenset({"hook", "hookInstance", "prefetch", "fhirServer", "fhirAuthorization"})
REPLACED_HOOKS: Final = {"medication-prescribe": "order-select", "order-review": "order-sign"}


@dataclass(frozen=True, slots=True)
class Authorization:
    """`fhirAuthorization`, usable. Lives as long as the call; never logged, stored or sent to another server."""

    access_token: str = field(repr=False)
    expires_in: float | None = None
    scope: str = ""
    subject: str = ""
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One call of one hook. Everything optional that was absent, null or blank is empty here."""

    hook: str
    hook_instance: str
    patient_id: str  # bare: "Patient/123" is "123"
    context: Mapping[str, Any] = field(repr=False)
    user_id: str = ""  # "Practitioner/x"; some clients send a bare id
    encounter_id: str | None = None
    selections: tuple[str, ...] = ()
    draft_orders: tuple[Resource, ...] = field(default=(), repr=False)
    draft_urls: tuple[str, ...] = field(default=(), repr=False)  # fullUrl of each draft, "" where there is none
    prefetch: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fhir_server: str | None = None  # as sent, without the trailing slash
    authorization: Authorization | None = None
    extension: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()  # what was let pass, for the log


def parse(body: bytes, content_type: str | None, hooks: frozenset[str], max_bytes: int = MAX_BYTES) -> HookRequest:
    """Read a call. `hooks`: those this service id answers."""
    document, twice = read_strictly(body, content_type, max_bytes)
    if not isinstance(document, dict):
        raise BadRequest("The body must be a JSON object.", code="structure")
    try:
        return _request(document, hooks, _notes(twice))
    except BadRequest as error:
        raise _explained(error, document) from None


# ---- the envelope ---------------------------------------------------------------------------------------------------


def _request(document: dict[str, Any], hooks: frozenset[str], notes: list[str]) -> HookRequest:
    hook = _hook(document, hooks)
    hook_instance = _text(document, "hookInstance", required=True)
    context = _context(document)
    patient_id = _patient_id(document, context)
    drafts, urls = _draft_orders(context) if hook in ORDER_HOOKS else ((), ())
    return HookRequest(
        hook=hook,
        hook_instance=hook_instance,
        patient_id=patient_id,
        context=context,
        user_id=_text(context, "userId", "context."),
        encounter_id=_bare_id(_text(context, "encounterId", "context.")) or None,
        selections=_selections(context) if hook == "order-select" else (),
        draft_orders=drafts,
        draft_urls=urls,
        prefetch=_prefetch(document),
        fhir_server=_text(document, "fhirServer").rstrip("/") or None,
        authorization=_authorization(document, patient_id, notes),
        extension=_extension(document),
        notes=tuple(notes),
    )


def _notes(twice: list[str]) -> list[str]:
    """A member given twice lets the EHR show one dose and us read another: refused in what makes the call and its
    context, noted in a resource of the chart."""
    for path in twice:
        if path.partition(".")[0] == "context" or path in ENVELOPE:
            raise BadRequest("A member is given twice in one object.", path, code="structure")
    return ["a member is given twice outside the context"] if twice else []


def _hook(document: dict[str, Any], hooks: frozenset[str]) -> str:
    hook = _text(document, "hook", required=True)
    if hook in hooks:
        return hook
    offered = f"This service answers {' and '.join(sorted(hooks))}."
    if hook in REPLACED_HOOKS:
        offered = f"This hook was replaced by {REPLACED_HOOKS[hook]}. {offered}"
    raise BadRequest(offered, "hook", code="not-supported")


def _context(document: dict[str, Any]) -> dict[str, Any]:
    context = document.get("context")
    if isinstance(context, list):
        raise BadRequest(
            "context is an array, as in the drafts before CDS Hooks 1.0; send an object with userId, patientId and, "
            "for orders, draftOrders.",
            "context",
            code="structure",
        )
    return _object_at(document, "context", required=True)


def _patient_id(document: dict[str, Any], context: dict[str, Any]) -> str:
    if context.get("patientId") is None and "patient" in document:
        raise BadRequest(
            "The patient stands at the top of the call, as in the drafts before CDS Hooks 1.0; "
            "send it as context.patientId.",
            "context.patientId",
            code="required",
        )
    patient_id = _bare_id(_text(context, "patientId", "context.", required=True))
    if not patient_id:
        raise BadRequest("This must be the id of a Patient.", "context.patientId")
    return patient_id


def _bare_id(reference: str) -> str:
    """ "Patient/123", "https://ehr/Patient/123" and "Patient/123/_history/2" are 123."""
    return reference.split("/_history/")[0].rsplit("/", 1)[-1]


def _selections(context: dict[str, Any]) -> tuple[str, ...]:
    """None at all is taken as "no selection": all drafts are judged then, and ordering is never blocked."""
    selections = context.get("selections")
    if selections is None:
        return ()
    if not isinstance(selections, list):
        raise BadRequest("This must be an array of references.", "context.selections")
    for index, selection in enumerate(selections):
        if not isinstance(selection, str):
            raise BadRequest("This must be a reference such as MedicationRequest/id.", f"context.selections[{index}]")
    return tuple(selections)


def _prefetch(document: dict[str, Any]) -> Mapping[str, Any]:
    if document.get("prefetch") is None and "preFetchData" in document:
        raise BadRequest(
            "preFetchData is from the drafts before CDS Hooks 1.0; send prefetch, an object of FHIR resources by key.",
            "prefetch",
            code="structure",
        )
    return _object_at(document, "prefetch")


def _extension(document: dict[str, Any]) -> Mapping[str, Any]:
    """Anything but an object is none of ours."""
    extension = document.get("extension")
    return extension if isinstance(extension, dict) else {}


def _object_at(parent: dict[str, Any], name: str, *, required: bool = False) -> dict[str, Any]:
    value = parent.get(name)
    if value is None and required:
        raise BadRequest("This is required and missing.", name, code="required")
    if value is not None and not isinstance(value, dict):
        raise BadRequest("This must be an object.", name, code="structure")
    return value or {}


def _text(parent: dict[str, Any], name: str, at: str = "", *, required: bool = False) -> str:
    value = parent.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest("This must be a string.", f"{at}{name}")
    text = (value or "").strip()
    if required and not text:
        raise BadRequest("This is required and missing or blank.", f"{at}{name}", code="required")
    return text


# ---- drafts ---------------------------------------------------------------------------------------------------------


def _draft_orders(context: dict[str, Any]) -> tuple[tuple[Resource, ...], tuple[str, ...]]:
    """A Bundle, with or without type; a list of resources or of entries; or a single resource."""
    value = context.get("draftOrders")
    if value is None:
        raise BadRequest(
            "This is required and missing: a Bundle of the unsigned orders.", "context.draftOrders", code="required"
        )
    found = [pair for pair in map(_entry, _entries(value)) if pair is not None]
    if len(found) > MAX_DRAFTS:
        raise TooLarge(f"More than {MAX_DRAFTS} draft orders in one call.", "context.draftOrders")
    return tuple(resource for resource, _ in found), tuple(url for _, url in found)


def _entries(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise BadRequest("This must be a Bundle.", "context.draftOrders", code="structure")
    if value.get("resourceType", "Bundle") != "Bundle":
        return [value]
    entries = value.get("entry")
    if entries is not None and not isinstance(entries, list):
        raise BadRequest("This must be an array.", "context.draftOrders.entry", code="structure")
    return entries or []


def _entry(entry: Any) -> tuple[Resource, str] | None:
    """The resource of an entry with its fullUrl; None for an entry that holds none."""
    if not isinstance(entry, dict):
        return None
    if isinstance(entry.get("resourceType"), str):
        return entry, ""
    resource, url = entry.get("resource"), entry.get("fullUrl")
    return (resource, url if isinstance(url, str) else "") if isinstance(resource, dict) else None


# ---- authorization --------------------------------------------------------------------------------------------------


def _authorization(document: dict[str, Any], patient_id: str, notes: list[str]) -> Authorization | None:
    """The token, if it may be used; a token that may not be is only noted, the prefetch is judged all the same."""
    given = _object_at(document, "fhirAuthorization")
    token = _text(given, "access_token", "fhirAuthorization.")
    if not token:
        return None
    expires_in = _seconds(given.get("expires_in"))
    unusable = _why_unusable(document, given, token, expires_in, patient_id)
    if unusable:
        notes.append(f"fhirAuthorization not used: {unusable}")
        return None
    scope, subject, patient = (given.get(name) for name in ("scope", "subject", "patient"))
    return Authorization(
        access_token=token,
        expires_in=expires_in,
        scope=scope if isinstance(scope, str) else "",
        subject=subject if isinstance(subject, str) else "",
        patient=patient if isinstance(patient, str) else None,
    )


def _why_unusable(
    document: dict[str, Any], given: dict[str, Any], token: str, seconds: float | None, patient_id: str
) -> str:
    if not document.get("fhirServer"):
        return "no fhirServer"
    if not _is_bearer(given.get("token_type")):
        return "token_type is not Bearer"
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        return "malformed token"
    if seconds is not None and seconds <= 1:
        return "it has expired"
    return "" if _is_for(given.get("patient"), patient_id) else "it is for another patient"


def _is_bearer(token_type: Any) -> bool:
    return token_type is None or (isinstance(token_type, str) and token_type.strip().lower() == "bearer")


def _is_for(patient: Any, patient_id: str) -> bool:
    return not patient or (isinstance(patient, str) and _bare_id(patient) == patient_id)


def _seconds(value: Any) -> float | None:
    """Seconds, also as text; what cannot be read is not known."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


# ---- refusing -------------------------------------------------------------------------------------------------------


def _explained(error: BadRequest, document: dict[str, Any]) -> HookError:
    """The same refusal with whatever else the envelope's schema finds wrong, so that it can be mended in one go."""
    also = [problem for problem in validate(document, "request") if problem.path != error.expression]
    return BadRequest(error.text, error.expression, error.diagnostics, code=error.issue_code, also=also[:10])
