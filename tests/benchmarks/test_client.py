"""The load client against a server that is nobody's: what it counts, and what it refuses to count."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.bodies import INSTANCE
from benchmarks.client import Job, Load, run

Load_ = Callable[..., Load]


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 200
    closes = ""  # "", "politely" (told) or "rudely" (after the answer, without a word)
    seen: list[bytes]
    connections = 0

    def setup(self) -> None:
        type(self).connections += 1
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(body)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        if self.closes == "politely":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = bool(self.closes)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def echo() -> type[Echo]:
    return type("Echo", (Echo,), {"seen": [], "connections": 0})


@pytest.fixture
def load(echo: type[Echo], tmp_path: Path) -> Iterator[Load_]:
    """A load on `echo`: two bodies, one of them larger than a socket takes at once."""
    files = [tmp_path / "short", tmp_path / "long"]
    files[0].write_text(f"short {INSTANCE} end")
    files[1].write_text(f"{'x' * 8_000_000} {INSTANCE} end")
    with ThreadingHTTPServer(("127.0.0.1", 0), echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        port = server.server_address[1]

        def loaded(most: int = 7, connections: int = 1, bodies: int = 1) -> Load:
            return run(Job(port, "/x", [str(file) for file in files[:bodies]], connections, 60, most))

        yield loaded
        server.shutdown()
        thread.join()


def test_it_ends_by_number_and_counts_what_was_answered(load: Load_, echo: type[Echo]) -> None:
    found = load(most=7)
    assert found.requests == 7 == len(echo.seen)
    assert 0 < found.p50 <= found.p99
    assert echo.connections == 1


def test_each_request_has_an_instance_of_its_own(load: Load_, echo: type[Echo]) -> None:
    load(most=7)
    assert len(set(echo.seen)) == 7
    assert {len(body) for body in echo.seen} == {len(f"short {INSTANCE} end")}


def test_bodies_in_turn_whole_over_several_connections(load: Load_, echo: type[Echo]) -> None:
    load(most=8, connections=4, bodies=2)
    assert echo.connections == 4
    assert {body[:1] for body in echo.seen} == {b"s", b"x"}
    assert all(body.endswith(b" end") for body in echo.seen)


@pytest.mark.parametrize("how", ["politely", "rudely"])
def test_a_connection_that_the_server_closes_is_opened_again(load: Load_, echo: type[Echo], how: str) -> None:
    echo.closes = how
    assert load(most=5).requests == 5
    assert echo.connections == 5


def test_an_answer_that_is_not_200_ends_it(load: Load_, echo: type[Echo]) -> None:
    echo.status = 503
    with pytest.raises(RuntimeError, match="503"):
        load()
