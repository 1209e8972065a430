"""The gate before the application, with a real server: bodies slow, chunked and too large, and an end without loss."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.demo import _free_port, _wait
from cds_service.edge import Edge
from cds_service.store import open_store
from fhir_fixtures import STORY_DAY, same_cards, stories

STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))
BODY = json.dumps(STORY.request).encode()
LIMIT = 200_000


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    port: int
    database: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def raw(self, *parts: bytes, patience: float = 10.0) -> bytes:
        """What comes back for these bytes, sent as they are."""
        with closing(socket.create_connection(("127.0.0.1", self.port), patience)) as connection:
            for part in parts:
                connection.sendall(part)
            received = b""
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except TimeoutError:
                return received + b"(still open)"
            return received


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("edge")) as service:
        yield service


class started:  # noqa: N801 - read as a function
    def __init__(self, folder: Path) -> None:
        self.database, self.port = f"sqlite:///{folder / 'store.sqlite3'}", _free_port()

    def __enter__(self) -> Running:
        settings = {"BODY_SECONDS": "0.5", "MAX_BODY": str(LIMIT), "DAY": STORY_DAY.isoformat(), "LOG": "false"}
        environment = {**os.environ, **{f"NEUROPATHIC_PAIN_CDS_{name}": value for name, value in settings.items()}}
        command = [sys.executable, "-m", "cds_service", "serve", "--port", str(self.port), "--database", self.database]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        _wait(self.port, self.process)
        return Running(self.process, self.port, self.database)

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)


def head(*lines: str, path: str = STORY.path_of_service) -> bytes:
    first = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", "Connection: close"]
    return "\r\n".join([*first, *lines, "", ""]).encode()


def test_a_story_over_the_wire(running: Running) -> None:
    answer = requests.post(f"{running.url}{STORY.path_of_service}", data=BODY, timeout=30)
    assert answer.status_code == 200
    assert same_cards(answer.json(), STORY)


def test_a_body_in_pieces(running: Running) -> None:
    pieces = (BODY[:100], BODY[100:])
    answer = requests.post(f"{running.url}{STORY.path_of_service}", data=iter(pieces), timeout=30)
    assert same_cards(answer.json(), STORY)


@pytest.mark.parametrize("line", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_408_and_others_are_answered(running: Running, line: str) -> None:
    slow = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(20)]
    try:
        for connection in slow:
            connection.sendall(head(line) + (b"{" if "Length" in line else b"1\r\n{\r\n"))
        assert requests.get(f"{running.url}/cds-services", timeout=30).status_code == 200
        answer = running.raw(head(line, "Origin: https://x.example"), b"{" if "Length" in line else b"1\r\n{\r\n")
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"OperationOutcome" in answer
        for header in (b"access-control-allow-origin: *", b"x-content-type-options: nosniff"):
            assert header in answer
    finally:
        for connection in slow:
            connection.close()


def test_a_body_too_large_is_413_whether_its_length_is_said_or_not(running: Running) -> None:
    assert running.raw(head(f"Content-Length: {LIMIT + 1}")).startswith(b"HTTP/1.1 413")
    answer = requests.post(f"{running.url}{STORY.path_of_service}", data=iter([b" " * LIMIT, b" "]), timeout=30)
    assert (answer.status_code, answer.json()["resourceType"]) == (413, "OperationOutcome")


class Wire:
    """What a worker's protocol keeps of the answer."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, dict(headers), body


@pytest.mark.parametrize(("path", "status"), [("/cds-services", 503), ("/health/live", 200)])
def test_a_worker_with_too_many_calls_says_so_and_that_it_lives(base: KnowledgeBase, path: str, status: int) -> None:
    edge, wire = Edge(create_app(Config(day=STORY_DAY), base)), Wire()
    edge.waiting = edge.config.most_waiting
    scope = SimpleNamespace(
        path=path, method="GET", headers={"origin": "https://x.example"}, query_string="", http_version="1.1",
        scheme="http", server="127.0.0.1:80", client="127.0.0.1:1",
    )  # fmt: skip
    asyncio.run(edge.__rsgi__(scope, wire))
    assert (wire.status, wire.headers["access-control-allow-origin"]) == (status, "*")
    assert ("retry-after" in wire.headers) is (status == 503)
    assert (b"OperationOutcome" in wire.body) is (status == 503)
    edge.pool.shutdown()


@pytest.mark.parametrize("line", ["Content-Length: -1", "Content-Length: 5\r\nContent-Length: 6", "Content-Length : 5"])
def test_lengths_that_servers_read_differently_are_refused(running: Running, line: str) -> None:
    assert running.raw(head(line), b"{}").startswith(b"HTTP/1.1 400")


def test_addresses_and_headers_arrive_as_sent(running: Running) -> None:
    assert requests.get(f"{running.url}/cds-services/%C3%A9?x=%20", timeout=30).status_code == 405
    answer = requests.get(f"{running.url}/health/live", headers={"X-Request-Id": "r-1"}, timeout=30)
    assert (answer.headers["X-Request-Id"], answer.headers["Cache-Control"]) == ("r-1", "no-store")
    assert requests.options(f"{running.url}{STORY.path_of_service}", timeout=30).status_code == 204


def test_at_the_end_nothing_that_was_issued_is_lost(tmp_path: Path) -> None:
    with started(tmp_path) as service:
        answer = requests.post(f"{service.url}{STORY.path_of_service}", data=BODY, timeout=30)
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(30)
    uuids = {card["uuid"] for card in answer.json()["cards"]}
    for _ in range(100):  # the worker may outlive its parent for a moment
        kept = {row["uuid"] for row in open_store(service.database).card_rows()}
        if kept == uuids:
            return
        time.sleep(0.05)
    assert kept == uuids


def test_several_workers_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROPATHIC_PAIN_CDS_WORKERS", "2")
    with started(tmp_path) as service:
        for _ in range(10):
            requests.post(f"{service.url}{STORY.path_of_service}", data=BODY, timeout=30)
        told = requests.get(f"{service.url}/metrics", timeout=30).text
    assert f'cds_request_seconds_count{{service="neuropathic-pain-{STORY.request["hook"]}"}} 10.0' in told
