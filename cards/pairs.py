"""
Which medicines meet: a draft that is judged, another order beside it, and the statements that name both.

The law: a pair is judged if one of it is a selected draft. The other is drafted, being taken, or was stopped so lately
that a wash-out is not over; an active order that a draft replaces counts as stopped today. A medicine never meets
itself, and two orders of one medicine beside the judged one are one pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from .clashes import Clash, Severity, Side, clashes, may_clash
from .facts import Facts, Known, MedicationOrder, Role
from .in_force import Knowledge
from .washout import LastTaken, last_taken


class Meeting(Struct, frozen=True):
    """Two medicines of two orders that a statement names. `clashes` is never empty, the gravest first."""

    judged: Side
    other: Side
    clashes: tuple[Clash, ...]

    @property
    def pair(self) -> frozenset[str]:
        return pair_of(self.judged.order, self.other.order)

    @property
    def agents(self) -> tuple[str, str]:
        return self.judged.ingredient, self.other.ingredient

    def ours(self, knowledge: Knowledge) -> bool:
        """Both have a file of their own."""
        return all(name in knowledge.agents for name in self.agents)


def pair_of(left: MedicationOrder, right: MedicationOrder) -> frozenset[str]:
    """What makes findings of several rules one pair: the references of its orders, or what is in those without one."""
    return frozenset(order.reference or "+".join(order.ingredients) for order in (left, right))


def meetings(facts: Facts, knowledge: Knowledge) -> Iterator[Meeting]:
    """Every pair that a selected draft is part of."""
    seen: set[frozenset[tuple[str, str]]] = set()
    for judged in facts.selected():
        for meeting in meetings_of(judged, judged.ingredients, facts, knowledge):
            pair = frozenset(
                (side.order.reference if side.order.selected else "", side.ingredient)
                for side in (meeting.judged, meeting.other)
            )
            if pair not in seen:
                seen.add(pair)
                yield meeting


def meetings_of(
    judged: MedicationOrder, ingredients: Iterable[str], facts: Facts, knowledge: Knowledge
) -> Iterator[Meeting]:
    """Every pair of one order. It need not be among the facts: it may be what is about to be offered."""
    sides = [side for name in ingredients if may_clash(side := Side.of(judged, name, knowledge), knowledge)]
    others = [side for side in _present(facts, knowledge) if _is_other(side.order, judged)] if sides else []
    for left in sides:
        for right in others:
            if right.ingredient != left.ingredient and (found := clashes(left, right, facts, knowledge)):
                yield Meeting(left, right, found)


def _is_other(order: MedicationOrder, judged: MedicationOrder) -> bool:
    return order is not judged and not (order.reference and order.reference == judged.reference)


def _present(facts: Facts, knowledge: Knowledge) -> tuple[Side, ...]:
    """The medicines that may count and that some statement names: those being taken, drafted, and lately stopped."""
    return facts.once("medicines that may clash", lambda: tuple(_sides(facts, knowledge)))


def _sides(facts: Facts, knowledge: Knowledge) -> Iterator[Side]:
    for order, past in sorted(_orders(facts, knowledge), key=_being_taken_first):
        for name in order.ingredients:
            if may_clash(side := Side.of(order, name, knowledge, past), knowledge):
                yield side


def _being_taken_first(found: tuple[MedicationOrder, LastTaken | None]) -> tuple[bool, bool]:
    return found[1] is not None, found[0].role is not Role.ACTIVE


def _orders(facts: Facts, knowledge: Knowledge) -> Iterator[tuple[MedicationOrder, LastTaken | None]]:
    replaced = {reference for draft in facts.drafts() for reference in draft.replaces}
    for order in facts.orders:
        ending = order.role is Role.STOP or (order.role is Role.ACTIVE and order.reference in replaced)
        if order.role in (Role.DRAFT, Role.ACTIVE) and not ending:
            yield order, None
        elif past := last_taken(order, ending, facts.day, knowledge.recent_days):
            yield order, past


def already_together(meeting: Meeting, facts: Facts) -> bool:
    """Both are being taken already: the draft goes on with what the clinician knows."""
    taken = {name for order in facts.active() for name in order.ingredients}
    return meeting.other.past is None and taken.issuperset(meeting.agents)


def past_unknown(ingredient: str, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether something stopped lately could still count for this medicine, and what was stopped is not known."""
    names = knowledge.names_of(ingredient)
    known = Known.HISTORY in facts.known or any(facts.past())
    return not known and not names.isdisjoint(knowledge.named_in_washouts)


# --- who speaks of it -----------------------------------------------------------------------------------------------


def as_duplicate(meeting: Meeting) -> tuple[Clash, ...]:
    """What says that the two are one kind of medicine twice, and all else that is said of their effects."""
    if not any(clash.kind == "twice" for clash in meeting.clashes):
        return ()
    first = [clash for clash in meeting.clashes if clash.kind == "twice"]
    return (*first, *(clash for clash in meeting.clashes if clash.kind == "effects"))


def as_combination(meeting: Meeting, knowledge: Knowledge) -> tuple[Clash, ...]:
    """What is said of the effects of two medicines of ours that are not one kind twice, where that is grave."""
    effects = tuple(clash for clash in meeting.clashes if clash.kind == "effects")
    grave = any(clash.severity > Severity.MODERATE for clash in effects)
    return effects if grave and meeting.ours(knowledge) and not as_duplicate(meeting) else ()


def as_interaction(meeting: Meeting, knowledge: Knowledge) -> tuple[Clash, ...]:
    """Everything else: what one medicine does to the level of the other, and all that no other rule takes."""
    taken = (*as_duplicate(meeting), *as_combination(meeting, knowledge))
    return tuple(clash for clash in meeting.clashes if clash not in taken)


def worth_saying(found: tuple[Clash, ...]) -> tuple[Clash, ...]:
    """Minor ones are not, alone or beside a graver one."""
    return tuple(clash for clash in found if clash.severity > Severity.MINOR)
