"""
Combination to avoid

When    a selected draft and another agent of ours, drafted or being taken, are of different class
And     what they do to the body adds up or cancels: a statement on the two says so
Then    name both and the risk, and what to do instead
Silent  for two of one class or ingredient: duplicate-therapy; where only levels change, or the effect is moderate:
        interaction
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Facts
from ..finding import Finding
from ..in_force import Knowledge
from ..pair_words import finding, reason, verdict
from ..pairs import as_combination, meetings, worth_saying


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for meeting in meetings(facts, knowledge):
        clashes = worth_saying(as_combination(meeting, knowledge))
        if clashes:
            avoid = verdict(meeting, reason(clashes[0]), knowledge, lead="Avoid")
            yield finding(meeting, clashes, avoid, facts, knowledge)
