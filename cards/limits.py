"""
How much is too much for this patient: the limit that holds for an order, by indication, age and kidneys.

Several indications may be meant: for each the strictest of its limits holds, and of the indications the highest, since
the order may be for that one. Within a kidney interval the strictest band holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from msgspec import Struct

from .at_hand import AtHand, uses
from .facts import Dose, Facts, KidneyFunction, MedicationOrder, Role
from .finding import Limit, Statement
from .in_force import Knowledge, age_may_hold, band_for, band_maximum
from .statements import Agent, Band, Kind, Maximum, Quantity, Renal
from .totals import Total, total_a_day


class RenalLimit(Struct, frozen=True):
    """The most a day at this kidney function. `most` 0: not to be used."""

    most: Fraction
    unit: str
    because: Statement
    for_whom: str  # "For 30 < CrCl < 60", "On dialysis": which row of the file
    notes: tuple[str, ...] = ()
    avoid: bool = False
    critical: bool = False
    doses_per_day: Fraction | None = None
    practice: bool = False  # a figure of practice, in no label: information, never a limit

    @property
    def as_limit(self) -> Limit:
        kind = "practice" if self.practice else "avoid" if self.avoid else "ceiling"
        return Limit(self.most, self.unit, kind)


def in_unit(dose: Dose | None, unit: str) -> Fraction | None:
    """A dose a day in the unit of a limit ("mg/d", "patch/d", "ug/h"); None if it cannot be said so."""
    return dose.in_unit(unit.removesuffix("/d")) if dose else None


def renal_limit(
    agent: Agent, formulation: str | None, here: AtHand, facts: Facts, knowledge: Knowledge
) -> RenalLimit | None:
    """The limit that these kidneys set, lower than everyone's; None when they are not known, or no band gives a figure
    or only that of healthy kidneys, which is the agent's own maximum. On dialysis none is computed: the figure of the
    agent's own entry holds, where it has one."""
    question = ("renal limit", agent.id, formulation)
    return facts.once(question, lambda: _renal_limit(agent, formulation, here, facts, knowledge), here)


def _renal_limit(
    agent: Agent, formulation: str | None, here: AtHand, facts: Facts, knowledge: Knowledge
) -> RenalLimit | None:
    meant = uses(here, agent, knowledge)
    if no_clearance(facts.kidneys):
        found = [_of_dialysis(agent, formulation, use, facts, knowledge) for use in meant]
    elif facts.kidneys.known:
        found = [_of_bands(agent, formulation, use, facts, knowledge) for use in meant]
    else:
        return None
    return max((limit for limit in found if limit), key=lambda limit: limit.most, default=None)


def practice_limit(
    agent: Agent, formulation: str | None, here: AtHand, facts: Facts, knowledge: Knowledge
) -> RenalLimit | None:
    """The figure that practice, but no label, has for these kidneys: of several uses the highest."""
    if no_clearance(facts.kidneys) or not facts.kidneys.known:
        return None
    found = [_of_bands(agent, formulation, use, facts, knowledge, "practice") for use in uses(here, agent, knowledge)]
    return max((limit for limit in found if limit and limit.most), key=lambda limit: limit.most, default=None)


def no_clearance(kidneys: KidneyFunction) -> bool:
    """On dialysis, or at its door: no band of a table is read."""
    return bool(kidneys.dialysis) or kidneys.stage_five


def unsteady(kidneys: KidneyFunction) -> bool:
    """Whether a clearance, even a measured one, is no basis for an order."""
    return no_clearance(kidneys) or bool(kidneys.acute_injury)


def lowest_anywhere(
    agent: Agent, formulation: str | None, knowledge: Knowledge, here: AtHand | None = None, *, practice: bool = True
) -> Quantity | None:
    """The lowest limit that any kidney function would set: at or below it an unknown kidney does not matter; for the
    uses at hand, else for all. A band in proportion counts with its own figure, since clearances near zero are the
    dialysis entry's. None where the kidneys set no lower limit than everyone's. Without `practice`: those of labels,
    of which a rule speaks."""
    tables = knowledge.here(agent.renal, formulation)
    meant = [t for use in uses(here, agent, knowledge) for t in _tables(tables, use)] if here else tables
    found = [
        Quantity(Fraction(0), "mg/d") if band.avoid or not band.maximum else band.maximum
        for table in meant
        for band in table.bands
        if (band.avoid or (band.maximum and (practice or table.kind == "label"))) and not _is_everyones(band, table)
    ]
    return min(found, key=lambda quantity: quantity.value, default=None)


def _is_everyones(band: Band, table: Renal) -> bool:
    """Whether a band sets no lower limit than healthy kidneys have."""
    everyone = [b.maximum.value for b in table.bands if b.crcl.high is None and b.maximum]
    return not band.avoid and band.maximum is not None and any(most <= band.maximum.value for most in everyone)


class DoseLimit(Struct, frozen=True):
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
    question = ("dose limit", agent.id, formulation, kind, single)
    return facts.once(question, lambda: _dose_limit(agent, formulation, kind, single, here, facts, knowledge), here)


def _dose_limit(
    agent: Agent,
    formulation: str | None,
    kind: Kind,
    single: bool,
    here: AtHand,
    facts: Facts,
    knowledge: Knowledge,
) -> DoseLimit | None:
    rows = [
        (row, most)
        for row in knowledge.here(agent.maximum, formulation)
        if row.kind == kind and row.single is single and age_may_hold(row, facts.age_between())
        if here.indications
        or kind == "ceiling"
        or not row.indication  # what is usual in one use says nothing of another
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
    renal = renal_limit(agent, knowledge.form_of(agent, order), here, facts, knowledge)
    ceiling = dose_limit(agent, knowledge.form_of(agent, order), "ceiling", here, facts, knowledge)
    return any(limit and above(total, limit.most, limit.unit) is not None for limit in (renal, ceiling))


def kidneys_matter(agent: Agent, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether some kidney function would set a limit under what is ordered; without any dosage nothing is yet."""
    lowest = lowest_anywhere(agent, knowledge.form_of(agent, order), knowledge, practice=False)
    if lowest is None or order.dosage.absent:
        return False
    total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days)
    dose = in_unit(total.together, lowest.unit)
    return dose is None or dose > lowest.value


def _of_dialysis(
    agent: Agent, formulation: str | None, use: frozenset[str], facts: Facts, knowledge: Knowledge
) -> RenalLimit | None:
    entries = knowledge.holding(agent.dialysis, formulation, use)
    own = [entry for entry in entries if entry.indication] or entries
    tables = knowledge.here(agent.renal, formulation)
    everyone = [b.maximum.value for t in tables for b in t.bands if b.crcl.high is None and b.maximum]
    figures = [
        (entry, entry.maximum)
        for entry in own
        if entry.maximum and not entry.avoid and all(entry.maximum.value < most for most in everyone)
    ]
    if not figures:
        return None
    entry, most = min(figures, key=lambda each: each[1].value)
    whom = "On dialysis" if facts.kidneys.dialysis else "In stage 5 kidney disease"
    notes = tuple(filter(None, (entry.advice, entry.supplement)))
    return RenalLimit(most.value, most.unit, knowledge.cite(agent, "dialysis", entry), whom, notes)


def _of_bands(
    agent: Agent,
    formulation: str | None,
    use: frozenset[str],
    facts: Facts,
    knowledge: Knowledge,
    kind: str = "label",
) -> RenalLimit | None:
    """The table for this use, or the one for any where it has none: the strictest band that these kidneys may be in."""
    tables = [t for t in knowledge.here(agent.renal, formulation) if t.kind == kind]
    limits = [
        limit
        for table in _tables(tables, use)
        for band in band_for(table, facts.kidneys)
        if (limit := _of_band(band, table, agent, facts, knowledge))
    ]
    return min(limits, key=lambda limit: limit.most, default=None)


def _tables(tables: Sequence[Renal], use: frozenset[str]) -> list[Renal]:
    own = [table for table in tables if use.intersection(table.indication)]
    return own or [table for table in tables if not table.indication]


def _of_band(band: Band, table: Renal, agent: Agent, facts: Facts, knowledge: Knowledge) -> RenalLimit | None:
    most = band_maximum(band, facts.kidneys)
    if most is None or _is_everyones(band, table):
        return None
    return RenalLimit(
        most=most,
        unit=band.maximum.unit if band.maximum else "mg/d",
        because=knowledge.cite(agent, "renal", table),
        for_whom="For " + band.crcl.text.replace("crcl", "CrCl"),
        notes=(band.note,) if band.note else (),
        avoid=band.avoid,
        critical=band.critical,
        doses_per_day=band.doses_per_day,
        practice=table.kind == "practice",
    )
