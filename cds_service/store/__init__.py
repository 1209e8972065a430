"""
What is kept: cards issued, feedback on them, and which tokens were used. No patient, no order, no dose.

SQLAlchemy and alembic are loaded by whoever opens a store, so that nothing else waits for them.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .rows import AcceptanceRow, CardRow, FeedbackRow

if TYPE_CHECKING:
    from .database import Database

__all__ = ["AcceptanceRow", "CardRow", "FeedbackRow", "default_url", "is_current", "migrate", "open_store"]

SQLITE = "sqlite:///"
NEW = Path(__file__).parent / "new.sql"  # what the migrations make of an empty SQLite file; a test holds it to that
PATIENCE = 30.0  # seconds to wait for another process that writes
HEAD = "0001"  # the newest migration; a test holds it against the folder


def open_store(url: str) -> Database:
    """The database behind a URL. Nothing is reached before something is asked of it."""
    from .database import Database

    return Database(url)


def migrate(url: str) -> None:
    """Brings the tables up to date. Safe to run again, and by several at once."""
    path = Path(url.removeprefix(SQLITE))
    if url.startswith(SQLITE) and _has_no_tables(path):
        _make(path)
    elif not (url.startswith(SQLITE) and is_current(url)):
        from .upgrading import upgrade

        upgrade(url)


def _has_no_tables(path: Path) -> bool:
    """A file that another process is just making has none either."""
    if not path.exists():
        return True
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,))


def _make(path: Path) -> None:
    """A new SQLite file, as the migrations would leave it, without alembic: a first start need not wait for that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
        try:
            connection.executescript(NEW.read_text(encoding="utf-8"))
        except sqlite3.OperationalError:  # another process was quicker
            if not is_current(f"{SQLITE}{path}"):
                raise


def is_current(url: str) -> bool:
    """For SQLite: are the tables up to date? Asked without SQLAlchemy, since every start asks."""
    path = Path(url.removeprefix(SQLITE))
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,))
    except sqlite3.Error:
        return False


def default_url() -> str:
    """A file of this user's own."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return f"{SQLITE}{state / 'neuropathic-pain-cds' / 'store.sqlite3'}"
