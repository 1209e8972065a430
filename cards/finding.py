"""
What a rule says: a Finding, before it is put to a clinician as a card.

A rule gives the verdict, its reasons and what may be accepted, in values; card.py words the frame around it. The engine
stamps the rule's id, so no rule can misname itself.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from fractions import Fraction
from functools import cached_property

from msgspec import Struct


class Indicator(IntEnum):
    """CDS Hooks indicators, in order of urgency."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    def __str__(self) -> str:
        return self.name.lower()


class Statement(Struct, frozen=True):
    """A knowledge statement a finding rests on, with where it stands and what it cites."""

    address: str  # "agents/gabapentin.toml#renal.us"
    sources: tuple[str, ...] = ()  # in words, with year or section
    best: tuple[str, ...] = ()  # those of them for the card: not what rests on knowledge alone; empty: all do
    url: str = ""
    overdue_since: date | None = None  # the day its review was due, where that is past
    reviewed_by: tuple[str, ...] = ()  # "name, role, day" of whoever signed its file off; empty: a draft


class Limit(Struct, frozen=True):
    """A figure that was compared with, as the contract prints it."""

    value: Fraction
    unit: str  # "mg/d"
    kind: str  # "ceiling" | "usual" | "avoid" ...


class Tablet(Struct, frozen=True):
    """A product that exists and may be offered."""

    system: str
    code: str
    display: str
    ingredient: str
    strength: Fraction  # mg in one unit; 1 where doses are counted in units (a patch)
    form: str  # RxNorm dose form: "Oral Capsule"
    unit: str  # "capsule", "tablet", "patch"


class PlannedStep(Struct, frozen=True, dict=True):
    """One step of an order to accept: so many units of the tablet, so many times a day, for so long."""

    tablet: Tablet
    units: Fraction  # a dose
    doses_per_day: Fraction
    days: int | None = None  # None: go on
    when: str = ""  # "at night"

    @cached_property
    def mg_per_day(self) -> Fraction:
        return self.tablet.strength * self.units * self.doses_per_day


class Proposal(Struct, frozen=True):
    """An order the clinician may accept with a click. `updates` names the draft it mends; empty: a new order."""

    label: str  # the button
    description: str  # complete in itself: some clients show only this
    ingredient: str
    steps: tuple[PlannedStep, ...]
    route: str = "oral"
    updates: str = ""
    removes: tuple[str, ...] = ()  # drafts this takes the place of
    reason: str = ""  # reference of the Condition it is for
    recommended: bool = False
    tapers: str = ""  # the order being ended that this new one lets out slowly


class Beside(Struct, frozen=True):
    """What a finding on a pair says of the judged medicine beside any other of the kind: "Oxycodone with" "lorazepam"
    ": together they can slow breathing". Several that differ in `other` alone are one subject."""

    lead: str
    other: str
    verdict: str
    line: str = ""  # what the other order is to this patient: "Lorazepam 1 mg: being taken"


class Finding(Struct, frozen=True):
    """One thing worth saying about one subject."""

    summary: str  # verdict first; stands alone; under 140 characters
    indicator: Indicator
    agents: tuple[str, ...]  # every ingredient it is about
    orders: tuple[str, ...] = ()  # references, the judged one first
    detail: tuple[str, ...] = ()  # short lines
    must_say: tuple[str, ...] = ()  # of them, those that stay where the others make room: red flags
    because: tuple[Statement, ...] = ()
    conditions: tuple[str, ...] = ()
    daily_dose: Fraction | None = None
    dose_unit: str = "mg/d"
    limit: Limit | None = None
    on_kidneys: bool = False  # rests on the kidney function
    proposals: tuple[Proposal, ...] = ()
    not_checked: tuple[str, ...] = ()
    approval: str = ""  # "off-label" where the use is
    pair: frozenset[str] = frozenset()  # references or ingredients of a pair: one pair, one card
    of_the_record: bool = False  # only says what the record as a whole lacks: may stand on another card
    beside: Beside | None = None  # of a pair: how it is worded with the others of its kind
    urgency: int = 0  # among equals of one indicator: higher comes first
    rule: str = ""
    also_rules: tuple[str, ...] = ()
