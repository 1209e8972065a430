"""Sessions as real clients have them, over HTTP: each sends what it is known to send and finds what it reads."""

from __future__ import annotations

import copy
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.store import migrate
from cds_service.validation import validate
from fhir_fixtures import STORY_DAY, Story, stories
from tests.service.signed import jwks, token

Json = dict[str, Any]

BASIS = "org.neuropathic-pain-cds.basis"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
ALL = list(stories())
HIGH = next(story for story in ALL if story.name == "fires_gabapentin_4800")
GABAPENTIN_800 = {"system": RXNORM, "code": "310434", "display": "gabapentin 800 MG Oral Tablet"}


def of_rule(answer: Any, rule: str) -> Json:
    """The one card of a rule, alone or merged, in a sound answer."""
    assert answer.status_code == 200, answer.json
    assert validate(answer.json, "response") == []
    bases = [(card, card["extension"][BASIS]) for card in answer.json["cards"]]
    (found,) = [card for card, basis in bases if rule in (basis["rule"], *basis.get("alsoRules", ()))]
    return found


# ---- the public sandbox ---------------------------------------------------------------------------------------------

SANDBOX, ORIGIN = "https://sandbox.cds-hooks.org", {"Origin": "https://sandbox.cds-hooks.org"}
PUBLIC = "https://cds.example.org"


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory, base: KnowledgeBase) -> Iterator[FlaskClient]:
    """A service that wants a token, and knows the sandbox's key."""
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "jwks.json").write_bytes(orjson.dumps(jwks("ES384")))
    (folder / "tenants.toml").write_text(
        f'[tenants.sandbox]\nissuer = "{SANDBOX}"\nkeys = "jwks.json"\njku = "{SANDBOX}/.well-known/jwks.json"\n'
    )
    url = f"sqlite:///{folder / 'store.sqlite3'}"
    migrate(url)
    tenants = str(folder / "tenants.toml")
    config = Config(day=STORY_DAY, auth="required", tenants=tenants, database=url, public_url=PUBLIC)
    app = create_app(config, base)
    yield app.test_client()
    app.extensions["house"].close()


def signed(path: str) -> dict[str, str]:
    """As its page signs: five minutes, its key's address in the header, its clock half a second ahead."""
    now = time.time() + 0.5
    claims = {"iss": SANDBOX, "aud": f"{PUBLIC}{path}", "iat": now, "exp": now + 300}
    made = token("ES384", headers={"jku": f"{SANDBOX}/.well-known/jwks.json"}, **claims)
    return {**ORIGIN, "Authorization": f"Bearer {made}"}


def form(hook: str = "order-select", **order: Any) -> Json:
    """What its form sends: a Bundle without a type, `category` and `reasonCode` as objects, no server's token."""
    draft: Json = {
        "resourceType": "MedicationRequest",
        "id": "request-123",
        "status": "draft",
        "subject": {"reference": "Patient/np-1"},
        "authoredOn": "2026-11-22",
        "category": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "community"}
            ]
        },
        "dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "days", "system": UCUM, "code": "d"}},
        **order,
    }
    context: Json = {"patientId": "np-1", "userId": "Practitioner/COREPRACTITIONER1"}
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/request-123"]
    context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": draft}]}
    nothing = {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []}
    chart = {**HIGH.request["prefetch"], "medications": nothing}
    return {
        "hookInstance": str(uuid.uuid4()),
        "hook": hook,
        "fhirServer": "http://127.0.0.1:8090/fhir",
        "context": context,
        "prefetch": chart,
    }


def tablets(count: int, times: int) -> Json:
    pills = {"doseQuantity": {"value": count, "system": UCUM, "code": "{pill}"}}
    often = {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}
    return {
        "intent": "order",
        "dosageInstruction": [{"timing": often, "doseAndRate": [pills]}],
        "medicationCodeableConcept": {"text": GABAPENTIN_800["display"], "coding": [GABAPENTIN_800]},
        "reasonCode": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "B02.29"}]},
    }


@pytest.mark.spec("T6", "J1", "J12")
def test_the_sandboxs_page_asks_leave_without_a_token_and_reads_discovery_with_one(trusting: FlaskClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    for path in ("/cds-services", HIGH.path_of_service, f"{HIGH.path_of_service}/feedback"):
        leave = trusting.options(path, headers={**ORIGIN, **asked})
        allowed = leave.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert (leave.status_code, leave.headers["Access-Control-Allow-Origin"]) == (204, "*")
        assert {"authorization", "content-type"} <= set(allowed)
    offered = trusting.get("/cds-services", headers=signed("/cds-services"))
    assert len({service["id"] for service in offered.json["services"]}) == 3  # it keys services by their address
    refused = trusting.get("/cds-services", headers=ORIGIN)
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "*")


def test_the_sandboxs_first_call_has_no_drug_and_is_answered(trusting: FlaskClient) -> None:
    answer = trusting.post(HIGH.path_of_service, json=form(), headers=signed(HIGH.path_of_service))
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert validate(answer.json, "response") == []


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_the_sandboxs_pills_are_milligrams_by_the_product(trusting: FlaskClient, hook: str) -> None:
    path = f"/cds-services/neuropathic-pain-{hook}"
    within = trusting.post(path, json=form(hook, **tablets(1, 3)), headers=signed(path)).json
    assert "daily-dose-above-maximum" not in {card["extension"][BASIS]["rule"] for card in within["cards"]}
    card = of_rule(
        trusting.post(path, json=form(hook, **tablets(2, 3)), headers=signed(path)), "daily-dose-above-maximum"
    )
    assert card["extension"][BASIS]["dailyDose"] == {"value": 4800, "unit": "mg/d"}


def test_what_the_sandbox_takes_of_a_suggestion_is_there(trusting: FlaskClient) -> None:
    """The text and the first code of the first order created or changed; and it needs both uuids to report."""
    path = HIGH.path_of_service
    answer = trusting.post(path, json=form(**tablets(2, 3)), headers=signed(path)).json
    made = [
        next(action["resource"] for action in suggestion["actions"] if action["type"] != "delete")
        for card in answer["cards"]
        for suggestion in card.get("suggestions", [])
    ]
    assert made
    assert all(each["medicationCodeableConcept"]["text"] for each in made)
    assert all(each["medicationCodeableConcept"]["coding"][0]["code"] for each in made)
    assert not re.search(r"<[a-z/]", "".join(card["detail"] for card in answer["cards"]))  # it renders HTML


@pytest.mark.spec("F8", "F9")
def test_what_the_sandbox_reports_is_kept(trusting: FlaskClient) -> None:
    path = HIGH.path_of_service
    first, second = (
        trusting.post(path, json=form(**tablets(2, 3)), headers=signed(path)).json["cards"][0] for _ in range(2)
    )
    moment = "2026-11-22T10:00:00.123Z"
    code, system = first["overrideReasons"][0]["code"], first["overrideReasons"][0]["system"]
    told = [
        {"card": first["uuid"], "outcome": "overridden", "outcomeTimestamp": moment,
         "overrideReason": {"reason": {"code": code, "system": system}}},
        {"card": second["uuid"], "outcome": "accepted", "outcomeTimestamp": moment,
         "acceptedSuggestions": [{"id": second["suggestions"][0]["uuid"]}]},
    ]  # fmt: skip
    for each in told:
        answer = trusting.post(
            f"{path}/feedback", json={"feedback": [each]}, headers={**signed(f"{path}/feedback"), **ORIGIN}
        )
        assert (answer.status_code, answer.data, answer.headers["Access-Control-Allow-Origin"]) == (200, b"", "*")
    kept = {row["card"]: row for row in trusting.application.extensions["house"].store.feedback_rows()}
    assert (kept[first["uuid"]]["reason_code"], kept[second["uuid"]]["outcome"]) == (code, "accepted")


# ---- Epic -----------------------------------------------------------------------------------------------------------


def order(story: Story, **members: Any) -> Json:
    """The story's call with these members of its first draft; `...` takes one away."""
    call = copy.deepcopy(story.request)
    draft = call["context"]["draftOrders"]["entry"][0]["resource"]
    for name, value in members.items():
        draft.pop(name, None)
        if value is not ...:
            draft[name] = value
    return call


REFERENCE = {"reference": "Medication/eM1", "display": "GABAPENTIN 800 MG PO TABS"}
# Ingredient and clinical drug side by side with a private code, none with a display; a strength that is nonsense.
MEDICATION = {
    "resourceType": "Medication",
    "id": "eM1",
    "code": {
        "coding": [
            {"system": "urn:oid:2.16.840.1.113883.6.253", "code": "21157"},
            {"system": RXNORM, "code": "25480"},
            {"system": RXNORM, "code": "310434"},
        ],
        "text": "GABAPENTIN 800 MG PO TABS",
    },
    "ingredient": [
        {"strength": {"numerator": {"value": 800, "unit": "MG"}, "denominator": {"value": 800, "unit": "MG"}}}
    ],
}
RATES = [
    {"type": {"coding": [{"system": "http://epic.com/CodeSystem/dose-rate-type", "code": code}]}, "doseQuantity": dose}
    for code, dose in (
        ("calculated", {"value": 800, "unit": "mg", "system": UCUM, "code": "mg"}),
        ("admin-amount", {"value": 1, "unit": "tablet"}),
        ("ordered", {"value": 800, "unit": "mg", "system": UCUM, "code": "mg"}),
    )
]
SIX_A_DAY = {"repeat": {"frequency": 1, "period": 4, "periodUnit": "h"}, "code": {"text": "Every 4 hours"}}


def epic(where: str) -> Json:
    """Gabapentin as Epic names it, the Medication contained, beside the order in its Bundle, or nowhere."""
    dosage = [{"timing": SIX_A_DAY, "doseAndRate": RATES}]
    call = order(HIGH, medicationCodeableConcept=..., medicationReference=dict(REFERENCE), dosageInstruction=dosage)
    drafts = call["context"]["draftOrders"]["entry"]
    drafts[0]["resource"]["requester"] = {"extension": [{"url": "x", "valueCode": "unknown"}]}
    if where == "entry":
        drafts.append({"resource": MEDICATION})
    elif where == "contained":
        drafts[0]["resource"]["contained"] = [{**MEDICATION, "id": "m"}]
        drafts[0]["resource"]["medicationReference"] = {"reference": "#m", "display": REFERENCE["display"]}
    call["extension"] = {"com.epic.cdshooks.request.bpa-trigger-action": "18"}
    return call


@pytest.mark.parametrize("where", ["entry", "contained", "display only"])
def test_epics_drug_and_three_ways_to_say_one_dose(client: FlaskClient, where: str) -> None:
    card = of_rule(client.post(HIGH.path_of_service, json=epic(where)), "daily-dose-above-maximum")
    assert card["extension"][BASIS]["dailyDose"] == {"value": 4800, "unit": "mg/d"}  # not three times that


def test_epics_empty_search_is_known_to_be_empty(client: FlaskClient) -> None:
    outcome = {"severity": "warning", "code": "processing", "details": {"coding": [{"code": "4101"}]}}
    nothing = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
        "entry": [
            {
                "resource": {"resourceType": "OperationOutcome", "issue": [outcome]},
                "search": {"mode": "outcome"},
            }
        ],
    }
    story = next(story for story in ALL if story.request["prefetch"].get("allergies", {}).get("total") == 0)
    call = copy.deepcopy(story.request)
    call["prefetch"]["allergies"] = nothing
    assert client.post(story.path_of_service, json=call).json == story_answer(client, story)


def story_answer(client: FlaskClient, story: Story) -> Any:
    return client.post(story.path_of_service, json=story.request).json


@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_a_topic_is_a_word_that_a_mute_can_hang_on(client: FlaskClient, story: Story) -> None:
    for card in story.response["cards"]:
        assert re.fullmatch(r"[A-Za-z0-9]{1,100}", card["source"]["topic"]["code"])


# ---- the request generator of CRD -----------------------------------------------------------------------------------


def test_a_constant_hook_instance_is_no_replay(client: FlaskClient) -> None:
    call = {
        **HIGH.request,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "extension": {"davinci-crd.configuration": {"max-cards": 10}},
        "fhirAuthorization": {"access_token": "", "token_type": "Bearer", "scope": "patient/*.read", "subject": "x"},
    }
    answers = [client.post(HIGH.path_of_service, json=call) for _ in range(2)]
    assert of_rule(answers[0], "daily-dose-above-maximum")
    assert answers[0].json == answers[1].json


@pytest.mark.parametrize("status", ["draft", "active", "on-hold"])
def test_orders_of_any_status_are_signed(client: FlaskClient, status: str) -> None:
    call = {**order(HIGH, status=status), "hook": "order-sign"}
    answer = client.post("/cds-services/neuropathic-pain-order-sign", json=call)
    assert of_rule(answer, "daily-dose-above-maximum")


def test_the_whole_chart_under_a_key_of_its_own(client: FlaskClient) -> None:
    call = copy.deepcopy(HIGH.request)
    given = call.pop("prefetch")
    resources = [
        given["patient"],
        *(e["resource"] for key in ("conditions", "medications") for e in given[key]["entry"]),
    ]
    everything = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    call["prefetch"] = {"serviceRequestBundle": everything}
    assert of_rule(client.post(HIGH.path_of_service, json=call), "daily-dose-above-maximum")


# ---- oddities counted in the wild -----------------------------------------------------------------------------------


def wrapped(value: Any) -> Any:
    return {"response": {"status": "200 OK"}, "resource": value}


def drafts_of(call: Json) -> list[Json]:
    return [entry["resource"] for entry in call["context"]["draftOrders"]["entry"]]


ODDITIES: dict[str, Any] = {
    "patientId with its type": lambda call: call["context"].update(patientId="Patient/np-1"),
    "the old wrapper": lambda call: call.update(prefetch={k: wrapped(v) for k, v in call["prefetch"].items()}),
    "null beside what is there": lambda call: call["prefetch"].update(coverage=None, encounter=None),
    "no userId": lambda call: call["context"].pop("userId"),
    "drafts a list": lambda call: call["context"].update(draftOrders=drafts_of(call)),
    "drafts a list of entries": lambda call: call["context"].update(
        draftOrders=call["context"]["draftOrders"]["entry"]
    ),
    "one draft and no Bundle": lambda call: call["context"].update(draftOrders=drafts_of(call)[0]),
    "no intent": lambda call: drafts_of(call)[0].pop("intent"),
    "no status": lambda call: drafts_of(call)[0].pop("status"),
    "no subject": lambda call: drafts_of(call)[0].pop("subject"),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_an_oddity_changes_nothing(client: FlaskClient, oddity: str) -> None:
    call = copy.deepcopy(HIGH.request)
    ODDITIES[oddity](call)
    answer = client.post(HIGH.path_of_service, json=call)
    of_rule(answer, "daily-dose-above-maximum")
    assert [card["summary"] for card in answer.json["cards"]] == [c["summary"] for c in HIGH.response["cards"]]


def test_a_draft_without_an_id_is_judged_and_offers_no_change_to_it(client: FlaskClient) -> None:
    call = order(HIGH, id=...)
    call["context"]["selections"] = []
    card = of_rule(client.post(HIGH.path_of_service, json=call), "daily-dose-above-maximum")
    actions = [action for each in card.get("suggestions", []) for action in each["actions"]]
    assert all(action["type"] == "create" for action in actions)


# ---- traps ----------------------------------------------------------------------------------------------------------


def test_a_text_and_a_structure_that_disagree_are_both_named(client: FlaskClient) -> None:
    (dosage,) = drafts_of(HIGH.request)[0]["dosageInstruction"]
    dosage = {**dosage, "text": "800 mg by mouth 3 times a day"}
    answer = client.post(HIGH.path_of_service, json=order(HIGH, dosageInstruction=[dosage]))
    assert of_rule(answer, "daily-dose-above-maximum")["extension"][BASIS]["dailyDose"]["value"] == 4800
    said = of_rule(answer, "could-not-be-checked")["detail"]
    assert "structure says 4,800 mg a day, text says 2,400 mg a day; the higher was used" in said


def test_a_code_and_a_name_that_disagree_are_no_dose_of_either(client: FlaskClient) -> None:
    """Public code has an opioid's code beside the name of pregabalin."""
    wrong = {"coding": [{"system": RXNORM, "code": "1049640", "display": "Pregabalin 75"}], "text": "Pregabalin 75"}
    answer = client.post(HIGH.path_of_service, json=order(HIGH, medicationCodeableConcept=wrong))
    card = of_rule(answer, "could-not-be-checked")
    assert "oxycodone" in card["detail"].lower()
    assert "pregabalin" in card["detail"].lower()
    assert not [each for each in answer.json["cards"] if "dailyDose" in each["extension"][BASIS]]


# ---- Bahmni ---------------------------------------------------------------------------------------------------------

LOCAL = "https://fhir.openmrs.org"


@pytest.fixture(scope="module")
def bahmni(tmp_path_factory: pytest.TempPathFactory, base: KnowledgeBase) -> FlaskClient:
    file = tmp_path_factory.mktemp("bahmni") / "tenants.toml"
    file.write_text('[tenants.default]\ndialect.preset = "bahmni"\n')
    return create_app(Config(day=STORY_DAY, tenants=str(file)), base).test_client()


def consultation(*, dose: int, times: str = "Six times a day") -> Json:
    """What it POSTs while a prescription is being written: no hook, drafts active, the sig as JSON in a text."""
    about = {"reference": "Patient/np-1"}
    condition = {
        "resourceType": "Condition",
        "id": "c-uuid",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {
            "coding": [
                {"system": LOCAL, "code": "local-uuid"},
                {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "B02.29"},
            ],
            "text": "Postherpetic neuralgia",
        },
        "subject": about,
    }
    dosage = {
        "text": '{"instructions":"As directed"}',
        "timing": {
            "repeat": {"duration": 30, "durationUnit": "d"},
            "code": {"text": times},
        },
        "route": {"coding": [{"code": "", "display": "Oral"}], "text": "Oral"},
        "doseAndRate": [{"doseQuantity": {"value": dose, "unit": "Tablet(s)", "code": "unit-uuid"}}],
    }
    request = {
        "resourceType": "MedicationRequest",
        "id": "m-uuid",
        "status": "active",
        "intent": "order",
        "subject": about,
        "medicationCodeableConcept": {
            "coding": [{"system": LOCAL, "code": "drug-uuid"}, GABAPENTIN_800],
            "text": "Gabapentin 800mg",
        },
        "dosageInstruction": [dosage],
    }
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": condition}, {"resource": request}],
    }


def alerts(client: FlaskClient, bundle: Json) -> list[Json]:
    answer = client.post("/cds-services/neuropathic-pain-order-select", json=bundle)
    assert answer.status_code == 200, answer.json
    found: list[Json] = answer.json
    assert validate({"cards": found}, "response") == []
    return found


def test_bahmnis_consultation_is_answered_with_alerts_it_can_place(bahmni: FlaskClient) -> None:
    found = alerts(bahmni, consultation(dose=1))
    (high,) = [card for card in found if card["extension"][BASIS]["rule"] == "daily-dose-above-maximum"]
    bundle = consultation(dose=1)
    condition, request = (entry["resource"] for entry in bundle["entry"])
    assert high["alertType"] == "Daily Dose Above Maximum"
    assert high["referenceMedications"] == [request["medicationCodeableConcept"]]
    placed = [card for card in found if "referenceConditions" in card]
    assert placed
    assert all(card["referenceConditions"] == [condition["code"]] for card in placed)
    assert all("\n" in card["detail"] for card in found)  # it reads Markdown only where a line breaks


def test_feedback_on_an_id_that_stays_the_same_is_joined_with_its_rule(tmp_path: Path, base: KnowledgeBase) -> None:
    file, url = tmp_path / "tenants.toml", f"sqlite:///{tmp_path / 'store.sqlite3'}"
    file.write_text("[tenants.default]\ndialect.stable_uuids = true\n")
    migrate(url)
    app = create_app(Config(day=STORY_DAY, tenants=str(file), database=url), base)
    card = of_rule(app.test_client().post(HIGH.path_of_service, json=HIGH.request), "daily-dose-above-maximum")
    told = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-22T10:00:00Z"}
    app.test_client().post(f"{HIGH.path_of_service}/feedback", json={"feedback": [told]})
    app.extensions["house"].recorder.flush()
    overridden = {row.rule: row.overridden for row in app.extensions["house"].store.acceptance()}
    assert overridden[card["extension"][BASIS]["rule"]] == 1
    app.extensions["house"].close()


def test_bahmnis_alerts_keep_their_ids_while_the_order_changes(bahmni: FlaskClient) -> None:
    once = {card["extension"][BASIS]["rule"]: card["uuid"] for card in alerts(bahmni, consultation(dose=1))}
    more = {card["extension"][BASIS]["rule"]: card["uuid"] for card in alerts(bahmni, consultation(dose=2))}
    assert once["daily-dose-above-maximum"] == more["daily-dose-above-maximum"]


@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_bahmnis_stable_ids_are_unique_in_an_answer(bahmni: FlaskClient, story: Story) -> None:
    answer = bahmni.post(story.path_of_service, json=story.request).json
    ids = [card["uuid"] for card in answer]  # type: ignore[union-attr]
    assert len(ids) == len(set(ids))
