"""
The chart of one call: what was prefetched, completed from the FHIR server, with words for what is still not known.

A part that is missing is fetched, a part that failed is said, a part known to be empty is believed. 412 is for a call
about whose patient nothing at all is known: neither the patient nor the conditions nor the medications.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from msgspec.structs import replace

from .chart import KEYS, Chart, Fetch, Fetched
from .errors import PreconditionFailed
from .hook_request import HookRequest
from .part import (
    ABSENT,
    Failed,
    Known,
    KnownEmpty,
    Missing,
    Part,
    Partial,
    Resource,
    asked_of,
    classify,
    combine,
    of_patient,
    of_type,
    once,
    pages_of,
    resource_type,
    resources_of,
)

__all__ = ["KEYS", "Chart", "Fetch", "Fetched", "check_known", "complete", "resolve"]

REQUIRED: Final = ("patient", "conditions", "medications")
MAX_MEDICATIONS: Final = 20  # Medication reads for orders that name their drug only by reference


def complete(request: HookRequest, templates: Mapping[str, str], fetch: Fetch | None, *, refuse: bool = True) -> Chart:
    """The chart for a call. `templates`: the service's prefetch, by key. `fetch`: None without FHIR access. `refuse`: a
    call about whose patient nothing is known; else the chart says so."""
    came = {key: _supplied(request, key, templates.get(key, kind)) for key, kind in KEYS.items()}
    supplied = {key: of_patient(part, request.patient_id) for key, part in came.items()}
    wanted = _wanted(request, templates, supplied)
    drugs = _drugs_in(request.prefetch.values())
    answers = _asked(fetch, {**wanted, **_reads(request, request.draft_orders, drugs)})
    read = {key: _read(answers[key], templates[key], supplied[key]) for key in wanted if key in answers}
    mine = {key: of_patient(part, request.patient_id) for key, part in read.items()}
    parts = {key: _completed(part, mine.get(key, Missing()), answers.get(key)) for key, part in supplied.items()}
    drugs = once((*drugs, *_drugs_in(_pages(answers))))
    more = _asked(fetch, _reads(request, _nameless(parts["medications"]), drugs, asked=answers))
    ignored = _count([*came.values(), *read.values()]) - _count([*supplied.values(), *mine.values()])
    if refuse:
        check_known(parts)
    return _chart(parts, templates, wanted if answers else {}, ignored, once((*drugs, *_drugs_in(_pages(more)))))


def _count(parts: Iterable[Part]) -> int:
    return sum(len(resources_of(part)) for part in parts)


def _asked(fetch: Fetch | None, queries: Mapping[str, str]) -> Mapping[str, Fetched]:
    return fetch(queries) if fetch is not None and queries else {}


def check_known(parts: Mapping[str, Part]) -> None:
    """Raises PreconditionFailed if nothing at all is known of the patient."""
    if all(isinstance(parts[key], (Missing, Failed)) for key in REQUIRED):
        raise PreconditionFailed(
            "The patient's record that this check needs was neither supplied nor could it be read.",
            "prefetch",
            "; ".join(_not_checked(parts, REQUIRED)),
        )


def _chart(
    parts: dict[str, Part],
    templates: Mapping[str, str],
    wanted: Mapping[str, str],
    ignored: int,
    drugs: tuple[Resource, ...],
) -> Chart:
    return Chart(
        parts=parts,
        history_known=_history_known(parts["medications"], templates.get("medications", ""), "medications" in wanted),
        not_checked=tuple(_not_checked(parts, templates)),
        ignored=ignored,
        fetched=tuple(wanted),
        drugs=drugs,
    )


def _not_checked(parts: Mapping[str, Part], keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        part = parts.get(key)
        if isinstance(part, (Missing, Failed, Partial)):
            yield f"{key}: {part.reason}"


# ---- what was supplied ----------------------------------------------------------------------------------------------


def _supplied(request: HookRequest, key: str, template: str) -> Part:
    """Our own key, and whatever else is of its type: clients and tenants have keys of their own."""
    own = classify(request.prefetch.get(key, ABSENT), template)
    strangers = (
        _under_another_key(request, name, value, template)
        for name, value in request.prefetch.items()
        if name not in KEYS
    )
    return combine([own, *strangers])


def _under_another_key(request: HookRequest, name: str, value: Any, template: str) -> Part:
    """Resources of the right type count. "None" and "failed" count only if it is certain what they are about."""
    wanted = resource_type(template)
    part = _without_drafts(classify(value, template), request)
    if isinstance(part, (KnownEmpty, Failed)):
        about = _is_named(name, wanted) or resource_type(asked_of(part)) == wanted
        return part if about else Missing()
    if isinstance(part, Known) and wanted != "Patient" and "entry" not in value and not isinstance(value, list):
        return Partial(part.resources, reason="one resource was supplied, not a list")
    return part


def _is_named(name: str, kind: str) -> bool:
    return name.lower().removesuffix("s") == kind.lower()


def _without_drafts(part: Part, request: HookRequest) -> Part:
    """Some clients send the drafts once more as prefetch; that is no medication list."""
    drafts = {(draft.get("resourceType"), draft.get("id")) for draft in request.draft_orders}
    if not isinstance(part, (Known, Partial)):
        return part
    kept = tuple(each for each in part.resources if (each.get("resourceType"), each.get("id")) not in drafts)
    if len(kept) == len(part.resources):
        return part
    return replace(part, resources=kept) if kept else Missing()


# ---- what is fetched ------------------------------------------------------------------------------------------------


def _wanted(request: HookRequest, templates: Mapping[str, str], supplied: Mapping[str, Part]) -> dict[str, str]:
    """The queries for what is missing; for a part of which some came, the next page."""
    wanted: dict[str, str] = {}
    for key, template in templates.items():
        part = supplied.get(key)
        if isinstance(part, (Missing, Partial)):
            query = getattr(part, "next_link", None) or resolve(template, request)
            if query:
                wanted[key] = query
    return wanted


def resolve(template: str, request: HookRequest) -> str | None:
    """A template with its tokens filled in; None if the call does not say one."""
    said = {
        "context.patientId": request.patient_id,
        "context.encounterId": request.encounter_id or "",
        "context.userId": request.user_id,
    }
    tokens = set(re.findall(r"{{\s*(.*?)\s*}}", template))
    if not all(said.get(token) for token in tokens):
        return None
    return re.sub(r"{{\s*(.*?)\s*}}", lambda token: quote(said[token[1]], safe=_SAFE.get(token[1], "")), template)


_SAFE: Final = {"context.userId": "/"}  # a reference: Practitioner/x


def _read(answer: Fetched, template: str, supplied: Part) -> Part:
    return pages_of(answer.pages, template, continued=isinstance(supplied, Partial) and bool(supplied.next_link))


def _completed(part: Part, read: Part, answer: Fetched | None) -> Part:
    """What was supplied together with what was read."""
    if answer is None:
        return part
    failure = answer.failure or _unusable(read)
    if not failure:
        resources = combine([Known(resources_of(part)), read])
        return read if isinstance(part, Missing) else resources
    reason = f"{_reason(part)}, and {failure}"
    have = combine([Partial(resources_of(part)), Partial(resources_of(read))])
    return Partial(resources_of(have), None, reason, asked_of(read)) if resources_of(have) else Failed(reason)


def _unusable(read: Part) -> str:
    """Why an answer without a failure is still no answer."""
    match read:
        case Missing() | Failed():
            return "the FHIR server's answer could not be used"
        case Partial():
            return "the FHIR server's answer was not whole"
        case _:
            return ""


def _reason(part: Part) -> str:
    return part.reason if isinstance(part, (Missing, Failed, Partial)) else "not supplied"


# ---- drugs named only by reference ----------------------------------------------------------------------------------


def _drugs_in(values: Iterable[Any]) -> tuple[Resource, ...]:
    """The Medications among prefetch values or pages, under whatever key and beside whatever else."""
    return tuple(drug for value in values for drug in of_type(value, "Medication"))


def _pages(answers: Mapping[str, Fetched]) -> Iterator[Any]:
    for answer in answers.values():
        yield from answer.pages


def _nameless(medications: Part) -> list[Resource]:
    """Orders on the list that give not so much as the name of their drug."""
    return [order for order in resources_of(medications) if not _reference(order).get("display")]


def _reads(
    request: HookRequest, orders: Iterable[Resource], drugs: Iterable[Resource], asked: Iterable[str] = ()
) -> dict[str, str]:
    """Reads for the Medications that orders refer to and nobody supplied."""
    held = {f"{each.get('resourceType')}/{each.get('id')}" for each in (*request.draft_orders, *drugs)}
    names = {_medication(order, request.fhir_server): None for order in orders}
    wanted = [name for name in names if name and name not in held and name not in set(asked)]
    return {name: name for name in wanted[:MAX_MEDICATIONS]}


def _medication(order: Resource, fhir_server: str | None) -> str:
    """ "Medication/id" if that is how the order names its drug, relative or under the EHR's own base."""
    reference = str(_reference(order).get("reference", ""))
    if fhir_server:
        reference = reference.removeprefix(f"{fhir_server}/")
    return reference if re.fullmatch(r"Medication/[A-Za-z0-9.-]{1,256}", reference) else ""


def _reference(order: Resource) -> Mapping[str, Any]:
    reference = order.get("medicationReference")
    return reference if isinstance(reference, dict) else {}


# ---- history --------------------------------------------------------------------------------------------------------


def _history_known(part: Part, template: str, fetched: bool) -> bool:
    """Is it known what was taken before? If completed or stopped orders are there, or were asked for and none came."""
    if any(order.get("status") in ("completed", "stopped") for order in resources_of(part)):
        return True
    if not isinstance(part, (Known, KnownEmpty)):
        return False
    believed = fetched or isinstance(part, KnownEmpty)  # of an EHR's own search only its link says what it asked
    return _asks_history(asked_of(part) or (template if believed else ""))


def _asks_history(query: str) -> bool:
    asked = parse_qs(urlsplit(query).query)
    statuses = {status for value in asked.get("status", []) for status in value.split(",")}
    return bool(asked) and (not statuses or {"completed", "stopped"} <= statuses)
