"""
The rows of the store, as values: everything that is ever written down about a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CardRow:
    """One card that was issued."""

    uuid: str
    tenant: str
    service: str
    rule: str
    also_rules: str  # with commas
    agents: str  # with commas
    indicator: str
    knowledge: str  # version
    day: str  # of judgement


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """What became of one card."""

    key: str  # the same item sent twice has the same key
    tenant: str
    service: str
    card: str
    outcome: str
    suggestions: str  # uuids with commas
    reason_system: str
    reason_code: str
    reason_display: str
    comment: str  # empty unless the tenant keeps comments
    outcome_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptanceRow:
    """How one rule's cards fared with one tenant. `ignored`: nothing was heard of them, which is not disagreement."""

    tenant: str
    rule: str
    issued: int
    accepted: int
    overridden: int
    ignored: int
    acceptance: float | None  # accepted of those heard of
    reasons: str  # "risk-benefit-ratio 3, patient-refuses 1"
