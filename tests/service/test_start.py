"""What a start loads: no more than the first answer needs, and only once for all workers."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("alembic", "sqlalchemy", "jsonschema", "requests", "rich", "dask", "duckdb", "pyarrow", "jwt", "opentelemetry")

SERVED = """
import sys
from cds_service import Config, create_app
from fhir_fixtures import STORY_DAY, stories
story = next(stories(rule="daily-dose-above-maximum"))
client = create_app(Config(day=STORY_DAY, log=True)).test_client()
assert client.get("/cds-services").status_code == client.get("/health/ready").status_code == 200
assert client.post(story.path_of_service, json=story.request).get_json()["cards"]
"""


def loaded_by(code: str) -> set[str]:
    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(told.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("code", "unneeded"),
    [
        (SERVED, HEAVY),
        ("import cds_service.server", HEAVY),
        ("import cds_service.cli", (*HEAVY, "flask", "granian", "cards", "prometheus_client")),
    ],
    ids=["answers", "server", "help"],
)
def test_nothing_is_loaded_that_is_not_needed(code: str, unneeded: tuple[str, ...]) -> None:
    assert loaded_by(code) & set(unneeded) == set()


IN_A_WORKER = """
import cards.knowledge_base as base
from cds_service import server

class Forked:
    def __init__(self, target, **_):
        loaded = base.KnowledgeBase.load
        base.KnowledgeBase.load = lambda *_: 1 / 0
        self.target = target
    def serve(self):
        import importlib
        module, _, name = self.target.partition(":")
        worker = getattr(importlib.import_module(module), name)()
        print(worker.app.test_client().get("/cds-services").status_code)

server.Granian = Forked
server.run({"database": ""})
"""


def test_workers_have_the_knowledge_that_was_loaded_before_them() -> None:
    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", IN_A_WORKER], check=True, capture_output=True, text=True
    )
    assert told.stdout.splitlines()[-1] == "200"
