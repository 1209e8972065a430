"""Limits as the rules ask for them: for each use, formulation and kidney function an answer of its own."""

from __future__ import annotations

import pytest

from cards import Knowledge
from cards.at_hand import at_hand
from cards.facts import Role
from cards.limits import beside, dose_limit, renal_limit
from tests.rules.dose_patients import Ward, step

DPN, PHN = "painful-diabetic-neuropathy", "postherpetic-neuralgia"


@pytest.fixture(scope="module")
def us(knowledge: Knowledge) -> Ward:
    return Ward(knowledge)


def test_two_orders_of_one_call_have_each_the_limit_of_its_own_use(us):
    """Pregabalin: 300 mg a day is usual in diabetic neuropathy, and 600 mg the ceiling after shingles."""
    for_dpn = us.with_reason(us.order("pregabalin", step(150, 2), key="a"), DPN)
    for_phn = us.with_reason(us.order("pregabalin", step(150, 2), key="b"), PHN)
    facts, agent = us.facts(for_dpn, for_phn, conditions=(DPN, PHN), crcl=45), us.knowledge.agents["pregabalin"]
    asked = [(agent, order.formulation, at_hand(facts, us.knowledge, order)) for order in (for_dpn, for_phn)]
    usual = [dose_limit(agent, form, "usual", here, facts, us.knowledge) for agent, form, here in asked]
    ceiling = [dose_limit(agent, form, "ceiling", here, facts, us.knowledge) for agent, form, here in asked]
    kidneys = [renal_limit(agent, form, here, facts, us.knowledge) for agent, form, here in asked]
    assert [each and each.most for each in usual] == [300, None]
    assert [each and each.most for each in ceiling] == [600, 600]
    assert [each and each.most for each in kidneys] == [150, 300]


@pytest.mark.parametrize(
    ("name", "role", "counts"),
    [
        ("valproate", Role.ACTIVE, True),
        ("valproate", Role.DRAFT, True),
        ("valproate", Role.PAST, False),
        ("valproate", Role.STOP, False),
        ("gabapentin", Role.ACTIVE, False),
    ],
)
def test_beside_is_what_is_taken_or_ordered_now(us, name, role, counts):
    facts = us.facts(us.order("lamotrigine", step(25)), us.order(name, step(500), role=role, key="other"))
    assert beside(["valproate"], "lamotrigine", facts) is counts


def test_a_medicine_is_never_beside_itself(us):
    both = us.facts(us.order("valproate", step(500)), us.taken("valproate", step(500)))
    assert not beside(["valproate"], "valproate", both)
