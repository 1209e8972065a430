"""The stories as a catalogue, dates that do not rot, and calls that no service may stumble over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.cli import main
from fhir_fixtures import FOLDER, STORY_DAY, moved, same_cards, stories
from fhir_fixtures.hostile import MARK, Hostile, hostile

HOOKS = ("order-select", "order-sign", "patient-view")
CALLS = [(hook, call) for hook in HOOKS for call in hostile(hook)]


@pytest.mark.parametrize(("hook", "call"), CALLS, ids=[f"{hook}/{call.name}" for hook, call in CALLS])
def test_a_hostile_call_is_answered_as_it_may_be(hook: str, call: Hostile, client: FlaskClient) -> None:
    answer = client.post(
        f"/cds-services/neuropathic-pain-{hook}", data=call.body, headers={"Content-Type": call.content_type}
    )
    assert answer.status_code in call.statuses, call.why
    if answer.status_code != 200:
        assert MARK not in answer.text
    assert len(answer.data) < 100_000


def test_every_hostile_call_has_its_line() -> None:
    lines = (FOLDER / "hostile" / "README.md").read_text()
    assert [call.name for _, call in CALLS if f"`{call.name}`" not in lines] == []


@pytest.mark.parametrize("days", [1, 365])
def test_a_story_moved_to_another_day_has_the_same_cards_on_that_day(days: int, base: KnowledgeBase) -> None:
    today = STORY_DAY + timedelta(days=days)
    client = create_app(Config(day=today), base).test_client()
    for story in stories(today=today):
        assert same_cards(client.post(story.path_of_service, json=story.request).json, story), story.folder.name


def test_only_whole_dates_are_moved() -> None:
    said = {"a": ["2026-11-22T10:00:00Z", "(2026-11-01, 2026-10)", 5], "code": "1234-5678-90", "b": "2026-02-31"}
    kept = {"a": ["2026-11-23T10:00:00Z", "(2026-11-02, 2026-10)", 5], "code": "1234-5678-90", "b": "2026-02-31"}
    assert moved(said, timedelta(days=1)) == kept


def test_stories_are_found_by_rule_agent_and_condition() -> None:
    assert {story.rule for story in stories(rule="recommended-agents")} == {"recommended-agents"}
    assert any(story.agents == ("gabapentin",) for story in stories(agent="gabapentin"))
    assert not list(stories(condition="no such condition"))


def test_the_command_lists_them() -> None:
    found = CliRunner().invoke(main, ["stories", "--rule", "recommended-agents"])
    assert found.exit_code == 0
    assert "recommended-agents/fires_untreated_at_patient_view" in found.stdout
    assert CliRunner().invoke(main, ["stories", "--rule", "none"]).exit_code == 1


def test_the_command_prints_a_call_to_post() -> None:
    name = "could-not-be-checked/fires_no_creatinine"
    found = CliRunner().invoke(main, ["stories", name, "--today", "2027-01-01"])
    assert found.exit_code == 0
    assert '"hook": "order-' in found.stdout
    assert date(2027, 1, 1) > STORY_DAY
    assert STORY_DAY.isoformat() not in found.stdout
