"""
A renal table or a dialysis entry that says not to use the agent at this kidney function, or to begin it lower; and
whether that was said already, with the dose: then one card is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .at_hand import at_hand
from .facts import Facts, MedicationOrder
from .in_force import Knowledge, band_for
from .limits import in_unit, renal_limit
from .objection import Objection
from .situation import crcl_holds
from .starting import running
from .statements import Agent, Strength
from .totals import total_a_day
from .wording import kidneys_in_short


def by_kidneys(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    if facts.kidneys.dialysis or facts.kidneys.stage_five:
        yield from _on_dialysis(agent, formulation, facts, knowledge)
    elif facts.kidneys.known:
        table = knowledge.renal(agent, formulation, ())
        bands = [band for band in band_for(table, facts.kidneys) if band.avoid] if table else []
        if table and bands:
            short = kidneys_in_short(facts.kidneys)
            why = f"{short}: {bands[0].note}" if bands[0].note else short
            strength: Strength = "contraindicated" if any(band.critical for band in bands) else "avoid"
            yield Objection(strength, why, short, knowledge.cite(agent, "renal", table), kind="kidneys")
        yield from _begun_lower(agent, formulation, facts, knowledge)


def _begun_lower(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    """A table that asks for a part of the usual start. Who takes the agent already has begun it, and where the file
    has a start for these kidneys, that is the figure."""
    starts = knowledge.here(agent.start, formulation)
    if any(running(agent.id, facts, knowledge)) or any(s.crcl and crcl_holds(s.crcl, facts) for s in starts):
        return
    short = kidneys_in_short(facts.kidneys)
    for table in knowledge.holding(agent.renal, formulation):
        practice = " (practice, in no label)" if table.kind == "practice" else ""
        for band in band_for(table, facts.kidneys):
            if band.start_factor is not None and not band.avoid:
                why = f"{short}: {band.note}{practice}"
                yield Objection("caution", why, short, knowledge.cite(agent, "renal", table), kind="kidneys")


def _on_dialysis(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    for entry in knowledge.holding(agent.dialysis, formulation):
        if entry.avoid:
            what = "dialysis" if facts.kidneys.dialysis else "stage 5 kidney disease"
            because = knowledge.cite(agent, "dialysis", entry)
            reference = facts.kidneys.dialysis
            yield Objection("avoid", f"{what}: {entry.advice}", what, because, kind="kidneys", reference=reference)


def not_said_with_the_dose(
    against: Iterable[Objection], order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge
) -> list[Objection]:
    """Without what the rules on the dose say of these kidneys: how much is right, or that no dose is."""
    limit = renal_limit(agent, knowledge.form_of(agent, order), at_hand(facts, knowledge, order), facts, knowledge)
    entries = knowledge.holding(agent.dialysis, knowledge.form_of(agent, order)) if facts.kidneys.dialysis else []
    forbidden = limit is not None and not limit.most and _is_dosed(agent, order, limit.unit, facts, knowledge)
    limited = limit is not None or bool(entries)
    return [o for o in against if o.kind != "kidneys" or not (forbidden or (limited and o.strength == "caution"))]


def _is_dosed(agent: Agent, order: MedicationOrder, unit: str, facts: Facts, knowledge: Knowledge) -> bool:
    total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days)
    dose = in_unit(total.together, unit)
    return dose is not None and dose > 0
