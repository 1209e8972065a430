"""Requirements held against somebody who wants them broken: bodies, methods and headers as they should not be."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.services import SERVICES
from fhir_fixtures import STORY_DAY, stories
from tests.service.bad_fhir_server import PATIENT, BadServer, bad_server

STORY = next(story for story in stories() if story.name == "fires_gabapentin_4800")
CALL = STORY.request
PATH = STORY.path_of_service
RAW = json.dumps(CALL).encode()
ORIGIN = {"Origin": "https://sandbox.cds-hooks.org"}


def with_(**members: Any) -> bytes:
    """The call with these members; `...` takes one away."""
    said = {**CALL, **members}
    return json.dumps({name: value for name, value in said.items() if value is not ...}).encode()


def context(**members: Any) -> bytes:
    said = {**CALL["context"], **members}
    return with_(context={name: value for name, value in said.items() if value is not ...})


def number(text: bytes) -> bytes:
    """The call with this for the number of its dose."""
    assert RAW.count(b'"value": 800') >= 1
    return RAW.replace(b'"value": 800', b'"value": ' + text, 1)


def drug(text: bytes) -> bytes:
    return RAW.replace(b"gabapentin 800 MG Oral Tablet", text, 1)


def nested(levels: int) -> bytes:
    return context(draftOrders=json.loads('{"a":' * levels + "1" + "}" * levels))


# What is no call, and the place that is named.
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "$this"),
    "blanks": (b" \n ", "$this"),
    "null": (b"null", "$this"),
    "a number": (b"1", "$this"),
    "a list": (b"[]", "$this"),
    "a text": (b'"x"', "$this"),
    "an empty object": (b"{}", "hook"),
    "something behind it": (RAW + b"x", "$this"),
    "two of them": (RAW + RAW, "$this"),
    "a comma at the end": (RAW[:-1] + b",}", "$this"),
    "a comment": (b"/* */" + RAW, "$this"),
    "NaN": (number(b"NaN"), "$this"),
    "Infinity": (number(b"Infinity"), "$this"),
    "a number beyond all": (number(b"1e999"), "$this"),
    "a number of 5000 digits": (number(b"9" * 5000), "$this"),
    "hexadecimal": (number(b"0x10"), "$this"),
    "a leading zero": (number(b"0800"), "$this"),
    "invalid UTF-8": (drug(b"gaba\xff"), "$this"),
    "Latin-1": (drug("gabapentinä".encode("latin-1")), "$this"),
    "overlong UTF-8": (drug(b"gaba\xc0\xaf"), "$this"),
    "UTF-16": (json.dumps(CALL).encode("utf-16"), "$this"),
    "half a surrogate": (drug(b"\\ud800"), "$this"),
    "a bare NUL": (drug(b"gaba\x00"), "$this"),
    "compressed and not said so": (gzip.compress(RAW), "$this"),
    "100,000 levels": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "$this"),
    "100,000 brackets": (b"[" * 100_000, "$this"),
    "65 levels": (nested(65), "$this"),
    "hook null": (with_(hook=None), "hook"),
    "hook blank": (with_(hook=" "), "hook"),
    "hook a list": (with_(hook=["order-select"]), "hook"),
    "hook unknown": (with_(hook="xyz"), "hook"),
    "hook of another service": (with_(hook="patient-view"), "hook"),
    "hook in capitals": (with_(hook="ORDER-SELECT"), "hook"),
    "no hookInstance": (with_(hookInstance=...), "hookInstance"),
    "hookInstance null": (with_(hookInstance=None), "hookInstance"),
    "hookInstance blank": (with_(hookInstance=""), "hookInstance"),
    "hookInstance a number": (with_(hookInstance=5), "hookInstance"),
    "context null": (with_(context=None), "context"),
    "context a text": (with_(context="x"), "context"),
    "patientId a number": (context(patientId=5), "context.patientId"),
    "patientId blank": (context(patientId=""), "context.patientId"),
    "patientId without an id": (context(patientId="Patient/"), "context.patientId"),
    "userId a number": (context(userId=5), "context.userId"),
    "selections a text": (context(selections="x"), "context.selections"),
    "a selection a number": (context(selections=["x", 5]), "context.selections[1]"),
    "draftOrders null": (context(draftOrders=None), "context.draftOrders"),
    "draftOrders a text": (context(draftOrders="x"), "context.draftOrders"),
    "draftOrders.entry a text": (context(draftOrders={"entry": "x"}), "context.draftOrders.entry"),
    "prefetch a list": (with_(prefetch=[]), "prefetch"),
    "fhirServer a number": (with_(fhirServer=5), "fhirServer"),
    "fhirAuthorization a text": (with_(fhirAuthorization="x"), "fhirAuthorization"),
    "the token a number": (with_(fhirAuthorization={"access_token": 5}), "fhirAuthorization.access_token"),
    "patientId twice": (RAW.replace(b'"userId"', b'"patientId": "x", "userId"', 1), "context"),
    "hook twice": (b'{"hook": "order-sign",' + RAW[1:], "hook"),
}


def empties(node: Any) -> Iterator[Any]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        if child in (None, "", [], {}):
            yield child
        yield from empties(child)


@pytest.mark.spec("R1", "R2", "R3", "R6", "E5", "E6", "T3", "T4", "T6")
@pytest.mark.parametrize("body", REFUSED)
def test_what_is_no_call_is_400_and_says_where(client: FlaskClient, body: str) -> None:
    sent, place = REFUSED[body]
    answer = client.post(PATH, data=sent, content_type="application/json", headers=ORIGIN)
    assert (answer.status_code, answer.mimetype) == (400, "application/json")
    assert answer.json["resourceType"] == "OperationOutcome"  # type: ignore[index]
    assert answer.json["issue"][0]["expression"] == [place]  # type: ignore[index]
    assert all(issue["severity"] and issue["code"] for issue in answer.json["issue"])  # type: ignore[index]
    assert list(empties(answer.json)) == []
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


# What must not be refused.
LET_PASS: dict[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + RAW,
    "blanks around": b"\n " + RAW + b" \n",
    "every letter escaped": drug("".join(f"\\u{ord(c):04x}" for c in "gabapentin 800 MG Oral Tablet").encode()),
    "fhirServer null": with_(fhirServer=None),
    "fhirAuthorization null": with_(fhirAuthorization=None),
    "extension null": with_(extension=None),
    "extension a text": with_(extension="x"),
    "userId null": context(userId=None),
    "encounterId null": context(encounterId=None),
    "selections null": context(selections=None),
    "the number written otherwise": number(b"8.00e2"),
    "fhirAuthorization with members nobody knows": with_(
        fhirServer="https://ehr.example.org", fhirAuthorization={"access_token": "", "zzz": 1}
    ),
}


@pytest.mark.spec("T1", "T5", "R8")
@pytest.mark.parametrize("body", LET_PASS)
def test_what_is_a_call_is_answered_as_ever(client: FlaskClient, body: str) -> None:
    plain = client.post(PATH, json=CALL).json
    answer = client.post(PATH, data=LET_PASS[body], content_type="application/json")
    assert [card["summary"] for card in answer.json["cards"]] == [card["summary"] for card in plain["cards"]]  # type: ignore[index]


@pytest.mark.spec("E5", "E6")
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "gzip, gzip"])
def test_a_compressed_body_is_415_and_named(client: FlaskClient, coding: str) -> None:
    headers = {"Content-Encoding": coding, **ORIGIN}
    answer = client.post(PATH, data=gzip.compress(RAW), content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json["issue"][0]["expression"]) == (415, ["http.content-encoding"])  # type: ignore[index]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "iso-8859-1", "us-ascii"])
def test_json_is_utf_8_whatever_a_charset_says(client: FlaskClient, charset: str) -> None:
    answer = client.post(PATH, data=RAW, content_type=f"application/json; charset={charset}")
    assert answer.status_code == 200


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "patient-view"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_its_own_hook_only(client: FlaskClient, service: str, hook: str) -> None:
    answer = client.post(f"/cds-services/{service}", json={**CALL, "hook": hook})
    assert answer.status_code == (200 if service.endswith(hook) else 400)
    if answer.status_code == 400:
        assert SERVICES[service].hook in answer.json["issue"][0]["details"]["text"]  # type: ignore[index]


# ---- methods --------------------------------------------------------------------------------------------------------


@pytest.mark.spec("R1", "E5")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/cds-services", 200),
        ("HEAD", "/health/live", 200),
        ("HEAD", PATH, 405),
        ("GET", PATH, 405),
        ("TRACE", PATH, 405),
        ("FOO", PATH, 405),
        ("POST", "/cds-services", 405),
        ("GET", f"{PATH}/feedback", 405),
        ("POST", "/metrics", 405),
        ("GET", "//cds-services", 404),
        ("GET", "/cds-services/../cds-services", 404),
        ("POST", f"{PATH}/feedback/x", 404),
        ("POST", f"{PATH}%00", 404),
    ],
)
def test_methods_and_addresses(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method, headers=ORIGIN)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, "*")
    if method == "HEAD":
        assert answer.data == b""
    elif status >= 400:
        assert answer.json["issue"][0]["expression"] == ["http.method" if status == 405 else "http.path"]  # type: ignore[index]
    assert ("Allow" in answer.headers) is (status == 405)


@pytest.mark.spec("T6", "F11")
@pytest.mark.parametrize("path", ["/cds-services", PATH, f"{PATH}/feedback", "/nowhere"])
def test_leave_to_call_is_given_without_content(client: FlaskClient, path: str) -> None:
    answer = client.options(path, headers=ORIGIN)
    assert (answer.status_code, answer.data, "Content-Type" in answer.headers) == (204, b"", False)


# ---- prefetch, and what is known ------------------------------------------------------------------------------------

KEYS = ("patient", "conditions", "medications")
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


@pytest.mark.spec("E3", "E5")
@pytest.mark.parametrize(
    ("prefetch", "status"),
    [
        (..., 412),
        (None, 412),
        ({}, 412),
        (dict.fromkeys(KEYS, FAILED), 412),
        (dict.fromkeys(KEYS, "<html>"), 412),
        ({"observations": EMPTY, "allergies": None}, 412),
        (dict.fromkeys(KEYS), 200),
        ({"patient": None}, 200),
        ({"conditions": EMPTY}, 200),
        ({"medications": {**EMPTY, "entry": []}}, 200),
        ({"patient": FAILED, "conditions": FAILED, "medications": EMPTY}, 200),
    ],
)
def test_what_is_empty_is_known_and_what_failed_is_not(client: FlaskClient, prefetch: Any, status: int) -> None:
    answer = client.post(PATH, data=with_(prefetch=prefetch), content_type="application/json")
    assert answer.status_code == status
    if status == 412:
        assert answer.json["issue"][0]["expression"] == ["prefetch"]  # type: ignore[index]


# ---- the EHR's token ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reading(base: KnowledgeBase) -> FlaskClient:
    config = Config(day=STORY_DAY, fhir_networks=("127.0.0.0/8",), fhir_seconds=20.0)
    return create_app(config, base).test_client()


def reads(client: FlaskClient, how: str, change: Callable[[dict[str, Any]], None]) -> tuple[int, BadServer]:
    """The status, and the EHR with all it was asked, for a call that brings nothing but a token."""
    with bad_server() as fhir:
        call = copy.deepcopy(CALL)
        call["context"]["patientId"] = PATIENT
        call["fhirServer"] = fhir.base(how)
        call["fhirAuthorization"] = {
            "access_token": "t0ken", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "s",
        }  # fmt: skip
        del call["prefetch"]
        change(call["fhirAuthorization"])
        return client.post(PATH, json=call).status_code, fhir


USED: dict[str, dict[str, Any]] = {
    "as it should be": {},
    "bearer in small letters": {"token_type": "bearer"},
    "lifetime as text": {"expires_in": "3600"},
    "no lifetime": {"expires_in": None},
    "scopes of SMART 2": {"scope": "patient/Condition.rs"},
    "scopes of an EHR's own": {"scope": "Condition.Read (R4)"},
    "no scope": {"scope": None},
    "of this patient": {"patient": PATIENT},
    "of this patient, with its type": {"patient": f"Patient/{PATIENT}"},
    "another subject": {"subject": "somebody else"},
}


@pytest.mark.spec("A1", "A2", "A3", "A4", "A5", "A6")
@pytest.mark.parametrize("token", USED)
def test_a_token_that_is_good_is_shown_at_every_read(reading: FlaskClient, token: str) -> None:
    status, fhir = reads(reading, "good", lambda given: given.update(USED[token]))
    assert (status, len(fhir.seen)) == (200, 5)
    assert {headers["Authorization"] for _, headers in fhir.seen} == {"Bearer t0ken"}


UNUSED: dict[str, dict[str, Any]] = {
    "of another kind": {"token_type": "mac"},
    "expired": {"expires_in": 0},
    "expired long ago": {"expires_in": -300},
    "about to expire": {"expires_in": 1},
    "of another patient": {"patient": "another"},
    "blank": {"access_token": " "},
    "with a line break": {"access_token": "t0ken\r\nX: y"},
}


@pytest.mark.spec("A2", "A3", "A6", "R4")
@pytest.mark.parametrize("token", UNUSED)
def test_a_token_that_is_not_good_is_never_shown(reading: FlaskClient, token: str) -> None:
    status, fhir = reads(reading, "good", lambda given: given.update(UNUSED[token]))
    assert (status, fhir.seen) == (412, [])


@pytest.mark.spec("E3")
@pytest.mark.parametrize(
    "how", ["status-401", "status-403", "status-404", "status-429", "status-500", "html", "hangup"]
)
def test_a_server_that_refuses_is_412_when_nothing_else_is_known(reading: FlaskClient, how: str) -> None:
    status, fhir = reads(create_app_like(reading), how, lambda _: None)
    assert (status, len(fhir.seen) >= 1) == (412, True)


def create_app_like(client: FlaskClient) -> FlaskClient:
    """Each EHR its own circuit breaker: they share an address."""
    house = client.application.extensions["house"]
    return create_app(house.config, house.base).test_client()
