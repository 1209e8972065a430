"""Tenants: what a file may say, what it changes, and each client's language, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.dialect import OIDS, PREFERENCE_LIST, RXNORM, Dialect, Manner, rewrite, without_tables
from cds_service.fhir_access import why_not
from cds_service.tenants import Tenant, fhir_access, read_tenants
from cds_service.validation import validate
from fhir_fixtures import STORY_DAY, Story, stories

RENAL = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))
ALL = list(stories())
BASIS = "org.neuropathic-pain-cds.basis"
Make = Callable[..., FlaskClient]


@pytest.fixture
def make(tmp_path: Path, base: KnowledgeBase) -> Make:
    """The service with a default tenant that says this."""

    def made(text: str) -> FlaskClient:
        file = tmp_path / "tenants.toml"
        file.write_text(f"[tenants.default]\n{text}\n", encoding="utf-8")
        return create_app(Config(day=STORY_DAY, tenants=str(file)), base).test_client()

    return made


def cards(client: FlaskClient, story: Story) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.post(story.path_of_service, json=story.request).json["cards"]  # type: ignore[index]
    return found


def rules(found: list[dict[str, Any]]) -> set[str]:
    return {card["extension"][BASIS]["rule"] for card in found}


# ---- the file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tenants.a]\nissuerr = 'x'", "issuerr"),
        ("[tenants.a]\nissuer = 'x'", "needs jwks_url or keys"),
        ("[tenants.a]\nissuer = 'x'\njwks_url = 'http://ehr.example.org/k'", "https only"),
        ("[tenants.a]\nrules_off = ['nothing']", "no rule 'nothing'"),
        ("[tenants.a]\nservices = ['nothing']", "no service 'nothing'"),
        ("[tenants.a]\nmost_cards = 0", "1 to 20"),
        ("[tenants.a]\npreset = 'x'", "ehr-alerts"),
        ("[tenants.a]\ndialect.preset = 'x'", "epic"),
        ("[tenants.a]\ndialect.onee_action = true", "onee_action"),
        ("[tenant.a]\n", "only [tenants.NAME]"),
        ("[tenants.a]\nissuer='x'\nkeys='k'\n[tenants.b]\nissuer='x'\nkeys='k'", "has the issuer and tenant of"),
        ("[tenants", "Expected"),
    ],
)
def test_a_file_that_is_wrong_names_the_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "tenants.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"tenants\.toml") as problem:
        read_tenants(str(file))
    assert says in str(problem.value)


def test_every_problem_at_once(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text("[tenants.a]\nx = 1\n[tenants.b]\nmost_cards = 99\n")
    with pytest.raises(ValueError, match=r"(?s)tenants\.a.*tenants\.b"):
        read_tenants(str(file))
    with pytest.raises(ValueError, match="No such file"):
        read_tenants(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("tenant", "auth", "refused"),
    [
        (Tenant(), "off", False),
        (Tenant(), "required", True),
        (Tenant(fhir_servers=("ehr.example.org",)), "required", False),
        (Tenant(fhir_servers=("other.example.org",)), "off", True),
    ],
)
def test_whose_fhir_servers_may_be_read(tenant: Tenant, auth: Any, refused: bool) -> None:
    access = fhir_access(tenant, Config(auth=auth))
    assert bool(why_not("https://ehr.example.org/fhir", access, token=True)) is refused


# ---- what is advised ------------------------------------------------------------------------------------------------


def test_a_rule_switched_off(make: Make) -> None:
    rule = RENAL.rule
    assert rule in rules(cards(make(""), RENAL))
    client = make(f"rules_off = ['{rule}']")
    assert rule not in rules(cards(client, RENAL))
    assert "cds_silent_cards_total{" not in client.get("/metrics").text


def test_a_silent_rule_is_counted_and_not_shown(make: Make) -> None:
    client = make(f"rules_silent = ['{RENAL.rule}']")
    assert RENAL.rule not in rules(cards(client, RENAL))
    assert f'cds_silent_cards_total{{rule="{RENAL.rule}",tenant="default"}} 1.0' in client.get("/metrics").text


def test_the_ehrs_own_alerts_are_left_to_it_and_still_filter_what_is_suggested(make: Make) -> None:
    silent = {"contraindicated-by-allergy", "interaction", "duplicate-therapy"}
    plain, preset = make(""), make("preset = 'ehr-alerts'")
    for story in ALL:
        before, after = cards(plain, story), cards(preset, story)
        assert not rules(after) & silent
        assert offered(after) <= offered(before) or rules(before) & silent


def offered(found: list[dict[str, Any]]) -> set[str]:
    return {suggestion["label"] for card in found for suggestion in card.get("suggestions", [])}


def test_most_cards(make: Make) -> None:
    many = max(ALL, key=lambda story: len(story.response["cards"]))
    assert len(cards(make("most_cards = 1"), many)) == 1
    if len(many.response["cards"]) > 1:
        basis = cards(make("most_cards = 1"), many)[0]["extension"][BASIS]
        assert len(basis["notShown"]) == len(many.response["cards"]) - 1


@pytest.mark.spec("E3")
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_where_a_refusal_looks_like_all_clear_a_card_says_that_nothing_is_known(make: Make, hook: str) -> None:
    call = {**RENAL.request, "hook": hook, "prefetch": {}}
    path = f"/cds-services/neuropathic-pain-{hook}"
    assert make("").post(path, json=call).status_code == 412
    answer = make("say_unknown = true").post(path, json=call)
    assert (answer.status_code, validate(answer.json, "response")) == (200, [])
    assert "could-not-be-checked" in rules(answer.json["cards"])  # type: ignore[index]


@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_what_was_refused_is_never_answered_with_silence(make: Make, client: FlaskClient, story: Story) -> None:
    call = {**story.request, "prefetch": {}}
    refused = client.post(story.path_of_service, json=call).status_code == 412
    answer = make("say_unknown = true").post(story.path_of_service, json=call)
    if refused:
        assert answer.status_code == 412 or answer.json["cards"]  # type: ignore[index]
    else:
        assert answer.json == client.post(story.path_of_service, json=call).json


def test_prefetch_under_its_own_names(make: Make) -> None:
    client = make("prefetch = { conditions = 'problems', medications = 'meds' }")
    keys = client.get("/cds-services").json["services"][0]["prefetch"]  # type: ignore[index]
    assert set(keys) == {"patient", "problems", "meds", "observations", "allergies"}
    call = RENAL.request
    call["prefetch"]["problems"] = call["prefetch"].pop("conditions", None)
    call["prefetch"]["meds"] = call["prefetch"].pop("medications", None)
    assert client.post(RENAL.path_of_service, json=call).json["cards"] == cards(make(""), RENAL)  # type: ignore[index]


def test_some_services_only(make: Make) -> None:
    client = make("services = ['neuropathic-pain-order-sign']")
    assert [each["hook"] for each in client.get("/cds-services").json["services"]] == ["order-sign"]  # type: ignore[index]
    assert client.post("/cds-services/neuropathic-pain-order-select", json=RENAL.request).status_code == 403


# ---- languages ------------------------------------------------------------------------------------------------------


def test_without_a_dialect_nothing_is_changed() -> None:
    answer = RENAL.response["cards"]
    assert rewrite(answer, Manner()) is answer


@pytest.mark.parametrize("preset", ["epic", "oracle", "cds-hooks-1.0", ""])
@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_every_language_is_cds_hooks(base: KnowledgeBase, preset: str, story: Story) -> None:
    found = rewrite(story.response["cards"], Manner(_dialect(preset), drafts=drafts(story)))
    if preset != "cds-hooks-1.0":  # whose delete the later schema refuses
        assert validate({"cards": found}, "response") == []
    assert [card["summary"] for card in found] == [card["summary"] for card in story.response["cards"]]


def _dialect(preset: str) -> Dialect:
    from cds_service.dialect import PRESETS

    return Dialect(**PRESETS[preset])


def drafts(story: Story) -> dict[str, Any]:
    entries = story.request["context"].get("draftOrders", {}).get("entry", [])
    return {f"{e['resource']['resourceType']}/{e['resource'].get('id')}": e["resource"] for e in entries}


@pytest.mark.spec("S4")
@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_epic_gets_one_suggestion_with_one_action_it_knows(make: Make, story: Story) -> None:
    for card in cards(make("dialect.preset = 'epic'"), story):
        for suggestion in card.get("suggestions", []):
            assert len(card["suggestions"]) == 1
            assert card["selectionBehavior"] == "any"
            assert suggestion["isRecommended"] is False
            assert [action["type"] for action in suggestion["actions"]] in (["create"], ["delete"])
            codings = (
                suggestion["actions"][0].get("resource", {}).get("medicationCodeableConcept", {}).get("coding", [])
            )
            systems = [coding["system"] for coding in codings]
            assert (OIDS[RXNORM] in systems) is (RXNORM in systems)


def suggested(*actions: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"label": "Take B", "uuid": "u", "isRecommended": True, "actions": list(actions), **members}


ORDER = {
    "resourceType": "MedicationRequest",
    "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "7"}]},
}
DELETE = {"type": "delete", "description": "Remove this draft order", "resourceId": "MedicationRequest/a"}
CREATE = {"type": "create", "description": "Start B", "resource": ORDER}
UPDATE = {"type": "update", "description": "Less A", "resource": {**ORDER, "id": "a"}}
DRAFTS = {"MedicationRequest/a": {"medicationCodeableConcept": {"text": "A 300 MG"}}}


def said(*suggestions: dict[str, Any], **manner: Any) -> dict[str, Any]:
    dialect = Dialect(**manner.pop("dialect", {}))
    card = {"uuid": "c", "summary": "s", "detail": "- d", "suggestions": list(suggestions)}
    return rewrite([card], Manner(dialect, drafts=DRAFTS, **manner))[0]


@pytest.mark.spec("S7", "S9")
def test_one_action_says_what_else_to_remove() -> None:
    actions = said(suggested(DELETE, CREATE), dialect={"one_action": True})["suggestions"][0]["actions"]
    assert [(action["type"], action["description"]) for action in actions] == [
        ("create", "Start B. Then remove: A 300 MG")
    ]


def test_an_update_as_the_draft_removed_and_a_new_one() -> None:
    actions = said(suggested(UPDATE), dialect={"no_updates": True})["suggestions"][0]["actions"]
    assert [action["type"] for action in actions] == ["delete", "create"]
    assert actions[0]["resourceId"] == "MedicationRequest/a"
    assert "id" not in actions[1]["resource"]


def test_with_any_two_can_never_both_be_taken() -> None:
    other = suggested(CREATE, label="Take C", uuid="v", isRecommended=False)
    card = said(other, suggested(CREATE), dialect={"any_selection": True})
    assert [suggestion["label"] for suggestion in card["suggestions"]] == ["Take B"]
    assert "Or: Take C" in card["detail"]


@pytest.mark.spec("S9")
def test_the_delete_of_1_0() -> None:
    action = said(suggested(DELETE, CREATE), dialect={"old_delete": True})["suggestions"][0]["actions"][0]
    assert action["resource"] == "MedicationRequest/a"
    assert "resourceId" not in action


def test_a_sites_own_entries_reasons_and_links() -> None:
    card = said(suggested(CREATE), preference_list={"7": "E-1"})
    codings = card["suggestions"][0]["actions"][0]["resource"]["medicationCodeableConcept"]["coding"]
    assert codings[0] == {"system": PREFERENCE_LIST, "code": "E-1"}
    reasons = [{"code": "a", "system": "s", "display": "d"}, {"code": "b", "system": "s", "display": "d"}]
    links = [{"label": "l", "url": f"https://{host}/x", "type": "absolute"} for host in ("a.org", "b.org")]
    card = {"overrideReasons": reasons, "links": links}
    after = rewrite([card], Manner(override_reasons={"a": "45"}, link_hosts=("b.org",)))[0]
    assert [reason["code"] for reason in after["overrideReasons"]] == ["45", "b"]
    assert [link["url"] for link in after["links"]] == ["https://b.org/x"]
    assert "links" not in rewrite([card], Manner(link_hosts=()))[0]
    assert card["links"] == links


def test_tables_become_lines() -> None:
    assert without_tables("a\n| x | y |\n|---|:-:|\n| 1 | 2 |\nb") == "a\n- x: y\n- 1: 2\nb"


# ---- a bare Bundle --------------------------------------------------------------------------------------------------


def bundle(story: Story) -> dict[str, Any]:
    """A story as the client sends it that knows no hooks: everything in one Bundle, drafts active."""
    call = story.request
    orders = [{**entry["resource"], "status": "active"} for entry in call["context"]["draftOrders"]["entry"]]
    others = [call["prefetch"]["patient"], *(e["resource"] for e in call["prefetch"]["conditions"].get("entry", []))]
    entries = [{"resource": each} for each in (*others, *orders)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_a_bare_bundle_gets_a_bare_list_with_stable_ids(make: Make) -> None:
    client = make("dialect.preset = 'bahmni'")
    one = client.post(RENAL.path_of_service, json=bundle(RENAL)).json
    changed = bundle(RENAL)
    changed["entry"].append({"resource": {"resourceType": "Observation"}})
    two = client.post(RENAL.path_of_service, json=changed).json
    assert isinstance(one, list)
    assert one
    assert isinstance(two, list)
    assert [card["uuid"] for card in one] == [card["uuid"] for card in two]
    assert all(card["alertType"] and "|" not in card["detail"] for card in one)
    assert one[0]["referenceMedications"]


@pytest.mark.parametrize("entry", [[], [{"resource": {"resourceType": "Patient", "id": "p"}}], [{}], ["x"]])
def test_a_bundle_with_little_in_it(make: Make, entry: list[Any]) -> None:
    answer = make("dialect.preset = 'bahmni'").post(
        RENAL.path_of_service, json={"resourceType": "Bundle", "entry": entry}
    )
    assert answer.status_code in (200, 400)


def test_a_call_with_a_hook_still_works_there(make: Make) -> None:
    assert make("dialect.preset = 'bahmni'").post(RENAL.path_of_service, json=RENAL.request).status_code == 200
    assert make("").post(RENAL.path_of_service, json=bundle(RENAL)).status_code == 400
