"""
SQLite or PostgreSQL behind one set of questions (SQLAlchemy Core).

SQLite: write-ahead log, every commit on the disk before it is acknowledged, writers one after another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, case, create_engine, delete, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from .rows import AcceptanceRow, CardRow, FeedbackRow
from .tables import cards, feedback, used_tokens

FORGET_EVERY = 60.0  # seconds between two sweeps of tokens that have expired anyway


class Database:
    def __init__(self, url: str) -> None:
        self.engine = engine_for(url)
        self._swept = 0.0

    def close(self) -> None:
        self.engine.dispose()

    # ---- writing ----------------------------------------------------------------------------------------------------

    def add_cards(self, rows: Sequence[CardRow]) -> None:
        """All in one statement: a tenth of the time of one each."""
        if rows:
            with self.engine.begin() as connection:
                connection.execute(self._insertion(cards), [asdict(row) for row in rows])

    def add_feedback(self, rows: Sequence[FeedbackRow]) -> int:
        """Committed when this returns: how many were new."""
        if not rows:
            return 0
        with self.engine.begin() as connection:
            return sum(self._insert(connection, feedback, asdict(row)) for row in rows)

    def _insert(self, connection: Connection, table: Table, values: dict[str, Any]) -> int:
        """1 if it was not there yet."""
        first = next(iter(table.primary_key.columns))
        statement = self._insertion(table).values(**values).returning(first)
        return int(connection.execute(statement).first() is not None)  # the count of rows is not told by every driver

    def _insertion(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """What is there already stays as it is."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        return sqlite.insert(table).on_conflict_do_nothing()

    def used(self, issuer: str, nonce: str, good_until: float) -> bool:
        """Was this token seen before? Remembers it: of all replicas asking at once, one hears no."""
        now = datetime.now(UTC).timestamp()
        with self.engine.begin() as connection:
            if now - self._swept > FORGET_EVERY:
                self._swept = now
                connection.execute(delete(used_tokens).where(used_tokens.c.good_until < now))
            values = {"issuer": issuer, "nonce": nonce, "good_until": good_until}
            return not self._insert(connection, used_tokens, values)

    def forget_before(self, day: date) -> int:
        """Deletes cards issued before a day, and the feedback received before it: how many rows."""
        with self.engine.begin() as connection:
            heard = delete(feedback).where(feedback.c.received_at < datetime.combine(day, time.min, UTC))
            issued = delete(cards).where(cards.c.day < day.isoformat())
            return connection.execute(heard).rowcount + connection.execute(issued).rowcount

    # ---- asking -----------------------------------------------------------------------------------------------------

    def is_reachable(self) -> bool:
        try:
            with self.engine.connect() as connection:
                connection.execute(select(func.count()).select_from(cards.select().limit(1).subquery()))
        except SQLAlchemyError:
            return False
        return True

    def acceptance(self, tenant: str | None = None) -> list[AcceptanceRow]:
        """By tenant and rule. Feedback on cards that are not known counts under the rule ""."""
        with self.engine.connect() as connection:
            counts = connection.execute(_counts(tenant)).all()
            unmatched = connection.execute(_unmatched(tenant)).all()
            reasons = _reasons(connection.execute(_overrides(tenant)).all())
        rows = [_row(*count, reasons=reasons.get((count[0], count[1]), "")) for count in counts]
        return rows + [_row(name, "", 0, taken, passed, reasons="") for name, taken, passed in unmatched]

    def feedback_rows(self) -> list[dict[str, Any]]:
        """Everything heard, as it stands: for export by the owner of the store."""
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(select(feedback))]

    def card_rows(self) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(select(cards))]


def _last() -> Any:
    """Of each card what was said last: a clinician may override first and accept later."""
    place = func.row_number().over(
        partition_by=(feedback.c.tenant, feedback.c.card), order_by=(feedback.c.outcome_at.desc(), feedback.c.key)
    )
    ranked = select(feedback, place.label("place")).subquery()
    return select(ranked).where(ranked.c.place == 1).subquery()


def _counts(tenant: str | None) -> Select[Any]:
    last = _last()
    asked = (
        select(
            cards.c.tenant,
            cards.c.rule,
            func.count(),
            func.sum(case((last.c.outcome == "accepted", 1), else_=0)),
            func.sum(case((last.c.outcome == "overridden", 1), else_=0)),
        )
        .select_from(cards.outerjoin(last, (last.c.card == cards.c.uuid) & (last.c.tenant == cards.c.tenant)))
        .group_by(cards.c.tenant, cards.c.rule)
        .order_by(cards.c.tenant, cards.c.rule)
    )
    return asked if tenant is None else asked.where(cards.c.tenant == tenant)


def _unmatched(tenant: str | None) -> Select[Any]:
    last = _last()
    asked = (
        select(
            last.c.tenant,
            func.sum(case((last.c.outcome == "accepted", 1), else_=0)),
            func.sum(case((last.c.outcome == "overridden", 1), else_=0)),
        )
        .select_from(last.outerjoin(cards, (last.c.card == cards.c.uuid) & (last.c.tenant == cards.c.tenant)))
        .where(cards.c.uuid.is_(None))
        .group_by(last.c.tenant)
        .order_by(last.c.tenant)
    )
    return asked if tenant is None else asked.where(last.c.tenant == tenant)


def _overrides(tenant: str | None) -> Select[Any]:
    last = _last()
    asked = (
        select(cards.c.tenant, cards.c.rule, last.c.reason_code)
        .select_from(cards.join(last, (last.c.card == cards.c.uuid) & (last.c.tenant == cards.c.tenant)))
        .where(last.c.reason_code != "")
    )
    return asked if tenant is None else asked.where(cards.c.tenant == tenant)


def _reasons(found: Iterable[Any]) -> dict[tuple[str, str], str]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    for tenant, rule, code in found:
        counted.setdefault((tenant, rule), Counter())[code] += 1
    return {key: ", ".join(f"{code} {many}" for code, many in codes.most_common()) for key, codes in counted.items()}


def _row(tenant: str, rule: str, issued: int, accepted: int, overridden: int, *, reasons: str) -> AcceptanceRow:
    heard = accepted + overridden
    share = round(accepted / heard, 3) if heard else None
    return AcceptanceRow(tenant, rule, issued, accepted, overridden, max(issued - heard, 0), share, reasons)


# ---- connecting -----------------------------------------------------------------------------------------------------


def engine_for(url: str) -> Engine:
    if url.startswith("sqlite:///"):
        return _sqlite(url)
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError("database: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    return create_engine(f"postgresql+psycopg://{rest}", pool_size=4, pool_pre_ping=True, connect_args=PATIENCE)


PATIENCE = {"connect_timeout": 2, "options": "-c statement_timeout=5000"}


def _sqlite(url: str) -> Engine:
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 5.0, "check_same_thread": False})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
