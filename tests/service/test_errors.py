"""Each error knows its status and headers, and is a FHIR OperationOutcome without empty members."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service import errors
from cds_service.errors import HookError, Problem

ALL: list[tuple[HookError, int, str, dict[str, str]]] = [
    (errors.BadRequest("wrong", "context.userId"), 400, "invalid", {}),
    (errors.Unauthorized(), 401, "login", {"WWW-Authenticate": "Bearer"}),
    (errors.Forbidden("not for you"), 403, "forbidden", {}),
    (errors.UnknownService("no such service"), 404, "not-found", {}),
    (errors.MethodNotAllowed(["GET", "OPTIONS"]), 405, "not-supported", {"Allow": "GET, OPTIONS"}),
    (errors.TooSlow("the body did not come"), 408, "timeout", {}),
    (errors.PreconditionFailed("no record"), 412, "required", {}),
    (errors.TooLarge("too large"), 413, "too-long", {}),
    (errors.UnsupportedMediaType("send JSON"), 415, "not-supported", {}),
    (errors.TooMany("too often", 0.2), 429, "throttled", {"Retry-After": "1"}),
    (errors.Unavailable("starting", retry_after=7), 503, "transient", {"Retry-After": "7"}),
]


def empties(node: Any) -> list[Any]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return [child for child in children if child in (None, "", [], {})] + [e for c in children for e in empties(c)]


@pytest.mark.parametrize(("error", "status", "code", "headers"), ALL, ids=lambda part: type(part).__name__)
def test_error(error: HookError, status: int, code: str, headers: dict[str, str]) -> None:
    outcome = error.to_outcome()
    assert (error.status, dict(error.headers())) == (status, headers)
    assert outcome["resourceType"] == "OperationOutcome"
    assert [(issue["severity"], issue["code"]) for issue in outcome["issue"]] == [("error", code)]
    assert empties(outcome) == []


def test_every_error_is_in_the_table() -> None:
    raised = {*HookError.__subclasses__(), *errors.Later.__subclasses__()} - {errors.Later}
    assert {type(error) for error, *_ in ALL} == raised


def test_every_error_in_a_call_names_its_place() -> None:
    nowhere = {type(error) for error, *_ in ALL if "expression" not in error.to_outcome()["issue"][0]}
    assert nowhere == {errors.Unauthorized, errors.TooMany, errors.Unavailable}  # the call is not what is wrong


def test_the_place_and_the_diagnostics() -> None:
    issue = errors.BadRequest("wrong", "hook", "line 3", code="structure").to_outcome()["issue"][0]
    assert issue == {
        "severity": "error",
        "code": "structure",
        "details": {"text": "wrong"},
        "diagnostics": "line 3",
        "expression": ["hook"],
    }


def test_further_problems_are_further_issues() -> None:
    also = [Problem("context", "must be an object"), Problem("hookInstance", "is missing", "required")]
    issues = errors.BadRequest("wrong", "hook", also=also).to_outcome()["issue"]
    assert [issue["expression"] for issue in issues] == [["hook"], ["context"], ["hookInstance"]]
    assert [issue["code"] for issue in issues] == ["invalid", "invalid", "required"]


def test_refusing_a_caller_says_nothing_about_why() -> None:
    assert errors.Unauthorized().to_outcome()["issue"] == [{"severity": "error", "code": "login"}]
