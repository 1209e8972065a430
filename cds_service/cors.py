"""
CORS: which browsers' pages may call, and the answer to their preflight. Never with credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, X-Request-Id",
    "Access-Control-Max-Age": "600",
}


def allowed_origin(origin: str, allowed: tuple[str, ...]) -> dict[str, str]:
    """Headers for any answer to a page of this origin."""
    expose = {"Access-Control-Expose-Headers": "X-Request-Id"}
    if "*" in allowed:
        return {"Access-Control-Allow-Origin": "*", **expose}
    if origin in allowed:
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **expose}
    return {"Vary": "Origin"}


def preflight(asked: Mapping[str, str], *, local: bool) -> dict[str, str]:
    """What may be sent. `local`: this is somebody's own machine, which a public page may ask leave to call."""
    if local and asked.get("Access-Control-Request-Private-Network") == "true":
        return {**PREFLIGHT, "Access-Control-Allow-Private-Network": "true"}
    return PREFLIGHT
