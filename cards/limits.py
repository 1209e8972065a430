"""
How much is too much for this patient: the limit that holds for an order, by indication, age and kidneys.

Several indications may be meant: for each the strictest of its limits holds, and of the indications the highest, since
the order may be for that one. Within a kidney interval the strictest band holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from .facts import Dose, Facts
from .finding import Limit, Statement
from .in_force import Knowledge, band_for, band_maximum
from .statements import Agent, Band, Quantity, Renal


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
    """The limit that these kidneys set; None when they are not known, or no band gives a figure. Dialysis has none."""
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


def _tables(agent: Agent, formulation: str | None, indications: Iterable[str], knowledge: Knowledge) -> list[Renal]:
    """One table an indication that is meant; the table for any indication where none has its own."""
    tables = [t for t in knowledge.holding(agent.renal, formulation, indications) if t.kind == "label"]
    return [t for t in tables if t.indication] or tables


def _strictest(table: Renal, facts: Facts, agent: Agent, knowledge: Knowledge) -> RenalLimit | None:
    limits = [
        RenalLimit(most, band.maximum.unit if band.maximum else "mg/d", band, knowledge.cite(agent, "renal", table))
        for band in band_for(table, facts.kidneys)
        if (most := band_maximum(band, facts.kidneys)) is not None
    ]
    return min(limits, key=lambda limit: limit.most, default=None)
