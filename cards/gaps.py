"""
What the record as a whole lacks, of what the checks of any agent need: said in the same words wherever it is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Facts, Known, Unread

Gap = tuple[str, str]  # a word or two for a headline, and a line

PARTS = {
    Known.MEDICATIONS: ("other medicines", "so interactions and duplicates were not checked"),
    Known.ALLERGIES: ("allergies", "so none was looked for"),
    Known.CONDITIONS: ("conditions", "so contraindications were not checked"),
}


def unread_allergies(facts: Facts) -> tuple[Unread, ...]:
    """Records that may be of an allergy to anything."""
    return tuple(unread for unread in facts.unread if unread.what == "allergy")


def gaps_of_the_record(facts: Facts) -> Iterator[Gap]:
    """Medicines, allergies and conditions that did not come, with why; and an age that is not known."""
    why = {unread.what: unread.why for unread in facts.unread if not unread.reference}
    for part, (name, so) in PARTS.items():
        if part not in facts.known:
            yield name, f"{name}: {why.get(part.value, 'not supplied')}, {so}"
    for unread in unread_allergies(facts):
        yield "allergies", f"allergies: a record was not read ({unread.reference}: {unread.why})"
    if facts.age_between() is None:
        yield "age", "age: no birth date is known; the strictest age limit was applied"
