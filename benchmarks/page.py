"""
docs/performance.md: what is between the marks is made from benchmarks/results.json, the rest is written by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from .bodies import LARGE, SMALL
from .charts import bars, size_chart
from .figures import Spread
from .goals import line_of
from .report import tables
from .results import LOADED, OURS, Case, Machine, Results

ROOT: Final = Path(__file__).parent.parent
KEPT: Final = ROOT / "benchmarks" / "results.json"
PAGE: Final = ROOT / "docs" / "performance.md"
MARK: Final = "<!-- {}: made by `make bench` -->"
OWN_LOAD: Final = 2.5  # of a client and a server that take turns, and a second worker now and then
END: Final = "<!-- end of {} -->"


def read(file: Path = KEPT) -> Results:
    return msgspec.json.decode(file.read_bytes(), type=Results)


def write(found: Results, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def files(found: Results, page: str) -> dict[Path, str]:
    """The page and its charts, as they are to be."""
    folder = PAGE.parent
    return {
        PAGE: _with(_with(page, "service", _service(found)), "replay", found.replay.strip()),
        folder / "performance-cpu.svg": _cpu_chart(found),
        folder / "performance-size.svg": _size_chart(found),
    }


def renew(found: Results) -> None:
    for file, content in files(found, PAGE.read_text(encoding="utf-8")).items():
        file.write_text(content, encoding="utf-8")


def _with(page: str, part: str, content: str) -> str:
    """Raises ValueError where the page has no such marks."""
    start, end = MARK.format(part), END.format(part)
    before, _, rest = page.partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{PAGE.name} has no {start} ... {end}")
    return f"{before}{start}\n\n{content}\n\n{end}{after}"


def _service(found: Results) -> str:
    return "\n\n".join(
        [
            _machine(found),
            "![CPU time a request](performance-cpu.svg)",
            *[table.in_markdown() for table in tables(found)],
            "![Cost against size](performance-size.svg)",
            _kept(found),
        ]
    )


def _machine(found: Results) -> str:
    machine = found.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return (
        f"{machine.cores} cores, {machine.kind}, Python {machine.python}; {packages}. "
        f"Median of {found.rounds} rounds (least–most). {_disturbance(machine)}"
    )


def _disturbance(machine: Machine) -> str:
    if machine.load <= OWN_LOAD:
        return f"Load average {machine.load:g}, the benchmark's own with it: the machine was quiet."
    return (
        f"**Other programs used the machine at the same time: load average {machine.load:g}, of which the benchmark's "
        f"own is at most {OWN_LOAD:g}.** What is by the clock is too long, start-up above all; the ratios are better "
        "guide."
    )


def _kept(found: Results) -> str:
    kept = found.kept
    return (
        f"What was on: one worker of this service gave {kept.answers:,} answers in that run; the metrics count "
        f"{kept.counted:,} cards, the store holds {kept.recorded:,}, {kept.dropped:,} were dropped because it could "
        f"not keep up, and the log has {kept.lines:,} lines."
    )


def _cpu_chart(found: Results) -> str:
    groups = {}
    for body in (SMALL, LARGE):
        named = [(each.server, Spread.of(each.of("cpu"))) for each in found.of(Case(body.name, 1, LOADED))]
        groups[f"Processor time a request, ms: {body.name}"] = named
    return bars(groups, OURS)


def _size_chart(found: Results) -> str:
    points = [(float(size.resources), Spread.of(size.times)) for size in found.sizes]
    loads = [(float(size.resources), Spread.of(size.loads).middle) for size in found.sizes]
    return size_chart(points, line_of(found), loads)
