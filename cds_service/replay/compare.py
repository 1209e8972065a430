"""
Two answers to the same call: what a clinician would see more, less or otherwise.

Cards are paired by what they are about: rule, orders and, where there are several, agents. The version of the knowledge
and the cards' own ids do not count as a difference, their words and their urgency do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any, Final

import orjson

from fhir_fixtures import without_version

from .judge import agents_named, basis_of

Card = Mapping[str, Any]

URGENCY: Final = {"info": 1, "warning": 2, "critical": 3}


@dataclass(frozen=True, slots=True)
class Change:
    """One card that is not the same. `kind`: new, gone, more urgent, less urgent, other words."""

    kind: str
    rule: str
    lines: tuple[str, ...]  # for people: what was, what is


def rule_of(card: Card) -> str:
    """The rule that speaks; for cards of another service their topic, or who they are from."""
    source = card.get("source")
    source = source if isinstance(source, dict) else {}
    topic = source.get("topic")
    said = basis_of(card).get("rule") or (topic.get("code") if isinstance(topic, dict) else "") or source.get("label")
    return str(said or "(not said)")


def changes(before: Iterable[Card], after: Iterable[Card]) -> list[Change]:
    """Every card that is new, gone or otherwise, in the order of the answers."""
    was, now = list(before), list(after)
    pairs: list[tuple[Card | None, Card | None]] = [*_paired(was, now, _narrow), *_paired(was, now, _wide)]
    pairs += [*((card, None) for card in was), *((None, card) for card in now)]
    found = [_change(one, other) for one, other in pairs]
    return [change for change in found if change is not None]


def _paired(was: list[Card], now: list[Card], about: Callable[[Card], object]) -> Iterator[tuple[Card, Card]]:
    """Those that are about the same, taken out of both lists."""
    for card in list(was):
        same = next((other for other in now if about(other) == about(card)), None)
        if same is not None:
            was.remove(card)
            now.remove(same)
            yield card, same


def _wide(card: Card) -> object:
    return rule_of(card), sorted(map(str, basis_of(card).get("orders", ())))


def _narrow(card: Card) -> object:
    return _wide(card), agents_named([card])


def _change(was: Card | None, now: Card | None) -> Change | None:
    if was is None or now is None:
        there = now or was or {}
        kind = "gone" if now is None else "new"
        sign = "-" if now is None else "+"
        return Change(kind, rule_of(there), tuple(f"{sign} {line}" for line in in_words(there)))
    before, after = _comparable(was), _comparable(now)
    if before == after:
        return None
    return Change(_kind(was, now), rule_of(now), tuple(_difference(was, now)))


def _comparable(card: Card) -> Any:
    kept = without_version({key: value for key, value in card.items() if key != "uuid"})
    for suggestion in kept.get("suggestions", []):
        suggestion.pop("uuid", None)
    return kept


def _kind(was: Card, now: Card) -> str:
    step = _urgency(now) - _urgency(was)
    return "more urgent" if step > 0 else "less urgent" if step < 0 else "other words"


def _urgency(card: Card) -> int:
    return URGENCY.get(str(card.get("indicator")), 0)


def _difference(was: Card, now: Card) -> Iterator[str]:
    """The lines that differ, with a sign in front; where only the machine's part differs, that part as JSON."""
    before, after = in_words(was), in_words(now)
    if before == after:
        before, after = _as_json(was), _as_json(now)
    lines = unified_diff(before, after, lineterm="", n=0)
    yield from (f"{line[0]} {line[1:].strip()}" for line in list(lines)[2:] if not line.startswith("@@"))


def _as_json(card: Card) -> list[str]:
    return orjson.dumps(_comparable(card), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode().splitlines()


def in_words(card: Card) -> list[str]:
    """A card as it is read: its urgency and verdict, its reasons, what it offers."""
    head = f"{str(card.get('indicator', '')).upper()}: {card.get('summary', '')}"
    offers = [f"[ {suggestion.get('label', '')} ]" for suggestion in card.get("suggestions", ())]
    lines = [line.removeprefix("- ") for line in str(card.get("detail", "")).splitlines()]
    return [head, *lines, *offers]
