"""
What surrounds every answer, errors too: CORS for browsers, headers of caution, and the shape of refusals.
"""

from __future__ import annotations

import traceback
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from ..cors import allowed_origin, preflight
from ..errors import BadRequest, HookError, MethodNotAllowed, TooLarge, UnknownService, UnsupportedMediaType
from ..services import SERVICES
from ..telemetry import ID, identifier
from .common import as_json, house

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

EVENTS: Final = {
    "calls.services": "discovery",
    "calls.call_service": "call",
    "feedback.feedback": "feedback",
    "feedback.acceptance": "acceptance",
}


def register(app: Flask) -> None:
    app.before_request(_preflight)
    app.before_request(_uncompressed)
    app.after_request(_around)
    app.register_error_handler(HookError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _preflight() -> Response | None:
    """Asked by browsers before they send anything, so without a token; the same on every address."""
    if request.method != "OPTIONS":
        return None
    response = Response(status=204, headers=preflight(dict(request.headers), local=house().config.is_loopback))
    del response.headers["Content-Type"]  # there is no content
    return response


def _uncompressed() -> None:
    """A body is read as it comes: what is small on the wire may be huge when it is unpacked."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("Send the call uncompressed.", "http.content-encoding")


def _around(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.update(allowed_origin(request.headers.get("Origin", ""), house().config.cors))
    if house().config.base_url.startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    named = str(request.headers.get("X-Request-Id") or g.get("hook_instance", ""))
    if ID.fullmatch(named):
        response.headers["X-Request-Id"] = named
    if request.method == "POST":
        house().telemetry.requests.labels(_service(), str(response.status_code), g.get("tenant", "")).inc()
    _audit(response.status_code)
    return response


def _audit(status: int) -> None:
    """Every call of a service, of feedback and of discovery, however it ended; a service's id only if it is ours."""
    event = EVENTS.get(_service())
    if event is None or request.method == "OPTIONS":
        return
    service, instance = str((request.view_args or {}).get("service_id", "")), str(g.get("hook_instance", ""))
    house().audited(
        event,
        status=status,
        tenant=g.get("tenant", ""),
        service=service if service in SERVICES else "",
        hookInstance=identifier(instance) if instance else "",
        **g.get("told", {}),
    )


def _service() -> str:
    """The address asked, of those there are: a label must not be the caller's text."""
    return str(request.url_rule.endpoint) if request.url_rule else "(none)"


def _refused(error: HookError) -> Response:
    response = as_json(error.to_outcome(), error.status)
    response.headers.update(error.headers())
    return response


def _http(error: HTTPException) -> Response:
    if isinstance(error, WrongMethod):
        return _refused(MethodNotAllowed(sorted({*(error.valid_methods or ()), "OPTIONS"} - {"HEAD"})))
    if error.code == 413:
        return _refused(TooLarge(f"The body is larger than {house().config.max_body} bytes."))
    if error.code == 404:
        return _refused(UnknownService("There is nothing at this address."))
    return _refused(BadRequest("This request cannot be read.", code="structure"))


def _unexpected(error: Exception) -> Response:
    """Of the error only its kind and our line are told: its text may hold the chart."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].name}:{frames[-1].lineno}" if frames else ""
    house().telemetry.log.error("unexpected", error=type(error).__name__, where=where)
    return _refused(HookError("The service failed on this call."))
