"""
Not recommended for the condition

When    the condition at hand has a statement against a selected draft, or against giving it before others
And     the agent fits none of the neuropathic conditions it may be for
Then    say so, why, and which guidelines in force here say it: a warning where it is advised against; information where
        others come first, where it is being taken already (taper, never stop), or where it may be for something else
Silent  where it is left to specialists or only not offered; where the order is for something else; for what comes after
        others, once another offer was tried; for opioids in cancer-related pain, palliative care, sickle cell disease
        and the treatment of opioid use disorder
"""

from __future__ import annotations

from collections.abc import Iterator

from ..at_hand import AtHand, at_hand
from ..disapproval import Disapproval, disapproval, guidelines_against
from ..facts import Facts, MedicationOrder
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..opioid_scope import beyond_opioid_guidance
from ..wording import capital, fits, listed, uncapital

MOST_GUIDELINES = 3


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order in facts.selected():
        here = at_hand(facts, knowledge, order)
        for ingredient in order.ingredients if here.ladders else ():
            if _is_judged(ingredient, order, facts, knowledge):
                found = [disapproval(ladder, ingredient, order, facts, knowledge) for ladder, _ in here.ladders]
                reasons = [each for each in found if each]
                if len(reasons) == len(found):
                    yield _finding(reasons, ingredient, order, here, facts, knowledge)


def _is_judged(ingredient: str, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """A medicine without a file of its own is judged only where its order says what it is for."""
    agent = knowledge.agents.get(ingredient)
    if agent is None:
        return at_hand(facts, knowledge, order).by_reason
    return not (agent.opioid and beyond_opioid_guidance(order, agent, facts, knowledge))


def _finding(
    reasons: list[Disapproval],
    ingredient: str,
    order: MedicationOrder,
    here: AtHand,
    facts: Facts,
    knowledge: Knowledge,
) -> Finding:
    cited = [pair for each in reasons for pair in guidelines_against(each.ladder, ingredient, knowledge)]
    said = [f"{guideline.publisher} {guideline.year}" for guideline, _ in cited][:MOST_GUIDELINES]
    return Finding(
        summary=fits(_summary(reasons, knowledge.name(ingredient), here)),
        indicator=_indicator(reasons, ingredient, here, facts),
        agents=(ingredient,),
        orders=(order.reference,) if order.reference else (),
        conditions=here.conditions,
        detail=(
            *(each.row.why for each in reasons),
            *([f"Guidelines in force here against it: {listed(dict.fromkeys(said))}"] if said else []),
        ),
        because=(
            *(knowledge.cite(each.ladder, "against", each.row) for each in reasons),
            *(knowledge.cite(guideline, "recommendation", row) for guideline, row in cited[:MOST_GUIDELINES]),
        ),
    )


def _summary(reasons: list[Disapproval], name: str, here: AtHand) -> str:
    conditions = listed(uncapital(each.ladder.title) for each in reasons)
    verdict = "is advised against" if all(each.against for each in reasons) else "is not a first choice"
    if here.perhaps_other:
        return f"If for {conditions}: {name} {verdict}"
    return f"{capital(name)} {verdict} in {conditions}"


def _indicator(reasons: list[Disapproval], ingredient: str, here: AtHand, facts: Facts) -> Indicator:
    taken = any(ingredient in order.ingredients for order in facts.active())
    outright = all(each.against for each in reasons)
    return Indicator.WARNING if outright and not taken and not here.perhaps_other else Indicator.INFO
