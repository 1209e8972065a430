"""
What became of one resource, in words that can be counted: read, left aside, or refused and why.

The law: nothing of the record stands in the words. What a reason quotes, and every number, is taken out of it, so that
like reasons are one reason and a tally names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple

from .call import Resource
from .explain import explain_order
from .facts import Allergy, Dosage, Unread
from .fhir.allergies import read_allergy
from .fhir.conditions import read_condition
from .fhir.observations import read_observations
from .fhir.patient import read_patient
from .in_force import Knowledge

State = Literal["read", "aside", "refused"]


class Outcome(NamedTuple):
    """What became of one part of a resource."""

    part: str  # "drug", "dose of a drug of ours"
    state: State
    why: str = ""  # of what was left aside or refused; of what was read, what is said beside it


def outcomes(
    resource: Resource, knowledge: Knowledge, day: date, others: tuple[Resource, ...] = ()
) -> tuple[Outcome, ...]:
    """Never raises. `others`: Medications that an order may refer to. () for a kind that is not read here."""
    reader = _READERS.get(str(resource.get("resourceType")))
    return tuple(reader(resource, knowledge, day, others)) if reader else ()


def _order(resource: Resource, knowledge: Knowledge, _: date, others: tuple[Resource, ...]) -> Iterator[Outcome]:
    explained = explain_order(resource, knowledge, others)
    order, ours = explained.order, False
    for part, __, why in (unread.partition(": ") for unread in explained.drug_unread):
        yield Outcome(part, "refused", counted(why))
    if order.ingredients:
        ours = any(name in knowledge.agents for name in order.ingredients)
        yield Outcome("drug", "read")
    elif not explained.drug_unread:
        yield Outcome("drug", "aside", "a medicine that nothing here names")
    yield _dose(order.dosage, "dose of a drug of ours" if ours else "dose of another")


def _dose(dosage: Dosage, part: str) -> Outcome:
    if dosage.absent:
        return Outcome(part, "aside", "none given")
    if dosage.unread:
        return Outcome(part, "refused", counted(f"{'in part: ' if dosage.steps else ''}{dosage.unread}"))
    return Outcome(part, "read", "with a contradiction, which is named" if dosage.conflict else "")


def _condition(resource: Resource, knowledge: Knowledge, day: date, _: object) -> Iterator[Outcome]:
    found = read_condition(resource, "", knowledge.value_sets, day)
    if isinstance(found, Unread):
        yield Outcome("condition", "refused", counted(found.why))
    elif found is None:
        yield Outcome("condition", "aside", "refuted, entered in error, or over")
    else:
        yield _kept("condition", bool(found.value_sets), "one that no statement asks for")


def _observation(resource: Resource, knowledge: Knowledge, _: date, __: object) -> Iterator[Outcome]:
    results, unread = read_observations([resource], "", knowledge.value_sets)
    yield from (Outcome("result", "read") for _ in results)
    yield from (Outcome("result", "refused", counted(one.why)) for one in unread)
    if not results and not unread:
        yield Outcome("result", "aside", "one that no statement asks for, or cancelled")


def _allergy(resource: Resource, knowledge: Knowledge, _: date, __: object) -> Iterator[Outcome]:
    found = read_allergy(resource, "", knowledge.substances, knowledge.value_sets)
    if isinstance(found, Unread):
        yield Outcome("allergy", "refused", counted(found.why))
    elif isinstance(found, Allergy):
        yield _kept("allergy", bool(found.substances), "to nothing that a statement asks for")
    else:
        yield Outcome("allergy", "aside", "refuted, over, to food, or none known")


def _kept(part: str, asked_for: bool, why: str) -> Outcome:
    return Outcome(part, "read") if asked_for else Outcome(part, "aside", why)


def _patient(resource: Resource, _: Knowledge, day: date, __: object) -> Iterator[Outcome]:
    patient = read_patient(resource, day)
    parts = ("sex", bool(patient.sex), "gender"), ("birth date", bool(patient.born_first), "birthDate")
    for part, known, member in parts:
        if known or not resource.get(member):
            yield _kept(part, known, "none given")
        else:
            yield Outcome(part, "refused", "neither male nor female, or no date")


_READERS: Mapping[str, Callable[[Resource, Knowledge, date, tuple[Resource, ...]], Iterator[Outcome]]] = {
    "MedicationRequest": _order,
    "Condition": _condition,
    "Observation": _observation,
    "AllergyIntolerance": _allergy,
    "Patient": _patient,
}
KINDS = frozenset(_READERS)

_QUOTED = re.compile(r"'[^']*'(?:, '[^']*')*|“[^”]*”")
_NAMING = re.compile(
    r"(its code names|it is named|different (?:drugs|strengths|formulations):|of which of) .*?(?=;|$)"
    r"|(its code) .*(?= is not known)"
)
_NUMBER = re.compile(r"\d[\d,.]*")


def counted(why: str) -> str:
    """A reason without what it quotes."""
    return _NUMBER.sub("#", _NAMING.sub(r"\1\2 ...", _QUOTED.sub("...", why)))
