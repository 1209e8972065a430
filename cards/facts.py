"""
What the rules may know: frozen values read from one call.

Nothing here knows FHIR JSON, HTTP or the knowledge files. Names are FHIR's. Every value keeps the reference of
the resource it came from, so that a card can be traced back to it. "Not known" is None or an Unread, never a default.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

Answer = TypeVar("Answer")


class Hook(StrEnum):
    """The three hooks this product answers."""

    ORDER_SELECT = "order-select"
    ORDER_SIGN = "order-sign"
    PATIENT_VIEW = "patient-view"


class Role(StrEnum):
    """What an order is to this call."""

    DRAFT = "draft"  # in context.draftOrders, not yet signed
    STOP = "stop"  # in context.draftOrders as stopped or cancelled while active on record
    ACTIVE = "active"  # on the list, being taken (active or on-hold)
    PAST = "past"  # on the list, completed or stopped


class Known(StrEnum):
    """The parts of the record a call may or may not have brought. History: completed and stopped orders."""

    PATIENT = "patient"
    CONDITIONS = "conditions"
    MEDICATIONS = "medications"
    HISTORY = "history"
    OBSERVATIONS = "observations"
    ALLERGIES = "allergies"


class Unread(Struct, frozen=True):
    """Something we were given and could not read, or needed and did not have."""

    reference: str  # "MedicationRequest/a", or "" when nothing was given
    what: str  # "dose", "drug", "weight" ...: the part that is missing
    why: str  # for the clinician: "the sig says 'as directed'"
    day: date | None = None  # of a result that has a value


class Patient(Struct, frozen=True):
    reference: str
    sex: str | None = None  # "female" | "male"; anything else is not known
    born_first: date | None = None  # a partial birth date is an interval of days
    born_last: date | None = None
    weight_kg: Fraction | None = None
    weight_date: date | None = None
    height_cm: Fraction | None = None
    height_date: date | None = None
    deceased: bool = False  # the record says so, on the day it is judged

    def age_between(self, day: date) -> tuple[int, int] | None:
        """Youngest and oldest possible age in years on `day`; None if no birth date is known."""
        if self.born_first is None or self.born_last is None:
            return None
        return _years(self.born_last, day), _years(self.born_first, day)


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Condition(Struct, frozen=True):
    """One Condition that counts: refuted, entered-in-error, inactive and resolved ones are never read into facts,
    except resolved ones of a value set that asks for history."""

    reference: str
    label: str
    value_sets: frozenset[str]  # ids of the knowledge value sets it belongs to
    provisional: bool = False  # counts for safety, not for suggestions
    resolved: bool = False  # only for value sets read as history ("recent" infarction, past stones)
    onset: date | None = None


class Dose(Struct, frozen=True):
    """An amount of medicine, exactly, in each unit it could be put in: mass, and the product's own unit."""

    mg: Fraction | None = None
    units: Fraction | None = None  # tablets, capsules, patches, sprays, applications
    unit: str = ""  # which: "tablet", "capsule", "patch", "mL", "spray", "application" ...

    def __add__(self, other: Dose) -> Dose:
        same = self.unit == other.unit
        return Dose(_sum(self.mg, other.mg), _sum(self.units, other.units) if same else None, self.unit if same else "")

    def times(self, factor: Fraction) -> Dose:
        return Dose(
            None if self.mg is None else self.mg * factor,
            None if self.units is None else self.units * factor,
            self.unit,
        )

    def in_unit(self, unit: str) -> Fraction | None:
        """The amount in "mg", or in the product's own unit; None if it cannot be said in that unit."""
        if unit == "mg":
            return self.mg
        return self.units if unit == self.unit else None


def _sum(left: Fraction | None, right: Fraction | None) -> Fraction | None:
    return None if left is None or right is None else left + right


class DoseStep(Struct, frozen=True):
    """One stretch of a regimen: what is taken a day, and for how long. Lines that run side by side are one step."""

    daily: Dose  # the most a day: ranges at their high end, as-needed as if always taken
    single: Dose | None = None  # the largest single dose
    doses_per_day: Fraction | None = None
    days: int | None = None  # how long this step lasts; None: open-ended
    as_needed: bool = False
    lowest_daily: Dose | None = None  # of a range: its low end


class Dosage(Struct, frozen=True):
    """What a dosageInstruction was understood to say.

    `steps` follow one another in time; usually there is one. `conflict` names two readings that differ (the higher is
    in `steps`). `unread` says why nothing, or not all, could be read. `absent`: the order has no dosage at all.
    """

    steps: tuple[DoseStep, ...] = ()
    text: str = ""  # the sig as the clinician wrote it, or said from the structure
    read_from: str = ""  # "structure" | "text" | "structure and text"
    conflict: str | None = None
    unread: str | None = None
    absent: bool = False

    @property
    def highest(self) -> DoseStep | None:
        """The step with the most a day: what a maximum is compared with."""
        return max(self.steps, key=_size, default=None)

    @property
    def first(self) -> DoseStep | None:
        """The step taken first: what a starting dose is compared with."""
        return self.steps[0] if self.steps else None


def _size(step: DoseStep) -> Fraction:
    daily = step.daily
    return daily.mg if daily.mg is not None else (daily.units or Fraction(0))


class Product(Struct, frozen=True):
    """What a code or a name says about the thing ordered."""

    ingredients: tuple[str, ...]  # lower-case generic names, salts dropped; all of a combination
    strengths: tuple[Fraction | None, ...] = ()  # mg a unit, one an ingredient; for a rate, mg an hour
    per: str = ""  # "tablet", "capsule", "mL", "patch", "h" (a rate: the patch delivers so much an hour), "" not known
    form: str = ""  # "Oral Capsule", "Medicated Patch"
    release: str = ""  # "", "extended", "delayed", "once-daily" ...: as the product's name says
    brand: str = ""
    percent: Fraction | None = None  # of a topical product
    verified: bool = False  # two independent sources: may drive arithmetic on its own


class MedicationOrder(Struct, frozen=True):
    """One MedicationRequest, draft or on the list."""

    reference: str
    role: Role
    label: str  # what to call it on a card: "gabapentin 300 mg capsule"
    ingredients: tuple[str, ...] = ()  # () when the drug could not be identified
    classes: frozenset[str] = frozenset()  # knowledge classes of all its ingredients
    formulation: str | None = None  # id of the formulation in the agent's file; None: not ours, or ambiguous
    product: Product | None = None
    dosage: Dosage = Dosage(absent=True)
    route: str | None = None  # "oral", "topical", "transdermal", "intravenous" ...
    selected: bool = False  # the order the clinician is on (order-select), or any draft where none is named
    sure: bool = True  # False: strength or drug rests on one source only and the text does not agree
    authored: date | None = None
    starts: date | None = None
    supply_ends: date | None = None
    ended: date | None = None  # the day it was stopped, where the record says so
    status: str = ""
    reason_given: bool = False
    reason_value_sets: frozenset[str] = frozenset()
    reason_references: tuple[str, ...] = ()
    reason_unread: tuple[Unread, ...] = ()  # one with a reference is read where that condition came
    replaces: tuple[str, ...] = ()  # priorPrescription, or the same id
    most_tolerated: bool = False  # a note or the sig says that more is not tolerated
    resource: Mapping[str, Any] = {}  # rules never look

    @property
    def is_context(self) -> bool:
        return self.role is Role.ACTIVE or (self.role is Role.DRAFT and not self.selected)


class Result(NamedTuple):
    """One laboratory or vital-signs value, in the unit the knowledge uses for it. A tuple, as charts hold thousands."""

    reference: str
    what: str  # id of the knowledge value set its code belongs to
    value: Fraction | None
    unit: str
    comparator: str = ""  # "<", ">" ... : the value is a bound
    text: str = ""  # "positive", "negative", or what was written
    day: date | None = None
    time: str = ""  # when on that day, as written: tells results of one moment from later ones
    upper: Fraction | None = None  # the laboratory's own upper limit, in the same unit


class Allergy(Struct, frozen=True):
    reference: str
    label: str
    substances: frozenset[str]  # ingredient names and class ids it covers
    intolerance: bool = False  # a side effect, not an allergy
    severe: bool = False


class KidneyFunction(Struct, frozen=True):
    """How well these kidneys clear. `low`..`high` is the interval the evidence allows, in `unit`; for a measured value
    both are the value. None, None: not known. Dialysis and acute kidney injury stand above any number."""

    low: Fraction | None = None
    high: Fraction | None = None  # None with a low: no upper bound (">60")
    unit: str = "mL/min"
    method: str = ""  # "cockcroft-gault" | "creatinine-clearance" (reported) | "egfr" | "egfr-deindexed" | "ckd-stage"
    day: date | None = None
    dialysis: str = ""  # reference of the Condition that says so
    acute_injury: str = ""  # the same
    stage_five: bool = False
    inputs: tuple[str, ...] = ()  # for the card, dated: "creatinine 2.1 mg/dL (2026-11-01)"
    notes: tuple[str, ...] = ()  # contradictions and assumptions, for the card
    missing: tuple[str, ...] = ()  # what would have made it better: "weight: none recorded in 12 months"
    passed_over: tuple[str, ...] = ()  # newer than what was used, and not read: it may be worse

    @property
    def known(self) -> bool:
        return self.low is not None or self.high is not None

    @property
    def value(self) -> Fraction | None:
        """The measured value, or None for an interval."""
        return self.low if self.low is not None and (self.low is self.high or self.low == self.high) else None


class Facts(Struct, frozen=True, dict=True):
    """All that one call told us, on the day it is judged. Read with one knowledge, and asked with no other."""

    day: date
    hook: Hook
    patient: Patient
    conditions: tuple[Condition, ...] = ()
    orders: tuple[MedicationOrder, ...] = ()  # draft, active and past
    results: tuple[Result, ...] = ()  # newest first
    allergies: tuple[Allergy, ...] = ()
    kidneys: KidneyFunction = KidneyFunction()
    unread: tuple[Unread, ...] = ()
    known: frozenset[Known] = frozenset()
    user_is_clinician: bool = True
    requester: str = ""  # the user, as a FHIR reference: requester of a suggested order
    encounter: str = ""
    not_excluded: frozenset[str] = frozenset()  # value sets that are not on record and not excluded: ask

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """What once() keeps; a copy begins with nothing."""
        return {}

    def once(self, question: Hashable, answer: Callable[[], Answer], about: object = None) -> Answer:
        """An answer that several rules ask of the same facts, worked out once. What it is about, an order, is told
        apart by identity, and kept so that no other can take its place."""
        key = question if about is None else (question, id(about))
        found: tuple[Answer, object] | None = self.worked_out.get(key)
        if found is None:
            found = self.worked_out[key] = (answer(), about)
        return found[0]

    def with_orders(self, orders: Iterable[MedicationOrder]) -> Facts:
        """The same patient with other orders: what does not hang on orders need not be worked out again."""
        copy = replace(self, orders=tuple(orders))
        copy.__dict__.update((name, self.__dict__[name]) for name in _OF_NO_ORDER & self.__dict__.keys())
        return copy

    def selected(self) -> Iterator[MedicationOrder]:
        """The drafts to judge."""
        return (order for order in self.drafts() if order.selected)

    def drafts(self) -> Iterator[MedicationOrder]:
        return iter(self._by_role.get(Role.DRAFT, ()))

    def active(self) -> Iterator[MedicationOrder]:
        return iter(self._by_role.get(Role.ACTIVE, ()))

    def past(self) -> Iterator[MedicationOrder]:
        return iter(self._by_role.get(Role.PAST, ()))

    def conditions_in(self, value_set: str) -> Iterator[Condition]:
        """Conditions of a value set, provisional ones too, resolved ones not."""
        return (c for c in self._by_value_set.get(value_set, ()) if not c.resolved)

    def on_record(self, value_set: str) -> Iterator[Condition]:
        """Conditions of a value set, with past ones where the set asks for history."""
        return iter(self._by_value_set.get(value_set, ()))

    def has(self, value_set: str) -> bool:
        """Whether any condition of a value set is on record."""
        return value_set in self._by_value_set

    def may_have(self, value_set: str) -> bool:
        """On record, or not excluded where that is what the value set means."""
        return value_set in self.value_sets

    def latest(self, what: str) -> Result | None:
        """The newest result of a kind, or None."""
        return self._latest.get(what)

    def age_between(self) -> tuple[int, int] | None:
        return self._age

    @cached_property
    def value_sets(self) -> frozenset[str]:
        """Every value set that the patient has, or had where that counts, or that is not excluded."""
        return self.not_excluded.union(self._by_value_set)

    @cached_property
    def medicines(self) -> frozenset[str]:
        """The ingredients and classes of all that is being taken or drafted."""
        present = (*self.active(), *self.drafts())
        return frozenset().union(*(names for order in present for names in (order.ingredients, order.classes)))

    @cached_property
    def _by_role(self) -> dict[Role, list[MedicationOrder]]:
        found: dict[Role, list[MedicationOrder]] = {}
        for order in self.orders:
            found.setdefault(order.role, []).append(order)
        return found

    @cached_property
    def _by_value_set(self) -> dict[str, list[Condition]]:
        found: dict[str, list[Condition]] = {}
        for condition in self.conditions:
            for value_set in condition.value_sets:
                found.setdefault(value_set, []).append(condition)
        return found

    @cached_property
    def _latest(self) -> dict[str, Result]:
        return {result.what: result for result in reversed(self.results)}

    @cached_property
    def _age(self) -> tuple[int, int] | None:
        return self.patient.age_between(self.day)


_OF_NO_ORDER = frozenset({"value_sets", "_by_value_set", "_latest", "_age"})  # kept by with_orders()
