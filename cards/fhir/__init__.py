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
from .allergies import is_allergy_status, read_allergy
from .conditions import ABATEMENTS, read_condition
from .medications import read_orders
from .observations import read_observations
from .patient import read_patient


def read_facts(call: Call, knowledge: Knowledge) -> Facts:
    """All that a call tells us, on its day."""
    value_sets = knowledge.value_sets
    call.readings.under(value_sets)
    orders, unread_orders = read_orders(call, knowledge)
    conditions, unread_conditions, statuses = _conditions(call, knowledge)
    allergies, unread_allergies = _allergies(call, statuses, knowledge)
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


def _conditions(
    call: Call, knowledge: Knowledge
) -> tuple[tuple[Condition, ...], tuple[Unread, ...], tuple[Resource, ...]]:
    """What is wrong, what was not read, and what is an allergy that stands on the problem list."""
    found = [
        call.readings.of(r, _dated(r, call.day), read_condition, call.patient_id, knowledge.value_sets, call.day)
        for r in call.conditions
    ]
    read = [condition for condition in found if isinstance(condition, Condition)]
    statuses = tuple(
        resource
        for resource, condition in zip(call.conditions, found, strict=True)
        if isinstance(condition, Condition) and is_allergy_status(condition, knowledge.value_sets)
    )
    return _with_implied(read, knowledge), tuple(each for each in found if isinstance(each, Unread)), statuses


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


def _allergies(
    call: Call, statuses: tuple[Resource, ...], knowledge: Knowledge
) -> tuple[tuple[Allergy, ...], tuple[Unread, ...]]:
    """Those recorded as such; and of the problem list those to a medicine that is known."""
    own, of_conditions = (
        [
            call.readings.of(
                resource, "allergy", read_allergy, call.patient_id, knowledge.substances, knowledge.value_sets
            )
            for resource in resources
        ]
        for resources in (call.allergies, statuses)
    )
    read = [each for each in own if isinstance(each, Allergy)]
    read += [each for each in of_conditions if isinstance(each, Allergy) and each.substances]
    return tuple(read), tuple(unread for unread in own if isinstance(unread, Unread))


def _not_given(call: Call) -> Iterator[Unread]:
    """What the caller could not bring, as it said so: "observations: the EHR reported an error"."""
    for line in call.not_checked:
        what, _, why = line.partition(": ")
        yield Unread("", what, why)
