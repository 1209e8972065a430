"""
Interaction

When    a selected draft meets a medicine that is drafted, being taken, or was stopped within its wash-out
And     one of the two is not an agent of ours, or the one changes the level of the other; in both directions
Then    say what may happen and what to do: critical where a label forbids it, a warning where it is major, information
        where it is moderate, all the moderate ones of an order on one card; of a wash-out, the day it is over
Silent  for a minor one, unless the situation that its statement names is this patient's; for a moderate one where both
        are being taken already; for grave effects of two agents of ours: combination-to-avoid and duplicate-therapy
"""

from __future__ import annotations

from collections.abc import Iterator

from ..clashes import Clash, Severity
from ..facts import Facts
from ..finding import Beside, Finding, Indicator
from ..in_force import Knowledge
from ..pair_words import finding, in_full, not_known, reason, verdict, waiting
from ..pairs import Meeting, already_together, as_combination, as_duplicate, as_interaction, meetings, worth_saying
from ..wording import capital, fits, listed, uncapital

Found = tuple[Meeting, tuple[Clash, ...]]


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    mild: dict[str, list[Found]] = {}
    for meeting in meetings(facts, knowledge):
        clashes = worth_saying(as_interaction(meeting, knowledge))
        if not clashes:
            continue
        if clashes[0].severity > Severity.MODERATE or as_combination(meeting, knowledge) or as_duplicate(meeting):
            yield finding(meeting, clashes, _said(meeting, clashes[0], facts, knowledge), facts, knowledge)
        elif not already_together(meeting, facts):
            mild.setdefault(meeting.judged.order.reference, []).append((meeting, clashes))
    for several in mild.values():
        yield _together(several, facts, knowledge)


def _said(meeting: Meeting, clash: Clash, facts: Facts, knowledge: Knowledge) -> str | Beside:
    if meeting.other.past and clash.days:
        return waiting(meeting, meeting.other.past, clash.days, facts, knowledge)
    never = clash.severity is Severity.CONTRAINDICATED
    return verdict(meeting, reason(clash), knowledge, lead="Do not combine" if never else "")


def _together(several: list[Found], facts: Facts, knowledge: Knowledge) -> Finding:
    """One card for the moderate interactions of one order; a single one is a pair like any other."""
    meeting, clashes = several[0]
    if len(several) == 1:
        return finding(meeting, clashes, _said(meeting, clashes[0], facts, knowledge), facts, knowledge)
    others = [knowledge.name(each.other.ingredient) for each, _ in several]
    name = capital(knowledge.name(meeting.judged.ingredient))
    orders = (meeting.judged.order, *(each.other.order for each, _ in several))
    return Finding(
        summary=fits(f"{name} with {listed(others)}: interactions to watch"),
        indicator=Indicator.INFO,
        agents=tuple(dict.fromkeys(agent for each, _ in several for agent in each.agents)),
        orders=tuple(dict.fromkeys(order.reference for order in orders if order.reference)),
        detail=tuple(_lines(several, knowledge)),
        because=tuple(dict.fromkeys(clash.because for _, found in several for clash in found)),
        not_checked=not_known(meeting.judged.ingredient, facts, knowledge),
    )


def _lines(several: list[Found], knowledge: Knowledge) -> Iterator[str]:
    """One line a reason, with every medicine that it holds for."""
    by_reason: dict[str, list[str]] = {}
    for meeting, clashes in several:
        by_reason.setdefault(" ".join(map(in_full, clashes)), []).append(knowledge.name(meeting.other.ingredient))
    yield from (f"{capital(listed(names))}: {uncapital(why)}" for why, names in by_reason.items())
