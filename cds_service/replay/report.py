"""
The report of a run: one HTML file that opens offline, prints, and is read as well without colour.

Nothing in it names a patient: what is shown of cards has none of the chart's own words, references or dates, and an
order is called by the key of its record, by which those who may see the chart find it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import jinja2

from .asked import key_of
from .inputs import is_story
from .run import Run
from .settings import engine_of
from .sources import LINES
from .tally import Tally

MOST: Final = 25  # bars of a chart; the rest is summed up
COMMONEST: Final = 10
SEVERITIES: Final = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    cards: int
    orders: int  # out of how many
    width: float  # of the widest, in per cent
    kind: str = ""

    @property
    def rate(self) -> str:
        """Cards per 100 orders."""
        return per_hundred(self.cards, self.orders)


def write(tally: Tally, run: Run, file: Path) -> None:
    file.write_text(html(tally, run), encoding="utf-8")


def html(tally: Tally, run: Run) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters.update(number=number, plural=plural)
    return environment.get_template("report.html.j2").render(**_content(tally, run))


def _content(tally: Tally, run: Run) -> dict[str, Any]:
    orders = tally.counts["orders"]
    return {
        "counts": tally.counts,
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "sources": [_source(Path(path)) for path in run.paths],
        "settings": run.settings.in_words(),
        "version": "" if run.settings.url else engine_of(run.settings).knowledge_base.version,
        "draft": not run.settings.url,
        "figures": _figures(tally.counts),
        "charts": _charts(tally, orders),
        "commonest": _commonest(tally),
        "statuses": _statuses(tally, run).most_common(),
        "unreadable": tally.unreadable.most_common(),
        "unread_examples": [{**one, "place": shown(one["place"])} for one in tally.unread_examples],
        "troubles": tally.troubles.most_common(),
        "differences": [{**one, "place": shown(one["place"])} for one in tally.differences],
        "comparison": _comparison(tally, run),
    }


def shown(place: str) -> str:
    """A place without what may name a patient: a story's name, a line of a file of many; else the key of its record."""
    path, line = place.partition("#")[0], ""
    if is_story(Path(path)):
        return "/".join(Path(path).parts[-3:-1])
    if found := re.fullmatch(r"(.*(?:\.ndjson|\.jsonl|\.log|\.parquet))((?::\d+|\[\d+\])+)", place):
        path, line = found.groups()
        return f"{Path(path).name}{line}"
    return f"key {key_of(place)}"


def _source(path: Path) -> str:
    """A document of its own may be named for its patient."""
    return path.name if path.is_dir() or path.suffix in (*LINES, ".parquet") else "one file"


def _statuses(tally: Tally, run: Run) -> Counter[str]:
    """A service elsewhere gives its reasons in words of its own: those may quote the chart."""
    said: Counter[str] = Counter()
    for why, count in tally.statuses.items():
        said[why.partition(":")[0] if run.settings.url else why] += count
    return said


def _figures(counts: Mapping[str, int]) -> list[tuple[str, int, str]]:
    """The funnel from every order to those with a card, each with its share of all orders."""
    orders = counts["orders"]
    return [(name, counts[name], share(counts[name], orders)) for name in ("orders", "in scope", "with cards")]


def _charts(tally: Tally, orders: int) -> list[tuple[str, str, list[Bar]]]:
    severities = Counter({name: tally.severities[name] for name in SEVERITIES if tally.severities[name]})
    whole = dict.fromkeys({*tally.rules, *tally.severities}, orders)
    charts = [
        ("By severity", "per 100 orders", _bars(severities, whole, by_size=False)),
        ("By rule", "per 100 orders", _bars(tally.rules, whole)),
        ("By agent", "per 100 orders of the agent", _bars(tally.agents, tally.agent_orders)),
        ("By condition", "per 100 orders in scope with the condition", _bars(tally.conditions, tally.condition_orders)),
        ("By clinic", "per 100 orders in scope of the clinic", _bars(tally.clinics, tally.clinic_orders)),
    ]
    return [chart for chart in charts if chart[2]]


def _bars(cards: Counter[str], orders: Mapping[str, int], by_size: bool = True) -> list[Bar]:
    named = cards.most_common(MOST) if by_size else list(cards.items())
    most = max((count for _, count in named), default=0)
    return [
        Bar(name, count, orders.get(name, 0), 100 * count / most, name if name in SEVERITIES else "")
        for name, count in named
    ]


def _commonest(tally: Tally) -> list[dict[str, Any]]:
    found = tally.kinds.most_common(COMMONEST)
    return [{"cards": count, **tally.examples[topic]} for topic, count in found if topic in tally.examples]


def _comparison(tally: Tally, run: Run) -> dict[str, Any] | None:
    if not (run.what_if or run.baseline):
        return None
    counts = tally.counts
    ours, other = counts["cards"], counts["cards of the other"]
    before, after = (ours, other) if run.what_if else (other, ours)
    return {
        "what": f"What if {', '.join(run.what_if)}"
        if run.what_if
        else f"Against the baseline {Path(run.baseline).name}",
        "before": before,
        "after": after,
        "compared": counts["compared"],
        "changed": counts["changed"],
        "share": share(counts["changed"], counts["compared"]),
        "kinds": tally.changed.most_common(),
        "rules": _by_rule(tally.changed_rules),
        "examples": [{**one, "place": shown(one["place"])} for one in tally.change_examples],
    }


KINDS: Final = ("new", "gone", "more urgent", "less urgent", "other words")


def _by_rule(changed: Mapping[str, int]) -> list[tuple[str, list[int]]]:
    rules = sorted({name.rpartition(": ")[0] for name in changed})
    return [(rule, [changed.get(f"{rule}: {kind}", 0) for kind in KINDS]) for rule in rules]


# ---- figures in words -----------------------------------------------------------------------------------------------


def per_hundred(cards: int, orders: int) -> str:
    """To two digits that count: 0.031, 0.25, 3.4, 41."""
    if not orders:
        return ""
    rate = 100 * cards / orders
    return f"{rate:.3f}" if rate < 0.1 else f"{rate:.2f}" if rate < 1 else f"{rate:.1f}" if rate < 10 else f"{rate:.0f}"


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def number(value: int) -> str:
    """1234567 is 1 234 567."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def plural(count: int, one: str, many: str) -> str:
    return f"{number(count)} {one if count == 1 else many}"
