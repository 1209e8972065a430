"""Every story, through the real application, compared exactly; and every rule has one of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from flask.testing import FlaskClient

from cards import RULES
from fhir_fixtures import Story, stories, without_version

ALL = list(stories())
EMPTY_ALLOWED = {"cards"}


@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_a_story_gives_exactly_its_cards(story: Story, client: FlaskClient) -> None:
    answer = client.post(story.path_of_service, json=story.request)
    assert answer.status_code == 200
    assert without_version(answer.json) == without_version(story.response)


@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_a_story_is_about_its_rule(story: Story) -> None:
    spoken = {rule for card in story.response["cards"] for rule in _rules(card)}
    assert (story.rule in spoken) is story.fires


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_story_where_it_fires_and_one_where_it_is_silent(rule: str) -> None:
    assert {story.fires for story in ALL if story.rule == rule} == {True, False}


@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_no_member_is_empty_but_the_list_of_cards(story: Story) -> None:
    assert [
        path for path, value in _walk(story.response) if value in (None, "", [], {}) and path not in EMPTY_ALLOWED
    ] == []


@pytest.mark.parametrize(
    "story", [s for s in ALL if s.response["cards"]], ids=lambda story: f"{story.rule}/{story.name}"
)
def test_every_suggested_order_is_a_valid_r4_resource(story: Story) -> None:
    for resource in _suggested(story.response):
        MedicationRequest.model_validate(resource)


@pytest.mark.parametrize("story", ALL, ids=lambda story: f"{story.rule}/{story.name}")
def test_a_story_tells_itself(story: Story) -> None:
    assert story.text.startswith("# ")
    assert len(story.text.splitlines()) >= 3


def _rules(card: dict[str, Any]) -> set[str]:
    basis = card["extension"]["org.neuropathic-pain-cds.basis"]
    return {basis["rule"], *basis.get("alsoRules", [])}


def _suggested(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for card in response["cards"]:
        for suggestion in card.get("suggestions", []):
            yield from (action["resource"] for action in suggestion["actions"] if "resource" in action)


def _walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{place}]")
