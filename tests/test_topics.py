"""The word that clients mute on: alphanumeric, short, and another one as soon as the limit is another."""

from __future__ import annotations

import re
from fractions import Fraction

from cards.card import topic
from cards.finding import Finding, Indicator, Limit

MANY = ("dextromethorphan-quinidine", "gabapentin-enacarbil", "alpha-lipoic-acid", "botulinum-toxin-a")


def word(most: str, agents: tuple[str, ...] = ("gabapentin",)) -> str:
    limit = Limit(Fraction(most), "mg/d", "ceiling")
    return topic(Finding("x", Indicator.WARNING, agents=agents, rule="daily-dose-above-renal-maximum", limit=limit))


def test_another_limit_is_another_word() -> None:
    limits = ("37.5", "375", "3.75", "3750")
    assert len({word(most) for most in limits}) == len(limits)
    assert len({word(most, MANY) for most in limits}) == len(limits)


def test_it_is_one_word_of_a_hundred_characters_at_most() -> None:
    for agents in (("gabapentin",), MANY, MANY * 3):
        assert re.fullmatch("[A-Za-z0-9]{1,100}", word("37.5", agents))


def test_the_order_of_the_agents_makes_no_other_word() -> None:
    assert word("700", MANY) == word("700", MANY[::-1])
