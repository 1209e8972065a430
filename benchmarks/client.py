"""
The load: a closed loop of keep-alive connections to 127.0.0.1, in a process of its own, so that it shares no
interpreter with what it measures. One job a line on standard input, one result a line on standard output; it ends with
its input.

Bounded in time and in number. Any answer but 200 ends it: a fast refusal is not a fast answer.
"""

from __future__ import annotations

import itertools
import selectors
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from .bodies import INSTANCE
from .figures import percentile

PATIENCE: Final = 30.0  # seconds that an answer may take before the run is given up
CHUNK: Final = 1 << 18


class Job(msgspec.Struct, frozen=True):
    port: int
    path: str
    bodies: list[str]  # files, sent in turn
    connections: int
    seconds: float
    most: int = 50_000  # requests


class Load(msgspec.Struct, frozen=True):
    """What came of a job. Times are in milliseconds, from the first byte sent to the last byte read."""

    requests: int
    seconds: float
    p50: float
    p99: float


def main() -> None:
    for line in sys.stdin.buffer:
        load = run(msgspec.json.decode(line, type=Job))
        sys.stdout.buffer.write(msgspec.json.encode(load) + b"\n")
        sys.stdout.buffer.flush()


def run(job: Job) -> Load:
    requests = _requests(job)
    took: list[float] = []
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        began = time.perf_counter()
        until = began + job.seconds
        for _ in range(job.connections):
            connection = Connection(job.port, selector)
            stack.callback(connection.close)
            connection.send(next(requests))
        waiting = job.connections
        while waiting:
            for connection in _answered(selector):
                took.append(connection.took)
                if time.perf_counter() < until and len(took) + waiting <= job.most:
                    connection.send(next(requests))
                else:
                    waiting -= 1
        seconds = time.perf_counter() - began
    return Load(len(took), seconds, percentile(took, 0.5) * 1000, percentile(took, 0.99) * 1000)


def _answered(selector: selectors.BaseSelector) -> Iterator[Connection]:
    """Goes on with every connection that can; those whose answer is whole."""
    events = selector.select(PATIENCE)
    if not events:
        raise TimeoutError(f"no answer in {PATIENCE:g} s")
    return (key.data for key, mask in events if key.data.proceed(mask))


def _requests(job: Job) -> Iterator[bytes]:
    """Whole requests without end, the bodies in turn, each with a hookInstance of its own."""
    instance = _instances()
    makers = [_maker(job.path, file) for file in job.bodies]
    for make in itertools.cycle(makers):
        yield make(next(instance))


def _instances() -> Iterator[bytes]:
    rest = str(uuid.uuid4())[8:]
    return (f"{number:08x}{rest}".encode() for number in itertools.count())


@cache
def _maker(path: str, file: str) -> Callable[[bytes], bytes]:
    before, after = Path(file).read_bytes().split(INSTANCE.encode())
    length = len(before) + len(INSTANCE) + len(after)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    start = head.encode() + before
    return lambda instance: b"".join((start, instance, after))


class Connection:
    """One request at a time. A connection that the server closed is opened again, in the time of the next request."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self._port = port
        self._selector = selector
        self._socket: socket.socket | None = None
        self._request = memoryview(b"")
        self._left = memoryview(b"")
        self._answer = bytearray()
        self._began = 0.0
        self._reused = False
        self.took = 0.0

    def send(self, request: bytes) -> None:
        self._began = time.perf_counter()
        self._request = self._left = memoryview(request)
        self._answer.clear()
        self._reused = self._socket is not None
        self._connect()
        self._write()

    def proceed(self, mask: int) -> bool:
        """Goes on with what the socket is ready for. True when the answer is whole."""
        if mask & selectors.EVENT_WRITE:
            self._write()
        return bool(mask & selectors.EVENT_READ) and self._read()

    def close(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None

    def _connect(self) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.setblocking(False)
            self._selector.register(self._socket, selectors.EVENT_READ, self)

    def _write(self) -> None:
        assert self._socket is not None
        try:
            self._left = self._left[self._socket.send(self._left) :]
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            return self._again()
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._left else 0)
        if self._selector.get_key(self._socket).events != wanted:
            self._selector.modify(self._socket, wanted, self)
        return None

    def _read(self) -> bool:
        assert self._socket is not None
        try:
            part = self._socket.recv(CHUNK)
        except ConnectionResetError:
            part = b""
        self._answer += part
        if not self._answer and not part:
            self._again()
        elif self._is_whole():
            self.took = time.perf_counter() - self._began
            if b"\r\nconnection: close\r\n" in self._answer.lower():
                self.close()
            return True
        elif not part:
            raise ConnectionError("the connection was closed within an answer")
        return False

    def _is_whole(self) -> bool:
        """Every server measured here says how long its answer is."""
        head, found, body = bytes(self._answer).partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        if found and lines[0].split()[1] != b"200":
            raise RuntimeError(f"answered {self._answer[:500].decode('latin-1')}")
        return bool(found) and len(body) >= next(
            int(line[15:]) for line in lines if line.startswith(b"content-length:")
        )

    def _again(self) -> None:
        """The server closed a connection that had served before, as it may, just when this request came."""
        if not self._reused:
            raise ConnectionError("the connection was closed without an answer")
        self.close()
        self._reused = False
        self._left = self._request
        self._connect()
        self._write()


if __name__ == "__main__":
    main()
