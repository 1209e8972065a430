"""
MedicationRequests -> facts.MedicationOrder: drafts, what is being taken, and what was taken before.

The drug comes first: an order that is nothing of ours and nothing an interaction names is read no further, so that five
hundred old orders cost little.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import repeat
from typing import Any, NamedTuple

from msgspec.structs import replace

from ..call import Call, Resource
from ..facts import Dosage, Hook, Known, MedicationOrder, Role, Unread
from ..in_force import Knowledge
from .codings import belongs_to, local, objects, reference_of, string, without_version, words
from .dates import days_of
from .drug import Drug, read_drug
from .reasons import read_reasons
from .regimen import read_dosage
from .routes import read_route

SKIPPED = frozenset({"entered-in-error", "completed"})
ENDED = frozenset({"stopped", "cancelled"})
STATUS_CHANGED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged"
ACTIVE = frozenset({"active", "on-hold", "unknown"})

MEDICINE = "medicine"  # what an order being taken is of

_NONE: frozenset[str] = frozenset()
_TOLERATED = re.compile(r"\b(max(imum|imal|\.)?|highest|most)\W+(dose\W+)?(that is\W+)?tolerated", re.IGNORECASE)

Resolve = Callable[[str], Resource | None]


def read_orders(call: Call, knowledge: Knowledge) -> tuple[list[MedicationOrder], list[Unread]]:
    """Every order that concerns us, and what could not be read of them."""
    resolve = _resolver([*call.drafts, *call.medications], call.draft_urls)
    listed = [
        found
        for resource in call.medications
        if (found := call.readings.of(resource, "listed", _listed, call.patient_id, knowledge, resolve))
    ]
    taken = _Taken(call, listed)
    selected = _selected(call)
    orders: list[MedicationOrder] = []
    unread: list[Unread] = []
    for resource in _requests(call.drafts):
        role = _draft_role(resource, taken)
        if role is not None:
            order, not_read = _read(resource, role, selected(resource), knowledge, resolve)
            orders += [order] if order else []
            unread += [not_read] if not_read else []
    stopped = {name for order in orders if order.role is Role.STOP for name in (order.reference, *order.replaces)}
    for found in listed:
        if found.order and not (found.order.role is Role.ACTIVE and found.reference in stopped):
            orders.append(found.order)
        if found.unread:
            unread.append(found.unread)
    return orders, unread


def read_order(
    resource: Resource, knowledge: Knowledge, others: tuple[Resource, ...] = ()
) -> tuple[MedicationOrder, tuple[str, ...]]:
    """One order on its own, its dose read whatever the drug; and what could not be read of the drug."""
    drug = read_drug(resource, _resolver([*others, resource]), knowledge.products)
    order = _order(resource, reference_of(resource), Role.DRAFT, True, drug, knowledge)
    if not any(name in knowledge.agents for name in order.ingredients):
        order = replace(order, dosage=_dosage(resource.get("dosageInstruction"), drug, knowledge))
    return order, (f"{drug.unread.what}: {drug.unread.why}",) if drug.unread else ()


def judged_drugs(call: Call, knowledge: Knowledge) -> Iterator[Drug]:
    """What the drafts to judge are, and no more: asked before anything is fetched."""
    resolve = _resolver(call.drafts, call.draft_urls)
    selected = _selected(call)
    for resource in _requests(call.drafts):
        if selected(resource) and _status(resource) not in SKIPPED:
            yield read_drug(resource, resolve, knowledge.products)


class _Listed(NamedTuple):
    """One order of the medication list."""

    reference: str
    status: str
    order: MedicationOrder | None  # None: nothing that concerns us
    unread: Unread | None = None


def _listed(resource: Resource, patient_id: str, knowledge: Knowledge, resolve: Resolve) -> _Listed | None:
    """None: not an order, or another patient's."""
    if not _is_request(resource) or not belongs_to(resource, patient_id):
        return None
    role = _listed_role(resource)
    order, unread = _read(resource, role, False, knowledge, resolve) if role else (None, None)
    return _Listed(reference_of(resource), _status(resource), order, unread)


def _requests(resources: Iterable[Resource]) -> Iterator[Resource]:
    return filter(_is_request, resources)


def _is_request(resource: Resource) -> bool:
    return resource.get("resourceType") == "MedicationRequest" and resource.get("doNotPerform") is not True


def _status(resource: Resource) -> str:
    return string(resource.get("status")).lower()


class _Taken:
    """What is active on the list; every order may be where no list came."""

    def __init__(self, call: Call, listed: Iterable[_Listed]) -> None:
        self._known = Known.MEDICATIONS in call.known
        self._active = {found.reference for found in listed if found.status in ACTIVE}

    def may_end(self, resource: Resource) -> bool:
        """Whether a draft that is stopped ends something: the order of its id, or the one it was written after."""
        return not self._known or any(name in self._active for name in (reference_of(resource), *_replaces(resource)))


def _draft_role(resource: Resource, taken: _Taken) -> Role | None:
    status = _status(resource)
    if status in ENDED:
        return Role.STOP if taken.may_end(resource) else None
    return None if status in SKIPPED else Role.DRAFT


def _listed_role(resource: Resource) -> Role | None:
    status = _status(resource)
    if status in ACTIVE or not status:
        return Role.ACTIVE
    return Role.PAST if status in ENDED or status == "completed" else None


# --- which drafts are judged ----------------------------------------------------------------------------------------


def _selected(call: Call) -> Callable[[Resource], bool]:
    """At order-select the selected drafts; where the selection is empty or matches nothing, all. At order-sign all."""
    if call.hook is not Hook.ORDER_SELECT or not call.selections:
        return _any
    chosen = [draft for selection in call.selections for draft in _meant_by(without_version(selection), call)]
    return (lambda resource: any(resource is one for one in chosen)) if chosen else _any


def _any(_: Resource) -> bool:
    return True


def _meant_by(selection: str, call: Call) -> list[Resource]:
    """As written, then without base URL or urn:uuid, then by an id that only one has. The law: the first that fits."""
    addressed = list(zip(call.drafts, (*call.draft_urls, *repeat("", len(call.drafts))), strict=False))
    for said in (str, local):
        if found := [draft for draft, url in addressed if said(selection) in _addresses(draft, url, said)]:
            return found
    kind, _, identity = local(selection).rpartition("/")
    by_id = [draft for draft, url in addressed if identity in (string(draft.get("id")), local(url).rpartition("/")[2])]
    return by_id if len(by_id) == 1 and kind in _ORDERS else []


_ORDERS = frozenset({"", "MedicationRequest", "MedicationOrder", "MedicationPrescription"})  # R4, STU3, DSTU2


def _addresses(draft: Resource, url: str, said: Callable[[str], str]) -> set[str]:
    """What a draft may be called: by its reference, and by the fullUrl of its entry."""
    return {said(name) for name in (reference_of(draft) if draft.get("id") else "", without_version(url)) if name}


# --- one order ------------------------------------------------------------------------------------------------------


def _read(
    resource: Resource,
    role: Role,
    selected: bool,
    knowledge: Knowledge,
    resolve: Resolve,
) -> tuple[MedicationOrder | None, Unread | None]:
    """The order, if it concerns us; and why its drug is not known. Of one being taken it may be any medicine."""
    drug = read_drug(resource, resolve, knowledge.products)
    reference = reference_of(resource) if string(resource.get("id")) else ""
    ingredients = drug.product.ingredients if drug.product else ()
    known = ingredients or drug.unread if role is Role.DRAFT else any(map(knowledge.concerns, ingredients))
    unread = drug.unread if role is Role.DRAFT else None
    if role is Role.ACTIVE and drug.unread and not ingredients:
        unread = Unread(reference_of(resource), MEDICINE, drug.unread.why)
    return (_order(resource, reference, role, selected, drug, knowledge) if known else None), unread


def _order(
    resource: Resource,
    reference: str,
    role: Role,
    selected: bool,
    drug: Drug,
    knowledge: Knowledge,
) -> MedicationOrder:
    ingredients = knowledge.ids(drug.product.ingredients) if drug.product else ()
    instructions = resource.get("dosageInstruction")
    route = read_route(instructions)
    agent = next((knowledge.agents[name] for name in ingredients if name in knowledge.agents), None)
    formulation = knowledge.formulation(agent, drug.product, route) if agent else None
    reasons = read_reasons(resource, knowledge.value_sets)
    return MedicationOrder(
        reference=reference,
        role=role,
        label=drug.label,
        ingredients=ingredients,
        classes=frozenset().union(*(knowledge.value_sets.classes_of(name) for name in ingredients)),
        formulation=formulation.id if formulation else None,
        product=drug.product,
        dosage=_dosage(instructions, drug, knowledge) if agent else Dosage(absent=not instructions),
        route=route or (formulation.routes[0] if formulation and len(formulation.routes) == 1 else None),
        selected=selected and role is not Role.ACTIVE and role is not Role.PAST,
        sure=drug.sure,
        status=_status(resource),
        reason_given=reasons.given,
        reason_value_sets=reasons.value_sets,
        reason_references=reasons.references,
        reason_unread=reasons.unread,
        replaces=tuple(_replaces(resource)),
        most_tolerated=_most_tolerated(resource),
        resource=resource,
        **_dates(resource),
    )


def _dosage(instructions: object, drug: Drug, knowledge: Knowledge) -> Dosage:
    product = drug.product
    return read_dosage(instructions, product, knowledge.products.words_for(product.ingredients) if product else _NONE)


def _replaces(resource: Resource) -> Iterator[str]:
    """The orders that the EHR says this one takes the place of."""
    for prior in objects(resource.get("priorPrescription")):
        if named := string(prior.get("reference")):
            yield local(named)


def _most_tolerated(resource: Resource) -> bool:
    """Whether a note or a sig says that this is the most the patient tolerates."""
    lines = [*objects(resource.get("note")), *objects(resource.get("dosageInstruction"))]
    said = (string(line.get(key)) for line in lines for key in ("text", "patientInstruction"))
    return any(_TOLERATED.search(text) for text in said if text)


def _dates(resource: Resource) -> dict[str, date | None]:
    authored = _first_day(resource.get("authoredOn"))
    starts = _period(resource, "start") or authored
    ended = _ended(resource) if _status(resource) in (*ENDED, *SKIPPED) else None
    return {"authored": authored, "starts": starts, "supply_ends": _supply_ends(resource, starts), "ended": ended}


def _ended(resource: Resource) -> date | None:
    """The day its status changed, as R5 says it or its extension for R4; else the end of its dosage."""
    backported = (e.get("valueDateTime") for e in objects(resource.get("extension")) if e.get("url") == STATUS_CHANGED)
    changed = _first_day(resource.get("statusChanged")) or next(filter(None, map(_first_day, backported)), None)
    return changed or max(filter(None, map(_end, objects(resource.get("dosageInstruction")))), default=None)


def _end(line: Mapping[str, Any]) -> date | None:
    """The day until which a dosage holds."""
    found: Any = line
    for member in ("timing", "repeat", "boundsPeriod"):
        found = found.get(member)
        if not isinstance(found, dict):
            return None
    return _first_day(found.get("end"))


def _first_day(value: object) -> date | None:
    days = days_of(value)
    return days[0] if days else None


def _period(resource: Resource, end: str) -> date | None:
    supply = resource.get("dispenseRequest")
    period = supply.get("validityPeriod") if isinstance(supply, Mapping) else None
    return _first_day(period.get(end)) if isinstance(period, Mapping) else None


def _supply_ends(resource: Resource, starts: date | None) -> date | None:
    """Start plus the days supplied times the fills; else the end of validity; else not known."""
    supply = resource.get("dispenseRequest")
    if not isinstance(supply, Mapping) or starts is None:
        return None
    duration = supply.get("expectedSupplyDuration")
    days = duration.get("value") if isinstance(duration, Mapping) and _in_days(duration) else None
    if isinstance(days, int | float) and not isinstance(days, bool) and 0 < days < 4000:
        repeats = supply.get("numberOfRepeatsAllowed")
        fills = 1 + (repeats if isinstance(repeats, int) and 0 <= repeats < 100 else 0)
        return starts + timedelta(days=int(days) * fills)
    return _period(resource, "end")


def _in_days(duration: Mapping[str, Any]) -> bool:
    return bool(
        words(duration.get("code")) & {"d", "day", "days"} or words(duration.get("unit")) & {"d", "day", "days"}
    )


def _resolver(resources: Collection[Resource], urls: Iterable[str] = ()) -> Resolve:
    """Medication resources by "Medication/id" or the fullUrl of their entry, from the drafts and the list."""
    found = {reference_of(r): r for r in resources if r.get("resourceType") == "Medication"}
    by_url = {without_version(url): r for r, url in zip(resources, urls, strict=False) if url}

    def resolve(reference: str) -> Resource | None:
        plain = without_version(reference)
        named = f"Medication/{plain.removeprefix('urn:uuid:')}" if plain.startswith("urn:uuid:") else local(plain)
        return by_url.get(plain) or found.get(named)

    return resolve
