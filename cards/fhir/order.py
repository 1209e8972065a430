"""
A proposal as a FHIR R4 MedicationRequest: complete and new, or the clinician's draft with only its dose mended.

The draft is a copy of what the EHR sent, so that nothing of it is lost; numbers go out as a person would write them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ..facts import Facts, MedicationOrder
from ..finding import PlannedStep, Proposal
from ..wording import number, plural, times_a_day

UCUM = "http://unitsofmeasure.org"
BY_ROUTE = {"oral": "by mouth", "topical": "on the skin", "transdermal": "on the skin"}
# Elements of a dosage that state the dose; all others (route, site, asNeeded ...) stay as the clinician set them.
DOSE_ELEMENTS = (
    "sequence",
    "text",
    "timing",
    "doseAndRate",
    "doseQuantity",
    "doseRange",
    "maxDosePerPeriod",
    "maxDosePerAdministration",
    "patientInstruction",
)


def medication_request(proposal: Proposal, facts: Facts) -> dict[str, Any]:
    """The resource of a `create` or `update` action. Raises KeyError if the draft to update is not among the facts."""
    if proposal.updates:
        draft = next((order for order in facts.orders if order.reference == proposal.updates), None)
        if draft is None:
            raise KeyError(proposal.updates)
        return _mended(draft, proposal)
    return _new(proposal, facts)


def _new(proposal: Proposal, facts: Facts) -> dict[str, Any]:
    request: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": _medication(proposal),
        "subject": {"reference": facts.patient.reference},
        "authoredOn": facts.day.isoformat(),
    }
    if facts.encounter:
        request["encounter"] = {"reference": f"Encounter/{facts.encounter.removeprefix('Encounter/')}"}
    if facts.requester:
        request["requester"] = {"reference": facts.requester}
    if proposal.reason:
        request["reasonReference"] = [{"reference": proposal.reason}]
    request["dosageInstruction"] = _dosages(proposal, {})
    return request


def _mended(draft: MedicationOrder, proposal: Proposal) -> dict[str, Any]:
    request = dict(draft.resource)
    lines = request.get("dosageInstruction")
    kept = lines[0] if isinstance(lines, list) and lines and isinstance(lines[0], Mapping) else {}
    kept = {key: value for key, value in kept.items() if key not in DOSE_ELEMENTS}
    if request.get("medicationCodeableConcept") is None or not _same_product(request, proposal):
        request.pop("medicationReference", None)
        request["medicationCodeableConcept"] = _medication(proposal)
    request["dosageInstruction"] = _dosages(proposal, kept)
    _mend_supply(request, proposal.steps)
    return request


def _same_product(request: Mapping[str, Any], proposal: Proposal) -> bool:
    concept = request.get("medicationCodeableConcept")
    codings = concept.get("coding") if isinstance(concept, Mapping) else None
    return any(isinstance(c, Mapping) and c.get("code") == proposal.steps[0].tablet.code for c in codings or ())


def _mend_supply(request: dict[str, Any], steps: tuple[PlannedStep, ...]) -> None:
    """A quantity written for the old dose would be wrong: say the new one where it can be counted, else none."""
    supply = request.get("dispenseRequest")
    if not isinstance(supply, Mapping) or "quantity" not in supply:
        return
    mended = {key: value for key, value in supply.items() if key != "quantity"}
    duration = supply.get("expectedSupplyDuration")
    days = duration.get("value") if isinstance(duration, Mapping) and duration.get("code") == "d" else None
    if isinstance(days, int) and len(steps) == 1:
        mended["quantity"] = _quantity(steps[0].units * steps[0].doses_per_day * days, steps[0].tablet.unit)
    request.pop("dispenseRequest")
    if mended:
        request["dispenseRequest"] = mended


def _medication(proposal: Proposal) -> dict[str, Any]:
    tablet = proposal.steps[0].tablet
    coding = {"system": tablet.system, "code": tablet.code, "display": tablet.display}
    return (
        {"coding": [coding] if tablet.code else [], "text": tablet.display} if tablet.code else {"text": tablet.display}
    )


def _dosages(proposal: Proposal, kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    several = len(proposal.steps) > 1
    return [
        {
            **({"sequence": place} if several else {}),
            "text": sig(step, proposal.route),
            "timing": {"repeat": _repeat(step)},
            **({"route": {"text": proposal.route}} if "route" not in kept else {}),
            **kept,
            "doseAndRate": [{"doseQuantity": _dose(step)}],
        }
        for place, step in enumerate(proposal.steps, start=1)
    ]


def sig(step: PlannedStep, route: str) -> str:
    """ "Take 2 capsules (600 mg) by mouth three times daily for 7 days"."""
    noun = step.tablet.unit if step.units == 1 else plural(step.tablet.unit)
    mass = step.tablet.strength * step.units
    verb, strength = ("Take", f" ({number(mass)} mg)") if route == "oral" else ("Apply", "")
    ending = f" for {step.days} days" if step.days else ""
    when = f" {step.when}" if step.when else ""
    where = BY_ROUTE.get(route, route)
    return f"{verb} {number(step.units)} {noun}{strength} {where} {times_a_day(step.doses_per_day)}{when}{ending}"


def schedule_in_words(steps: tuple[PlannedStep, ...], route: str) -> str:
    """ "Take 1 capsule ... for 7 days, then take 2 capsules ..." """
    first, *rest = (sig(step, route) for step in steps) if steps else ("",)
    return ", then ".join([first, *(words[0].lower() + words[1:] for words in rest)])


def _repeat(step: PlannedStep) -> dict[str, Any]:
    repeat: dict[str, Any] = {}
    if step.days:
        repeat["boundsDuration"] = {"value": step.days, "unit": "days", "system": UCUM, "code": "d"}
    if step.doses_per_day >= 1:
        return {**repeat, "frequency": _json(step.doses_per_day), "period": 1, "periodUnit": "d"}
    return {**repeat, "frequency": 1, "period": _json(1 / step.doses_per_day), "periodUnit": "d"}


def _dose(step: PlannedStep) -> dict[str, Any]:
    if step.tablet.unit == "patch":
        return _quantity(step.units, "patch")
    return {"value": _json(step.tablet.strength * step.units), "unit": "mg", "system": UCUM, "code": "mg"}


def _quantity(value: Fraction, unit: str) -> dict[str, Any]:
    return {"value": _json(value), "unit": unit, "system": UCUM, "code": f"{{{unit}}}"}


def _json(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
