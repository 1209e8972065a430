"""
Combination options

When    one agent that the condition offers is being taken at its target dose, for the time of a trial
And     a selected draft adds another agent for the same pain, or raises the first above its target
Then    say since when and from which order; which second agents may be considered beside it and which not, with both
        doses, one change at a time; an order to accept where the draft is not one of them
Silent  before an adequate trial; where the condition's file does not offer combinations by default; for a patient whom
        no supported pair fits; where two agents for this pain are taken already
"""

from __future__ import annotations

from collections.abc import Iterator

from ..at_hand import at_hand
from ..facts import Condition, Facts, MedicationOrder
from ..fhir.order import schedule_in_words
from ..finding import Finding, Indicator, Proposal, Statement
from ..in_force import Knowledge
from ..second_agent import Second, against, seconds, supported
from ..statements import Combination
from ..statements import Condition as Ladder
from ..totals import arithmetic, step_of
from ..trial import Trial, trial_of
from ..wording import amount, capital, fits, listed, said

OFFERED = "may be considered"
MOST_TO_ACCEPT = 2


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order in facts.selected():
        for ladder, condition in at_hand(facts, knowledge, order).ladders:
            first = _first(ladder, order, facts, knowledge)
            if first and not condition.provisional and ladder.combination == OFFERED:
                yield from _finding(first, order, ladder, condition, facts, knowledge)


def _first(ladder: Ladder, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> Trial | None:
    """The one agent of the condition that is being taken, if its trial was adequate and the draft adds or raises."""
    offered = {name for offer in knowledge.here(ladder.offer) for name in offer.agents}
    replaced = {reference for draft in facts.drafts() for reference in draft.replaces}
    going_on = {n for o in facts.active() if o.reference not in replaced for n in o.ingredients if n in offered}
    taken = {n for o in facts.active() for n in o.ingredients if n in offered}
    if len(taken) != 1:
        return None
    name = next(iter(taken))
    trial = trial_of(knowledge.agents[name], ladder, facts, knowledge) if name in knowledge.agents else None
    adds = name in going_on and any(n in knowledge.agents for n in order.ingredients if n != name)
    return trial if trial and trial.enough and (adds or _raises(order, trial)) else None


def _raises(order: MedicationOrder, trial: Trial) -> bool:
    step = step_of(order, trial.agent.id) if trial.agent.id in order.ingredients else None
    return step is not None and step.daily.mg is not None and step.daily.mg > max(trial.dose, trial.target)


def _finding(
    first: Trial, order: MedicationOrder, ladder: Ladder, condition: Condition, facts: Facts, knowledge: Knowledge
) -> Iterator[Finding]:
    drafted = [(n, f) for n in order.ingredients if (f := supported(first.agent, n, ladder, facts, knowledge))]
    options = [] if drafted else seconds(first.agent, ladder, facts, knowledge)
    files = [file for _, file in drafted] or list(dict.fromkeys(option.file for option in options))
    if not files:
        return
    names = [knowledge.name(n) for n, _ in drafted] or [option.name for option in options]
    yield Finding(
        summary=fits(_summary(first, list(dict.fromkeys(names)))),
        indicator=Indicator.INFO,
        agents=tuple(dict.fromkeys((first.agent.id, *order.ingredients))),
        orders=tuple(r for r in (order.reference, first.order.reference) if r),
        conditions=(condition.reference,) if condition.reference else (),
        detail=(
            *_doses(first, order, [n for n, _ in drafted], knowledge),
            *_lines(first, options, files, ladder, knowledge),
        ),
        because=(first.because, *(_cited(file, knowledge) for file in files)),
        proposals=tuple(_proposals(options, order, condition)),
    )


def _summary(first: Trial, names: list[str]) -> str:
    how = f"{amount(first.dose, 'mg/d')} a day, {first.days // 7} weeks"
    return f"Beside {first.agent.title.lower()} ({how}) {listed(names)} {OFFERED} if it helped in part"


def _doses(first: Trial, order: MedicationOrder, drafted: list[str], knowledge: Knowledge) -> Iterator[str]:
    yield f"{first.agent.title} {amount(first.dose, 'mg/d')} a day since {first.since}: {said(first.order.label)}"
    yield f"An adequate trial here: {amount(first.target, 'mg/d')} a day, {first.needed // 7} weeks in all"
    for name in drafted:
        if step := step_of(order, name):
            yield f"{capital(knowledge.name(name))}, drafted: {arithmetic(step)}"


def _lines(
    first: Trial, options: list[Second], files: list[Combination], ladder: Ladder, knowledge: Knowledge
) -> Iterator[str]:
    name = first.agent.title.lower()
    for option in options:
        schedule = schedule_in_words(option.offered.steps[:1], option.offered.formulation.routes[0])
        yield f"{capital(option.name)}{f': {schedule}' if schedule else ''}"
    yield from dict.fromkeys(f"{file.why} Risk: {file.risk}" for file in files)
    yield f"One change at a time: {name} stays as it is while the second is raised; taper what does not help."
    for file, meant in against(first.agent, ladder, knowledge):
        yield f"Not beside {name}: {listed(knowledge.name(each) for each in meant)} ({file.why.rstrip('.')})"


def _cited(file: Combination, knowledge: Knowledge) -> Statement:
    return knowledge.cite_all(file, "verdict")


def _proposals(options: list[Second], order: MedicationOrder, condition: Condition) -> Iterator[Proposal]:
    for offered in [option.offered for option in options if option.offered.steps][:MOST_TO_ACCEPT]:
        name = offered.agent.title.lower()
        words = schedule_in_words(offered.steps, offered.formulation.routes[0])
        yield Proposal(
            label=f"Add {name}",
            description=f"Add {name}: {words}. Remove {said(order.label)}.",
            ingredient=offered.agent.id,
            steps=offered.steps,
            route=offered.formulation.routes[0],
            removes=(order.reference,) if order.reference else (),
            reason=condition.reference,
        )
