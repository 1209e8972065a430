"""
FHIR R4 JSON -> Facts. One reader a resource type; here they are put together.

No reader raises on any JSON: what cannot be read becomes an Unread, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from msgspec.structs import replace

from ..call import Call, Resource
from ..childbearing import not_excluded, with_pregnancy
from ..facts import Allergy, Condition, Facts, Unread
from ..in_force import Knowledge
from ..kidneys import kidney_function
from ..recent import with_body
from .allergies import read_allergy
from .conditions import ABATEMENTS, read_condition
from .medications import read_orders
from .observations import read_observations
from .patient import read_patient


def read_facts(call: Call, knowledge: Knowledge) -> Facts:
    """All that a call tells us, on its day."""
    value_sets = knowledge.value_sets
    call.readings.under(value_sets)
    orders, unread_orders = read_orders(call, knowledge)
    conditions, unread_conditions = _conditions(call, knowledge)
    allergies, unread_allergies = _allergies(call, knowledge)
    results, unread_results = read_observations(call.observations, call.patient_id, value_sets, call.readings)
    conditions = with_pregnancy(conditions, results, knowledge, call.day)
    patient = with_body(read_patient(call.patient, call.day), results, value_sets, call.day)
    return Facts(
        day=call.day,
        hook=call.hook,
        patient=patient if patient.reference else replace(patient, reference=f"Patient/{call.patient_id}"),
        conditions=conditions,
        not_excluded=not_excluded(patient, conditions, knowledge, call.day),
        orders=tuple(orders),
        results=results,
        allergies=allergies,
        kidneys=kidney_function(
            patient, results, conditions, value_sets, call.day, knowledge.recent_days, unread_results
        ),
        unread=(*unread_orders, *unread_conditions, *unread_allergies, *unread_results, *_not_given(call)),
        known=call.known,
        user_is_clinician=not call.user.startswith(("Patient/", "RelatedPerson/")),
        requester=call.user,
        encounter=call.encounter,
    )


def _conditions(call: Call, knowledge: Knowledge) -> tuple[tuple[Condition, ...], tuple[Unread, ...]]:
    found = [
        call.readings.of(r, _dated(r, call.day), read_condition, call.patient_id, knowledge.value_sets, call.day)
        for r in call.conditions
    ]
    read = [condition for condition in found if isinstance(condition, Condition)]
    return _with_implied(read, knowledge), tuple(unread for unread in found if isinstance(unread, Unread))


def _dated(condition: Resource, day: date) -> tuple[str, date | None]:
    """A condition is read alike on all days, but for one that ends."""
    return "condition", None if ABATEMENTS.isdisjoint(condition) else day


def _with_implied(conditions: list[Condition], knowledge: Knowledge) -> tuple[Condition, ...]:
    """Some conditions are only said by two records together: central pain, and a stroke."""
    present = {name for condition in conditions if not condition.resolved for name in condition.value_sets}
    implied = knowledge.value_sets.implied(present)
    if not implied:
        return tuple(conditions)
    return tuple(
        _widened(condition, knowledge.value_sets.with_parents(_meant(condition, implied))) for condition in conditions
    )


def _meant(condition: Condition, implied: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset(name for name, carriers in implied.items() if carriers & condition.value_sets)


def _widened(condition: Condition, more: frozenset[str]) -> Condition:
    return replace(condition, value_sets=condition.value_sets | more) if more else condition


def _allergies(call: Call, knowledge: Knowledge) -> tuple[tuple[Allergy, ...], tuple[Unread, ...]]:
    substances, value_sets = knowledge.substances, knowledge.value_sets
    found = [
        call.readings.of(resource, "allergy", read_allergy, call.patient_id, substances, value_sets)
        for resource in call.allergies
    ]
    read = tuple(allergy for allergy in found if isinstance(allergy, Allergy))
    return read, tuple(unread for unread in found if isinstance(unread, Unread))


def _not_given(call: Call) -> Iterator[Unread]:
    """What the caller could not bring, as it said so: "observations: the EHR reported an error"."""
    for line in call.not_checked:
        what, _, why = line.partition(": ")
        yield Unread("", what, why)
