"""
Reading from the EHR's FHIR server: the only door to `requests`.

Whatever the server does, a call gets an answer before its deadline: pages, or a reason in words for the clinician.
The token goes to the one server it came with, and nowhere else. No redirect is followed, no cookie kept, no proxy or
netrc of this machine used.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from contextvars import copy_context
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from .chart import KEYS, Fetched
from .circuit import Circuit
from .connections import PlainPool, SecurePool, reading
from .errors import HookError
from .fhir_access import FhirAccess, address_of, is_loopback, may_reach, why_not
from .hook_request import HookRequest
from .json_body import read_json
from .part import page_size
from .tracing import Tracer, unwatched

CHUNK: Final = 16 * 1024
HEADERS: Final = {"Accept": "application/fhir+json, application/json;q=0.9", "User-Agent": "neuropathic-pain-cds"}

LATE: Final = "the FHIR server did not answer in time"
BUSY: Final = "too many reads are under way"
RESTING: Final = "the FHIR server has failed repeatedly and is left alone for a moment"
UNREACHABLE: Final = "the FHIR server could not be reached"
FORBIDDEN_ADDRESS: Final = "the address of the FHIR server is not one we may reach"
NOT_FHIR: Final = "the FHIR server sent something that is not FHIR JSON"
TOO_LARGE: Final = "the FHIR server sent too much"
REDIRECT: Final = "the FHIR server redirects, which is not followed"
ELSEWHERE: Final = "the next page is on another server"
CIRCLE: Final = "its pages go round in a circle"
TOO_MANY_PAGES: Final = "it has more pages than are read"
STATUSES: Final = {
    401: "the FHIR server did not accept the token (401)",
    403: "the FHIR server does not allow it to be read (403)",
    404: "the FHIR server does not have it (404)",
    410: "the FHIR server no longer has it (410)",
    429: "the FHIR server is too busy (429)",
}


class FhirClient:
    """One tenant's access: its connections, its patience and its circuit breakers."""

    def __init__(self, access: FhirAccess | None = None, span: Tracer = unwatched) -> None:
        self.access = access or FhirAccess()
        self.span = span
        self.session = _session(self.access)
        self._pool = ThreadPoolExecutor(self.access.workers, thread_name_prefix="fhir-read")
        self._free = threading.BoundedSemaphore(self.access.workers)
        self._circuits: dict[tuple[str, str, int], Circuit] = {}

    def for_call(self, request: HookRequest) -> Reader:
        """What `prefetch.complete` fetches with. The deadline of the call starts now."""
        return Reader(self, request)

    def circuit(self, origin: tuple[str, str, int]) -> Circuit:
        return self._circuits.setdefault(origin, Circuit(self.access.failures, self.access.pause))

    def start(self, search: Search) -> Future[None] | None:
        """Runs a search in the background; None if too many are running."""
        if not self._free.acquire(blocking=False):
            return None
        future = self._pool.submit(copy_context().run, search.run)  # its span belongs to the call's
        future.add_done_callback(lambda _: self._free.release())
        return future

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.session.close()


class Reader:
    """Reads for one call, under its one deadline. Callable as `prefetch.Fetch`."""

    def __init__(self, client: FhirClient, request: HookRequest) -> None:
        authorization, access = request.authorization, client.access
        lifetime = authorization.expires_in if authorization else None
        self.client = client
        self.base = request.fhir_server or ""
        self.token = authorization.access_token if authorization else ""
        self.until = time.monotonic() + min(access.deadline, access.deadline if lifetime is None else lifetime - 1)
        self.refusal = why_not(self.base, access, token=bool(self.token)) if self.base else "there is no FHIR access"

    def __call__(self, queries: Mapping[str, str]) -> dict[str, Fetched]:
        refusal = self.refusal or (RESTING if self._circuit.is_open else "")
        if refusal:
            return dict.fromkeys(queries, Fetched(failure=refusal))
        searches = {name: Search(self, query, KEYS.get(name, "Medication")) for name, query in queries.items()}
        self._finish(searches.values())
        return {name: Fetched(tuple(search.pages), search.failure) for name, search in searches.items()}

    @property
    def _circuit(self) -> Circuit:
        address = address_of(self.base)
        assert address is not None, "a base that is no address was refused"  # noqa: S101
        return self.client.circuit(address.origin)

    def _finish(self, searches: Iterable[Search]) -> None:
        """Runs them all at once and returns when they are done or the time is up, whichever is first."""
        running = {}
        for search in searches:
            future = self.client.start(search)
            if future is None:
                search.failure = BUSY
            else:
                running[future] = search
        _, late = wait(running, timeout=max(0.0, self.until - time.monotonic()))
        for future in late:
            future.cancel()
            running[future].give_up()
        if running:
            self._circuit.record(ok=not all(search.server_failed for search in running.values()))


class Search:
    """One query with its pages. Runs in a thread of the pool; `give_up` is called from the caller's."""

    def __init__(self, reader: Reader, query: str, kind: str) -> None:
        self.reader = reader
        self.query = query
        self.kind = kind  # of resource, for whoever watches
        self.pages: list[Any] = []
        self.failure = ""
        self.server_failed = False
        self._size = 0
        self._given_up = False
        self._connection: HTTPConnection | None = None
        self._lock = threading.Lock()

    def run(self) -> None:
        address = address_of(self.reader.base)
        with self.reader.client.span(f"read {self.kind}", {"server.address": address.host if address else ""}) as span:
            self._run()
            span.set_attribute("cds.pages", len(self.pages))
            span.set_attribute("cds.outcome", self.failure or "ok")

    def _run(self) -> None:
        reading.by = self
        try:
            self._read_pages()
        except _Stopped as stopped:
            self._fail(stopped.reason, server_failed=stopped.server_failed)
        except (requests.RequestException, OSError, ValueError):  # ValueError: urllib3 on a closed file
            self._fail(LATE if time.monotonic() >= self.reader.until else UNREACHABLE, server_failed=True)
        finally:
            reading.by = None

    def _fail(self, reason: str, *, server_failed: bool) -> None:
        with self._lock:
            if not self._given_up:
                self.failure, self.server_failed = reason, server_failed

    def give_up(self) -> None:
        """The time is up: what has come is what there is. Shutting the socket ends the thread, however it waits."""
        with self._lock:
            self._given_up = True
            self.failure, self.server_failed = LATE, True
            self.pages = list(self.pages)
            if self._connection is not None and self._connection.sock is not None:
                _shut(self._connection.sock)

    def connected(self, connection: HTTPConnection, sock: socket.socket) -> None:
        """Called with each connection before anything is sent over it."""
        peer, host = str(sock.getpeername()[0]), f"{connection.host}"
        plain = not isinstance(connection, HTTPSConnection)
        local = _is_local_name(host) or bool(self.reader.token)
        if not may_reach(peer, self.reader.client.access.networks) or (plain and local and not is_loopback(peer)):
            sock.close()
            raise _Stopped(FORBIDDEN_ADDRESS)

    def hold(self, connection: HTTPConnection) -> None:
        with self._lock:
            if self._given_up:
                raise _Stopped(LATE)
            self._connection = connection

    def _read_pages(self) -> None:
        seen: set[str] = set()
        following = self.query
        while following:
            url = self._url(following)
            if url in seen:
                raise _Stopped(CIRCLE)
            if len(seen) >= self.reader.client.access.max_pages:
                raise _Stopped(TOO_MANY_PAGES)
            seen.add(url)
            page = self._page(url)
            with self._lock:
                if self._given_up:
                    return
                self.pages.append(page)
            following = _next(page, page_size(self.query))

    def _url(self, query: str) -> str:
        """A query under the base, or a link to the same origin."""
        base = self.reader.base
        if "://" not in query.partition("?")[0]:
            return f"{base}/{query.lstrip('/')}"
        address, home = address_of(query), address_of(base)
        if address is None or home is None or address.origin != home.origin:
            raise _Stopped(ELSEWHERE)
        return query

    def _page(self, url: str) -> Any:
        left = self.reader.until - time.monotonic()
        if left <= 0:
            raise _Stopped(LATE, server_failed=True)
        headers = {**HEADERS, "Authorization": f"Bearer {self.reader.token}"} if self.reader.token else HEADERS
        session = self.reader.client.session
        try:
            with closing(
                session.get(url, headers=headers, timeout=left, stream=True, allow_redirects=False)
            ) as response:
                return self._body(response)
        finally:
            with self._lock:
                self._connection = None  # it is back in the pool, and may serve another call

    def _body(self, response: requests.Response) -> Any:
        _check_status(response.status_code)
        body = bytearray()
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if self._size + len(body) > self.reader.client.access.max_bytes:
                raise _Stopped(TOO_LARGE)
        self._size += len(body)
        try:
            return read_json(bytes(body), response.headers.get("Content-Type"), len(body))
        except HookError:
            raise _Stopped(NOT_FHIR) from None


class _Stopped(Exception):  # noqa: N818 - not an error of ours
    """A search ends here, for this reason."""

    def __init__(self, reason: str, *, server_failed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.server_failed = server_failed


def _check_status(status: int) -> None:
    if status == 200:
        return
    if 300 <= status < 400:
        raise _Stopped(REDIRECT)
    reason = STATUSES.get(status) or f"the FHIR server {'failed' if status >= 500 else 'refused'} ({status})"
    raise _Stopped(reason, server_failed=status >= 500 or status == 429)


def _next(page: Any, enough: int) -> str:
    """The link to the next page; "" if there is none, or this one holds as many of the newest as were asked for."""
    links, entries = (page.get(name) if isinstance(page, dict) else None for name in ("link", "entry"))
    if enough and isinstance(entries, list) and len(entries) >= enough:
        return ""
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            return str(link["url"])
    return ""


def _is_local_name(host: str) -> bool:
    address = address_of(f"http://{f'[{host}]' if ':' in host else host}")
    return address is not None and address.is_loopback_name


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):  # gone already
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of a TLS socket too: without its farewell


# ---- the session ----------------------------------------------------------------------------------------------------


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


def _session(access: FhirAccess) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = access.ca_bundle or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=32, pool_maxsize=access.workers)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class JsonClient:
    """Calls to a CDS service (`demo`, `replay --url`) over one kept connection: status and JSON body, None for none."""

    def __init__(self, token: str = "", timeout: float = 30.0) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.timeout = timeout
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, url: str) -> tuple[int, Any]:
        return self._answer("GET", url)

    def post(self, url: str, body: bytes) -> tuple[int, Any]:
        return self._answer("POST", url, body)

    def _answer(self, method: str, url: str, body: bytes | None = None) -> tuple[int, Any]:
        """Status 0 where nothing was answered at all."""
        headers = {"Content-Type": "application/json"}
        try:
            response = self.session.request(
                method, url, data=body, headers=headers, timeout=self.timeout, allow_redirects=False
            )
            return response.status_code, orjson.loads(response.content)
        except orjson.JSONDecodeError:
            return response.status_code, None
        except requests.RequestException:
            return 0, None


def post_json(url: str, document: Any, timeout: float = 30.0) -> tuple[int, Any]:
    """POST to a service of our own (`demo`, `replay --url`): status and JSON body."""
    with requests.Session() as session:
        session.trust_env = False
        response = session.post(url, json=document, timeout=timeout, allow_redirects=False)
        return response.status_code, response.json()


MOST_KEY_BYTES: Final = 64 * 1024


def fetch_keys(url: str, timeout: float = 2.0, ca_bundle: str | None = None) -> Any:
    """The JWK Set at a configured address. Raises if it cannot be had; no redirect is followed."""
    headers = {"Accept": "application/json", "User-Agent": HEADERS["User-Agent"]}
    with requests.Session() as session:
        session.trust_env = False
        session.verify = ca_bundle or True
        until = time.monotonic() + timeout
        with closing(session.get(url, headers=headers, timeout=timeout, stream=True, allow_redirects=False)) as got:
            _check_status(got.status_code)
            body = bytearray()
            for chunk in got.iter_content(CHUNK):
                body += chunk
                if len(body) > MOST_KEY_BYTES or time.monotonic() > until:
                    raise ValueError("too large or too slow a JWK Set")
    return read_json(bytes(body), None, MOST_KEY_BYTES)


def get_document(url: str, timeout: float = 30.0) -> Any:
    """Whatever JSON stands at an address a person typed (`validate`)."""
    with requests.Session() as session:
        session.trust_env = False
        response = session.get(url, timeout=timeout, headers={"Accept": "application/json"}, allow_redirects=False)
        return orjson.loads(response.content)
