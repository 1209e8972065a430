"""The store: what is acknowledged is there, one replica of many hears no, and old rows go."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cds_service.store import HEAD, CardRow, FeedbackRow, is_current, migrate, open_store
from cds_service.store.database import engine_for
from cds_service.store.upgrading import upgrade

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'a' / 'store.sqlite3'}"
    migrate(url)
    return url


def test_migrating_again_changes_nothing(url: str) -> None:
    assert is_current(url)
    migrate(url)
    assert is_current(url)
    assert not is_current("sqlite:////nowhere/at/all")


def test_head_is_the_newest_migration() -> None:
    folder = Path(open_store.__code__.co_filename).parent / "migrations" / "versions"
    newest = max(path.stem for path in folder.glob("v*.py"))
    assert newest.startswith(f"v{HEAD}_")


def test_the_migrations_make_the_tables_that_are_asked(url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from cds_service.store.tables import metadata

    with engine_for(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_new_file_is_made_as_the_migrations_would_make_it(url: str, tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'migrated.sqlite3'}")
    made, migrated = (
        {row[0]: re.sub(r"\s+", " ", row[1] or "") for row in rows_of(path, "SELECT name, sql FROM sqlite_master")}
        for path in (tmp_path / "a" / "store.sqlite3", tmp_path / "migrated.sqlite3")
    )
    assert {name: sql.replace(", ", ",") for name, sql in made.items()} == {
        name: sql.replace(", ", ",") for name, sql in migrated.items()
    }


def rows_of(path: Path, question: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def test_several_may_make_the_file_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'store.sqlite3'}"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(migrate, [url] * 8))
    assert is_current(url)


def test_a_file_without_tables_gets_them(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite3").touch()
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    assert not is_current(url)
    migrate(url)
    assert is_current(url)


def test_sqlite_is_durable(url: str) -> None:
    with engine_for(url).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_of_many_asking_at_once_one_hears_that_a_token_is_new(url: str) -> None:
    stores = [open_store(url) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(lambda n: stores[n % 4].used("iss", "jti", 9e9), range(40)))
    assert heard.count(False) == 1


def test_tokens_that_have_expired_are_forgotten(url: str) -> None:
    store = open_store(url)
    store.used("iss", "old", 1.0)
    assert not open_store(url).used("iss", "other", 9e9)
    assert not open_store(url).used("iss", "old", 9e9)


def test_old_rows_go(url: str) -> None:
    store = open_store(url)
    store.add_cards([CardRow(day, "t", "s", "r", "", "", "info", "v", day) for day in ("2025-01-01", "2026-11-22")])
    rows = [
        FeedbackRow(str(n), "t", "s", "c", "accepted", "", "", "", "", "", NOW, NOW.replace(year=n))
        for n in (2024, 2026)
    ]
    store.add_feedback(rows)
    assert store.forget_before(date(2026, 1, 1)) == 2
    assert [row["day"] for row in store.card_rows()] == ["2026-11-22"]
    assert [row["key"] for row in store.feedback_rows()] == ["2026"]


def test_a_card_is_kept_once_and_as_it_was_first_told(url: str) -> None:
    store = open_store(url)
    first, again, other = (
        CardRow(uuid, "t", "s", rule, "", "", "info", "v", "d") for uuid, rule in (("u", "r"), ("u", "x"), ("w", "r"))
    )
    store.add_cards([first, again, other])
    store.add_cards([again])
    assert [(row["uuid"], row["rule"]) for row in store.card_rows()] == [("u", "r"), ("w", "r")]


def test_tenants_see_their_own(url: str) -> None:
    store = open_store(url)
    store.add_cards([CardRow("u", tenant, "s", "r", "", "", "info", "v", "d") for tenant in ("a", "b")])
    assert [row.tenant for row in store.acceptance()] == ["a", "b"]
    assert [row.tenant for row in store.acceptance("a")] == ["a"]


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "oracle:///x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite"):
        engine_for(url)


WRITER = """
import sys
from datetime import UTC, datetime
from cds_service.store import FeedbackRow, open_store
store, now = open_store(sys.argv[1]), datetime.now(UTC)
for number in range(100_000):
    store.add_feedback([FeedbackRow(str(number), "t", "s", "c", "accepted", "", "", "", "", "", now, now)])
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(url: str) -> None:
    command = [sys.executable, "-c", WRITER, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own line
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(30)]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += process.stdout.readlines()
    there = {row["key"] for row in open_store(url).feedback_rows()}
    assert {line.strip() for line in acknowledged if line.endswith("\n")} <= there
