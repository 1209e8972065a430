"""Hazards of the knowledge: past its date, unreviewed, muted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cards import KnowledgeBase
from cds_service import Config, engine
from tests.clinic import ask, medicine, patient
from tests.made_up import Ward, basis, ward
from tests.test_vignettes import ROWS


@pytest.fixture(scope="module")
def here(base: KnowledgeBase) -> Ward:
    return ward(base)


def test_an_expired_file_gives_no_limit_and_it_is_said(here: Ward, base: KnowledgeBase) -> None:
    after = here.knowledge.agents["gabapentin"].review.expires + timedelta(days=1)
    later = Ward(engine(Config(day=after), base), after)
    cards = later.ask(
        patient("58 f; diabetic neuropathy; CrCl 22"), [medicine("gabapentin 800 x6", "gaba")], "order-sign"
    )
    assert {basis(card)["rule"] for card in cards} == {"could-not-be-checked"}
    assert "expired" in cards[0]["summary"]
    assert all("limit" not in basis(card) for card in cards)


@pytest.mark.parametrize("row", ROWS[::5])
def test_every_card_says_that_nobody_reviewed_it(here: Ward, row: str) -> None:
    who, what, _ = row.removeprefix("UK ").split(" | ")
    for card in ask(here, who, what):
        assert card["detail"].splitlines()[-1].endswith("not clinically reviewed.")
        assert "not clinically reviewed" in card["source"]["label"]


def test_a_worse_kidney_is_another_word_to_mute(here: Ward) -> None:
    words = set()
    for crcl in (45, 22, 10):
        cards = ask(here, f"58 f; diabetic neuropathy; CrCl {crcl}; on gabapentin 300 x3", "order gabapentin 800 x3")
        words |= {c["source"]["topic"]["code"] for c in cards if "limit" in basis(c)}
    assert len(words) == 3
