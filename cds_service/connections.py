"""
Connections that say where they have arrived before anything is sent, and can be cut from outside.

A pooled connection does not know for whom it is used, so the thread says so: `reading.by` is whoever reads in it.
"""

from __future__ import annotations

import socket
import threading
from typing import Any, Protocol

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Reading(Protocol):
    def connected(self, connection: HTTPConnection, sock: socket.socket) -> None:
        """A new connection has arrived; raises if it must not be used."""

    def hold(self, connection: HTTPConnection) -> None:
        """A request is about to be sent over this one; raises if it is too late for that."""


class _Threads(threading.local):
    by: Reading | None = None


reading = _Threads()


class Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _arrived(self, super()._new_conn())

    def request(self, *args: Any, **kwargs: Any) -> None:
        _held(self)
        super().request(*args, **kwargs)


class Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _arrived(self, super()._new_conn())

    def request(self, *args: Any, **kwargs: Any) -> None:
        _held(self)
        super().request(*args, **kwargs)


class PlainPool(HTTPConnectionPool):
    ConnectionCls = Plain


class SecurePool(HTTPSConnectionPool):
    ConnectionCls = Secure


def _arrived(connection: HTTPConnection, sock: socket.socket) -> socket.socket:
    _reader().connected(connection, sock)
    return sock


def _held(connection: HTTPConnection) -> None:
    _reader().hold(connection)


def _reader() -> Reading:
    if reading.by is None:
        raise RuntimeError("nobody answers for this connection")
    return reading.by
