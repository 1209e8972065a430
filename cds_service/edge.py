"""
The gate in front of the application in granian's workers: a body must come whole, in time and within size, before a
thread is spent on it, and only so many calls may wait.

The application stays plain WSGI, so that another server can carry it (docs/deploy.md).
"""

from __future__ import annotations

import asyncio
import gc
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import orjson
from flask import Flask

from . import create_app
from .cors import allowed_origin
from .errors import HookError, TooLarge, TooSlow, Unavailable
from .house import House
from .routes.surroundings import HEADERS

ALWAYS: Final = ("/health/live",)  # answered even when every thread is busy
Headers = list[tuple[str, str]]
Reply = tuple[int, Headers, bytes]


class Edge:
    def __init__(self, app: Flask) -> None:
        self.app = app
        self.house: House = app.extensions["house"]
        self.config = self.house.config
        self.pool = ThreadPoolExecutor(self.config.threads, thread_name_prefix="call")
        self.waiting = 0

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Calls are answered from here on; what the first ones may need is loaded beside them."""
        self.pool.submit(self._settle)

    def _settle(self) -> None:
        """What is there then stays: it need not be searched for garbage again."""
        self.house.warm()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        gc.enable()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.pool.shutdown(wait=True)
        self.house.close()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        try:
            status, headers, body = await self._reply(scope, protocol)
        except HookError as error:
            status, headers, body = self._refused(error, scope)
        protocol.response_bytes(status, headers, body)

    async def _reply(self, scope: Any, protocol: Any) -> Reply:
        if self.waiting >= self.config.most_waiting and scope.path not in ALWAYS:
            raise Unavailable("Too many calls at the moment.", retry_after=1)
        self.waiting += 1
        try:
            body = await self._body(scope, protocol)
            if scope.path in ALWAYS:
                return self._answer(environ_of(scope, body))
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.pool, self._answer, environ_of(scope, body))
        finally:
            self.waiting -= 1

    async def _body(self, scope: Any, protocol: Any) -> bytes:
        length, chunked = scope.headers.get("content-length"), scope.headers.get("transfer-encoding")
        if not chunked and (not length or length == "0"):
            return b""
        if length and (not length.isdigit() or int(length) > self.config.max_body):
            raise self._too_large()
        try:
            return await asyncio.wait_for(self._read(protocol, whole=not chunked), self.config.body_seconds)
        except TimeoutError:
            raise TooSlow("The body did not come in time.") from None

    async def _read(self, protocol: Any, *, whole: bool) -> bytes:
        if whole:
            return bytes(await protocol())
        body = bytearray()
        async for chunk in protocol:
            body += chunk
            if len(body) > self.config.max_body:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The body is larger than {self.config.max_body} bytes.")

    def _answer(self, environ: dict[str, Any]) -> Reply:
        """The application's answer; it never raises, since it turns whatever happens into one."""
        said: dict[str, Any] = {}

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> Any:  # noqa: ARG001 - as WSGI has it
            said["status"], said["headers"] = int(status[:3]), headers

        parts: Iterable[bytes] = self.app.wsgi_app(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()
        return said["status"], [(name.lower(), value) for name, value in said["headers"]], body

    def _refused(self, error: HookError, scope: Any) -> Reply:
        """A refusal before the application is reached, in the same shape."""
        cross = allowed_origin(scope.headers.get("origin") or "", self.config.cors)
        headers = {"Content-Type": "application/json", "Connection": "close", **HEADERS, **cross, **error.headers()}
        return error.status, [(k.lower(), v) for k, v in headers.items()], orjson.dumps(error.to_outcome())


def environ_of(scope: Any, body: bytes) -> dict[str, Any]:
    """A request as WSGI (PEP 3333) has it, its body whole."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope.path).decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ.pop("HTTP_TRANSFER_ENCODING", None)  # the body is whole by now, and its length known
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def create() -> Edge:
    """What a worker starts with."""
    return Edge(create_app())
