"""
Patients a clinician would think of, one line each in vignettes.txt: who, what is asked, what must come back.

    offers a, b | offers nothing       the agents to consider, all of them in this order
    out a, b                           named as left out, with a reason
    button a, b | no button a          what may be accepted with a click
    nothing to accept                  no card has a suggestion
    warning interaction                that rule speaks, alone or with another, on a card of that indicator
    not opioid-risk                    that rule does not speak
    at most info | silent              nothing more urgent; no card
    says ...                           the words stand on some card
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cards import KnowledgeBase
from tests.clinic import ask
from tests.made_up import SEVERITY, Json, Ward, basis, ward, worst

TABLE = Path(__file__).with_name("vignettes.txt")
ROWS = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def wards(base: KnowledgeBase) -> dict[str, Ward]:
    return {"US": ward(base), "UK": ward(base, jurisdiction="UK")}


@pytest.mark.parametrize("row", ROWS)
def test_vignette(wards: dict[str, Ward], row: str) -> None:
    jurisdiction, words = ("UK", row.removeprefix("UK ")) if row.startswith("UK ") else ("US", row)
    who, what, expected = (part.strip() for part in words.split("|"))
    cards = ask(wards[jurisdiction], who, what)
    wrong = [claim for claim in expected.split("; ") if not holds(claim, cards)]
    assert wrong == [], [f"{card['indicator']} {basis(card)['rule']}: {card['summary']}" for card in cards]


def test_the_table_is_long_enough_to_be_worth_reading() -> None:
    assert len(ROWS) >= 60
    assert len(set(ROWS)) == len(ROWS)


def holds(claim: str, cards: list[Json]) -> bool:
    """One claim of a row, as the docstring has them."""
    verb, _, rest = claim.partition(" ")
    names = set(rest.split(", "))
    if claim == "silent":
        return cards == []
    if claim == "nothing to accept":
        return not buttons(cards)
    if verb == "offers":
        return offered(cards) == ([] if rest == "nothing" else rest.split(", "))
    if verb == "out":
        return names <= left_out(cards)
    if verb == "says":
        return any(rest in f"{card['summary']}\n{card.get('detail', '')}" for card in cards)
    if verb == "not":
        return all(rest not in rules(card) for card in cards)
    if claim.startswith("at most "):
        return worst(cards) <= SEVERITY[claim.removeprefix("at most ")]
    if claim.startswith("no button "):
        return not set(claim.removeprefix("no button ").split(", ")) & buttons(cards)
    if verb == "button":
        return names <= buttons(cards)
    assert verb in SEVERITY, f"not understood: {claim}"
    return any(rest in rules(card) and card["indicator"] == verb for card in cards)


def rules(card: Json) -> set[str]:
    return {basis(card)["rule"], *basis(card).get("alsoRules", [])}


def offered(cards: list[Json]) -> list[str] | None:
    """The agents to consider, in order; None where no card is about them."""
    for card in cards:
        if "recommended-agents" in rules(card):
            text = f"{card['summary']}\n{card.get('detail', '')}"
            found = re.search(r"consider ([^\n]+)", text)
            return re.split(r", | and ", found.group(1)) if found else []
    return None


def left_out(cards: list[Json]) -> set[str]:
    lines = [line for card in cards for line in card.get("detail", "").splitlines()]
    found = [re.match(r"- Left out: ([^(]+) \(", line) for line in lines]
    return {name for match in found if match for name in re.split(r", | and ", match.group(1))}


def buttons(cards: list[Json]) -> set[str]:
    labels = [suggestion["label"] for card in cards for suggestion in card.get("suggestions", [])]
    return {label.removeprefix("Start ") for label in labels}
