"""
Duplicate therapy

When    a selected draft has an ingredient that another order has in another product, or is of a kind that must not be
        taken twice
And     the other is drafted or being taken, and goes on beside it
Then    name both, and the total a day where it can be read; stop one
Silent  for the same product re-prescribed in any strength, for an order that is replaced or runs out, and for an opioid
        for regular use beside one for breakthrough pain; two combination products within the limit are information
"""

from __future__ import annotations

from collections.abc import Iterator

from ..clashes import Severity
from ..facts import Facts, MedicationOrder
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..limits import in_unit
from ..pair_words import finding, reason, standing, verdict
from ..pairs import as_duplicate, meetings, pair_of
from ..same_ingredient import Repeat, repeats
from ..statements import Maximum
from ..totals import Total, total_a_day
from ..wording import amount, capital, fits, listed, said


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for repeat in repeats(facts, knowledge):
        yield _repeated(repeat, facts, knowledge)
    for meeting in meetings(facts, knowledge):
        clashes = as_duplicate(meeting)
        if clashes and clashes[0].severity > Severity.MINOR:
            twice = verdict(meeting, f"one kind of medicine twice; {reason(clashes[0])}", knowledge)
            yield finding(meeting, clashes, twice, facts, knowledge)


def _repeated(repeat: Repeat, facts: Facts, knowledge: Knowledge) -> Finding:
    agent, orders = repeat.agent, (repeat.judged, repeat.other)
    total = total_a_day(agent.id, repeat.judged, facts, supply_days=knowledge.supply_days)
    ceiling = _ceiling(repeat, facts, knowledge)
    within = _within(total, ceiling) and repeat.in_a_combination
    return Finding(
        summary=fits(f"{agent.title} twice: {_product(repeat.judged, repeat)} and {_product(repeat.other, repeat)}"),
        indicator=Indicator.INFO if within else Indicator.WARNING,
        agents=(agent.id,),
        orders=tuple(order.reference for order in orders if order.reference),
        detail=tuple(_lines(repeat, total, ceiling)),
        because=(knowledge.cite(agent, "formulation"), *(knowledge.cite(agent, "maximum", c) for c in ceiling)),
        daily_dose=total.together.mg if total.together else None,
        pair=pair_of(*orders),
    )


def _product(order: MedicationOrder, repeat: Repeat) -> str:
    """ "with oxycodone"; "alone"; or what the product is called where both have the ingredient alone."""
    if not repeat.in_a_combination:
        return said(order.label, 50)
    others = [name for name in order.ingredients if name != repeat.agent.id]
    return f"with {listed(others)}" if others else "alone"


def _ceiling(repeat: Repeat, facts: Facts, knowledge: Knowledge) -> list[Maximum]:
    """The lowest limit never to be passed, if one is stated in mg."""
    rows = knowledge.maxima(repeat.agent, repeat.judged.formulation, (), facts.age_between())
    found = [row for row in rows if row.kind == "ceiling" and row.dose.unit == "mg/d" and not row.with_medicine]
    return sorted(found, key=lambda row: row.dose.value)[:1]


def _within(total: Total, ceiling: list[Maximum]) -> bool:
    """Known, all of it, and not above the limit."""
    dose = in_unit(total.together, "mg/d")
    return dose is not None and not total.unreadable and bool(ceiling) and dose <= ceiling[0].dose.value


def _lines(repeat: Repeat, total: Total, ceiling: list[Maximum]) -> Iterator[str]:
    yield f"{capital(said(repeat.other.label))}: {standing(repeat.other)}"
    if total.together and total.together.mg is not None and not total.unreadable:
        yield f"{repeat.agent.title} a day: {total.words}"
    if ceiling:
        yield f"At most {amount(ceiling[0].dose.value, ceiling[0].dose.unit)} a day, all products together"
    yield "Keep one product, or write which of the two is to stop."
