"""
How the lines of a dosage stand to each other in time.

The law: dates prove most, then "then", then numbers with bounds. Lines without numbers and bounds run side by side and
are summed. Lines that are numbered but not bounded may be either, as EHRs number both: the sum counts, and it is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import groupby, pairwise
from operator import add

from msgspec import Struct

from cards.facts import Dose, DoseStep
from cards.in_words import dose_said

from .arithmetic import Ordered, worth
from .dosage import Instruction
from .lines import Line


class Regimen(Struct, frozen=True):
    """Steps that follow one another, with what contradicts and what could not be read."""

    steps: tuple[DoseStep, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    partial: bool = False  # a line came to nothing
    otherwise: tuple[DoseStep, ...] = ()  # of lines that may follow one another: the steps if they do

    @property
    def highest(self) -> Dose | None:
        return max((step.daily for step in self.steps), key=size, default=None)


def size(dose: Dose) -> tuple[bool, object]:
    return dose.mg is not None, dose.mg if dose.mg is not None else dose.units


def compose(instructions: Sequence[Instruction], lines: Sequence[Sequence[Line]], ordered: Ordered) -> Regimen:
    """The regimen of all instructions together; `lines` holds what each is read to say."""
    each = [_own(instruction, own, ordered) for instruction, own in zip(instructions, lines, strict=True)]
    notes = tuple(note for regimen in each for note in regimen.notes)
    unread = tuple(why for regimen in each for why in regimen.unread)
    partial = any(regimen.partial for regimen in each)
    arranged = [(i, steps.steps) for i, steps in zip(instructions, each, strict=True) if steps.steps]
    if len(arranged) < 2:
        return Regimen(arranged[0][1] if arranged else (), notes, unread, partial)
    kind, groups = _arrangement(arranged)
    in_turn = tuple(step for group in groups for step in _side_by_side([steps for _, steps in group]))
    together = _side_by_side([steps for _, steps in arranged])
    if kind == "sequence":
        return Regimen(in_turn, notes, unread, partial)
    if kind == "together":
        return Regimen(together, notes, unread, partial)
    return Regimen(together, (*notes, _named(together, in_turn)), unread, partial, in_turn)


def _own(instruction: Instruction, lines: Sequence[Line], ordered: Ordered) -> Regimen:
    """The steps of one instruction: a line that begins with "then" begins a step."""
    steps: list[list[DoseStep]] = []
    notes, unread, partial = list(instruction.notes), [], False
    for line in lines:
        found = worth(line, ordered, instruction.most_at_once)
        notes += [found.note] if found.note else []
        if found.step is None:
            partial = True
            unread.append(_why(instruction, line, found.unread))
            continue
        unread += [found.unread] if found.unread else []
        if not steps or line.link == "then":
            steps.append([])
        steps[-1].append(found.step)
    return Regimen(tuple(_sum(step) for step in steps), tuple(notes), tuple(unread), partial)


def _why(instruction: Instruction, line: Line, unread: str | None) -> str:
    said = instruction.unread if not (line.amount and line.times) else None
    return said or unread or "not understood"


_Arranged = tuple[Instruction, tuple[DoseStep, ...]]


def _arrangement(arranged: Sequence[_Arranged]) -> tuple[str, list[list[_Arranged]]]:
    """ "together", "sequence" or "either", and the groups in their order in time."""
    if all(instruction.timing.starts for instruction, _ in arranged):
        dated = sorted(arranged, key=lambda one: str(one[0].timing.starts))
        if _apart(dated):
            return "sequence", [[one] for one in dated]
        if len({(i.timing.starts, i.timing.ends) for i, _ in arranged}) == 1 and arranged[0][0].timing.ends:
            return "together", [list(arranged)]
    if any(_begins_with_then(instruction) for instruction, _ in arranged[1:]):
        return "sequence", [[one] for one in arranged]
    return _by_number(arranged)


def _apart(dated: Sequence[_Arranged]) -> bool:
    return all(
        left.timing.ends and right.timing.starts and left.timing.ends <= right.timing.starts
        for (left, _), (right, _) in pairwise(dated)
    )


def _begins_with_then(instruction: Instruction) -> bool:
    return any(text.lower().startswith("then ") for _, text in instruction.texts)


def _by_number(arranged: Sequence[_Arranged]) -> tuple[str, list[list[_Arranged]]]:
    numbers = {instruction.sequence for instruction, _ in arranged}
    bounded = [all(step.days for step in steps) for _, steps in arranged]
    if None in numbers or len(numbers) == 1:
        unnumbered = numbers == {None}
        either = len(numbers) > 1 or (unnumbered and any(bounded) and not _equal_length(arranged))
        return "either" if either else "together", [[one] for one in arranged]
    by_number = sorted(arranged, key=lambda one: one[0].sequence or 0)
    groups = [list(group) for _, group in groupby(by_number, key=lambda one: one[0].sequence)]
    follow = all(step.days for group in groups[:-1] for _, steps in group for step in steps)
    return "sequence" if follow and not _at_other_hours(arranged) else "either", groups


def _equal_length(arranged: Sequence[_Arranged]) -> bool:
    return len({tuple(step.days for step in steps) for _, steps in arranged}) == 1


def _at_other_hours(arranged: Sequence[_Arranged]) -> bool:
    """Equally long and at hours that all differ: more likely morning and evening than one after the other."""
    slots = [instruction.timing.slots for instruction, _ in arranged]
    apart = all(slots) and len(frozenset().union(*slots)) == sum(map(len, slots))
    return apart and _equal_length(arranged)


def _side_by_side(regimens: Sequence[tuple[DoseStep, ...]]) -> tuple[DoseStep, ...]:
    """Taken beside each other: step by step where they have equally many, else the highest of each."""
    if len({len(steps) for steps in regimens}) == 1:
        return tuple(_sum(steps) for steps in zip(*regimens, strict=True))
    return (_sum([max(steps, key=lambda step: size(step.daily)) for steps in regimens]),)


def _sum(steps: Sequence[DoseStep]) -> DoseStep:
    if len(steps) == 1:
        return steps[0]
    singles = [step.single for step in steps if step.single is not None]
    often = [step.doses_per_day for step in steps if step.doses_per_day is not None]
    lasting = [step.days for step in steps if step.days is not None]
    ranged = any(step.lowest_daily for step in steps)
    return DoseStep(
        daily=reduce(add, (step.daily for step in steps)),
        single=max(singles, key=size, default=None),
        doses_per_day=sum(often[1:], often[0]) if len(often) == len(steps) else None,
        days=max(lasting) if len(lasting) == len(steps) else None,
        as_needed=any(step.as_needed for step in steps),
        lowest_daily=reduce(add, (step.lowest_daily or step.daily for step in steps)) if ranged else None,
    )


def _named(together: Sequence[DoseStep], in_turn: Sequence[DoseStep]) -> str:
    total, most = Regimen(tuple(together)).highest, Regimen(tuple(in_turn)).highest
    return (
        f"several lines without bounds in time: together {dose_said(total)} a day, "
        f"one after the other at most {dose_said(most)} a day"
    )
