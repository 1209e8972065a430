"""A review that is due is said, content that expired is silent, and the silence is said. All days here are made up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from cards import KnowledgeBase
from cards.knowledge_base import SHAPES
from cards.statements import File
from cds_service import Config, create_app
from fhir_fixtures import STORY_DAY, stories

LAST = STORY_DAY - timedelta(days=1)  # the last day on which the files changed here are in force
TOO_MUCH = "daily-dose-above-maximum/fires_gabapentin_4800"
OFFERS = "recommended-agents/fires_naproxen_for_diabetic_neuropathy"

Which = Callable[[File], bool]


def past(base: KnowledgeBase, which: Which, **review: Any) -> KnowledgeBase:
    """The base with some files expired the day before the stories, or reviewed otherwise."""
    changes = review or {"review_due": LAST, "expires": LAST}
    files = {
        folder: {
            id_: msgspec.structs.replace(file, review=msgspec.structs.replace(file.review, **changes))
            if which(file)
            else file
            for id_, file in part.items()
        }
        for folder, part in base.files.items()
    }
    return dataclasses.replace(base, files=files, _asked={}, _made={})


def named(*paths: str) -> Which:
    return lambda file: file.path in paths


def within(folder: str, file: File) -> bool:
    return file.path.startswith(f"{folder}/")


def cards(base: KnowledgeBase, address: str, hook: str = "", day: date = STORY_DAY) -> list[dict[str, Any]]:
    rule, name = address.split("/")
    story = next(story for story in stories(rule) if story.name == name)
    call = {**story.request, **({"hook": hook} if hook else {})}
    client = create_app(Config(day=day), base).test_client()
    found: list[dict[str, Any]] = client.post(f"/cds-services/neuropathic-pain-{call['hook']}", json=call).json["cards"]
    return found


def rules(found: list[dict[str, Any]]) -> set[str]:
    return {card["extension"]["org.neuropathic-pain-cds.basis"]["rule"] for card in found}


def not_checked(found: list[dict[str, Any]]) -> str:
    lines = [card["extension"]["org.neuropathic-pain-cds.basis"].get("notChecked", []) for card in found]
    return "\n".join(line for part in lines for line in part)


# --- a review that is due -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "said"),
    [
        pytest.param(STORY_DAY, False, id="on the day itself it is not overdue"),
        pytest.param(LAST, True, id="the day after it is"),
    ],
)
def test_a_review_that_is_due_is_said(base: KnowledgeBase, due: date, said: bool) -> None:
    found = cards(past(base, named("agents/gabapentin.toml"), review_due=due), TOO_MUCH)
    line = f"- Overdue: this content was to be reviewed by {due.isoformat()}; check it before relying on it"
    assert any(line in card["detail"].splitlines() for card in found) is said


def test_a_card_that_rests_on_none_of_it_says_nothing(base: KnowledgeBase) -> None:
    found = cards(past(base, named("agents/duloxetine.toml"), review_due=LAST), TOO_MUCH)
    assert "Overdue" not in str(found)


# --- content that expired -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expires", "silent"),
    [
        pytest.param(STORY_DAY, False, id="on its last day it counts"),
        pytest.param(LAST, True, id="the day after it does not"),
    ],
)
def test_an_agent_that_expired_is_silent_and_the_silence_is_said(
    base: KnowledgeBase, expires: date, silent: bool
) -> None:
    found = cards(past(base, named("agents/gabapentin.toml"), review_due=LAST, expires=expires), TOO_MUCH)
    assert ("daily-dose-above-maximum" in rules(found)) is not silent
    said = f"gabapentin: this content expired on {expires.isoformat()}, so it was not judged"
    assert (said in not_checked(found)) is silent


def test_an_agent_switched_off_says_so(base: KnowledgeBase) -> None:
    found = cards(past(base, named("agents/gabapentin.toml"), status="retired"), TOO_MUCH)
    assert "gabapentin: this content is switched off here, so it was not judged" in not_checked(found)


GONE = "this content expired on 2026-11-21, so it was not taken into account"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        pytest.param("conditions/postherpetic-neuralgia.toml", TOO_MUCH, id="the condition at hand"),
        pytest.param("thresholds/recent-results.toml", TOO_MUCH, id="a threshold that any agent is asked with"),
        pytest.param("value_sets/serum-creatinine.toml", TOO_MUCH, id="a result that the kidneys are judged by"),
        pytest.param(
            "value_sets/heart-failure.toml", TOO_MUCH, id="a value set that a contraindication or a modifier leans on"
        ),
    ],
)
def test_a_file_that_expired_is_said_where_it_could_have_spoken(base: KnowledgeBase, path: str, address: str) -> None:
    assert f"{GONE} ({path})" in not_checked(cards(past(base, named(path)), address))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("conditions/trigeminal-neuralgia.toml", id="another condition"),
        pytest.param("modifiers/pregnancy.toml", id="a modifier of other patients"),
        pytest.param("interactions/maoi.toml", id="an interaction with what nobody takes"),
        pytest.param("value_sets/maoi.toml", id="a class of medicines that nobody takes"),
    ],
)
def test_a_file_that_could_not_have_spoken_is_not_mentioned(base: KnowledgeBase, path: str) -> None:
    assert path not in not_checked(cards(past(base, named(path)), TOO_MUCH))


def test_what_is_switched_off_here_is_a_decision_and_not_said(base: KnowledgeBase) -> None:
    path = "conditions/postherpetic-neuralgia.toml"
    assert path not in not_checked(cards(past(base, named(path), status="retired"), TOO_MUCH))


def test_a_value_set_switched_off_breaks_what_leans_on_it_and_is_said(base: KnowledgeBase) -> None:
    path = "value_sets/heart-failure.toml"
    assert f"switched off here, so it was not taken into account ({path})" in not_checked(
        cards(past(base, named(path), status="retired"), TOO_MUCH)
    )


@pytest.mark.parametrize("folder", SHAPES)
def test_nothing_breaks_when_a_whole_folder_expired(base: KnowledgeBase, folder: str) -> None:
    """Every story is answered, no rule raises, and an order of ours is never answered with silence alone."""
    expired = past(base, partial(within, folder))
    client = create_app(Config(day=STORY_DAY), expired).test_client()
    for story in stories():
        answer = client.post(story.path_of_service, json=story.request)
        assert answer.status_code == 200
        assert "could not be run" not in answer.text, story.folder.name


def test_when_everything_expired_an_order_of_ours_says_so(base: KnowledgeBase) -> None:
    found = cards(past(base, lambda _: True), TOO_MUCH)
    assert rules(found) == {"could-not-be-checked"}
    assert "so it was not judged" in not_checked(found)


def test_the_seed_says_so_the_day_after_its_own_expiry(base: KnowledgeBase) -> None:
    day = max(file.review.expires for part in base.files.values() for file in part.values()) + timedelta(days=1)
    assert rules(cards(base, TOO_MUCH, day=day)) == {"could-not-be-checked"}
