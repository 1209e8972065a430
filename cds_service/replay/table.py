"""
A run for a person at a terminal, or for a pipe: what was said to whom, then the tally.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .tally import Tally

LISTED: Final = 500  # orders; of a longer run only the tally is shown
COLOURS: Final = {"info": "cyan", "warning": "yellow", "critical": "red"}


def show(console: Console, records: Iterable[Mapping[str, Any]], tally: Tally, quiet: bool) -> None:
    """A table with colours in a terminal, plain lines anywhere else."""
    listed = not quiet and tally.counts["orders"] <= LISTED
    if console.is_terminal:
        _show_table(console, records if listed else (), tally)
        return
    for record in records if listed else ():
        for line in lines_of(record):
            console.print(line, soft_wrap=True, markup=False, highlight=False)
    for name, value in summary(tally):
        console.print(f"{value:>8} {name}", soft_wrap=True, markup=False, highlight=False)


def lines_of(record: Mapping[str, Any]) -> Iterator[str]:
    """The cards of one call, or why there are none, a line each; what is not as expected indented below."""
    place = record["place"]
    if record["status"] != 200:
        yield f"{place}: {record['status']}: {record.get('why', '')}"
    for card in record["cards"]:
        yield f"{place}: {card.get('indicator')}: {card.get('summary')}"
    for line in record.get("differences", ()):
        yield f"    {line}"
    for change in record.get("changes", ()):
        yield from (f"    {line}" for line in (f"{change['kind']}: {change['rule']}", *change["lines"]))


def summary(tally: Tally) -> Iterator[tuple[str, str]]:
    """Name and number, what is nought left out but for the first four."""
    always = ("orders", "in scope", "with cards", "cards")
    for name in (*always, *sorted(tally.counts.keys() - set(always))):
        if name in always or tally.counts[name]:
            yield name, str(tally.counts[name])
    for counter in (tally.severities, tally.rules, tally.statuses, tally.changed, tally.troubles, tally.unreadable):
        yield from ((name, str(count)) for name, count in counter.most_common())


def _show_table(console: Console, records: Iterable[Mapping[str, Any]], tally: Tally) -> None:
    table = Table("order", "says", "card", box=None, header_style="bold")
    for record in records:
        for place, says, text in _rows(record):
            table.add_row(place, Text(says, style=COLOURS.get(says, "")), Text(text))
    if table.row_count:
        console.print(table)
    numbers = Table("", "", box=None, show_header=False)
    for name, value in summary(tally):
        numbers.add_row(Text(value, justify="right"), name)
    console.print(numbers)


def _rows(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    place = record["place"]
    if record["status"] != 200:
        yield place, str(record["status"]), record.get("why", "")
    for card in record["cards"]:
        yield place, str(card.get("indicator")), str(card.get("summary"))
        place = ""
    for line in record.get("differences", ()):
        yield "", "expected", line
    for change in record.get("changes", ()):
        yield "", change["kind"], "\n".join(change["lines"])
