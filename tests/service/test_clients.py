"""The habits of real clients, each over HTTP: what they send is answered, and what they need is in the answer."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.fhir_client import LATE
from cds_service.validation import validate
from fhir_fixtures import STORY_DAY, stories
from tests.service.bad_fhir_server import bad_server

STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))
Json = dict[str, Any]
Change = Callable[[Json, Json], Any]  # the call, its first draft


def changed(change: Change) -> Json:
    call = copy.deepcopy(STORY.request)
    change(call, call["context"]["draftOrders"]["entry"][0]["resource"])
    return call


def post(client: FlaskClient, call: Any, **options: Any) -> Any:
    return client.post(STORY.path_of_service, json=call, **options)


def said(client: FlaskClient, call: Json) -> list[tuple[str, str]]:
    answer = post(client, call)
    assert answer.status_code == 200, answer.json
    assert validate(answer.json, "response") == []
    return [(card["indicator"], card["source"]["topic"]["code"]) for card in answer.json["cards"]]


def put(*path: Any, value: Any) -> Change:
    """Sets a member of the call; a value of `...` takes it away."""

    def change(call: Json, _: Json) -> None:
        node: Any = call
        for step in path[:-1]:
            node = node[step]
        if value is ...:
            node.pop(path[-1], None)
        else:
            node[path[-1]] = value

    return change


def draft(**members: Any) -> Change:
    def change(_: Json, order: Json) -> None:
        for name, value in members.items():
            if value is ...:
                order.pop(name, None)
            else:
                order[name] = value

    return change


# What changes nothing in the advice.
HABITS: dict[str, Change] = {
    "patientId with its type": lambda call, _: call["context"].update(
        patientId=f"Patient/{call['context']['patientId']}"
    ),
    "no userId": put("context", "userId", value=...),
    "userId bare": put("context", "userId", value="123"),
    "encounterId blank": put("context", "encounterId", value=""),
    "extension unknown": put("extension", value={"com.epic.cdshooks.request.bpa-trigger-action": "18"}),
    "extension a list": put("extension", value=["x"]),
    "Bundle without type": put("context", "draftOrders", "type", value=...),
    "no fullUrl": put("context", "draftOrders", "entry", 0, "fullUrl", value=...),
    "an entry without a resource": lambda call, _: call["context"]["draftOrders"]["entry"].append({"fullUrl": "x"}),
    "drafts a list": lambda call, order: call["context"].update(draftOrders=[order]),
    "category an object": draft(category={"coding": [{"code": "community"}]}),
    "intent missing": draft(intent=...),
    "status active": draft(status="active"),
    "requester absent": draft(requester={"extension": [{"url": "x", "valueCode": "unknown"}]}),
    "hookInstance no uuid": put("hookInstance", value="test"),
    "token empty": put("fhirAuthorization", value={"access_token": "", "token_type": "Bearer"}),
    "token without a server": put("fhirAuthorization", value={"access_token": "t", "token_type": "Bearer"}),
    "prefetch key unknown": put("prefetch", "zzz", value={"resourceType": "Basic"}),
    "prefetch key null": put("prefetch", "zzz", value=None),
}


@pytest.mark.spec("R4", "R7", "R8", "R10")
@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_changes_nothing(client: FlaskClient, habit: str) -> None:
    assert said(client, changed(HABITS[habit])) == said(client, STORY.request)


@pytest.mark.parametrize("scope", ["user/Condition.read", "patient/Condition.rs", "Condition.Read (R4)", "", 7])
@pytest.mark.parametrize("expires", [300, 0, -1, "3600", None])
def test_tokens_of_all_kinds(client: FlaskClient, scope: Any, expires: Any) -> None:
    call = copy.deepcopy(STORY.request)
    call["fhirServer"] = "http://127.0.0.1:1/fhir/"
    call["fhirAuthorization"] = {
        "access_token": "t", "token_type": "bearer", "expires_in": expires, "scope": scope, "subject": "x",
        "patient": "another",
    }  # fmt: skip
    assert said(client, call) == said(client, STORY.request)


GREATER_THAN_60 = {
    "resourceType": "Bundle",
    "entry": [{"resource": {"resourceType": "Observation", "code": {"text": "eGFR"}, "valueString": ">60"}}],
}

# What is not as it should be, and must still be answered.
TOLERATED: dict[str, Change] = {
    "no dosage": draft(dosageInstruction=...),
    "dosage text only": draft(dosageInstruction=[{"text": "take 2 tablets three times a day"}]),
    "text that is JSON": draft(dosageInstruction=[{"text": '{"instructions": "x"}'}]),
    "dosage null": draft(dosageInstruction=None),
    "dosage text": draft(dosageInstruction="daily"),
    "old dose": draft(dosageInstruction=[{"doseQuantity": {"value": 1}, "timing": "daily"}]),
    "value as text": draft(dosageInstruction=[{"doseAndRate": [{"doseQuantity": {"value": "600", "unit": "mg"}}]}]),
    "pills": draft(dosageInstruction=[{"doseAndRate": [{"doseQuantity": {"value": 2, "code": "{pill}"}}]}]),
    "three ways to say one dose": draft(
        dosageInstruction=[{"doseAndRate": [{"type": {"text": t}, "doseQuantity": {"value": 2}} for t in "abc"]}]
    ),
    "timing code only": draft(dosageInstruction=[{"timing": {"code": {"coding": [{"code": "TID"}]}}}]),
    "display only": draft(
        medicationCodeableConcept=..., medicationReference={"display": "GABAPENTIN 300 MG PO CAPS"}
    ),
    "reference to nothing": draft(medicationCodeableConcept=..., medicationReference={"reference": "Medication/x"}),
    "no drug": draft(medicationCodeableConcept=...),
    "code without system": draft(medicationCodeableConcept={"coding": [{"code": "25480"}]}),
    "capitals": draft(medicationCodeableConcept={"text": "GABAPENTIN 600 MG ORAL TABLET"}),
    "drug a text": draft(medicationCodeableConcept="gabapentin"),
    "MedicationOrder": draft(resourceType="MedicationOrder"),
    "ids of 200 characters": draft(id="e" * 200),
    "no id": draft(id=...),
    "do not perform": draft(doNotPerform=True),
    "cancelled": draft(status="cancelled"),
    "selections that match nothing": put("context", "selections", value=["MedicationRequest/none"]),
    "no selections": put("context", "selections", value=...),
    "conditions null": put("prefetch", "conditions", value=None),
    "conditions an outcome": put("prefetch", "conditions", value={"resourceType": "OperationOutcome"}),
    "conditions HTML": put("prefetch", "conditions", value="<html>"),
    "conditions wrapped": put("prefetch", "conditions", value={"response": {"status": "200 OK"}, "resource": None}),
    "observations as text": put("prefetch", "observations", value=GREATER_THAN_60),
    "status text, refuted": put(
        "prefetch", "conditions",
        value={"resourceType": "Bundle", "entry": [{"resource": {
            "resourceType": "Condition", "clinicalStatus": "active", "verificationStatus": "refuted",
            "code": {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.90", "code": "E1142"}]}}}]},
    ),
}  # fmt: skip


@pytest.mark.spec("R9")
@pytest.mark.parametrize("oddity", TOLERATED)
def test_an_oddity_is_answered(client: FlaskClient, oddity: str) -> None:
    said(client, changed(TOLERATED[oddity]))


@pytest.mark.spec("R2", "R6")
@pytest.mark.parametrize(
    ("change", "place"),
    [
        (put("hook", value=...), "hook"),
        (put("hook", value=7), "hook"),
        (put("hook", value="medication-prescribe"), "hook"),
        (put("hookInstance", value=...), "hookInstance"),
        (put("context", value=...), "context"),
        (put("context", value=["x"]), "context"),
        (put("context", "patientId", value=...), "context.patientId"),
        (put("context", "draftOrders", value=...), "context.draftOrders"),
        (put("prefetch", value="x"), "prefetch"),
    ],
)
def test_what_is_no_call_is_400_and_names_the_place(client: FlaskClient, change: Change, place: str) -> None:
    answer = post(client, changed(change))
    assert answer.status_code == 400
    assert answer.json["issue"][0]["expression"] == [place]


@pytest.mark.spec("E3")
def test_412_only_if_nothing_is_known_of_the_patient(client: FlaskClient) -> None:
    nothing = changed(put("prefetch", value=...))
    answer = post(client, nothing)
    assert (answer.status_code, answer.json["resourceType"]) == (412, "OperationOutcome")
    for key in ("patient", "conditions", "medications"):
        nothing["prefetch"] = {key: None}
        assert post(client, nothing).status_code == 200


def test_a_client_that_drops_the_drafts_gets_an_outcome(client: FlaskClient) -> None:
    context = {"userId": "Practitioner/1", "patientId": "1"}
    answer = post(client, {**STORY.request, "context": context})
    assert (answer.status_code, answer.json["resourceType"]) == (400, "OperationOutcome")


def test_what_other_clients_response_models_want(client: FlaskClient) -> None:
    for card in post(client, STORY.request).json["cards"]:
        assert all(isinstance(each["isRecommended"], bool) for each in card.get("suggestions", []))
        assert "links" not in card


def test_the_worst_comes_first_for_clients_that_do_not_sort(client: FlaskClient) -> None:
    order = ["critical", "warning", "info"]
    for story in stories():
        found = [order.index(card["indicator"]) for card in story.response["cards"]]
        assert found == sorted(found)


def test_markup_from_a_chart_reaches_no_card_unescaped(client: FlaskClient) -> None:
    call = changed(draft(medicationCodeableConcept={
        "text": "gabapentin 600 MG Oral Tablet <img src=x onerror=alert(1)> [x](javascript:alert(1))",
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "310434", "display": "<b>x</b>"}],
    }))  # fmt: skip
    for card in post(client, call).json["cards"]:
        assert "<img" not in card["summary"] + card["detail"]
        assert "](javascript" not in card["summary"] + card["detail"]


def test_two_hooks_of_one_call_have_cards_of_their_own(client: FlaskClient) -> None:
    call = STORY.request
    signed = client.post("/cds-services/neuropathic-pain-order-sign", json={**call, "hook": "order-sign"}).json
    selected = client.post("/cds-services/neuropathic-pain-order-select", json={**call, "hook": "order-select"}).json
    assert not {c["uuid"] for c in signed["cards"]} & {c["uuid"] for c in selected["cards"]}  # type: ignore[index]


def test_a_long_history(client: FlaskClient) -> None:
    call = copy.deepcopy(STORY.request)
    orders = [
        {"resource": {"resourceType": "MedicationRequest", "id": f"m{n}", "status": "completed", "intent": "order",
                      "medicationCodeableConcept": {"text": "lisinopril 10 MG Oral Tablet"}}}
        for n in range(500)
    ]  # fmt: skip
    call["prefetch"]["medications"] = {"resourceType": "Bundle", "type": "searchset", "entry": orders}
    assert said(client, call)


# ---- with a FHIR server ---------------------------------------------------------------------------------------------


def service(base: KnowledgeBase, **settings: Any) -> FlaskClient:
    return create_app(Config(day=STORY_DAY, fhir_networks=("127.0.0.0/8",), **settings), base).test_client()


def bare(fhir: str) -> Json:
    call = {key: value for key, value in STORY.request.items() if key != "prefetch"}
    call["context"] = {**call["context"], "patientId": "123"}
    return {**call, "fhirServer": fhir, "fhirAuthorization": {"access_token": "t", "token_type": "Bearer"}}


@pytest.mark.spec("A7", "E1")
def test_what_is_missing_is_read_with_the_token_and_never_after(base: KnowledgeBase) -> None:
    with bad_server() as fhir:
        client = service(base, fhir_seconds=30.0)
        assert post(client, bare(fhir.base("good"))).status_code == 200
        asked = len(fhir.seen)
        assert asked >= 5
        client.post(f"{STORY.path_of_service}/feedback", json={"feedback": [{"card": "c", "outcome": "accepted"}]})
        assert len(fhir.seen) == asked


@pytest.mark.spec("T7", "E3", "E5")
def test_a_server_that_hangs_costs_the_deadline_and_no_more(base: KnowledgeBase) -> None:
    with bad_server() as fhir:
        answer = post(service(base, fhir_seconds=0.3), bare(fhir.base("slow")))
    assert answer.status_code == 412
    assert LATE in json.dumps(answer.json)


def test_with_the_chart_in_the_call_a_broken_server_changes_nothing(base: KnowledgeBase, client: FlaskClient) -> None:
    with bad_server() as fhir:
        call = {**STORY.request, "fhirServer": fhir.base("status-500")}
        call["fhirAuthorization"] = {"access_token": "t", "token_type": "Bearer"}
        assert said(service(base), call) == said(client, STORY.request)
