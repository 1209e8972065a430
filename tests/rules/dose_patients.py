"""Made-up patients for the tests of the rules on doses: facts put together without FHIR."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from msgspec.structs import replace

from cards import Knowledge, advise
from cards.facts import (
    Allergy,
    Condition,
    Dosage,
    Dose,
    DoseStep,
    Facts,
    Hook,
    KidneyFunction,
    Known,
    MedicationOrder,
    Patient,
    Role,
)

DAY = date(2026, 11, 22)
EVERYTHING = frozenset(Known)


def kidneys(crcl):
    value = Fraction(str(crcl))
    return KidneyFunction(value, value, method="cockcroft-gault", day=DAY)


def born(age):
    day = DAY.replace(year=DAY.year - age)
    return Patient("Patient/p", "female", day, day)


def step(mg, times=1, days=None, unit="tablet"):
    single = (
        Dose(Fraction(str(mg)), Fraction(1), unit) if unit in ("tablet", "capsule") else Dose(None, Fraction(mg), unit)
    )
    times = Fraction(str(times))
    return DoseStep(single.times(times), single, times, days)


def ago(days):
    return DAY - timedelta(days=days)


@dataclass(frozen=True)
class Ward:
    """Builds orders and conditions with the classes and value sets that the knowledge gives them."""

    knowledge: Knowledge

    def order(self, name, *steps, role=Role.DRAFT, key="new", formulation=None, **more):
        agent = self.knowledge.agents.get(name)
        plain = (
            next((f.id for f in agent.formulation if f.assumed_when_unsaid), agent.formulation[0].id) if agent else None
        )
        more.setdefault("route", "oral")
        return MedicationOrder(
            reference=f"MedicationRequest/{key}",
            role=role,
            label=name,
            ingredients=(name,),
            classes=self.knowledge.value_sets.classes_of(name),
            formulation=formulation or plain,
            dosage=more.pop("dosage", Dosage(tuple(steps)) if steps else Dosage(absent=True)),
            selected=role is Role.DRAFT,
            **more,
        )

    def taken(self, name, *steps, key="old", role=Role.ACTIVE, **more):
        return self.order(name, *steps, role=role, key=key, **more)

    def condition(self, value_set, key="c", **more):
        return Condition(f"Condition/{key}", value_set, self.knowledge.value_sets.with_parents([value_set]), **more)

    def facts(self, *orders, conditions=("neuropathic-pain",), age=50, crcl=100, hook=Hook.ORDER_SELECT, **more):
        built = tuple(
            each if isinstance(each, Condition) else self.condition(each, key=f"c{place}")
            for place, each in enumerate(conditions)
        )
        facts = Facts(
            day=DAY,
            hook=hook,
            patient=born(age) if age is not None else Patient("Patient/p"),
            conditions=built,
            orders=orders,
            kidneys=kidneys(crcl) if crcl is not None else KidneyFunction(),
            known=EVERYTHING,
        )
        return replace(facts, **more)

    def said(self, rule, facts):
        """The findings of one rule, as the engine lets them speak."""
        found = advise(facts, self.knowledge)
        assert not found.troubles
        return [f for f in found.findings if rule in (f.rule, *f.also_rules)]

    def with_reason(self, order, *value_sets):
        return replace(order, reason_given=True, reason_value_sets=self.knowledge.value_sets.with_parents(value_sets))


def allergy(*substances, intolerance=False):
    return Allergy("AllergyIntolerance/a", "recorded", frozenset(substances), intolerance)
