"""
What a run is about in numbers: small, mergeable, and the same however the input was cut.

Examples are kept few and free of identifiers: a card's verdict and reasons without references, dates and the chart's
own words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from .asked import Unreadable
from .compare import Change, rule_of
from .judge import OWN_WORDS, Record, agents_named, basis_of

EXAMPLES: Final = 50  # of what could not be read, of differences, of changes: those that come first
ALIKE: Final = 2  # changes of one kind that are shown
CARDS: Final = 200  # kinds of cards of which an example is kept
_REFERENCE: Final = re.compile(r"\b[A-Z][A-Za-z]+/[A-Za-z0-9.-]+")
_DAY: Final = re.compile(r"\b\d{4}-\d{2}(-\d{2})?\b")


@dataclass
class Tally:
    seconds: float = 0.0  # of work, over all processes
    counts: Counter[str] = field(default_factory=Counter)  # orders, in scope, with cards, cards, refused, failed ...
    rules: Counter[str] = field(default_factory=Counter)  # cards, by what they are about
    severities: Counter[str] = field(default_factory=Counter)
    agents: Counter[str] = field(default_factory=Counter)
    conditions: Counter[str] = field(default_factory=Counter)
    clinics: Counter[str] = field(default_factory=Counter)
    agent_orders: Counter[str] = field(default_factory=Counter)  # orders in scope, likewise
    condition_orders: Counter[str] = field(default_factory=Counter)
    clinic_orders: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # cards by topic
    statuses: Counter[str] = field(default_factory=Counter)  # "400: why"
    unreadable: Counter[str] = field(default_factory=Counter)  # lines and files, by why
    troubles: Counter[str] = field(default_factory=Counter)  # rules that failed
    changed: Counter[str] = field(default_factory=Counter)  # "new" ...: cards against the baseline
    changed_rules: Counter[str] = field(default_factory=Counter)  # "rule: new"
    examples: dict[str, dict[str, str]] = field(default_factory=dict)  # topic -> a card of it
    unread_examples: list[dict[str, str]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    change_examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in another tally. In the order of the partitions, so that the examples are always the same."""
        self.seconds += other.seconds
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, list):
                mine.extend(theirs[: EXAMPLES - len(mine)])
        self.change_examples = _varied(self.change_examples)
        for topic, example in other.examples.items():
            if len(self.examples) < CARDS:
                self.examples.setdefault(topic, example)

    def to_json(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Tally:
        tally = cls()
        for each in fields(cls):
            value = document[each.name]
            setattr(tally, each.name, Counter(value) if isinstance(getattr(tally, each.name), Counter) else value)
        return tally

    # ---- counting ----------------------------------------------------------------------------------------------------

    def count_unreadable(self, unreadable: Unreadable) -> None:
        self.counts["unreadable"] += 1
        self.unreadable[unreadable.why] += 1
        if len(self.unread_examples) < EXAMPLES:
            self.unread_examples.append({"place": unreadable.place, "why": unreadable.why})

    def count(self, record: Record) -> None:
        self.counts["orders"] += 1
        if record["status"] == 200:
            self._count_answer(record)
        else:
            self.counts["failed" if record["status"] >= 500 or not record["status"] else "refused"] += 1
            self.statuses[f"{record['status']}: {record.get('why', '')}"] += 1

    def _count_answer(self, record: Record) -> None:
        cards = record["cards"]
        self.counts.update({"in scope": int(record.get("inScope", False)), "with cards": int(bool(cards))})
        self.counts["cards"] += len(cards)
        self.troubles.update(record.get("troubles", ()))
        clinic = record.get("clinic", "")
        self.agent_orders.update(record.get("agents", ()))
        self.condition_orders.update(record.get("conditions", ()))
        self.clinic_orders.update([clinic] if clinic else ())
        for card in cards:
            self._count_card(card, record)

    def _count_card(self, card: Mapping[str, Any], record: Record) -> None:
        rule, indicator = rule_of(card), str(card.get("indicator", ""))
        self.rules[rule] += 1
        self.severities[indicator] += 1
        self.agents.update({*agents_named([card])} & {*record.get("agents", ())})
        self.conditions.update(record.get("conditions", ()))
        if record.get("clinic"):
            self.clinics[record["clinic"]] += 1
        topic = topic_of(card)
        self.kinds[topic] += 1
        if topic not in self.examples and len(self.examples) < CARDS:
            self.examples[topic] = example_of(card, _own_words(record))

    def count_changes(self, place: str, changes: Iterable[Change], record: Record) -> None:
        found = list(changes)
        self.counts["changed"] += bool(found)
        self.changed.update(change.kind for change in found)
        self.changed_rules.update(f"{change.rule}: {change.kind}" for change in found)
        if found and len(self.change_examples) < EXAMPLES:
            self.change_examples = _varied([*self.change_examples, _shown(place, found, record)])

    def count_differences(self, place: str, changes: Iterable[Change], record: Record) -> None:
        found = list(changes)
        self.counts["different"] += bool(found)
        if found and len(self.differences) < EXAMPLES:
            self.differences.append(_shown(place, found, record))


def _varied(examples: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most a few of those in which the same rules change in the same way."""
    seen: Counter[object] = Counter()
    kept = []
    for example in examples:
        about = tuple((change["rule"], change["kind"]) for change in example["changes"])
        seen[about] += 1
        if seen[about] <= ALIKE:
            kept.append(example)
    return kept


def _shown(place: str, changes: Iterable[Change], record: Record) -> dict[str, Any]:
    """In words that give nobody away."""
    own = _own_words(record)
    said = [
        {"kind": change.kind, "rule": change.rule, "lines": [without_identifiers(_whole(line), own) for line in lines]}
        for change in changes
        for lines in [[line for line in change.lines if "Why you see this" not in line]]
    ]
    return {"place": place, "changes": said}


def _own_words(record: Record) -> Mapping[str, str]:
    said: Mapping[str, str] = record[OWN_WORDS]() if OWN_WORDS in record else {}
    return said


def topic_of(card: Mapping[str, Any]) -> str:
    source = card.get("source")
    topic = source.get("topic") if isinstance(source, dict) else None
    code = topic.get("code") if isinstance(topic, dict) else None
    return str(code or rule_of(card))


def example_of(card: Mapping[str, Any], own_words: Mapping[str, str]) -> dict[str, str]:
    """A card to show to people who must not see the chart: its words replaced by ours."""
    lines = [line.removeprefix("- ") for line in str(card.get("detail", "")).splitlines()]
    kept = [line for line in lines if not line.startswith("Why you see this")]
    return {
        "rule": rule_of(card),
        "indicator": str(card.get("indicator", "")),
        "agents": ", ".join(agents_named([card])),
        "summary": without_identifiers(_whole(str(card.get("summary", ""))), own_words),
        "detail": "\n".join(without_identifiers(line, own_words) for line in kept),
        "knowledge": ", ".join(str(one.get("knowledge")) for one in basis_of(card).get("because", ())),
    }


def _whole(summary: str) -> str:
    """A summary that was cut may end in half of the chart's words: those go with the clause they stand in."""
    return f"{summary.rpartition(':')[0] or summary.partition(' ')[0]} …" if summary.endswith("…") else summary


def without_identifiers(text: str, own_words: Mapping[str, str]) -> str:
    """No words, references or dates of the chart."""
    if own_words:
        ours = {said.lower(): called for said, called in own_words.items()}
        longest_first = sorted(filter(None, ours), key=len, reverse=True)
        said = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
        text = said.sub(lambda words: ours[words[0].lower()], text) if longest_first else text
    return _DAY.sub("(date)", _REFERENCE.sub("(reference)", text))
