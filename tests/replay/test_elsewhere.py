"""Calls put to a service that is running somewhere: found by discovery, asked as an EHR would ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from charts import bundle, chart
from running import records, replay, write
from werkzeug import Request, Response
from werkzeug.serving import make_server

from cards import KnowledgeBase
from cds_service import Config, create_app
from fhir_fixtures import FOLDER, STORY_DAY

STORIES = FOLDER / "interaction"
LATER = STORY_DAY + timedelta(days=365)
TOKEN = "a-token"  # noqa: S105 - opens nothing


class Elsewhere:
    """A server in a thread; remembers the tokens it was shown."""

    def __init__(self, day: date, base: KnowledgeBase) -> None:
        self.app, self.tokens = create_app(Config(day=day), base), set[str]()
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def __call__(self, environ: dict[str, object], start_response: object) -> object:
        self.tokens.add(str(environ.get("HTTP_AUTHORIZATION", "")))
        return self.app(environ, start_response)  # type: ignore[arg-type]


@pytest.fixture(params=[STORY_DAY, LATER], ids=["the stories' day", "a year later"])
def elsewhere(request: pytest.FixtureRequest, base: KnowledgeBase) -> Iterator[tuple[Elsewhere, date]]:
    there = Elsewhere(request.param, base)
    thread = threading.Thread(target=there.server.serve_forever)
    thread.start()
    yield there, request.param
    there.server.shutdown()
    thread.join()


def test_stories_have_their_cards_whatever_day_it_is_there(elsewhere: tuple[Elsewhere, date]) -> None:
    there, day = elsewhere
    result = replay(STORIES, "--url", there.url, "--day", day.isoformat(), "--expect", "--quiet", "--token", TOKEN)
    assert result.exit_code == 0, result.output
    assert f"{sum(1 for _ in STORIES.glob('*/request.json'))} expected" in result.stdout
    assert there.tokens == {f"Bearer {TOKEN}"}


def test_orders_of_a_chart_are_put_to_it_as_whole_calls(elsewhere: tuple[Elsewhere, date], tmp_path: Path) -> None:
    there, day = elsewhere
    file = write(tmp_path / "chart.json", bundle(chart()))
    asked = records(file, "--url", there.url)
    here = records(file, "--day", day.isoformat())
    assert [record["cards"] for record in asked] == [record["cards"] for record in here]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("cds.example.org", "not an address that begins with http"),
        ("http://127.0.0.1:9", "does not answer"),
    ],
)
def test_nothing_there_is_said_once_and_before_the_run(url: str, said: str) -> None:
    result = replay(STORIES, "--url", url)
    assert result.exit_code == 2
    assert result.stderr.count(said) == 1


def test_what_is_no_cds_service_and_what_it_does_not_have_is_said(base: KnowledgeBase) -> None:
    other = make_server("127.0.0.1", 0, Request.application(lambda _: Response("hello", HTTPStatus.OK)), threaded=True)
    there = Elsewhere(STORY_DAY, base)
    for server in (other, there.server):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    assert "where a list of services is due" in replay(STORIES, "--url", f"http://127.0.0.1:{other.port}").stderr
    result = replay(STORIES, "--url", there.url, "--service", "someone-elses")
    assert result.exit_code == 2
    assert "there are neuropathic-pain-order-select" in result.stderr
    other.shutdown()
    there.server.shutdown()
