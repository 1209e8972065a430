"""
A run's results as tables: for the terminal and, with the same words, for docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table as RichTable

from .bodies import LARGE, QUIET, SMALL
from .figures import Spread, ratios
from .goals import Goal, goals, line_of
from .results import ALONE, LOADED, OURS, Case, Results, Series, compared

Row = Sequence[str]


@dataclass(frozen=True)
class Table:
    title: str
    columns: Row
    rows: Sequence[Row]

    def in_markdown(self) -> str:
        head = [self.columns, ["---", *["--:"] * (len(self.columns) - 1)]]
        lines = [f"| {' | '.join(row)} |" for row in [*head, *self.rows]]
        return "\n".join([f"**{self.title}**", "", *lines])

    def in_a_terminal(self) -> RichTable:
        table = RichTable(title=self.title, title_justify="left", box=box.SIMPLE, title_style="bold")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*(cell.replace("**", "") for cell in row))
        return table


def tables(found: Results) -> Iterator[Table]:
    yield goal_table(list(goals(found)))
    for body in (SMALL, LARGE, QUIET):
        yield _one_worker(found, body.name)
    yield from _two_workers(found)
    yield _starts(found)
    yield _memory(found)
    yield _sizes(found)
    yield _validation(found)


def goal_table(found: Sequence[Goal]) -> Table:
    rows = [
        (
            goal.what,
            f"{'at most' if goal.at_most else 'at least'} {goal.limit:g}",
            spread(goal.found),
            "yes" if goal.is_reached else "**no**",
        )
        for goal in found
    ]
    return Table("What is to be reached", ("", "goal", "found", "reached"), rows)


def _one_worker(found: Results, body: str) -> Table:
    columns = (
        "one worker",
        "requests a s",
        "ours : theirs",
        "p50 ms",
        "p99 ms",
        f"p50 ms, {LOADED} at once",
        f"p99 ms, {LOADED} at once",
        "CPU ms a request",
        "ours : theirs",
    )
    rows = [_row(found, server, body) for server in found.servers()]
    return Table(_title(body), columns, rows)


def _title(body: str) -> str:
    return {
        SMALL.name: "order-select, 30 resources prefetched, 18 kB",
        LARGE.name: "order-select, 1,000 resources prefetched, 1.5 MB",
        QUIET.name: "order-select, 30 resources prefetched, an order with nothing to say",
    }[body]


def _row(found: Results, server: str, body: str) -> Row:
    alone, loaded = found.find(server, Case(body, 1, ALONE)), found.find(server, Case(body, 1, LOADED))
    ours = found.find(OURS, Case(body, 1, LOADED))
    return (
        server,
        middle(loaded, "rate"),
        _ratio(ours, loaded, "rate"),
        middle(alone, "p50"),
        middle(alone, "p99"),
        middle(loaded, "p50"),
        middle(loaded, "p99"),
        middle(loaded, "cpu"),
        _ratio(ours, loaded, "cpu"),
    )


def _two_workers(found: Results) -> Iterator[Table]:
    columns = ("two workers", "requests a s", "ours : theirs", f"p99 ms, {LOADED} at once", "CPU ms", "ours : theirs")
    for body in (SMALL, LARGE, QUIET):
        case = Case(body.name, 2, LOADED)
        rows = [_two(each, found.find(OURS, case)) for each in found.of(case)]
        if rows:
            yield Table(_title(body.name), columns, rows)


def _two(series: Series, ours: Series) -> Row:
    return (
        series.server,
        middle(series, "rate"),
        _ratio(ours, series, "rate"),
        middle(series, "p99"),
        middle(series, "cpu"),
        _ratio(ours, series, "cpu"),
    )


def _starts(found: Results) -> Table:
    rows = [(server, spread(Spread.of(seconds))) for server, seconds in found.starts.items()]
    return Table("From the command to the first card", ("", "seconds"), rows)


def _memory(found: Results) -> Table:
    columns = ("", "workers", "MB a worker, calls of 18 kB", "the same, after 16 calls of 1.5 MB at once", "MB, all")
    rows = [
        (each.server, str(each.workers), f"{each.small:.0f}", f"{each.after:.0f}", f"{each.tree:.0f}")
        for each in found.memory
    ]
    return Table("Memory", columns, rows)


def _sizes(found: Results) -> Table:
    columns = ("resources", "kB", "p50 ms", "CPU ms a request", "one orjson.loads, ms", "p50 : loads", "CPU : loads")
    rows = [
        (
            f"{size.resources:,}",
            f"{size.bytes / 1000:,.0f}",
            figure(Spread.of(size.times).middle),
            figure(Spread.of(size.cpu).middle),
            figure(Spread.of(size.loads).middle),
            spread(ratios(size.times, size.loads)),
            spread(ratios(size.cpu, size.loads)),
        )
        for size in found.sizes
    ]
    line = line_of(found)
    title = (
        f"Cost against size: {line.base:.2f} ms + {line.slope * 1000:.1f} µs a resource, R² {line.r2:.4f} "
        "(one worker, one connection, over HTTP)"
    )
    return Table(title, columns, rows)


def _validation(found: Results) -> Table:
    columns = ("", "fhir.resources for the chart, ms", "this service's whole call, p50 ms", "the one : the other")
    rows = []
    for body, times in found.validation.items():
        ours = found.find(OURS, Case(body, 1, ALONE)).of("p50")
        rows.append((body, spread(Spread.of(times)), figure(Spread.of(ours).middle), spread(ratios(times, ours))))
    return Table("What is not done in a call: validating every resource", columns, rows)


def _ratio(ours: Series, theirs: Series, name: str) -> str:
    return "" if ours is theirs else spread(compared(ours, theirs, name))


def middle(series: Series, name: str) -> str:
    return figure(Spread.of(series.of(name)).middle)


def spread(of: Spread) -> str:
    """The middle, and between brackets the least and the most."""
    if of.least == of.most:
        return figure(of.middle)
    return f"{figure(of.middle)} ({figure(of.least)}–{figure(of.most)})"


def figure(value: float) -> str:
    """With as many places as it is worth."""
    for least, places in ((100, 0), (10, 1), (0.1, 2), (0.01, 3)):
        if value >= least:
            return f"{value:,.{places}f}"
    return f"{value:.2g}"
