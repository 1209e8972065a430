"""
What was understood of an order or a call, and why, in words and as values: for testers, and for trying data on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from msgspec import Struct

from .call import Resource
from .card import RXNORM, kidneys_in_words
from .facts import Facts, MedicationOrder, Role
from .fhir.codings import string
from .fhir.medications import read_order
from .in_force import Knowledge
from .totals import arithmetic, mme_per_day, step_of
from .wording import capital, listed, said


class Explained(Struct, frozen=True):
    """One MedicationRequest as it was read. Members that are not known are None or empty."""

    identity: str
    order: MedicationOrder
    daily: tuple[Fraction, str] | None  # of a combination: the opioid's, if there is one
    mme: Fraction | None
    drug_unread: tuple[str, ...]  # "drug: its codes name different drugs", "strength: ..."

    @property
    def unread(self) -> tuple[str, ...]:
        return tuple(_unread(self.order, self.drug_unread))

    def to_json(self, knowledge: Knowledge) -> dict[str, Any]:
        """A line of `explain --json`; what is not known or does not apply is left out."""
        line: dict[str, Any] = {"id": self.identity} if self.identity else {}
        if self.order.ingredients:
            line["agents"] = [_coding(name, knowledge) for name in self.order.ingredients]
        if self.daily is not None:
            line["dailyDose"] = {"value": _number(self.daily[0]), "unit": self.daily[1]}
        if self.mme is not None:
            line["mme"] = {"value": _number(self.mme)}
        if self.unread:
            line["unread"] = list(self.unread)
        return line


def explain_order(resource: Resource, knowledge: Knowledge, others: tuple[Resource, ...] = ()) -> Explained:
    """Never raises. `others`: Medications that the order may refer to."""
    order, unread = read_order(resource, knowledge, others)
    spoken = _spoken(order, knowledge)
    factors = {
        name: agent.opioid for name in order.ingredients if (agent := knowledge.agents.get(name)) and agent.opioid
    }
    mme = mme_per_day([order], factors).value if factors else None
    return Explained(string(resource.get("id")), order, _daily(order, spoken), mme, unread)


def _spoken(order: MedicationOrder, knowledge: Knowledge) -> str:
    """The ingredient a dose is said of: the opioid of a combination, else the first."""
    opioids = (n for n in order.ingredients if (agent := knowledge.agents.get(n)) and agent.opioid)
    return next(opioids, order.ingredients[0] if order.ingredients else "")


def _daily(order: MedicationOrder, ingredient: str) -> tuple[Fraction, str] | None:
    step = step_of(order, ingredient) if ingredient else None
    if step is None:
        return None
    if step.daily.mg is not None:
        return step.daily.mg, "mg/d"
    if step.daily.units is None or step.daily.unit in _NO_DOSE:
        return None
    return step.daily.units, f"{step.daily.unit}/d"


_NO_DOSE = frozenset({"", "tablet", "capsule", "film", "lozenge", "suppository", "mL"})  # a count of unknown strength


def _unread(order: MedicationOrder, unread: tuple[str, ...]) -> Iterator[str]:
    yield from unread
    if not order.ingredients and not unread:
        yield "drug: not known here"
    if order.dosage.absent:
        yield "dose: none given"
    if order.dosage.unread:
        yield f"dose: {order.dosage.unread}"
    if order.dosage.conflict:
        yield f"dose: {order.dosage.conflict}"


def _coding(name: str, knowledge: Knowledge) -> dict[str, str]:
    display = knowledge.name(name)
    code = knowledge.products.rxnorm_of(display)
    return {"system": RXNORM, "code": code, "display": display} if code else {"display": display}


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else round(float(value), 4)


# --- in words -------------------------------------------------------------------------------------------------------


def order_in_words(explained: Explained, knowledge: Knowledge) -> Iterator[str]:
    """What an order was understood to be, a line each."""
    order = explained.order
    yield f"{explained.identity or '(no id)'}: {said(order.label, 100) or 'no drug named'}"
    if order.ingredients:
        yield f"  drug: {listed(knowledge.name(name) for name in order.ingredients)}{_as_product(order)}"
    if order.dosage.text:
        yield f"  dosage, from {order.dosage.read_from or 'nothing'}: {said(order.dosage.text, 200)}"
    for step in order.dosage.steps:
        yield f"  {arithmetic(step)}{f', for {step.days} days' if step.days else ''}"
    if explained.mme is not None:
        yield f"  morphine equivalents: {_number(explained.mme)} mg a day"
    yield from (f"  not read: {why}" for why in explained.unread)


def _as_product(order: MedicationOrder) -> str:
    parts = [
        order.formulation or "",
        order.product.form if order.product else "",
        "" if order.sure else "one source only",
    ]
    known = ", ".join(part for part in parts if part)
    return f" ({known})" if known else ""


def facts_in_words(facts: Facts) -> Iterator[str]:
    """What a call was understood to say of the patient."""
    age = facts.age_between()
    yield f"Patient: {facts.patient.sex or 'sex not known'}, {f'age {age[0]}' if age else 'age not known'}"
    yield f"Known: {', '.join(sorted(facts.known)) or 'nothing'}"
    for condition in facts.conditions:
        yield f"Condition {said(condition.label)}: {', '.join(sorted(condition.value_sets)) or 'in no value set'}"
    for order in facts.orders:
        selected = ", judged" if order.selected and order.role is Role.DRAFT else ""
        names = ", ".join(order.ingredients) or "not identified"
        yield f"{capital(order.role)} order {said(order.label)}{selected}: {names}"
        yield from (f"  {arithmetic(step)}" for step in order.dosage.steps)
    yield from (f"Kidneys: {line}" for line in kidneys_in_words(facts.kidneys))
    yield from (f"Not read: {u.reference} {u.what}: {u.why}".replace("  ", " ") for u in facts.unread)


def is_order(document: Mapping[str, Any]) -> bool:
    return document.get("resourceType") == "MedicationRequest"
