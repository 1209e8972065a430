"""
The endpoints. A route reads the call, asks the engine and writes the answer; nothing is decided here.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, current_app, request

from .errors import HookError, UnknownService
from .hook_request import parse
from .services import SERVICES, discovery

bp = Blueprint("cds", __name__)


@bp.get("/cds-services")
def services() -> Response:
    return as_json(discovery(current_app.extensions["engine"].templates))


@bp.post("/cds-services/<service_id>")
def call_service(service_id: str) -> Response:
    service = SERVICES.get(service_id)
    if service is None:
        raise UnknownService("No service has this id.", "", f"Services: {', '.join(SERVICES)}.")
    call = parse(request.get_data(), request.content_type, frozenset({service.hook}))
    answer = current_app.extensions["engine"].answer(call, service, current_app.extensions["today"]())
    return as_json({"cards": answer.cards})


@bp.get("/health/live")
def live() -> Response:
    return as_json({"status": "ok"})


@bp.app_errorhandler(HookError)
def refused(error: HookError) -> Response:
    response = as_json(error.to_outcome(), error.status)
    response.headers.update(error.headers())
    return response


@bp.app_errorhandler(404)
def not_found(_: Exception) -> Response:
    return refused(UnknownService("There is nothing at this address."))


def as_json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")
