"""
What this product costs on this machine.

    python -m benchmarks                    everything; renews benchmarks/results.json and docs/performance.md
    python -m benchmarks --quick            the service alone, one round, in under a minute; writes nothing but build/
    python -m benchmarks --base COMMIT      this commit's service beside another's; exit code 1 if it is slower
    python -m benchmarks replay             replay alone
    python -m benchmarks page               docs/performance.md again, from the results that are there
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import msgspec
from rich.console import Console

from . import page, replay
from .report import tables
from .results import Results

console = Console(width=160 if not sys.stdout.isatty() else None)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("part", nargs="?", choices=["all", "service", "replay", "page"], default="all")
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--base", metavar="COMMIT")
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # not without ending the servers it started
    if given.base:
        _compare(given.base, given.quick)
    elif given.part == "page":
        page.renew(page.read())
    elif given.part == "replay":
        replay.run()
    elif given.quick or given.part == "service":
        _show(_measured(given.quick), "build/bench.json")
    else:
        _everything()


def _everything() -> None:
    found = msgspec.structs.replace(_measured(False), replay=_replayed())
    _show(found, str(page.KEPT.relative_to(page.ROOT)))
    console.print(found.replay, markup=False)
    page.renew(found)


def _measured(quick: bool) -> Results:
    from .service import BRIEF, FULL, measure

    with _telling() as tell:
        return measure(BRIEF if quick else FULL, tell)


def _replayed() -> str:
    """In a process of its own, so that the memory it tells is its own."""
    with _telling() as tell:
        tell("replay of the reference set")
        command = [sys.executable, "-m", "benchmarks", "replay"]
        return subprocess.run(command, cwd=page.ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _show(found: Results, file: str) -> None:
    for table in tables(found):
        console.print(table.in_a_terminal())
    page.write(found, page.ROOT / file)
    console.print(f"Results in {file}")


def _compare(base: str, quick: bool) -> None:
    from .compare import ROUNDS, compare

    with _telling() as tell:
        table, slower = compare(base, ROUNDS // 3 if quick else ROUNDS, tell)
    console.print(table.in_a_terminal())
    for line in slower:
        console.print(f"SLOWER: {line}")
    raise SystemExit(1 if slower else 0)


@contextlib.contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """What is being measured, on standard error and only in a terminal."""
    with Console(stderr=True).status("starting") as status:
        yield status.update


if __name__ == "__main__":
    main()
