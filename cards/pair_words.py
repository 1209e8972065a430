"""
What a card says of two medicines together: the words that the rules on pairs share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from .clashes import Clash, Severity
from .facts import Facts, MedicationOrder, Role
from .finding import Beside, Finding, Indicator
from .in_force import Knowledge
from .pairs import Meeting, past_unknown
from .washout import LastTaken
from .wording import capital, fits, said, uncapital, without_repeats

INDICATORS = {
    Severity.MODERATE: Indicator.INFO,
    Severity.MAJOR: Indicator.WARNING,
    Severity.CONTRAINDICATED: Indicator.CRITICAL,
}

LATELY = "medicines stopped lately: not known, so no wash-out was checked"
MOST_REASONS = 3
SHORT = 80  # letters of a reason that a headline takes whole


def verdict(meeting: Meeting, what: str, knowledge: Knowledge, lead: str = "") -> Beside:
    """ "Tramadol with" "duloxetine" ": both raise serotonin"; `lead` before the first name: "Avoid"."""
    judged, other = (knowledge.name(name) for name in meeting.agents)
    first = f"{lead} {judged}" if lead else capital(judged)
    return Beside(f"{first} with", other, what, standing_line(meeting.other.order, meeting.other.past))


def finding(
    meeting: Meeting, clashes: tuple[Clash, ...], said_of_it: str | Beside, facts: Facts, knowledge: Knowledge
) -> Finding:
    """One pair as one card; `clashes` is what the rule says of it, the first in the headline."""
    beside = said_of_it if isinstance(said_of_it, Beside) else None
    summary = f"{beside.lead} {beside.other}: {beside.verdict}" if beside else str(said_of_it)
    orders = (meeting.judged.order.reference, meeting.other.order.reference)
    return Finding(
        summary=fits(summary),
        indicator=INDICATORS[max(clash.severity for clash in clashes)],
        agents=meeting.agents,
        orders=tuple(reference for reference in orders if reference),
        detail=tuple(without_repeats(lines(meeting, clashes))),
        because=tuple(clash.because for clash in clashes),
        pair=meeting.pair,
        beside=beside,
        not_checked=not_known(meeting.judged.ingredient, facts, knowledge),
    )


def not_known(ingredient: str, facts: Facts, knowledge: Knowledge) -> tuple[str, ...]:
    return (LATELY,) if past_unknown(ingredient, facts, knowledge) else ()


def both(meeting: Meeting, knowledge: Knowledge) -> str:
    """ "tramadol with duloxetine"."""
    return f"{knowledge.name(meeting.judged.ingredient)} with {knowledge.name(meeting.other.ingredient)}"


def reason(clash: Clash) -> str:
    """Why, as the end of a headline: its first clause where it is long."""
    why = said(clash.why, 200).rstrip(".")
    return uncapital(why if len(why) <= SHORT else re.split(r"[;.] ", why)[0])


def lines(meeting: Meeting, clashes: tuple[Clash, ...]) -> Iterator[str]:
    """The other order, then each reason with what to do."""
    yield standing_line(meeting.other.order, meeting.other.past)
    actions: set[str] = set()
    for clash in clashes[:MOST_REASONS]:
        yield in_full(clash) if clash.action not in actions else f"{clash.why.rstrip('.')}."
        actions.add(clash.action)
    reasons = " ".join(clash.why for clash in clashes[:MOST_REASONS]).lower()
    yield from (
        f"{c.mechanism}."
        for c in clashes[:1]
        if c.kind == "effects" and c.mechanism and c.mechanism.lower() not in reasons
    )


def in_full(clash: Clash) -> str:
    return f"{clash.why.rstrip('.')}. {clash.action}"


def standing_line(order: MedicationOrder, past: LastTaken | None = None) -> str:
    return f"{capital(said(order.label))}: {standing(order, past)}"


def standing(order: MedicationOrder, past: LastTaken | None = None) -> str:
    """What the other order is to this patient. `past`: it is no longer taken, and since when."""
    if past is None:
        return "being taken" if order.role is Role.ACTIVE else "drafted as well"
    words = {"stopped": f"stopped {past.day}", "supply": f"its supply ended {past.day}"}
    return words.get(past.how, "stopped; the record does not say when")


def waiting(meeting: Meeting, past: LastTaken, days: int, facts: Facts, knowledge: Knowledge) -> str:
    """ "Duloxetine: wait 14 days after phenelzine, stopped 7 days ago: not before 2026-12-06"."""
    judged, other = (knowledge.name(name) for name in meeting.agents)
    after = f"{capital(judged)}: wait {count(days)} after {other}"
    if not past.sure:
        return f"{after}; when it was stopped is not on record"
    verb = "stopped" if past.how == "stopped" else "supply ended"
    gone = (facts.day - past.day).days
    ago = f"{count(gone)} ago" if gone else "today"
    return f"{after}, {verb} {ago}: not before {past.day + timedelta(days=days)}"


def count(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
