"""
What every route needs: the house it stands in, who calls, and how JSON is written.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, current_app, g, request

from ..errors import Unauthorized, UnknownService
from ..house import House
from ..services import SERVICES, Service
from ..tenants import Tenant, check_service


def house() -> House:
    found: House = current_app.extensions["house"]
    return found


def caller(*paths: str) -> Tenant:
    """Whom this call is from; its token may have been made for this address, or for one of `paths`."""
    try:
        tenant = house().caller(request.headers.get("Authorization"), [request.path, *paths])
    except Unauthorized as refusal:
        reason = getattr(refusal, "reason", "")
        house().telemetry.refused.labels(reason.partition(" (")[0]).inc()
        house().telemetry.log.warning("refused", reason=reason)
        g.told = {"reason": reason}
        raise
    g.tenant = tenant.name
    house().admit(tenant)
    return tenant


def service_for(tenant: Tenant, service_id: str) -> Service:
    service = SERVICES.get(service_id)
    if service is None:
        raise UnknownService("No service has this id.", "", f"Services: {', '.join(SERVICES)}.")
    check_service(tenant, service.id)
    return service


def as_json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")
