"""What every answer of every story keeps, as CDS Hooks numbers it: text, topics, suggestions, reasons, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cards import RULES, KnowledgeBase
from cds_service import Config, create_app
from cds_service.validation import validate
from fhir_fixtures import STORY_DAY, Story, stories

ALL = list(stories())
ids = pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BASIS = "org.neuropathic-pain-cds.basis"


def cards_of(story: Story) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = story.response["cards"]
    return found


def suggestions(story: Story) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for card in cards_of(story):
        yield from ((card, suggestion) for suggestion in card.get("suggestions", []))


def actions(story: Story) -> Iterator[dict[str, Any]]:
    for _, suggestion in suggestions(story):
        yield from suggestion["actions"]


def drafts(story: Story) -> dict[str, dict[str, Any]]:
    entries = story.request["context"].get("draftOrders", {}).get("entry", [])
    return {f"{each['resource']['resourceType']}/{each['resource'].get('id')}": each["resource"] for each in entries}


@pytest.mark.spec("T3", "T4", "C1", "C5", "C6", "C8", "O1", "O4", "O5", "S1", "S6", "S7", "V2", "L1", "L2", "L3", "L4")
@ids
def test_an_answer_is_valid(story: Story, client: FlaskClient) -> None:
    answer = client.post(story.path_of_service, json=story.request)
    assert answer.status_code == 200
    assert validate(answer.json, "response") == []


@pytest.mark.spec("C3", "C4", "C12")
@ids
def test_text(story: Story) -> None:
    for card in cards_of(story):
        assert 0 < len(card["summary"]) < 140
        assert "\n" not in card["summary"]
        assert not re.search(r"<[a-zA-Z/!]", card["detail"])
        assert "![" not in card["detail"]
        agents = [agent["display"].split(" (")[0] for agent in card["extension"][BASIS].get("agents", [])]
        words = f"{card['summary']} {card['detail']}".lower()
        assert not agents or any(agent.lower() in words for agent in agents)


@pytest.mark.spec("C2", "S2", "F8")
@ids
def test_ids(story: Story) -> None:
    found = [card["uuid"] for card in cards_of(story)] + [each["uuid"] for _, each in suggestions(story)]
    assert all(UUID.fullmatch(each) for each in found)
    assert len(set(found)) == len(found)


@pytest.mark.spec("C13")
@ids
def test_cards_name_orders_that_are_there(story: Story) -> None:
    prefetch = str(story.request.get("prefetch"))
    for card in cards_of(story):
        for reference in card["extension"][BASIS].get("orders", []):
            assert reference in drafts(story) or reference.rpartition("/")[2] in prefetch


@pytest.mark.spec("O2", "O3", "O4")
@ids
def test_sources(story: Story) -> None:
    for card in cards_of(story):
        topic = card["source"]["topic"]
        assert re.fullmatch(r"[A-Za-z0-9]{1,100}", topic["code"])
        assert "icon" not in card["source"]
        assert re.match(r"https?://", card["source"].get("url", "https://"))
        assert story.request["context"]["patientId"] not in card["source"].get("url", "").split("/")


@pytest.mark.spec("S3", "S5", "S10", "S12")
@ids
def test_suggestions(story: Story) -> None:
    for card in cards_of(story):
        recommended = [each for each in card.get("suggestions", []) if each["isRecommended"]]
        assert len(recommended) <= 1
        assert all("actionSelectionBehavior" not in each for each in card.get("suggestions", []))
        for each in card.get("suggestions", []):
            kinds = [action["type"] for action in each["actions"]]
            assert kinds in (["create"], ["update"], ["delete", "create"], ["delete"])
            assert all(action["description"].strip() for action in each["actions"])


@pytest.mark.spec("S8", "S9")
@ids
def test_actions(story: Story) -> None:
    for action in actions(story):
        if action["type"] == "delete":
            assert action["resourceId"] in drafts(story)
            assert "resource" not in action
        if action["type"] == "create":
            assert action["resource"]["status"] == "draft"
            assert "subject" in action["resource"]
        if action["type"] == "update":
            draft = drafts(story)[f"MedicationRequest/{action['resource']['id']}"]
            changed = {name for name in draft if action["resource"].get(name) != draft[name]}
            assert changed <= {"dosageInstruction", "medicationCodeableConcept", "dispenseRequest"}


@pytest.mark.spec("Y2", "Y4")
@ids
def test_nothing_is_done_unasked(story: Story, client: FlaskClient) -> None:
    assert set(client.post(story.path_of_service, json=story.request).json or {}) == {"cards"}


@pytest.mark.spec("E2")
def test_nothing_to_say_is_an_empty_list(client: FlaskClient) -> None:
    silent = next(story for story in ALL if not story.response["cards"])
    answer = client.post(silent.path_of_service, json=silent.request)
    assert (answer.status_code, answer.json) == (200, {"cards": []})


@pytest.mark.spec("D13")
def test_hook_and_id_are_unique(client: FlaskClient) -> None:
    services = client.get("/cds-services").json["services"]  # type: ignore[index]
    assert len({(each["hook"], each["id"]) for each in services}) == len(services) > 0


@pytest.mark.spec("D3")
def test_where_every_rule_is_off_nothing_is_offered(base: KnowledgeBase, tmp_path: Path) -> None:
    file = tmp_path / "tenants.toml"
    file.write_text(f"[tenants.default]\nrules_off = {sorted(RULES)}\n")
    answer = create_app(Config(tenants=str(file)), base).test_client().get("/cds-services")
    assert (answer.status_code, answer.json) == (200, {"services": []})
    assert validate(answer.json, "discovery") == []


@pytest.mark.spec("D11")
@pytest.mark.parametrize(("said", "offered"), [("", {None}), ("3.0.0", {"3.0.0"}), ("STU3", {"STU3"})])
def test_the_version_of_the_specification_is_said_where_wanted(
    base: KnowledgeBase, said: str, offered: set[str | None]
) -> None:
    answer = create_app(Config(hooks_version=said), base).test_client().get("/cds-services").json
    assert {service.get("version") for service in answer["services"]} == offered  # type: ignore[index]
    assert validate(answer, "discovery") == []


@pytest.mark.spec("T2")
def test_over_https_browsers_are_told_to_stay_there(base: KnowledgeBase, client: FlaskClient) -> None:
    secure = create_app(Config(public_url="https://cds.example.org"), base).test_client()
    assert secure.get("/cds-services").headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in client.get("/cds-services").headers
    assert create_app(Config(day=STORY_DAY), base).test_client().get("/cds-services").status_code == 200
