"""
Discovery and the services themselves.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, request

from ..audit import of_answer
from ..bare_bundle import as_call
from ..dialect import rewrite
from ..hook_request import HookRequest, parse
from ..house import Desk
from ..services import Service, discovery
from .common import as_json, caller, house, service_for

bp = Blueprint("calls", __name__)


@bp.get("/cds-services")
def services() -> Response:
    tenant = caller()
    desk = house().desk(tenant)
    found = discovery(desk.templates, house().config.hooks_version)["services"] if desk.engine.rules else []
    return as_json({"services": [each for each in found if not tenant.services or each["id"] in tenant.services]})


@bp.post("/cds-services/<service_id>")
def call_service(service_id: str) -> Response:
    started = time.perf_counter()
    tenant = caller()
    service = service_for(tenant, service_id)
    desk = house().desk(tenant)
    with house().span(service, dict(request.headers)):
        call = desk.understood(_call(service, desk))
        g.hook_instance = call.hook_instance
        answer = desk.answer(call, service, house().today())
        answer = replace(answer, cards=rewrite(answer.cards, desk.manner(call)))  # written down as they are shown
    g.told = of_answer(answer)
    house().told(call, service, tenant, answer, time.perf_counter() - started)
    return as_json(_body(answer.cards, desk))


def _call(service: Service, desk: Desk) -> HookRequest:
    body, content_type = request.get_data(), request.content_type
    if desk.tenant.dialect.bare_bundle:
        body = as_call(body, content_type, service.hook)
    return parse(body, content_type, frozenset({service.hook}), house().config.max_body)


def _body(cards: list[dict[str, Any]], desk: Desk) -> Any:
    return cards if desk.tenant.dialect.bare_bundle else {"cards": cards}
