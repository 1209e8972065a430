"""
What can be wrong with a call: errors that know their HTTP status, the place in the call, and how to say it in FHIR.

Texts are fixed sentences and paths. A value that came with the call never goes into one: the answer, the log and the
EHR's error page may be read by people who must not see the chart.
"""

# ruff: noqa: N818 -- the names are those of the HTTP statuses

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where: "context.patientId", "cards[0].summary"; "" is the document itself."""

    path: str
    message: str
    code: str = "invalid"  # FHIR issue-type

    def __str__(self) -> str:
        return f"{self.path or '(document)'}: {self.message}"


def path_of(steps: Iterable[str | int]) -> str:
    """("cards", 0, "summary") is cards[0].summary."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{_name(step)}" for step in steps)
    return path.removeprefix(".")


def _name(step: str) -> str:
    """A member's name. One that is no plain word may be anything, so it is not repeated."""
    return step if re.fullmatch(r"[A-Za-z_][\w.-]{0,63}", step) else "(member)"


class HookError(Exception):
    """A call that cannot be answered with cards. `also` are further problems found in the same call."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"
    place: ClassVar[str] = ""  # where it is wrong if nothing narrower is said: FHIRPath in the body, or http.HEADER

    def __init__(
        self, text: str, expression: str = "", diagnostics: str = "", *, code: str = "", also: Iterable[Problem] = ()
    ) -> None:
        super().__init__(text)
        self.text = text
        self.expression = expression or self.place
        self.diagnostics = diagnostics
        self.issue_code = code or self.code
        self.also = tuple(also)

    def headers(self) -> Mapping[str, str]:
        """HTTP headers that belong to this answer."""
        return {}

    def to_outcome(self) -> dict[str, Any]:
        """A FHIR OperationOutcome; members without a value are left out."""
        first = _issue(self.issue_code, self.text, self.expression, self.diagnostics)
        return {
            "resourceType": "OperationOutcome",
            "issue": [first, *(_issue(p.code, p.message, p.path) for p in self.also)],
        }


def _issue(code: str, text: str, expression: str = "", diagnostics: str = "") -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": "error", "code": code}
    if text:
        issue["details"] = {"text": text}
    if diagnostics:
        issue["diagnostics"] = diagnostics
    if expression:
        issue["expression"] = [expression]
    return issue


class BadRequest(HookError):
    status = 400
    code = "invalid"
    place = "$this"


class Unauthorized(HookError):
    """Says nothing about why: a caller who may not call learns neither claim nor key from us."""

    status = 401
    code = "login"

    def __init__(self) -> None:
        super().__init__("")

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(HookError):
    status = 403
    code = "forbidden"
    place = "http.authorization"


class UnknownService(HookError):
    """The path names no service of ours. The id asked for is not repeated: it is the caller's text."""

    status = 404
    code = "not-found"
    place = "http.path"


class MethodNotAllowed(HookError):
    status = 405
    code = "not-supported"
    place = "http.method"

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(f"This address answers {', '.join(self.allowed)} only.")

    def headers(self) -> Mapping[str, str]:
        return {"Allow": ", ".join(self.allowed)}


class TooSlow(HookError):
    """The body did not come in time."""

    status = 408
    code = "timeout"
    place = "$this"


class PreconditionFailed(HookError):
    """The record the check needs was neither in the call nor to be had from the FHIR server."""

    status = 412
    code = "required"
    place = "prefetch"


class TooLarge(HookError):
    status = 413
    code = "too-long"
    place = "$this"


class UnsupportedMediaType(HookError):
    status = 415
    code = "not-supported"
    place = "http.content-type"


class Later(HookError):
    """The same call may be answered after a while."""

    def __init__(self, text: str, retry_after: float = 5) -> None:
        super().__init__(text)
        self.retry_after = max(1, math.ceil(retry_after))

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after)}


class TooMany(Later):
    """More calls than this client may make."""

    status = 429
    code = "throttled"


class Unavailable(Later):
    status = 503
    code = "transient"
