"""Facts with a few orders, for the tests of rules on pairs: medicines by name, classes from the knowledge."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from msgspec.structs import replace

from cards import Knowledge
from cards.facts import Condition, Dosage, Dose, DoseStep, Facts, Hook, Known, MedicationOrder, Patient, Product, Role

DAY = date(2026, 11, 22)
EVERYTHING = frozenset(Known)


def patient(age: int | None = 58) -> Patient:
    born = date(DAY.year - age, 1, 1) if age is not None else None
    return Patient("Patient/p", sex="female", born_first=born, born_last=born)


class Orders:
    """Makes orders of named medicines; every one has its own reference."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def __call__(self, name: str, role: Role = Role.DRAFT, **more: object) -> MedicationOrder:
        ingredients = tuple(name.split("+"))
        classes = frozenset().union(*(self._knowledge.value_sets.classes_of(one) for one in ingredients))
        agent = next((self._knowledge.agents[one] for one in ingredients if one in self._knowledge.agents), None)
        usual = next((f for f in agent.formulation if f.assumed_when_unsaid), agent.formulation[0]) if agent else None
        made = MedicationOrder(
            f"MedicationRequest/{name}-{role}",
            role,
            name,
            ingredients,
            classes,
            formulation=usual.id if usual else None,
            product=Product(ingredients),
            route="oral",
            selected=role is Role.DRAFT,
        )
        return replace(made, **more)  # type: ignore[arg-type]

    def taken(self, name: str, **more: object) -> MedicationOrder:
        return self(name, Role.ACTIVE, **more)

    def past(self, name: str, **more: object) -> MedicationOrder:
        return self(name, Role.PAST, **more)


def daily(mg: int, as_needed: bool = False) -> Dosage:
    return Dosage(steps=(DoseStep(Dose(mg=Fraction(mg)), as_needed=as_needed),))


def facts(
    *orders: MedicationOrder, age: int | None = 58, known: frozenset[Known] = EVERYTHING, **more: object
) -> Facts:
    conditions: tuple[Condition, ...] = more.pop("conditions", ())  # type: ignore[assignment]
    return Facts(DAY, Hook.ORDER_SELECT, patient(age), conditions, orders, known=known, **more)  # type: ignore[arg-type]


def condition(*value_sets: str, **more: object) -> Condition:
    return Condition(f"Condition/{value_sets[0]}", value_sets[0], frozenset(value_sets), **more)  # type: ignore[arg-type]
