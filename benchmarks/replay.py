"""
Replay of the reference set: orders a second of processor time, which other programs on the machine do not change, and
by the clock on one and on all cores; memory at one, ten and fifty times the input; what 100 million orders would take.

Each row is a process of its own, so that the memory it tells is its own: python -m benchmarks.replay EXPORT PROCESSES
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson

from cds_service.replay.engines import cores
from cds_service.replay.run import Run, outcome
from cds_service.replay.settings import Settings

from . import reference_set

ORDERS = 20_000
SIZES = (ORDERS // 10, ORDERS, ORDERS * 5)
A_PATIENT = 40
MANY = 100_000_000
COLUMNS = (
    "orders",
    "processes",
    "in scope",
    "cards",
    "CPU s",
    "orders a CPU s",
    "s",
    "orders a s",
    "peak MB a process",
)


def run() -> None:
    print("|", " | ".join(COLUMNS), "|\n|" + "---|" * len(COLUMNS), flush=True)
    rates: dict[tuple[int, int], float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as name:
        for orders in SIZES:
            export = Path(name, str(orders))
            reference_set.write(export, patients=orders // A_PATIENT, orders=orders)
            for jobs in sorted({1, cores()}) if orders == ORDERS else [1]:
                found = _measured(export, jobs)
                rates[orders, jobs] = found["orders"] / found["cpu"]
                print(_row(found, jobs), flush=True)
    print(f"\n{_cost(rates[ORDERS, 1])}")


def _measured(export: Path, jobs: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.replay", str(export), str(jobs)]
    found: dict[str, Any] = orjson.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def _row(found: dict[str, Any], jobs: int) -> str:
    orders, cpu, seconds = found["orders"], found["cpu"], found["seconds"]
    figures = (orders, jobs, found["in scope"], found["cards"], f"{cpu:.1f}", f"{orders / cpu:.0f}")
    return f"| {' | '.join(map(str, figures))} | {seconds:.1f} | {orders / seconds:.0f} | {found['peak']:.0f} |"


def _cost(rate: float) -> str:
    """The one place where this is worked out; docs/replay.md refers to it."""
    hours = MANY / rate / 3600
    return f"At {rate:.0f} orders a second of processor time 100 million orders take {hours:.0f} core hours."


def measure(export: str, jobs: int) -> dict[str, Any]:
    began = time.perf_counter()
    with outcome(Run((export,), Settings(), jobs=jobs, output=f"{export}-{jobs}.ndjson"), lambda *_: None) as found:
        tally = found.tally
    seconds = time.perf_counter() - began
    who = resource.RUSAGE_CHILDREN if jobs > 1 else resource.RUSAGE_SELF
    counts = {name: tally.counts[name] for name in ("orders", "in scope", "cards")}
    return {**counts, "cpu": tally.seconds, "seconds": seconds, "peak": resource.getrusage(who).ru_maxrss / 1024}


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(measure(sys.argv[1], int(sys.argv[2]))))
