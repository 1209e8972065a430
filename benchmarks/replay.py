"""
Replay of the reference set: orders a second of processor time, which other programs on the machine do not change, and
by the clock on one and on all cores; memory; what 100 million orders would take.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from cds_service.replay.engines import cores
from cds_service.replay.run import Run, outcome
from cds_service.replay.settings import Settings

from . import reference_set

ORDERS = 20_000
MANY = 100_000_000


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as name:
        folder = Path(name)
        reference_set.write(folder / "export", orders=ORDERS)
        print(
            "| processes | orders | in scope | cards | CPU s | orders a CPU s | s | orders a s | core hours for 10^8 |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for jobs in sorted({1, cores()}):
            _measure(folder, jobs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nPeak memory: {peak:.0f} MB in one process, {worker:.0f} MB in a worker.")


def _measure(folder: Path, jobs: int) -> None:
    output = str(folder / f"out-{jobs}.ndjson")
    began = time.perf_counter()
    with outcome(Run((str(folder / "export"),), Settings(), jobs=jobs, output=output), lambda *_: None) as found:
        tally = found.tally
    seconds = time.perf_counter() - began
    counts, rate = tally.counts, tally.counts["orders"] / tally.seconds
    figures = (jobs, counts["orders"], counts["in scope"], counts["cards"], f"{tally.seconds:.1f}", f"{rate:.0f}")
    print(
        "|",
        *(f"{figure} |" for figure in figures),
        f"{seconds:.1f} | {counts['orders'] / seconds:.0f} | {MANY / rate / 3600:.1f} |",
        flush=True,
    )
