"""
What may be offered as a click: only what is safe with all that is known, and nothing where too little is.
"""

from __future__ import annotations

from .facts import Facts, Known, Role
from .finding import Proposal
from .gaps import unread_records

NEEDED_FOR_NEW = frozenset({Known.PATIENT, Known.CONDITIONS, Known.MEDICATIONS, Known.ALLERGIES})


def acceptable(proposal: Proposal, facts: Facts) -> bool:
    """A new order needs known age, medicines, conditions and allergies, each of them read; a mended draft, and the slow
    end of an order, need an id and a known age."""
    if facts.age_between() is None:
        return False
    changed = proposal.updates or proposal.tapers
    if changed:
        return any(order.reference == changed for order in facts.orders)
    if unread_records(facts):
        return False
    return facts.known >= NEEDED_FOR_NEW and not _had(proposal.ingredient, facts)


def _had(ingredient: str, facts: Facts) -> bool:
    """Already drafted, being taken, or tried and stopped."""
    return any(ingredient in order.ingredients for order in facts.orders if order.role is not Role.STOP)
