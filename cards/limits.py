"""
How much is too much for this patient: the limit that holds for an order, by indication, age and kidneys.

Several indications may be meant: for each the strictest of its limits holds, and of the indications the highest, since
the order may be for that one. Within a kidney interval the strictest band holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from .at_hand import AtHand, uses
from .facts import Dose, Facts, MedicationOrder, Role
from .finding import Limit, Statement
from .in_force import Knowledge, age_may_hold, band_for, band_maximum
from .statements import Agent, Band, Kind, Maximum, Quantity, Renal
from .totals import Total, total_a_day


@dataclass(frozen=True, slots=True)
class RenalLimit:
    """The most a day at this kidney function. `most` 0: not to be used."""

    most: Fraction
    unit: str
    band: Band
    because: Statement

    @property
    def as_limit(self) -> Limit:
        return Limit(self.most, self.unit, "avoid" if self.band.avoid else "ceiling")


def in_unit(dose: Dose | None, unit: str) -> Fraction | None:
    """A dose a day in the unit of a limit ("mg/d", "patch/d", "ug/h"); None if it cannot be said so."""
    return dose.in_unit(unit.removesuffix("/d")) if dose else None


def renal_limit(
    agent: Agent, formulation: str | None, indications: Iterable[str], facts: Facts, knowledge: Knowledge
) -> RenalLimit | None:
    """The limit that these kidneys set, lower than everyone's; None when they are not known, or no band gives a figure
    or only that of healthy kidneys, which is the agent's own maximum. Dialysis has none."""
    if facts.kidneys.dialysis or facts.kidneys.stage_five or not facts.kidneys.known:
        return None
    found = [
        _strictest(table, facts, agent, knowledge) for table in _tables(agent, formulation, indications, knowledge)
    ]
    return max((limit for limit in found if limit), key=lambda limit: limit.most, default=None)


def lowest_anywhere(agent: Agent, formulation: str | None, knowledge: Knowledge) -> Quantity | None:
    """The lowest limit that any kidney function would set: at or below it an unknown kidney does not matter.
    A band in proportion counts with its own figure, since clearances near zero are the dialysis entry's."""
    found = [
        Quantity(Fraction(0), "mg/d") if band.avoid or not band.maximum else band.maximum
        for table in knowledge.here(agent.renal, formulation)
        for band in table.bands
        if band.avoid or band.maximum
    ]
    return min(found, key=lambda quantity: quantity.value, default=None)


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """The most of an agent that anyone with this use and of this age should take, a day or at once."""

    most: Fraction
    unit: str
    row: Maximum
    because: Statement

    @property
    def as_limit(self) -> Limit:
        return Limit(self.most, self.unit, self.row.kind)


def dose_limit(
    agent: Agent,
    formulation: str | None,
    kind: Kind,
    here: AtHand,
    facts: Facts,
    knowledge: Knowledge,
    *,
    single: bool = False,
) -> DoseLimit | None:
    """The limit of one kind, or None. Of several uses the highest; a use without one has none at all."""
    rows = [
        (row, most)
        for row in knowledge.here(agent.maximum, formulation)
        if row.kind == kind and row.single is single and age_may_hold(row, facts.age_between())
        if (not row.with_medicine or beside(row.with_medicine, agent.id, facts)) and (most := _counted(row, facts))
    ]
    found = [_lowest(rows, use) for use in uses(here, agent, knowledge)]
    chosen = [each for each in found if each]
    if not chosen or len(chosen) < len(found):
        return None
    row, most = max(chosen, key=lambda each: each[1].value)
    return DoseLimit(most.value, most.unit, row, knowledge.cite(agent, "maximum", row))


def _lowest(rows: list[tuple[Maximum, Quantity]], use: frozenset[str]) -> tuple[Maximum, Quantity] | None:
    """Rows for this use stand above rows for any."""
    own = [each for each in rows if use.intersection(each[0].indication)]
    return min(own or [each for each in rows if not each[0].indication], key=lambda each: each[1].value, default=None)


def _counted(row: Maximum, facts: Facts) -> Quantity | None:
    """A limit by weight needs a weight."""
    head, by_weight, tail = row.dose.unit.partition("/kg")
    if not by_weight:
        return row.dose
    weight = facts.patient.weight_kg
    return Quantity(row.dose.value * weight, head + tail) if weight else None


def beside(medicines: Iterable[str], ingredient: str, facts: Facts) -> bool:
    """Whether one of these, by name or by class, is taken or ordered beside the ingredient."""
    wanted = frozenset(medicines)
    return any(
        wanted.intersection((*order.ingredients, *order.classes))
        for order in facts.orders
        if order.role in (Role.ACTIVE, Role.DRAFT) and ingredient not in order.ingredients
    )


def above(total: Total, most: Fraction, unit: str) -> Fraction | None:
    """The dose that is too much: the new order alone if it is, else the sum if both continue; None if neither is."""
    for dose in (total.alone, total.together):
        value = in_unit(dose, unit)
        if value is not None and value > most:
            return value
    return None


def above_any(
    agent: Agent, order: MedicationOrder, total: Total, here: AtHand, facts: Facts, knowledge: Knowledge
) -> bool:
    """Whether the total is above a ceiling or the limit of the kidneys: a rule on maxima speaks, and shows the way."""
    renal = renal_limit(agent, order.formulation, here.indications, facts, knowledge)
    ceiling = dose_limit(agent, order.formulation, "ceiling", here, facts, knowledge)
    return any(limit and above(total, limit.most, limit.unit) is not None for limit in (renal, ceiling))


def kidneys_matter(agent: Agent, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether some kidney function would set a limit under what is ordered; without any dosage nothing is yet."""
    lowest = lowest_anywhere(agent, order.formulation, knowledge)
    if lowest is None or order.dosage.absent:
        return False
    total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days)
    dose = in_unit(total.together, lowest.unit)
    return dose is None or dose > lowest.value


def _tables(agent: Agent, formulation: str | None, indications: Iterable[str], knowledge: Knowledge) -> list[Renal]:
    """One table an indication that is meant; the table for any indication where none has its own."""
    tables = [t for t in knowledge.holding(agent.renal, formulation, indications) if t.kind == "label"]
    return [t for t in tables if t.indication] or tables


def _strictest(table: Renal, facts: Facts, agent: Agent, knowledge: Knowledge) -> RenalLimit | None:
    everyone = [b.maximum.value for b in table.bands if b.crcl.high is None and b.maximum]
    limits = [
        RenalLimit(most, band.maximum.unit if band.maximum else "mg/d", band, knowledge.cite(agent, "renal", table))
        for band in band_for(table, facts.kidneys)
        if (most := band_maximum(band, facts.kidneys)) is not None and not any(m <= most for m in everyone)
    ]
    return min(limits, key=lambda limit: limit.most, default=None)
