"""
Several pairs that are one subject: the judged medicine beside each of several others, for the same reason and at the
same urgency. Three benzodiazepines beside one opioid are one card that names all three.

The law: only what differs in the other medicine alone is gathered. Each pair was put together first, so that the most
severe rule's verdict on a pair is never hidden behind a milder one on another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from .finding import Beside, Finding
from .wording import capital, fits, listed, uncapital

MOST_NAMED = 4
MOST_LINES = 3  # of each pair, after what the other order is; the extension names every statement


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, those of one subject as one, each where its first stood."""
    return _grouped(_grouped(findings, _the_two), _subject)


def _grouped(findings: Iterable[Finding], subject: Callable[[Finding], object]) -> list[Finding]:
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(subject(finding), []).append(finding)
    return [_one(group) if len(group) > 1 else group[0] for group in groups.values()]


def _the_two(finding: Finding) -> object:
    """Two medicines in several orders: which of them is named first makes no other pair."""
    beside = finding.beside
    return (finding.rule, finding.indicator, frozenset(finding.agents), beside.verdict) if beside else id(finding)


def _subject(finding: Finding) -> object:
    beside = finding.beside
    return (finding.rule, finding.indicator, beside.lead, beside.verdict) if beside else id(finding)


def _one(group: list[Finding]) -> Finding:
    head = group[0]
    same = all(set(finding.agents) == set(head.agents) for finding in group)
    sides = [finding.beside for finding in group if finding.beside]
    return replace(
        head,
        summary=head.summary if same else _summary(sides),
        agents=_every("agents", group),
        orders=_every("orders", group),
        conditions=_every("conditions", group),
        detail=_every("detail", group) if same else tuple(_lines(group, sides)),
        because=_every("because", group),
        not_checked=_every("not_checked", group),
        also_rules=tuple(sorted(_every("also_rules", group))),
        on_kidneys=any(finding.on_kidneys for finding in group),
        pair=frozenset().union(*(finding.pair for finding in group)),
        beside=head.beside if same else None,
    )


def _summary(sides: list[Beside]) -> str:
    names = list(dict.fromkeys(side.other for side in sides))
    if len(names) > MOST_NAMED:
        names = [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"]
    return fits(f"{sides[0].lead} {listed(names)}: {sides[0].verdict}")


def _lines(group: list[Finding], sides: list[Beside]) -> Iterator[str]:
    """Each other order first; then the reasons, with the name where one does not hold for all."""
    standing = dict.fromkeys(side.line for side in sides)
    yield from standing
    shown = [[line for line in finding.detail if line not in standing][:MOST_LINES] for finding in group]
    for line in dict.fromkeys(line for lines in shown for line in lines):
        names = list(dict.fromkeys(s.other for s, finding in zip(sides, group, strict=True) if line in finding.detail))
        holds_for_all = len(names) == len({side.other for side in sides})
        yield line if holds_for_all else f"{capital(listed(names))}: {uncapital(line)}"


def _every(field: str, group: list[Finding]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(item for finding in group for item in getattr(finding, field)))
