"""What surrounds every answer: CORS, methods, sizes, kinds, ids; and an error that says nothing it should not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.answer import Engine
from cds_service.services import SERVICES
from cds_service.validation import KINDS, validate
from fhir_fixtures import STORY_DAY, stories

STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))
SERVICE = "/cds-services/neuropathic-pain-order-sign"
ADDRESSES = ["/cds-services", SERVICE, f"{SERVICE}/feedback", "/nowhere", "/openapi.json", "/health/ready"]
ORIGIN = {"Origin": "https://sandbox.cds-hooks.org"}


def outcome(answer: TestResponse) -> dict[str, Any]:
    assert answer.mimetype == "application/json"
    issue: dict[str, Any] = answer.json["issue"][0]  # type: ignore[index]
    assert issue["severity"] == "error"
    return issue


@pytest.mark.spec("T6", "F11")
@pytest.mark.parametrize("address", ADDRESSES)
def test_preflight_needs_no_token(client: FlaskClient, address: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = client.options(address, headers={**ORIGIN, **asked})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert {"GET", "POST", "OPTIONS"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))


@pytest.mark.spec("T6")
@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("GET", "/cds-services", b"", 200),
        ("POST", SERVICE, b"{", 400),
        ("POST", "/cds-services/other", b"{}", 404),
        ("DELETE", SERVICE, b"", 405),
        ("POST", SERVICE, b'{"hook":"order-sign"}' + b" " * 6_000_000, 413),
        ("GET", "/nowhere", b"", 404),
    ],
)
def test_every_answer_may_be_read_by_a_page(
    client: FlaskClient, method: str, address: str, body: bytes, status: int
) -> None:
    answer = client.open(address, method=method, data=body, headers=ORIGIN, content_type="application/json")
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if status >= 400:
        assert answer.json["resourceType"] == "OperationOutcome"  # type: ignore[index]


@pytest.mark.spec("T6")
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://ehr.example.org", True),
        ("https://ehr.example.org.evil.example", False),
        ("https://evil.example/https://ehr.example.org", False),
        ("http://ehr.example.org", False),
        ("null", False),
    ],
)
def test_a_list_of_origins(base: KnowledgeBase, origin: str, allowed: bool) -> None:
    app = create_app(Config(day=STORY_DAY, cors=("https://ehr.example.org",)), base).test_client()
    answer = app.get("/cds-services", headers={"Origin": origin})
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed
    assert "Origin" in answer.headers["Vary"]


def test_a_page_may_ask_leave_to_call_this_machine(client: FlaskClient) -> None:
    answer = client.options(SERVICE, headers={"Access-Control-Request-Private-Network": "true"})
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.spec("R1")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_service_is_called_by_post(client: FlaskClient, method: str) -> None:
    answer = client.open(SERVICE, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert outcome(answer)["code"] == "not-supported"


@pytest.mark.spec("R1")
def test_an_unknown_service_is_404_and_says_which_there_are(client: FlaskClient) -> None:
    answer = client.post("/cds-services/CANARY", json=STORY.request)
    assert answer.status_code == 404
    assert next(iter(SERVICES)) in outcome(answer)["diagnostics"]
    assert b"CANARY" not in answer.data


@pytest.mark.parametrize("content_type", ["text/html", "application/x-www-form-urlencoded", "application/xml"])
def test_what_is_clearly_no_json_is_415(client: FlaskClient, content_type: str) -> None:
    answer = client.post(SERVICE, data=b"a=b", content_type=content_type)
    assert (answer.status_code, outcome(answer)["code"]) == (415, "not-supported")


@pytest.mark.spec("T1", "E1", "C1")
@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/fhir+json", "text/json", ""])
def test_whatever_is_json_is_taken(client: FlaskClient, content_type: str) -> None:
    answer = client.post(STORY.path_of_service, data=json.dumps(STORY.request), content_type=content_type)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.json["cards"] == client.post(STORY.path_of_service, json=STORY.request).json["cards"]  # type: ignore[index]


@pytest.mark.spec("T5", "X3")
def test_members_nobody_knows_change_nothing(client: FlaskClient) -> None:
    plain = client.post(STORY.path_of_service, json=STORY.request).data
    call = STORY.request
    call["zzz"] = call["context"]["zzz"] = 1
    call["extension"] = {"com.example": [1]}
    for entry in call["context"]["draftOrders"]["entry"]:
        entry["zzz"] = 1  # in the order itself it would come back, since a mended order keeps all it had
    assert client.post(STORY.path_of_service, json=call).data == plain


@pytest.mark.spec("R3")
@pytest.mark.parametrize("instance", ["not-a-uuid", "11111111-1111-1111-1111-111111111111"])
def test_the_hook_instance_comes_back_and_may_repeat(client: FlaskClient, instance: str) -> None:
    call = {**STORY.request, "hookInstance": instance}
    answers = [client.post(STORY.path_of_service, json=call) for _ in range(2)]
    assert [answer.headers["X-Request-Id"] for answer in answers] == [instance] * 2
    assert answers[0].data == answers[1].data


def test_a_request_id_comes_back_unless_it_is_none(client: FlaskClient) -> None:
    assert client.get("/cds-services", headers={"X-Request-Id": "a-1"}).headers["X-Request-Id"] == "a-1"
    assert "X-Request-Id" not in client.get("/cds-services", headers={"X-Request-Id": "Mr CANARY <b>"}).headers


@pytest.mark.spec("E4", "E5")
def test_what_nobody_expected_says_nothing(
    base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("CANARY of the chart")

    app = create_app(Config(day=STORY_DAY, log=True), base)
    monkeypatch.setattr(Engine, "answer", broken)
    answer = app.test_client().post(STORY.path_of_service, json=STORY.request, headers=ORIGIN)
    assert (answer.status_code, outcome(answer)["code"]) == (500, "exception")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    logged = capsys.readouterr().out
    assert "RuntimeError" in logged
    assert "CANARY" not in logged + answer.text


def test_schemas_and_openapi_are_served(client: FlaskClient) -> None:
    assert client.get("/openapi.json").json["openapi"].startswith("3.1")  # type: ignore[index]
    for kind in KINDS:
        assert client.get(f"/schemas/{kind}.json").json["$id"].endswith(kind)  # type: ignore[index]
    assert client.get("/schemas/other.json").status_code == 404


def test_every_path_of_openapi_answers_and_every_address_is_in_it(client: FlaskClient) -> None:
    described = set(client.get("/openapi.json").json["paths"])  # type: ignore[index]
    there = {str(rule).replace("<service_id>", "{id}").replace("<name>", "{name}") for rule in urls(client)}
    assert described == there


def urls(client: FlaskClient) -> list[str]:
    return [rule.rule for rule in client.application.url_map.iter_rules() if rule.endpoint != "static"]


@pytest.mark.spec("D1", "D2", "D4", "D5", "D6", "D7", "D8", "D14", "D16", "X1", "X2")
def test_discovery(client: FlaskClient) -> None:
    answer = client.get("/cds-services")
    assert answer.status_code == 200
    assert validate(answer.json, "discovery") == []
    assert {service["hook"] for service in answer.json["services"]} == {"order-select", "order-sign", "patient-view"}  # type: ignore[index]
    assert b"://" not in answer.data.replace(b"http://loinc.org", b"")
    for service in answer.json["services"]:  # type: ignore[index]
        assert service["title"].strip()
        assert service["description"].strip()
        assert client.post(f"/cds-services/{service['id']}", json={}).status_code == 400


@pytest.mark.spec("D1")
def test_discovery_with_a_slash_at_the_end(client: FlaskClient) -> None:
    assert client.get("/cds-services/").status_code == 200


def test_health(client: FlaskClient) -> None:
    assert client.get("/health/live").json == {"status": "ok"}
    ready = client.get("/health/ready").json
    assert ready is not None
    assert ready["store"] == "off"
    assert ready["knowledge"]["version"]


def test_readiness_counts_what_has_expired(base: KnowledgeBase) -> None:
    late = STORY_DAY.replace(year=STORY_DAY.year + 20)
    ready = create_app(Config(day=late), base).test_client().get("/health/ready").json
    assert ready is not None
    assert ready["status"] == "degraded"
    assert ready["knowledge"]["expired"] > 0


def test_metrics_count_calls_cards_and_statuses(base: KnowledgeBase) -> None:
    app = create_app(Config(day=STORY_DAY), base).test_client()
    app.post(STORY.path_of_service, json=STORY.request)
    app.post(SERVICE, data=b"{")
    told = app.get("/metrics").text
    assert f'rule="{STORY.rule}"' in told
    assert 'service="calls.call_service",status="400"' in told
    assert "cds_request_seconds_count" in told
    off = create_app(Config(day=STORY_DAY, metrics=False), base).test_client()
    assert off.get("/metrics").status_code == 404


def test_a_rule_that_raises_is_counted_and_the_other_cards_stand(
    base: KnowledgeBase, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("CANARY")

    app = create_app(Config(day=STORY_DAY, log=True), base)
    house = app.extensions["house"]
    desk = house.desks["default"]
    rules = {**desk.engine.rules, "could-not-be-checked": broken}
    object.__setattr__(desk.engine, "rules", rules)
    answer = app.test_client().post(STORY.path_of_service, json=STORY.request)
    assert answer.status_code == 200
    assert len(answer.json["cards"]) >= 1  # type: ignore[index]
    assert 'cds_rule_errors_total{rule="could-not-be-checked"} 1.0' in app.test_client().get("/metrics").text
    logged = capsys.readouterr().out
    assert "KeyError" in logged
    assert "CANARY" not in logged
