"""
What the knowledge says of two medicines together: which statements name both, and hold for this patient.

The law: both directions of a pair count, unless its statement goes one way. A medicine that is no longer taken counts
while its wash-out lasts, and only where the statement gives one. A medicine on the skin that a statement names by its
class alone meets it one step milder, as little of it gets into the blood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum

from msgspec import Struct

from .facts import Facts, MedicationOrder
from .finding import Statement
from .in_force import Knowledge, age_may_hold
from .situation import holds
from .statements import Combination, Interaction, Pair
from .totals import step_of
from .value_sets import medicine_key
from .washout import LastTaken

SKIN = frozenset({"topical"})


class Severity(IntEnum):
    """How much a statement makes of a pair, the mildest first."""

    MINOR = 1
    MODERATE = 2
    MAJOR = 3
    CONTRAINDICATED = 4


BY_WORD = {"minor": 1, "moderate": 2, "major": 3, "contraindicated": 4, "info": 2, "warning": 3, "critical": 4}


class Side(Struct, frozen=True):
    """One medicine of one order. `past`: it is no longer taken, and since when."""

    order: MedicationOrder
    ingredient: str
    names: frozenset[str]  # by which a statement may name it: itself and its classes
    past: LastTaken | None = None

    @classmethod
    def of(cls, order: MedicationOrder, ingredient: str, knowledge: Knowledge, past: LastTaken | None = None) -> Side:
        return cls(order, ingredient, knowledge.names_of(ingredient), past)

    def named_by(self, ids: Iterable[str]) -> bool:
        return not self.names.isdisjoint(ids)

    def by_class_on_skin(self, ids: Iterable[str]) -> bool:
        """Named as one of its class, though it is put on the skin."""
        return self.order.route in SKIN and medicine_key(self.ingredient) not in ids


class Clash(Struct, frozen=True):
    """One statement about two medicines, as it holds for this patient."""

    severity: Severity
    kind: str  # "effects" | "metabolism" | "twice"
    why: str
    action: str
    because: Statement
    mechanism: str = ""
    days: int | None = None  # of the wash-out that is not over


def clashes(judged: Side, other: Side, facts: Facts, knowledge: Knowledge) -> tuple[Clash, ...]:
    """Every statement that holds, the gravest first."""
    rows, files = _naming_both(judged, other, knowledge)
    if not rows and not files:
        return ()
    found = [*_combinations(files, judged, other, knowledge), *_interactions(rows, judged, other, facts, knowledge)]
    return tuple(sorted(found, key=lambda clash: -clash.severity))


def may_clash(judged: Side, knowledge: Knowledge) -> bool:
    """Whether any statement names this medicine: asked before every other order is looked at."""
    return not judged.names.isdisjoint(knowledge.named_in_pairs)


NamingRow = tuple[Interaction, Pair, bool]  # whether the judged medicine is the row's `a`
Naming = tuple[tuple[NamingRow, ...], tuple[Combination, ...]]


def _naming_both(judged: Side, other: Side, knowledge: Knowledge) -> Naming:
    """The statements that name both. The same two medicines meet often: remembered."""
    return knowledge.once(
        (judged.names, other.names),
        lambda: (tuple(_rows(judged, other, knowledge)), tuple(_files(judged, other, knowledge))),
    )


# --- interactions ---------------------------------------------------------------------------------------------------


def _interactions(
    rows: Iterable[NamingRow], judged: Side, other: Side, facts: Facts, knowledge: Knowledge
) -> Iterator[Clash]:
    for file, row, forward in rows:
        a, b = (judged, other) if forward else (other, judged)
        if _holds(row, a, facts, knowledge) and (other.past is None or _waiting(row, forward, other, facts)):
            yield _clash(file, row, a, b, other, knowledge, forward)


def _rows(judged: Side, other: Side, knowledge: Knowledge) -> Iterator[NamingRow]:
    for file in knowledge.interactions.values():
        for row in file.pair:
            forward = _forward(row, judged, other)
            if forward is not None:
                yield file, row, forward


def _forward(row: Pair, judged: Side, other: Side) -> bool | None:
    """Whether the judged one is the row's `a`; None where it does not name both. One way: `a` is being ordered."""
    if judged.named_by(row.a) and other.named_by(row.b):
        return True
    return False if not row.one_way and judged.named_by(row.b) and other.named_by(row.a) else None


def _holds(row: Pair, a: Side, facts: Facts, knowledge: Knowledge) -> bool:
    return (
        knowledge.is_here(row, a.order.formulation)
        and age_may_hold(row, facts.age_between())
        and (row.when is None or holds(row.when, facts))
        and _dose_reached(row, a)
    )


def _dose_reached(row: Pair, a: Side) -> bool:
    """A dose that is not known may be that high."""
    step = step_of(a.order, a.ingredient)
    mg = step.daily.mg if step else None
    return row.from_dose is None or mg is None or mg >= row.from_dose.value


def _waiting(row: Pair, forward: bool, other: Side, facts: Facts) -> bool:
    days = row.washout_days if forward else row.washout_days_reverse
    return bool(days and other.past and other.past.within(days, facts.day))


def _clash(file: Interaction, row: Pair, a: Side, b: Side, other: Side, knowledge: Knowledge, forward: bool) -> Clash:
    severity = BY_WORD[row.severity]
    if a.by_class_on_skin(row.a) or b.by_class_on_skin(row.b):
        severity -= 1
    if other.past is not None and not other.past.sure:
        severity = min(severity, Severity.MAJOR)
    if row.severity == "minor" and row.when is not None:
        severity = Severity.MODERATE  # what makes it worth saying is so
    days = (row.washout_days if forward else row.washout_days_reverse) if other.past else None
    because = knowledge.cite(file, "pair", row)
    return Clash(Severity(max(severity, 1)), file.kind, row.why, row.action, because, file.mechanism, days)


# --- combinations to avoid ------------------------------------------------------------------------------------------


def _combinations(files: Iterable[Combination], judged: Side, other: Side, knowledge: Knowledge) -> Iterator[Clash]:
    ours = judged.ingredient in knowledge.agents and other.ingredient in knowledge.agents
    if ours and other.past is None:
        yield from (_of_combination(file, knowledge) for file in files)


def _files(judged: Side, other: Side, knowledge: Knowledge) -> Iterator[Combination]:
    for file in knowledge.combinations.values():
        both_ways = ((file.a, file.b), (file.b, file.a))
        if file.verdict == "avoid" and any(judged.named_by(a) and other.named_by(b) for a, b in both_ways):
            yield file


def _of_combination(file: Combination, knowledge: Knowledge) -> Clash:
    because = knowledge.cite_all(file, "verdict")
    return Clash(Severity(BY_WORD[file.severity]), "effects", file.why, file.risk, because)
