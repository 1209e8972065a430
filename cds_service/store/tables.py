"""
The tables. A change here is a migration in `migrations/versions`, and HEAD in `__init__.py`.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Float, Index, MetaData, String, Table, Text

metadata = MetaData()

cards = Table(
    "card",
    metadata,
    Column("uuid", String(64), primary_key=True),
    Column("tenant", String(100), primary_key=True),
    Column("service", String(100), nullable=False),
    Column("rule", String(100), nullable=False),
    Column("also_rules", Text, nullable=False),
    Column("agents", Text, nullable=False),
    Column("indicator", String(20), nullable=False),
    Column("knowledge", String(100), nullable=False),
    Column("day", String(10), nullable=False),
    Index("card_by_rule", "tenant", "rule", "day"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("tenant", String(100), primary_key=True),
    Column("service", String(100), nullable=False),
    Column("card", String(256), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("suggestions", Text, nullable=False),
    Column("reason_system", Text, nullable=False),
    Column("reason_code", Text, nullable=False),
    Column("reason_display", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("outcome_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Index("feedback_by_card", "tenant", "card"),
)

used_tokens = Table(
    "used_token",
    metadata,
    Column("issuer", String(500), primary_key=True),
    Column("nonce", String(256), primary_key=True),
    Column("good_until", Float, nullable=False),
    Index("used_token_by_time", "good_until"),
)
