"""Hazards of what is offered, over made-up patients with each pain."""

from __future__ import annotations

import pytest

from cards import KnowledgeBase
from tests.clinic import CONDITIONS, PRODUCTS, ask
from tests.made_up import BASIS, Json, Ward, ward

PAINS = [
    "neuropathic pain", "diabetic neuropathy", "postherpetic neuralgia", "trigeminal neuralgia", "post-stroke pain",
    "cord injury pain", "MS pain", "HIV neuropathy", "chemotherapy neuropathy", "sciatica", "small fibre neuropathy",
    "post-surgical pain", "phantom limb", "CRPS", "cancer neuropathic pain",
]  # fmt: skip
TESTED_FIRST = {"carbamazepine", "oxcarbazepine"}


@pytest.fixture(scope="module")
def here(base: KnowledgeBase) -> Ward:
    return ward(base)


@pytest.mark.parametrize("pain", PAINS)
def test_the_red_flag_is_the_first_line(here: Ward, pain: str) -> None:
    ladder = next(c for c in here.knowledge.conditions.values() if _title(c.title) in _summary(here, pain))
    flags = {row.text for row in here.knowledge.here(ladder.say) if row.red_flag}
    assert flags
    assert _lines(here, pain)[0] in flags


@pytest.mark.parametrize("pain", PAINS)
def test_an_agent_whose_tests_are_due_has_no_button(here: Ward, pain: str) -> None:
    labels = {s["label"] for card in ask(here, f"45 m; {pain}", "view") for s in card.get("suggestions", [])}
    assert not {label.removeprefix("Start ") for label in labels} & TESTED_FIRST
    due = [line for line in _lines(here, pain) if "test first" in line]
    assert all(f"Start {line.split()[0].lower()}" not in labels for line in due)


@pytest.mark.parametrize("product", sorted(PRODUCTS))
def test_what_is_taken_is_no_button(here: Ward, product: str) -> None:
    name = product.partition(" ")[0]
    for asked in ("order naproxen 500 x2", "view"):
        cards = ask(here, f"50 m; diabetic neuropathy; on {product}", asked)
        assert all(s["label"] != f"Start {name}" for card in cards for s in card.get("suggestions", []))


def test_every_pain_has_a_ladder_of_its_own(here: Ward) -> None:
    assert set(PAINS) <= CONDITIONS.keys()
    assert len({_summary(here, pain).partition(":")[0] for pain in PAINS}) == len(here.knowledge.conditions) == 15


def _title(title: str) -> str:
    return f"{title}:"


def _summary(here: Ward, pain: str) -> str:
    summary: str = _card(here, pain)["summary"]
    return summary


def _lines(here: Ward, pain: str) -> list[str]:
    return [line.removeprefix("- ") for line in _card(here, pain)["detail"].splitlines()]


def _card(here: Ward, pain: str) -> Json:
    cards = ask(here, f"45 m; {pain}", "view")
    return next(card for card in cards if card["extension"][BASIS]["rule"] == "recommended-agents")
