"""
A second agent beside a first: which pairs the knowledge supports for this patient, and which it speaks against.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from .facts import Facts
from .in_force import Knowledge
from .offers import Offered, offers
from .situation import holds
from .statements import Agent, Combination, Condition
from .value_sets import medicine_key


class Second(Struct, frozen=True):
    """An agent that suits this patient, beside the first, and the file that supports the pair."""

    offered: Offered
    file: Combination

    @property
    def name(self) -> str:
        """The agent, with its form where only one of several is meant."""
        title, form = self.offered.agent.title.lower(), self.offered.formulation.short
        return f"{title} {form}" if self.offered.offer.use and form else title


def seconds(first: Agent, ladder: Condition, facts: Facts, knowledge: Knowledge) -> list[Second]:
    """In the order of the condition's offers."""
    files = list(_files(first, "supported", ladder, knowledge))
    fitting = [(file, other) for file, other in files if not any(holds(when, facts) for when in file.not_for)]
    return [
        Second(offered, file)
        for offered in (offers(ladder, facts, knowledge).offered if fitting else ())
        for file, other in fitting
        if _named(offered.agent.id, other, knowledge)
    ]


def supported(first: Agent, second: str, ladder: Condition, facts: Facts, knowledge: Knowledge) -> Combination | None:
    """The file that supports a pair for this patient."""
    for file, other in _files(first, "supported", ladder, knowledge):
        if _named(second, other, knowledge) and not any(holds(when, facts) for when in file.not_for):
            return file
    return None


def against(first: Agent, ladder: Condition, knowledge: Knowledge) -> Iterator[tuple[Combination, list[str]]]:
    """The files that speak against a second agent, with those of the condition's offers they mean."""
    offered = dict.fromkeys(name for offer in knowledge.here(ladder.offer) for name in offer.agents)
    for file, other in _files(first, "avoid", ladder, knowledge):
        meant = [name for name in offered if name != first.id and _named(name, other, knowledge)]
        if meant:
            yield file, meant


def _files(
    first: Agent, verdict: str, ladder: Condition, knowledge: Knowledge
) -> Iterator[tuple[Combination, tuple[str, ...]]]:
    """Files of a verdict that name the first agent, with their other side."""
    for file in knowledge.combinations.values():
        if file.verdict == verdict and (not file.conditions or ladder.value_set in file.conditions):
            for side, other in ((file.a, file.b), (file.b, file.a)):
                if _named(first.id, side, knowledge):
                    yield file, other


def _named(ingredient: str, ids: tuple[str, ...], knowledge: Knowledge) -> bool:
    return not (knowledge.value_sets.classes_of(ingredient) | {medicine_key(ingredient)}).isdisjoint(ids)
