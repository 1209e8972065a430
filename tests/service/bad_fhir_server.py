"""
A FHIR server that misbehaves. The first part of the path says how: http://127.0.0.1:PORT/html/Condition?patient=1
answers HTML. Nothing here waits longer than the server lives.
"""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STEP = 0.02  # seconds between the drops of a drip
PATIENT = "123"
TYPES_BY_PATIENT = ("Condition", "MedicationRequest", "Observation", "AllergyIntolerance")


def resource(kind: str, patient: str = PATIENT, resource_id: str = "r1") -> dict[str, Any]:
    if kind not in TYPES_BY_PATIENT:
        return {"resourceType": kind, "id": patient if kind == "Patient" else resource_id}
    about = "patient" if kind == "AllergyIntolerance" else "subject"
    return {"resourceType": kind, "id": resource_id, about: {"reference": f"Patient/{patient}"}}


def answer(kind: str, following: str = "", **changes: Any) -> dict[str, Any]:
    """A read or a searchset, as a good server gives it."""
    if kind in ("Patient", "Medication"):
        return resource(kind, **changes)
    link = [{"relation": "next", "url": following}] if following else []
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": link,
        "entry": [{"resource": resource(kind, **changes)}],
    }


class BadServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https" if context else "http"
        self.over = threading.Event()
        self.seen: list[tuple[str, dict[str, str]]] = []  # path and headers of every request
        self.peers: list[int] = []  # the port each request came from: one a connection

    @property
    def origin(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def base(self, how: str) -> str:
        return f"{self.origin}/{how}"

    def handle_error(self, *_: Any) -> None:
        """Clients that hang up are what this server is for."""


@contextmanager
def bad_server(context: ssl.SSLContext | None = None) -> Iterator[BadServer]:
    server = BadServer(context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(30)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: BadServer

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers.items())))
        self.server.peers.append(self.client_address[1])
        _, how, rest = self.path.split("/", 2)
        self.kind = rest.partition("?")[0].partition("/")[0]
        name, _, argument = how.partition("-")
        BEHAVIOURS[name](self, argument)

    def send(self, body: bytes, status: int = 200, kind: str = "application/fhir+json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, document: Any, **headers: str) -> None:
        self.send(json.dumps(document).encode(), **headers)

    @property
    def here(self) -> str:
        return f"{self.server.origin}{self.path}"


def _good(handler: _Handler, _: str) -> None:
    handler.send_json(answer(handler.kind))


def _of(handler: _Handler, patient: str) -> None:
    handler.send_json(answer(handler.kind, patient=patient))


def _some(handler: _Handler, slow_kind: str) -> None:
    """Good, but for one type that never answers."""
    (_slow if handler.kind == slow_kind else _good)(handler, "")


def _slow(handler: _Handler, _: str) -> None:
    handler.server.over.wait(60)


def _drip_headers(handler: _Handler, _: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not handler.server.over.wait(STEP):
        handler.wfile.write(b"a")


def _drip_body(handler: _Handler, _: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
    while not handler.server.over.wait(STEP):
        handler.wfile.write(b" ")


def _status(handler: _Handler, status: str) -> None:
    handler.send(b"<html>CANARY</html>", int(status), "text/html", Location=f"{handler.server.origin}/good/Patient/1")


def _html(handler: _Handler, _: str) -> None:
    handler.send(b"<html>Please sign in</html>", kind="text/html")


def _text(handler: _Handler, text: str) -> None:
    """JSON by its name only."""
    handler.send({"empty": b"", "cut": b'{"resourceType": "Bun', "deep": b"[" * 100_000, "binary": b"\xff\x00"}[text])


def _hangup(handler: _Handler, _: str) -> None:
    handler.close_connection = True


def _short(handler: _Handler, _: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    handler.close_connection = True


def _huge(handler: _Handler, _: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    while not handler.server.over.is_set():
        handler.wfile.write(b" " * 65536)


def _bomb(handler: _Handler, _: str) -> None:
    handler.send(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip")


def _endless(handler: _Handler, _: str) -> None:
    page = int(handler.path.partition("page=")[2] or 0)
    following = f"{handler.here.partition('&page=')[0]}&page={page + 1}"
    handler.send_json(answer(handler.kind, following, resource_id=f"r{page}"))


def _circle(handler: _Handler, _: str) -> None:
    handler.send_json(answer(handler.kind, handler.here))


def _two(handler: _Handler, where: str) -> None:
    """Two pages; `where` says how the first names the second."""
    if "page=2" in handler.path:
        handler.send_json(answer(handler.kind, resource_id="r2"))
        return
    origin = handler.server.origin
    second = {
        "absolute": f"{handler.here}&page=2",
        "relative": f"{handler.kind}?page=2",
        "elsewhere": "https://elsewhere.example.org/Condition?page=2",
        "port": f"http://127.0.0.1:1{handler.path}&page=2",
        "userinfo": f"{origin}@elsewhere.example.org/Condition?page=2",
        "backslash": f"{origin}\\@elsewhere.example.org/Condition?page=2",
        "scheme": f"ftp://127.0.0.1:{handler.server.server_port}/x?page=2",
        "space": f"{origin}/ x?page=2",
    }[where]
    handler.send_json(answer(handler.kind, second))


def _other(handler: _Handler, _: str) -> None:
    handler.send_json(answer(handler.kind, patient="999"))


def _outcome(handler: _Handler, _: str) -> None:
    handler.send_json({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]})


def _cookie(handler: _Handler, _: str) -> None:
    handler.send_json(answer(handler.kind), Set_Cookie="session=CANARY; Path=/")


BEHAVIOURS: dict[str, Callable[[_Handler, str], None]] = {
    "good": _good,
    "of": _of,
    "some": _some,
    "slow": _slow,
    "drip_headers": _drip_headers,
    "drip_body": _drip_body,
    "status": _status,
    "html": _html,
    "text": _text,
    "hangup": _hangup,
    "short": _short,
    "huge": _huge,
    "bomb": _bomb,
    "endless": _endless,
    "circle": _circle,
    "two": _two,
    "other": _other,
    "outcome": _outcome,
    "cookie": _cookie,
}
