"""
For those who run and integrate the service: health, measurements, schemas.
"""

from __future__ import annotations

from flask import Blueprint, Response

from ..errors import UnknownService
from ..validation import KINDS, openapi, schema
from .common import as_json, house

bp = Blueprint("operation", __name__)


@bp.get("/health/live")
def live() -> Response:
    return as_json({"status": "ok"})


@bp.get("/health/ready")
def ready() -> Response:
    return as_json(house().readiness())


@bp.get("/metrics")
def metrics() -> Response:
    if not house().config.metrics:
        raise UnknownService("There is nothing at this address.")
    return Response(house().telemetry.exposition(), content_type=house().telemetry.content_type)


@bp.get("/openapi.json")
def description() -> Response:
    return as_json(openapi())


@bp.get("/schemas/<name>")
def schemas(name: str) -> Response:
    kind = name.removesuffix(".json").removesuffix(".schema")
    if kind not in KINDS:
        raise UnknownService("There is no such schema.", "", f"Schemas: {', '.join(KINDS)}.")
    return as_json(schema(kind))
