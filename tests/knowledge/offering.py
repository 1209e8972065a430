"""
What a condition leaves to offer to a patient: the conflict rule in the small, for tests that look at the files alone.

Out beats last beats first, two outs never cancel, and nothing from outside the condition's file fills a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cards.statements import Against, Condition, Manner, Modifier, Move, Row, Scoped, When
from tests.knowledge.knowledge_files import typed

CONDITIONS: dict[str, Condition] = typed("conditions", Condition)
MODIFIERS: dict[str, Modifier] = typed("modifiers", Modifier)

CLASSES = {
    "amitriptyline": "tca",
    "nortriptyline": "tca",
    "duloxetine": "snri",
    "gabapentin": "gabapentinoid",
    "pregabalin": "gabapentinoid",
    "carbamazepine": "sodium-channel-anticonvulsant",
    "oxcarbazepine": "sodium-channel-anticonvulsant",
    "lidocaine": "local-anaesthetic-topical",
    "capsaicin": "capsaicinoid",
}
TRICYCLICS = {"amitriptyline", "nortriptyline"}
GABAPENTINOIDS = {"gabapentin", "pregabalin"}
TOPICALS = {"lidocaine", "capsaicin"}
GENERIC = {"duloxetine", "gabapentin", "pregabalin"}
JURISDICTIONS = ("US", "UK")


@dataclass(frozen=True)
class Patient:
    age: int = 50
    value_sets: frozenset[str] = frozenset()
    medicines: frozenset[str] = frozenset()
    crcl: Fraction = Fraction(90)
    results: tuple[tuple[str, str], ...] = ()


def patient(
    *value_sets: str,
    age: int = 50,
    crcl: int | str = 90,
    medicines: tuple[str, ...] = (),
    results: tuple[tuple[str, str], ...] = (),
) -> Patient:
    return Patient(age, frozenset(value_sets), frozenset(medicines), Fraction(crcl), results)


def concerns(when: When | None, who: Patient) -> bool:
    if when is None:
        return True
    return (
        (when.age_from is None or who.age >= when.age_from)
        and (when.age_under is None or who.age < when.age_under)
        and (not when.value_sets or bool(who.value_sets & set(when.value_sets)))
        and not who.value_sets & set(when.unless_value_sets)
        and (when.crcl is None or when.crcl.holds(who.crcl))
        and (not when.medicines or bool(who.medicines & set(when.medicines)))
        and not who.medicines & set(when.unless_medicines)
        and (not when.result or _answered(when, dict(who.results)))
    )


def _answered(when: When, results: dict[str, str]) -> bool:
    found = results.get(when.result)
    if found is None:
        return False
    return found in when.answers if when.answers else when.is_ is not None and when.is_.holds(Fraction(found))


def here(row: Scoped, who: Patient, jurisdiction: str) -> bool:
    return (
        (not row.jurisdiction or jurisdiction in row.jurisdiction)
        and (row.age_from is None or who.age >= row.age_from)
        and (row.age_under is None or who.age < row.age_under)
    )


def touches(row: Move | Manner | Against, agent: str) -> bool:
    return agent in row.agents or CLASSES[agent] in row.classes


def holding(condition: Condition, who: Patient, jurisdiction: str = "US") -> Iterator[Move | Manner]:
    """The effects and manners of the condition and of every modifier that concerns the patient."""
    files: list[Condition | Modifier] = [condition]
    files += [m for m in MODIFIERS.values() if any(concerns(when, who) for when in m.when)]
    for file in files:
        for row in (*file.effect, *file.manner):
            if here(row, who, jurisdiction) and concerns(row.when, who):
                yield row


def offers(stem: str, who: Patient | None = None, jurisdiction: str = "US") -> list[str]:
    """What is left to offer, in order."""
    who = who or Patient()
    moves = [row for row in holding(CONDITIONS[stem], who, jurisdiction) if isinstance(row, Move)]
    left = []
    for row in CONDITIONS[stem].offer:
        if not here(row, who, jurisdiction) or (row.needs_value_set and not who.value_sets & set(row.needs_value_set)):
            continue
        for agent in row.agents:
            found = {move.move for move in moves if touches(move, agent)}
            if "out" not in found:
                left.append((1 if "last" in found else -1 if "first" in found else 0, row.group, agent))
    return [agent for _, _, agent in sorted(left, key=lambda item: item[:2])]


def in_words(stem: str, agent: str, who: Patient) -> bool:
    rows = holding(CONDITIONS[stem], who)
    return any(isinstance(row, Manner) and row.how == "in words" and touches(row, agent) for row in rows)


def slower(stem: str, agent: str, who: Patient) -> bool:
    rows = holding(CONDITIONS[stem], who)
    return any(isinstance(row, Manner) and row.how == "slower" and touches(row, agent) for row in rows)


def all_offered(condition: Condition) -> set[str]:
    return {agent for row in condition.offer for agent in row.agents}


def sentences(table: Any) -> Iterator[str]:
    """Every string of a file but its sources."""
    if isinstance(table, dict):
        for key, value in table.items():
            if key not in ("source", "sources"):
                yield from sentences(value)
    elif isinstance(table, list):
        for value in table:
            yield from sentences(value)
    elif isinstance(table, str):
        yield table


def rows(file: Condition | Modifier) -> Iterator[Row]:
    for name in file.__struct_fields__:
        value = getattr(file, name)
        yield from (row for row in value if isinstance(row, Row)) if isinstance(value, tuple) else ()
