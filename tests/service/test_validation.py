"""The schemas: sound, lenient where the reader is, strict about what we say, and silent about values."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cds_service.errors import HookError, path_of
from cds_service.hook_request import parse
from cds_service.validation import KINDS, openapi, schema, validate, validator

CANARY = "CANARY-7f3a"
HOOKS = frozenset({"order-select", "order-sign", "patient-view"})
UUID = "89956438-dddb-5558-baef-6daa9e2553df"
SYSTEM = "https://example.org/topics"

REQUEST: dict[str, Any] = schema("request")["examples"][0]
CARD: dict[str, Any] = {
    "uuid": UUID,
    "summary": "Gabapentin 2400 mg a day is above the limit.",
    "detail": "Why.",
    "indicator": "warning",
    "source": {
        "label": "Neuropathic Pain CDS",
        "url": "https://example.org",
        "topic": {"code": "a1", "system": SYSTEM},
    },
    "suggestions": [
        {
            "label": "Change",
            "uuid": UUID,
            "isRecommended": True,
            "actions": [
                {"type": "update", "description": "Change it", "resource": {"resourceType": "MedicationRequest"}}
            ],
        },
        {
            "label": "Remove",
            "uuid": UUID,
            "actions": [{"type": "delete", "description": "Remove it", "resourceId": "MedicationRequest/a"}],
        },
    ],
    "selectionBehavior": "at-most-one",
    "overrideReasons": [{"code": "x", "system": SYSTEM, "display": "Benefit outweighs risk"}],
    "links": [{"label": "Label", "url": "https://example.org/label", "type": "absolute"}],
    "extension": {"org.example.basis": {"rule": "interaction"}},
}
RESPONSE = {"cards": [CARD]}
DISCOVERY: dict[str, Any] = {
    "services": [
        {
            "hook": "order-sign",
            "id": "neuropathic-pain-order-sign",
            "title": "Title",
            "description": "Description",
            "prefetch": {
                "patient": "Patient/{{context.patientId}}",
                "observations": "Observation?patient={{context.patientId}}&code=http://loinc.org|2160-0&_sort=-date",
            },
        }
    ]
}
FEEDBACK: dict[str, Any] = schema("feedback")["examples"][0]
SOUND = {"request": REQUEST, "response": RESPONSE, "discovery": DISCOVERY, "feedback": FEEDBACK}


def changed(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy with one value put at a path; `...` takes the member away."""
    copied = copy.deepcopy(document)
    node = copied
    for step in path[:-1]:
        node = node[step]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return copied


@pytest.mark.parametrize("kind", KINDS)
def test_each_schema_is_one_and_its_example_is_sound(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))
    assert validate(SOUND[kind], kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_schema_has_alternatives(kind: str) -> None:
    """A failed alternative costs a repr() of what it failed on: the chart."""
    assert not {"oneOf", "anyOf"} & set(members(schema(kind)))


def members(node: Any) -> list[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return (list(node) if isinstance(node, dict) else []) + [name for child in children for name in members(child)]


CARDS = ("cards", 0)
SERVICE = ("services", 0)


@pytest.mark.parametrize(
    ("kind", "path", "value", "problem"),
    [
        ("request", ("hook",), ..., "hook: is required and missing"),
        ("request", ("hook",), CANARY, "hook: must be one of order-select, order-sign, patient-view"),
        ("request", ("hookInstance",), " ", "hookInstance: must be a string that is not blank"),
        ("request", ("context",), [CANARY], "context: must be an object"),
        ("request", ("context", "patientId"), ..., "context.patientId: is required and missing"),
        ("request", ("context", "draftOrders"), ..., "context.draftOrders: is required and missing"),
        ("request", ("context", "draftOrders"), CANARY, "context.draftOrders: must be an object or an array"),
        ("request", ("context", "selections"), ["a", 7], "context.selections[1]: must be a string"),
        ("request", ("prefetch",), [CANARY], "prefetch: must be an object"),
        ("response", ("cards",), ..., "cards: is required and missing"),
        ("response", ("cards",), [CARD] * 6, "cards: must hold at most 5"),
        ("response", (*CARDS, "uuid"), ..., "cards[0].uuid: is required and missing"),
        ("response", (*CARDS, "uuid"), UUID.upper(), "cards[0].uuid: must be a lower-case UUID"),
        ("response", (*CARDS, "summary"), "x" * 140, "cards[0].summary: must be at most 139 characters"),
        ("response", (*CARDS, "summary"), "a\nb", "cards[0].summary: must be one line that is not blank"),
        ("response", (*CARDS, "indicator"), "hard-stop", "cards[0].indicator: must be one of info, warning, critical"),
        ("response", (*CARDS, "source", "label"), ..., "cards[0].source.label: is required and missing"),
        ("response", (*CARDS, "source", "topic", "code"), "a-b",
         "cards[0].source.topic.code: must be one alphanumeric word of at most 100 characters"),
        ("response", (*CARDS, "selectionBehavior"), ..., "cards[0]: lacks a member that another one calls for"),
        ("response", (*CARDS, "suggestions"), ..., "cards[0]: lacks a member that another one calls for"),
        ("response", (*CARDS, "suggestions", 1, "isRecommended"), True,
         "cards[0].suggestions: must be a list that recommends one suggestion at most"),
        ("response", (*CARDS, "suggestions", 0, "actions", 0, "type"), "UPDATE",
         "cards[0].suggestions[0].actions[0].type: must be one of create, update, delete"),
        ("response", (*CARDS, "suggestions", 0, "actions", 0, "resource"), ...,
         "cards[0].suggestions[0].actions[0].resource: is required and missing"),
        ("response", (*CARDS, "suggestions", 1, "actions", 0, "resource"), {"resourceType": "X"},
         "cards[0].suggestions[1].actions[0].resource: does not belong here"),
        ("response", (*CARDS, "overrideReasons", 0, "display"), ...,
         "cards[0].overrideReasons[0].display: is required and missing"),
        ("response", (*CARDS, "links", 0, "appContext"), "x", "cards[0].links[0].appContext: does not belong here"),
        ("response", (*CARDS, "links", 0, "url"), "/relative", "cards[0].links[0].url: must be an absolute URL"),
        ("response", (*CARDS, "detail"), None, "cards[0].detail: must be left out when it has no value"),
        ("response", (*CARDS, "links"), [], "cards[0].links: must be left out when it has no value"),
        ("response", (*CARDS, "source", "topic", "display"), "",
         "cards[0].source.topic.display: must be left out when it has no value"),
        ("response", (*CARDS, "extension", "org.example.basis", "conditions"), [],
         "cards[0].extension.org.example.basis.conditions: must be left out when it has no value"),
        ("response", (*CARDS, "extension", "short"), 1,
         "cards[0].extension: must be named like org.example.name, every member"),
        ("discovery", (*SERVICE, "hook"), ..., "services[0].hook: is required and missing"),
        ("discovery", (*SERVICE, "id"), "A b", "services[0].id: must be lower-case letters, digits and hyphens"),
        ("discovery", (*SERVICE, "prefetch"), {}, "services[0].prefetch: must be left out when it has no value"),
        ("discovery", (*SERVICE, "prefetch", "patient"), "https://ehr/Patient/1",
         "services[0].prefetch.patient: must be a relative FHIR read or search"),
        ("discovery", (*SERVICE, "prefetch", "patient"), "Patient/{{context.selections}}",
         "services[0].prefetch.patient: must be a template with simple tokens such as {{context.patientId}} only"),
        ("feedback", ("feedback",), [], "feedback: must not be empty"),
        ("feedback", ("feedback", 0, "card"), ..., "feedback[0].card: is required and missing"),
        ("feedback", ("feedback", 0, "outcome"), "ignored", "feedback[0].outcome: must be one of accepted, overridden"),
        ("feedback", ("feedback", 0, "outcomeTimestamp"), CANARY,
         "feedback[0].outcomeTimestamp: must be a moment such as 2026-03-02T15:04:09Z"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(kind: str, path: tuple[str | int, ...], value: Any, problem: str) -> None:
    assert [str(found) for found in validate(changed(SOUND[kind], path, value), kind)] == [problem]


def test_all_problems_at_once() -> None:
    problems = validate({"hook": "x", "context": {"patientId": 1}, "prefetch": "y"}, "request")
    assert [problem.path for problem in problems] == ["hookInstance", "context.patientId", "hook", "prefetch"]


@pytest.mark.parametrize("document", [None, 7, "x", [], True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_object(document: Any, kind: str) -> None:
    assert [str(problem) for problem in validate(document, kind)] == ["(document): must be an object"]


@pytest.mark.parametrize("kind", ["response", "discovery"])
def test_the_two_arrays_that_may_be_empty(kind: str) -> None:
    assert validate({{"response": "cards", "discovery": "services"}[kind]: []}, kind) == []


@pytest.mark.parametrize(
    "item",
    [
        {"outcome": "overridden"},
        {"outcome": "overridden", "overrideReason": {"userComment": "x"}},
        {"outcome": "overridden", "overrideReason": {"reason": {"code": "a", "system": "b", "display": "c"}}},
        {"outcome": "overridden", "overrideReasons": {"extension": {"com.example.a": "45"}, "userComment": "x"}},
        {"outcome": "accepted", "acceptedSuggestions": [{"id": "x"}], "outcomeTimestamp": "2026-03-02T15:04:09+01:00"},
    ],
)
def test_feedback_in_its_variants(item: dict[str, Any]) -> None:
    assert validate({"feedback": [{"card": "any", **item}]}, "feedback") == []


# ---- the schema of a request and the reader of requests agree -------------------------------------------------------

PLACES: list[tuple[str | int, ...]] = [
    ("hook",), ("hookInstance",), ("context",), ("prefetch",), ("fhirServer",), ("fhirAuthorization",), ("extension",),
    ("context", "patientId"), ("context", "userId"), ("context", "encounterId"), ("context", "selections"),
    ("context", "selections", 0), ("context", "draftOrders"), ("context", "draftOrders", "entry"),
    ("context", "draftOrders", "entry", 0), ("context", "draftOrders", "type"),
]  # fmt: skip
VALUES = st.sampled_from([None, True, 7, 1.5, "", " ", CANARY, "Patient/1", [], [CANARY], [7], {}, {"a": CANARY}])


@given(place=st.sampled_from(PLACES), value=VALUES, hook=st.sampled_from(sorted(HOOKS)))
def test_the_reader_refuses_what_the_schema_refuses(place: tuple[str | int, ...], value: Any, hook: str) -> None:
    document = changed({**REQUEST, "hook": hook, "prefetch": {}, "extension": {}}, place, value)
    said = outcome(document)
    assert [problem.path for problem in validate(document, "request")] == said
    assert CANARY not in str(said)


def outcome(document: Any) -> list[str]:
    """The places that the reader's refusal names; none if it accepts."""
    try:
        parse(json.dumps(document).encode(), "application/json", HOOKS)
    except HookError as error:
        return [place for issue in error.to_outcome()["issue"] for place in issue["expression"]]
    return []


def test_the_chart_is_never_looked_into() -> None:
    class Untouchable(dict[str, Any]):
        def __iter__(self) -> Any:
            raise AssertionError("looked into")

        __repr__ = __iter__

    assert validate({**REQUEST, "prefetch": Untouchable(a=1)}, "request") == []


def test_messages_repeat_no_value_and_no_strange_name() -> None:
    document = {**REQUEST, "hook": CANARY, "context": {"patientId": {CANARY: CANARY}, "selections": {CANARY: 1}}}
    assert CANARY not in "".join(map(str, validate(document, "request")))
    assert path_of(["prefetch", "Maria Müller*", 3]) == "prefetch.(member)[3]"


# ---- OpenAPI --------------------------------------------------------------------------------------------------------


def test_openapi_is_whole() -> None:
    document = openapi()
    assert document["openapi"].startswith("3.1")
    assert set(KINDS) < set(document["components"]["schemas"])
    for reference in references(document):
        assert reference.startswith("#/")
        node: Any = document
        for step in reference[2:].split("/"):
            node = node[step]


def references(node: Any) -> list[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    own = [node["$ref"]] if isinstance(node, dict) and isinstance(node.get("$ref"), str) else []
    return own + [reference for child in children for reference in references(child)]


def test_schemas_inside_openapi_judge_as_they_do_alone() -> None:
    document = openapi()
    for kind in KINDS:
        inside = Draft202012Validator({**document, "$ref": f"#/components/schemas/{kind}"})
        assert inside.is_valid(SOUND[kind])
        assert not inside.is_valid({})
        assert not validator(kind).is_valid({})


def test_each_error_of_the_service_is_in_openapi() -> None:
    answers = openapi()["paths"]["/cds-services/{id}"]["post"]["responses"]
    found = [HookError]
    for error in found:
        found += error.__subclasses__()
    statuses = {error.status for error in found if not error.__subclasses__()}
    assert {int(status) for status in answers} == statuses | {200}
