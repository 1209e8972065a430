"""
A call put to a CDS Hooks service at a URL, ours or anybody's: asked as an EHR would, found by discovery.
"""

from __future__ import annotations

import functools
from typing import Any

import orjson

from ..fhir_client import JsonClient
from .asked import Asked
from .settings import Settings


class NoService(Exception):  # noqa: N818 - said to the user as it is
    """Nothing at the URL says that it is a CDS Hooks service."""


def check(settings: Settings) -> None:
    """Raises NoService: said once and before the run, not once for every order."""
    if not settings.url.startswith(("http://", "https://")):
        raise NoService(f"--url {settings.url}: not an address that begins with http:// or https://")
    status, body = _client(settings.token).get(_discovery(settings.url))
    if status != 200 or not isinstance(body, dict) or not isinstance(body.get("services"), list):
        said = f"answered with status {status}" if status else "does not answer"
        raise NoService(f"--url {settings.url}: {_discovery(settings.url)} {said}, where a list of services is due")
    if settings.service and settings.service not in {str(each.get("id")) for each in _usable(body)}:
        listed = ", ".join(sorted(str(each.get("id")) for each in _usable(body)))
        raise NoService(f"--service {settings.service}: there is none at {settings.url}; there are {listed}")


def answered(asked: Asked, settings: Settings) -> dict[str, Any]:
    raw = asked.raw
    hook = _hook(raw)
    client = _client(settings.token)
    service = settings.service or _services(settings.url, settings.token).get(hook, "")
    if not service:
        return {"hook": hook, "status": 404, "why": "no service at the URL answers this hook", "cards": []}
    status, body = client.post(f"{settings.url.rstrip('/')}/cds-services/{service}", raw)
    cards = body.get("cards") if isinstance(body, dict) else None
    if status == 200 and isinstance(cards, list):
        usable = [card for card in cards if isinstance(card, dict)]
        return {"hook": hook, "status": 200, "inScope": bool(cards), "cards": usable}
    return {"hook": hook, "status": status, "why": _why(status, body), "cards": []}


def _hook(raw: bytes) -> str:
    try:
        hook = orjson.loads(raw).get("hook")
    except (orjson.JSONDecodeError, AttributeError):
        return ""
    return hook if isinstance(hook, str) else ""


@functools.lru_cache(maxsize=4)
def _client(token: str) -> JsonClient:
    return JsonClient(token)


def _discovery(url: str) -> str:
    return f"{url.rstrip('/')}/cds-services"


@functools.lru_cache(maxsize=4)
def _services(url: str, token: str) -> dict[str, str]:
    """The id of the service for each hook, as discovery says; of several the first."""
    _, body = _client(token).get(_discovery(url))
    return {str(entry.get("hook")): str(entry.get("id")) for entry in reversed(_usable(body))}


def _usable(body: Any) -> list[dict[str, Any]]:
    entries = body.get("services") if isinstance(body, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _why(status: int, body: Any) -> str:
    """The first issue of an OperationOutcome, else the status in words."""
    try:
        return str(body["issue"][0]["details"]["text"])
    except (KeyError, IndexError, TypeError):
        return "no answer" if not status else f"answered with status {status}"
