"""
What the record as a whole lacks, of what the checks of any agent need: said in the same words wherever it is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Facts, Known, Unread
from .wording import said

Gap = tuple[str, str]  # a word or two for a headline, and a line

PARTS = {
    Known.MEDICATIONS: ("other medicines", "so interactions and duplicates were not checked"),
    Known.ALLERGIES: ("allergies", "so none was looked for"),
    Known.CONDITIONS: ("conditions", "so contraindications were not checked"),
}


# What a record may be of is not known, so each can matter.
RECORDS = {"medicine": "other medicines", "allergy": "allergies", "condition": "conditions"}
NAMED = 3


def unread_records(facts: Facts) -> tuple[Unread, ...]:
    """Records that may be of any medicine, an allergy to anything, or any condition."""
    return tuple(unread for unread in facts.unread if unread.what in RECORDS)


def gaps_of_the_record(facts: Facts) -> Iterator[Gap]:
    """Medicines, allergies and conditions that did not come, or were not read, with why; and an age not known."""
    why = {unread.what: unread.why for unread in facts.unread if not unread.reference}
    for part, (name, so) in PARTS.items():
        if part not in facts.known:
            yield name, f"{name}: {why.get(part.value, 'not supplied')}, {so}"
    for what, name in RECORDS.items():
        if found := [unread for unread in unread_records(facts) if unread.what == what]:
            yield name, f"{name}: {_not_read(found)}"
    if facts.age_between() is None:
        yield "age", "age: no birth date is known; the strictest age limit was applied"


def _not_read(found: list[Unread]) -> str:
    """Many records are one line, in which the first are named."""
    lines = [f"{said(unread.reference)}: {said(unread.why)}" for unread in found[:NAMED]]
    more = [f"and {len(found) - NAMED} more"] if len(found) > NAMED else []
    many = f"{len(found)} records were" if len(found) > 1 else "a record was"
    return f"{many} not read ({'; '.join([*lines, *more])})"
