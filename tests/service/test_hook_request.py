"""The envelope: what is a call, what is let pass, what is refused, and that a refusal never repeats the chart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.errors import BadRequest, HookError, TooLarge, UnsupportedMediaType
from cds_service.hook_request import MAX_DRAFTS, HookRequest, parse
from cds_service.json_body import MAX_DEPTH

HOOKS = frozenset({"order-select"})
ANY_HOOK = frozenset({"order-select", "order-sign", "patient-view"})
CANARY = "CANARY-7f3a"
JSON = "application/json"


def a_draft(draft_id: str = "a", **changes: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "id": draft_id, "status": "draft", **changes}


def a_call(**changes: Any) -> dict[str, Any]:
    call: dict[str, Any] = {
        "hook": "order-select",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/p",
            "patientId": "123",
            "selections": ["MedicationRequest/a"],
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": a_draft()}]},
        },
    }
    call.update(changes)
    return {name: value for name, value in call.items() if value is not ...}


def a_context(**changes: Any) -> dict[str, Any]:
    context = {**a_call()["context"], **changes}
    return {name: value for name, value in context.items() if value is not ...}


def read(call: Any, content_type: str | None = JSON, hooks: frozenset[str] = ANY_HOOK) -> HookRequest:
    return parse(json.dumps(call).encode(), content_type, hooks)


def refused(call: Any, hooks: frozenset[str] = ANY_HOOK) -> HookError:
    with pytest.raises(HookError) as caught:
        read(call, hooks=hooks)
    return caught.value


def test_a_whole_call() -> None:
    request = read(
        a_call(
            context=a_context(encounterId="e1"),
            fhirServer="https://ehr.example.org/fhir/",
            fhirAuthorization={
                "access_token": "tok",
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "patient/*.rs",
            },
            prefetch={"patient": {"resourceType": "Patient", "id": "123"}},
            extension={"org.example": 1},
        )
    )
    assert (request.hook, request.patient_id, request.user_id) == ("order-select", "123", "Practitioner/p")
    assert request.encounter_id == "e1"
    assert request.selections == ("MedicationRequest/a",)
    assert [draft["id"] for draft in request.draft_orders] == ["a"]
    assert request.fhir_server == "https://ehr.example.org/fhir"
    assert request.authorization is not None
    assert (request.authorization.access_token, request.authorization.expires_in) == ("tok", 300)
    assert request.prefetch["patient"]["id"] == "123"
    assert request.extension == {"org.example": 1}
    assert request.notes == ()


@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        (JSON, True),
        ("application/json; charset=utf-8", True),
        ("application/fhir+json", True),
        ("text/json", True),
        ("APPLICATION/JSON", True),
        (None, True),
        ("", True),
        ("text/plain", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
        ("application/xml", False),
        ("text/html", False),
    ],
)
def test_content_types(content_type: str | None, accepted: bool) -> None:
    if accepted:
        assert read(a_call(), content_type).hook == "order-select"
    else:
        with pytest.raises(UnsupportedMediaType):
            read(a_call(), content_type)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"  \n", id="blank"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"{'hook': 1}", id="single quotes"),
        pytest.param(b'{"hook": "order-select",}', id="trailing comma"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": Infinity}', id="Infinity"),
        pytest.param(b'{"a": 1e400}', id="too large a number"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="too long a number"),
        pytest.param(b'{"a": "\\ud800"}', id="lone surrogate"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param(json.dumps(a_call()).encode("utf-16"), id="UTF-16"),
        pytest.param(json.dumps(a_call()).encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(json.dumps(a_call()).encode("utf-32"), id="UTF-32"),
        pytest.param(b"[" * 100_000, id="unbounded depth"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="depth of a hundred thousand"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"order-select"', id="a string"),
        pytest.param(b"7", id="a number"),
    ],
)
def test_bodies_that_are_no_call(body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(body, JSON, ANY_HOOK)
    assert caught.value.text


def test_a_byte_order_mark_is_let_pass() -> None:
    assert parse(b"\xef\xbb\xbf" + json.dumps(a_call()).encode(), JSON, ANY_HOOK).hook == "order-select"


def nested(depth: int) -> dict[str, Any]:
    """A call whose deepest value lies so many containers deep."""
    value: Any = "x"
    for _ in range(depth - 1):
        value = [value]
    return a_call(zzz=value)


@pytest.mark.parametrize("spoiler", [{}, {"brackets": "]]] {{{ [["}], ids=["plain", "brackets in strings"])
def test_depth(spoiler: dict[str, Any]) -> None:
    assert read({**nested(MAX_DEPTH), **spoiler})
    assert refused({**nested(MAX_DEPTH + 1), **spoiler}).status == 400


def test_depth_hidden_by_brackets_in_strings() -> None:
    value: Any = "x"
    for _ in range(300):
        value = ["]", value, "["]
    assert refused(a_call(zzz=value)).status == 400


def test_size() -> None:
    body = json.dumps(a_call()).encode()
    assert parse(body, JSON, ANY_HOOK, max_bytes=len(body))
    with pytest.raises(TooLarge):
        parse(body, JSON, ANY_HOOK, max_bytes=len(body) - 1)


def test_number_of_drafts() -> None:
    drafts = [a_draft(str(number)) for number in range(MAX_DRAFTS)]
    assert len(read(a_call(context=a_context(draftOrders=drafts))).draft_orders) == MAX_DRAFTS
    assert refused(a_call(context=a_context(draftOrders=[*drafts, a_draft()]))).status == 413


@pytest.mark.parametrize(
    ("call", "expression"),
    [
        (a_call(hook=...), "hook"),
        (a_call(hook=""), "hook"),
        (a_call(hook=None), "hook"),
        (a_call(hook=7), "hook"),
        (a_call(hook=["order-select"]), "hook"),
        (a_call(hook=CANARY), "hook"),
        (a_call(hookInstance=...), "hookInstance"),
        (a_call(hookInstance=" "), "hookInstance"),
        (a_call(hookInstance=1), "hookInstance"),
        (a_call(context=...), "context"),
        (a_call(context=None), "context"),
        (a_call(context=CANARY), "context"),
        (a_call(context=[a_context()]), "context"),
        (a_call(context=a_context(patientId=...)), "context.patientId"),
        (a_call(context=a_context(patientId="")), "context.patientId"),
        (a_call(context=a_context(patientId="Patient/")), "context.patientId"),
        (a_call(context=a_context(patientId=123)), "context.patientId"),
        (a_call(context=a_context(userId={"a": CANARY})), "context.userId"),
        (a_call(context=a_context(encounterId=5)), "context.encounterId"),
        (a_call(context=a_context(selections=CANARY)), "context.selections"),
        (a_call(context=a_context(selections=["x", {"a": CANARY}])), "context.selections[1]"),
        (a_call(context=a_context(draftOrders=...)), "context.draftOrders"),
        (a_call(context=a_context(draftOrders=None)), "context.draftOrders"),
        (a_call(context=a_context(draftOrders=CANARY)), "context.draftOrders"),
        (a_call(context=a_context(draftOrders={"entry": {"a": CANARY}})), "context.draftOrders.entry"),
        (a_call(prefetch=[CANARY]), "prefetch"),
        (a_call(prefetch=CANARY), "prefetch"),
        (a_call(fhirServer=7), "fhirServer"),
        (a_call(fhirAuthorization=CANARY), "fhirAuthorization"),
        (a_call(fhirAuthorization={"access_token": {"a": CANARY}}), "fhirAuthorization.access_token"),
    ],
)
def test_a_refusal_names_the_place_and_repeats_nothing(call: dict[str, Any], expression: str) -> None:
    error = refused(call)
    assert (error.status, error.expression) == (400, expression)
    outcome = json.dumps(error.to_outcome())
    assert expression in outcome
    assert CANARY not in outcome


def test_a_hook_of_another_service_is_refused_with_those_offered() -> None:
    error = refused(a_call(hook="order-sign"), HOOKS)
    assert (error.status, error.expression) == (400, "hook")
    assert "order-select" in error.text


def test_a_replaced_hook_is_refused_with_its_successor() -> None:
    assert "order-select" in refused(a_call(hook="medication-prescribe")).text


def test_the_other_problems_are_named_in_the_same_answer() -> None:
    error = refused(a_call(hookInstance=..., context=a_context(patientId=..., draftOrders=...), prefetch=[]))
    paths = [issue["expression"] for issue in error.to_outcome()["issue"]]
    assert paths == [["hookInstance"], ["context.patientId"], ["context.draftOrders"], ["prefetch"]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(
            a_call(context=[{"resourceType": "MedicationOrder"}]), "an object with userId", id="context array"
        ),
        pytest.param(
            a_call(context=a_context(patientId=...), patient="123", user="Practitioner/p"),
            "context.patientId",
            id="patient at the top",
        ),
        pytest.param(a_call(preFetchData={}), "send prefetch", id="preFetchData"),
    ],
)
def test_shapes_from_before_1_0_are_refused_with_the_current_one(call: dict[str, Any], words: str) -> None:
    error = refused(call)
    assert error.status == 400
    assert words in error.text


# ---- what is let pass -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "patient_id", ["123", "Patient/123", "https://ehr.example.org/fhir/Patient/123", "Patient/123/_history/4", " 123 "]
)
def test_patient_id_is_made_bare(patient_id: str) -> None:
    assert read(a_call(context=a_context(patientId=patient_id))).patient_id == "123"


@pytest.mark.parametrize(
    "draft_orders",
    [
        pytest.param({"resourceType": "Bundle", "entry": [{"resource": a_draft()}]}, id="Bundle without type"),
        pytest.param({"entry": [{"resource": a_draft()}]}, id="no resourceType"),
        pytest.param([a_draft()], id="list of resources"),
        pytest.param([{"resource": a_draft()}], id="list of entries"),
        pytest.param(a_draft(), id="one resource"),
        pytest.param(
            {"resourceType": "Bundle", "entry": [{}, None, {"fullUrl": "urn:uuid:x"}, {"resource": a_draft()}, 5]},
            id="entries without a resource",
        ),
    ],
)
def test_shapes_of_draft_orders(draft_orders: Any) -> None:
    assert read(a_call(context=a_context(draftOrders=draft_orders))).draft_orders == (a_draft(),)


@pytest.mark.parametrize(
    "draft_orders", [{}, [], {"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": None}]
)
def test_no_drafts_is_no_fault(draft_orders: Any) -> None:
    assert read(a_call(context=a_context(draftOrders=draft_orders))).draft_orders == ()


def test_full_urls_stand_beside_the_drafts() -> None:
    entries = [{"fullUrl": "urn:uuid:1", "resource": a_draft("a")}, {"resource": a_draft("b")}]
    request = read(a_call(context=a_context(draftOrders={"resourceType": "Bundle", "entry": entries})))
    assert request.draft_urls == ("urn:uuid:1", "")


@pytest.mark.parametrize(
    "changes",
    [{"userId": ...}, {"userId": "bare"}, {"encounterId": ""}, {"encounterId": None}, {"selections": ...},
     {"selections": None}, {"selections": []}, {"zzz": 1}],
)  # fmt: skip
def test_optional_context(changes: dict[str, Any]) -> None:
    assert read(a_call(context=a_context(**changes))).patient_id == "123"


@pytest.mark.parametrize(
    "changes",
    [{"prefetch": None}, {"prefetch": {}}, {"extension": []}, {"extension": "x"}, {"extension": None}, {"zzz": 1},
     {"hookInstance": "test"}, {"user": "Practitioner/p", "patient": "123"}, {"fhirServer": None}, {"fhirServer": ""},
     {"fhirAuthorization": None}, {"fhirAuthorization": {}}],
)  # fmt: skip
def test_optional_members(changes: dict[str, Any]) -> None:
    request = read(a_call(**changes))
    assert (request.prefetch, request.extension, request.authorization) == ({}, {}, None)


def test_patient_view_needs_no_orders() -> None:
    assert read(a_call(hook="patient-view", context={"patientId": "123"})).draft_orders == ()


# ---- authorization --------------------------------------------------------------------------------------------------

SERVER = "https://ehr.example.org/fhir"


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        pytest.param({}, True, id="plain"),
        pytest.param({"token_type": "bearer"}, True, id="lower case"),
        pytest.param({"token_type": ...}, True, id="no token_type"),
        pytest.param({"token_type": "mac"}, False, id="another token_type"),
        pytest.param({"access_token": ""}, False, id="empty token"),
        pytest.param({"access_token": None}, False, id="null token"),
        pytest.param({"access_token": "a\nb"}, False, id="line break in the token"),
        pytest.param({"expires_in": "300"}, True, id="seconds as text"),
        pytest.param({"expires_in": "soon"}, True, id="unreadable seconds"),
        pytest.param({"expires_in": 0}, False, id="expired"),
        pytest.param({"expires_in": -5}, False, id="long expired"),
        pytest.param({"expires_in": "nan"}, True, id="not a number"),
        pytest.param({"patient": "123"}, True, id="this patient"),
        pytest.param({"patient": "Patient/123"}, True, id="this patient as a reference"),
        pytest.param({"patient": "999"}, False, id="another patient"),
        pytest.param({"scope": ["x"], "subject": 4}, True, id="odd hints"),
    ],
)
def test_token(changes: dict[str, Any], usable: bool) -> None:
    given = {"access_token": "tok", "token_type": "Bearer", "expires_in": 300, **changes}
    given = {name: value for name, value in given.items() if value is not ...}
    request = read(a_call(fhirServer=SERVER, fhirAuthorization=given))
    assert (request.authorization is not None) is usable
    noted = given["access_token"] and not usable
    assert bool(request.notes) is bool(noted)


def test_a_token_without_a_server_is_not_used() -> None:
    assert read(a_call(fhirAuthorization={"access_token": "tok", "token_type": "Bearer"})).authorization is None


def test_the_token_is_never_shown() -> None:
    request = read(a_call(fhirServer=SERVER, fhirAuthorization={"access_token": CANARY, "token_type": "Bearer"}))
    assert request.authorization is not None
    assert request.authorization.access_token == CANARY
    assert CANARY not in repr(request) + str(request) + repr(request.authorization)


# ---- members given twice --------------------------------------------------------------------------------------------


def test_twice_in_the_context_is_refused() -> None:
    body = json.dumps(a_call()).replace('"status": "draft"', '"status": "draft", "status": "active"')
    with pytest.raises(BadRequest) as caught:
        parse(body.encode(), JSON, ANY_HOOK)
    assert caught.value.expression == "context.draftOrders.entry[0].resource"


def test_twice_elsewhere_is_noted() -> None:
    body = json.dumps(a_call(zzz=1)).replace('"zzz": 1', '"zzz": 1, "zzz": 2')
    assert parse(body.encode(), JSON, ANY_HOOK).notes == ("a member is given twice outside the context",)


@pytest.mark.parametrize(
    ("once", "twice", "place"),
    [
        ('"hook":', '"hook": "order-sign", "hook":', "hook"),
        ('"context":', '"context": {}, "context":', "context"),
        ('"prefetch":', '"prefetch": {}, "prefetch":', "prefetch"),
        ('"prefetch": {', '"prefetch": {"patient": null, "patient": null, ', "prefetch"),
    ],
)
def test_twice_in_the_envelope_is_refused(once: str, twice: str, place: str) -> None:
    body = json.dumps(a_call(prefetch={"zzz": None}))
    assert once in body
    with pytest.raises(BadRequest) as caught:
        parse(body.replace(once, twice, 1).encode(), JSON, ANY_HOOK)
    assert caught.value.expression == place


@pytest.mark.parametrize("text", ['"', "\\", '\\"', "µg", "\u2028", '<div xmlns="x">'])
def test_quotes_inside_strings_are_not_mistaken_for_members(text: str) -> None:
    call = a_call(context=a_context(draftOrders=[a_draft(note=text)]))
    for body in (json.dumps(call), json.dumps(call, ensure_ascii=False)):
        assert parse(body.encode(), JSON, ANY_HOOK).notes == ()


@pytest.mark.parametrize("escape", ["\\u0022", "\\u005c", "\\u005C"])
def test_hidden_quotes_do_not_hide_a_member_given_twice(escape: str) -> None:
    body = json.dumps(a_call()).replace('"status": "draft"', f'"status": "draft", "status": "x{escape}"')
    with pytest.raises(BadRequest) as caught:
        parse(body.encode(), JSON, ANY_HOOK)
    assert caught.value.expression == "context.draftOrders.entry[0].resource"
