"""
Feedback, and what it adds up to.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from flask import Blueprint, Response, g, request

from ..acceptance import as_csv
from ..errors import Forbidden, Unavailable
from ..feedback import heard
from ..store import FeedbackRow
from ..tenants import Tenant
from .common import as_json, caller, house, service_for

bp = Blueprint("feedback", __name__)


@bp.post("/cds-services/<service_id>/feedback")
def feedback(service_id: str) -> Response:
    """Committed before the 200, which has no body."""
    tenant = caller(request.path.removesuffix("/feedback"))
    service = service_for(tenant, service_id)
    got = heard(
        request.get_data(),
        request.content_type,
        tenant.name,
        service.id,
        datetime.now(UTC),
        keep_comments=tenant.keep_comments,
    )
    g.told = {"items": len(got.rows), "unusable": len(got.problems)}
    _keep(got.rows)
    for row in got.rows:
        house().telemetry.outcomes.labels(row.outcome, tenant.name).inc()
    house().telemetry.log.info(
        "feedback", service=service.id, tenant=tenant.name, items=len(got.rows), unusable=len(got.problems)
    )
    return Response(status=200, mimetype="application/json")


def _keep(rows: list[FeedbackRow]) -> None:
    """Raises Unavailable, so that the EHR sends them again."""
    if not house().config.database:
        raise Unavailable("Nothing is kept here: no database is configured.", retry_after=3600)
    try:
        house().store.add_feedback(rows)
    except Exception as error:  # noqa: BLE001 - whatever the driver raises, the EHR is to send it again
        house().telemetry.log.error("feedback not kept", error=type(error).__name__)
        raise Unavailable("Feedback cannot be kept at the moment.", retry_after=30) from None


@bp.get("/feedback/acceptance")
def acceptance() -> Response:
    """How each rule's cards fared, as JSON or, with ?format=csv, as CSV. A tenant sees its own."""
    tenant = _may_ask()
    rows = house().store.acceptance(tenant.name if tenant else None) if house().config.database else []
    if request.args.get("format") == "csv":
        return Response(as_csv(rows), mimetype="text/csv")
    return as_json({"acceptance": [asdict(row) for row in rows]})


def _may_ask() -> Tenant | None:
    """The tenant asking; nobody in particular on the machine itself."""
    config = house().config
    if config.auth == "required":
        return caller()
    if config.is_loopback and not config.public_url and request.remote_addr in ("127.0.0.1", "::1"):
        return None
    raise Forbidden("Only on this machine, or where a token is required.")
