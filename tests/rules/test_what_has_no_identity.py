"""A draft not saved yet, a condition that came without an id: every rule still speaks, and refers to nothing."""

from __future__ import annotations

import orjson
import pytest
from msgspec.structs import replace

from cards import RULES, Knowledge, KnowledgeBase
from cards.facts import Facts, Role
from cds_service.hook_request import parse
from cds_service.services import SERVICES
from fhir_fixtures import STORY_DAY, Story, stories
from tests.made_up import Ward, ward


@pytest.fixture(scope="module")
def us(base: KnowledgeBase) -> Ward:
    return ward(base)


def facts_of(story: Story, us: Ward) -> Facts:
    request = story.request
    service = next(s for s in SERVICES.values() if s.hook == request["hook"])
    answer = us.engine.answer(parse(orjson.dumps(request), None, frozenset({service.hook})), service, STORY_DAY)
    assert answer.facts
    return answer.facts


def nameless(facts: Facts) -> Facts:
    """The same without the ids of drafts, nor those of conditions but where an order gives one as its reason."""
    others = [order for order in facts.orders if order.role is not Role.DRAFT]
    reasons = {reference for order in others for reference in order.reason_references}
    orders = tuple(o if o in others else replace(o, reference="", reason_given=False) for o in facts.orders)
    conditions = tuple(c if c.reference in reasons else replace(c, reference="") for c in facts.conditions)
    return replace(facts, orders=orders, conditions=conditions)


@pytest.mark.parametrize("rule", RULES)
def test_a_card_never_refers_to_nothing(rule: str, us: Ward, knowledge: Knowledge) -> None:
    """An empty reference in a card opens no chart, and in a suggestion deletes no order."""
    spoken = 0
    for story in (story for story in stories(rule) if story.fires):
        facts = facts_of(story, us)
        for found in RULES[rule](nameless(facts), knowledge):
            spoken += 1
            removed = [reference for proposal in found.proposals for reference in proposal.removes]
            assert "" not in (*found.orders, *found.conditions, *removed)
    assert spoken
