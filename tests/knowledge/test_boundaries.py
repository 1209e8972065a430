"""Both sides of every figure and the figure itself, for every agent: made from the files, so that none is left out.

Two readings are held against each other: the comparison of a band as it stands in the file, read here by splitting it
at its signs, and what the rules do with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from cards import RULES, KnowledgeBase, seed
from cards.at_hand import at_hand
from cards.facts import Dose, DoseStep, Facts
from cards.limits import dose_limit, renal_limit
from cards.statements import Agent, Band, Maximum, Renal
from tests.rules.dose_patients import DAY, Ward

HAIR = Fraction(1, 1000)
AGENTS: dict[str, Agent] = dict(seed().on(DAY).agents)
RENAL, CEILING = RULES["daily-dose-above-renal-maximum"], RULES["daily-dose-above-maximum"]


def around(edge: Fraction) -> list[Fraction]:
    return [value for value in (edge - HAIR, edge, edge + HAIR) if value > 0]


def by_its_words(text: str, value: Fraction) -> bool:
    """ "15 < crcl <= 30", read word by word."""
    words = text.split()
    place = words.index("crcl")
    low, high = words[:place], words[place + 1 :]
    return (not low or _is(Fraction(low[0]), low[1], value)) and (not high or _is(value, high[0], Fraction(high[1])))


def _is(left: Fraction, sign: str, right: Fraction) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def edges(bands: tuple[Band, ...]) -> list[Fraction]:
    return sorted({edge for band in bands for edge in (band.crcl.low, band.crcl.high) if edge is not None})


# --- bands ----------------------------------------------------------------------------------------------------------


def tables() -> Iterator[Any]:
    for name, agent in AGENTS.items():
        yield from (pytest.param(agent, table, id=f"{name}-{table.id}") for table in agent.renal)


@pytest.mark.parametrize(("agent", "table"), list(tables()))
def test_a_band_holds_exactly_where_its_words_say(agent: Agent, table: Renal) -> None:
    for value in (value for edge in edges(table.bands) for value in around(edge)):
        for band in table.bands:
            assert band.crcl.holds(value) is by_its_words(band.crcl.text, value), (band.crcl.text, float(value))


def formulations() -> Iterator[Any]:
    for name, agent in AGENTS.items():
        for formulation in agent.formulation:
            for jurisdiction in ("US", "UK"):
                yield pytest.param(agent, formulation.id, jurisdiction, id=f"{name}-{formulation.id}-{jurisdiction}")


@pytest.mark.parametrize(("agent", "formulation", "jurisdiction"), list(formulations()))
def test_the_limit_of_the_kidneys_is_silent_at_the_figure_and_speaks_above(
    agent: Agent, formulation: str, jurisdiction: str, base: KnowledgeBase
) -> None:
    knowledge = base.on(DAY, jurisdiction)
    ward = Ward(knowledge)
    for table in knowledge.here(agent.renal, formulation):
        for crcl in (value for edge in edges(table.bands) for value in around(edge)):
            facts = ward.facts(ward.order(agent.id, formulation=formulation), conditions=table.indication[:1], crcl=1)
            facts = replace(facts, kidneys=replace(facts.kidneys, low=crcl, high=crcl))
            here = at_hand(facts, knowledge, facts.orders[0])
            limit = renal_limit(agent, formulation, here, facts, knowledge)
            if limit is None:
                continue
            assert limit.most in figures(agent, crcl)
            silent = [dose for dose in (limit.most - HAIR, limit.most) if dose > 0]
            for dose, speaks in [*((dose, False) for dose in silent), (limit.most + HAIR, True)]:
                found = list(RENAL(ordered(facts, dose, limit.unit), knowledge))
                assert bool(found) is speaks, (table.id, float(crcl), float(dose))


def figures(agent: Agent, crcl: Fraction) -> set[Fraction]:
    """What the agent's own bands say at this kidney function, by their words."""
    bands = [band for table in agent.renal for band in table.bands if by_its_words(band.crcl.text, crcl)]
    plain = {Fraction(0) if band.avoid else band.maximum.value for band in bands if band.avoid or band.maximum}
    shares = [b.maximum.value * crcl / b.proportional_to for b in bands if b.maximum and b.proportional_to]
    return plain | {Fraction(int(share)) for share in shares}  # whole milligrams, downwards


# --- maxima ---------------------------------------------------------------------------------------------------------


def maxima() -> Iterator[Any]:
    for name, agent in AGENTS.items():
        for row in agent.maximum:
            if row.kind in ("ceiling", "usual"):
                yield pytest.param(agent, row, id=f"{name}-{row.id}")


def ages(row: Maximum) -> list[int]:
    """The first or last year on each side of a row's ages."""
    found = [age for edge in (row.age_from, row.age_under) if edge for age in (edge - 1, edge)]
    return [age for age in [*found, *((row.age_over, row.age_over + 1) if row.age_over else ())] if age >= 18] or [50]


@pytest.mark.parametrize(("agent", "row"), list(maxima()))
def test_a_maximum_is_silent_at_the_figure_and_speaks_above(agent: Agent, row: Maximum, base: KnowledgeBase) -> None:
    knowledge = base.on(DAY, (row.jurisdiction or ("US",))[0])
    ward, spoken = Ward(knowledge), 0
    formulation = (row.formulation or tuple(f.id for f in agent.formulation))[0]
    for age in ages(row):
        facts = facts_for(ward, agent, row, formulation, age)
        here = at_hand(facts, knowledge, facts.orders[0])
        limit = dose_limit(agent, formulation, row.kind, here, facts, knowledge, single=row.single)
        if limit is None or limit.row.id != row.id:
            continue
        for dose, speaks in ((limit.most - HAIR, False), (limit.most, False), (limit.most + HAIR, True)):
            found = [
                finding
                for finding in CEILING(ordered(facts, dose, limit.unit, single=row.single), knowledge)
                if finding.limit and finding.limit.value == limit.most
            ]
            assert bool(found) is speaks, (row.id, age, float(dose))
            spoken += speaks
    if not spoken:
        assert is_overruled(agent, row), f"{row.id} was never asked for"


def is_overruled(agent: Agent, row: Maximum) -> bool:
    """Another row of the same kind says as much or less for the same patients, or a ceiling stands in its place."""
    return any(
        other is not row and other.dose.unit == row.dose.unit and other.dose.value <= row.dose.value
        for other in agent.maximum
    )


def facts_for(ward: Ward, agent: Agent, row: Maximum, formulation: str, age: int) -> Facts:
    order = ward.order(agent.id, formulation=formulation)
    beside = [ward.taken(medicine_of(ward, name), key=name) for name in row.with_medicine[:1]]
    facts = ward.facts(order, *beside, conditions=row.indication[:1] or ("neuropathic-pain",), age=age)
    return replace(facts, patient=replace(facts.patient, weight_kg=Fraction(80)))


def medicine_of(ward: Ward, name: str) -> str:
    """A medicine of a class, or the medicine itself."""
    return next((agent for agent, file in AGENTS.items() if name in file.classes), name)


def ordered(facts: Facts, dose: Fraction, unit: str, single: bool = False) -> Facts:
    """The facts with the first order at so much a day, or at once."""
    plain = unit.removesuffix("/d")
    amount = Dose(mg=dose) if plain == "mg" else Dose(None, dose, plain)
    order = facts.orders[0]
    step = DoseStep(amount, amount if single else None, Fraction(1))
    return replace(
        facts, orders=(replace(order, dosage=replace(order.dosage, steps=(step,), absent=False)), *facts.orders[1:])
    )
