"""
Cards, feedback and used tokens.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "card",
        sa.Column("uuid", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(100), primary_key=True),
        *(sa.Column(name, sa.String(100), nullable=False) for name in ("service", "rule")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("also_rules", "agents")),
        sa.Column("indicator", sa.String(20), nullable=False),
        sa.Column("knowledge", sa.String(100), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
    )
    op.create_index("card_by_rule", "card", ["tenant", "rule", "day"])
    op.create_table(
        "feedback",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(100), primary_key=True),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("card", sa.String(256), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("outcome_at", "received_at")),
    )
    op.create_index("feedback_by_card", "feedback", ["tenant", "card"])
    op.create_table(
        "used_token",
        sa.Column("issuer", sa.String(500), primary_key=True),
        sa.Column("nonce", sa.String(256), primary_key=True),
        sa.Column("good_until", sa.Float, nullable=False),
    )
    op.create_index("used_token_by_time", "used_token", ["good_until"])


_TEXTS = ("suggestions", "reason_system", "reason_code", "reason_display", "comment")


def downgrade() -> None:
    for table in ("used_token", "feedback", "card"):
        op.drop_table(table)
