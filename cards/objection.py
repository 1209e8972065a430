"""
One reason against one agent for one patient, and which of several reasons counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from .facts import Condition
from .finding import Statement
from .statements import Strength

GRAVITY: dict[Strength, int] = {"contraindicated": 0, "avoid": 1, "caution": 2}


class Objection(Struct, frozen=True):
    """One reason against one agent. `strength` is for this jurisdiction, this patient and what is dated."""

    strength: Strength
    why: str  # "heart failure: oedema"
    subject: str  # what the headline names: "Congestive heart failure"
    because: Statement
    condition: Condition | None = None
    kind: str = "condition"  # "condition" | "kidneys" | "allergy" | "medicine" | "age" | "period" | "result"
    reference: str = ""  # of the resource it rests on
    day: date | None = None  # when that was recorded or measured
    elsewhere: bool = False  # said in another jurisdiction
    certain: bool = True  # False: it is only not excluded


def gravest_first(against: Iterable[Objection]) -> list[Objection]:
    """Among equals what is said here, then as they came."""
    return sorted(against, key=lambda objection: (GRAVITY[objection.strength], objection.elsewhere))


def one_a_subject(against: Iterable[Objection]) -> list[Objection]:
    """Of several reasons that rest on one record, the gravest alone; gravest first."""
    kept: dict[tuple[str, str], Objection] = {}
    for objection in gravest_first(against):
        kept.setdefault(_subject(objection), objection)
    return list(kept.values())


def _subject(objection: Objection) -> tuple[str, str]:
    if objection.kind == "kidneys":
        return objection.kind, ""
    return objection.kind, objection.reference or objection.subject
