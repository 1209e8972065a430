"""
Two commits of the service, side by side: the other one in a git worktree of its own, the same calls in turns, the
ratio. The benchmark's code is this commit's, the installed packages are this environment's.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .bodies import LARGE, QUIET, SMALL, Body
from .goals import SLOWER
from .measure import Client, Told, in_rounds, warm_up
from .report import Row, Table, middle, spread
from .results import ALONE, OURS, Case, Series, compared
from .servers import ALL, ROOT, Running, Server, running, this_service

BODIES: Final = (SMALL, QUIET, LARGE)
ROUNDS: Final = 24
SECONDS: Final = 0.3


def compare(base: str, rounds: int, tell: Told) -> tuple[Table, list[str]]:
    """The table, and what is slower than the tolerance."""
    with _checkout(base) as tree, tempfile.TemporaryDirectory(prefix="bench-") as name, Client(Path(name)) as client:
        other = Server(base, this_service, tree=tree, judges=True)
        with running(ALL[OURS]) as ours, running(other) as theirs:
            for server in (ours, theirs):
                for body in BODIES:
                    warm_up(client, server, body, SECONDS)
            series = in_rounds(client, {1: [ours, theirs]}, _cases(), rounds, tell)
            return verdict(series, base, _started(ours, theirs))


def _cases() -> list[tuple[Case, Body, float]]:
    return [(Case(body.name, 1, ALONE), body, SECONDS * (2 if body is LARGE else 1)) for body in BODIES]


def _started(ours: Running, theirs: Running) -> list[Row]:
    return [
        ("MB a worker", f"{theirs.worker_mb():.0f}", f"{ours.worker_mb():.0f}", "", ""),
        ("start, s (once)", f"{theirs.started:.2f}", f"{ours.started:.2f}", "", ""),
    ]


def verdict(series: list[Series], base: str, more: list[Row]) -> tuple[Table, list[str]]:
    """Judged by processor time a request, of the figures here the one that a busy machine disturbs least, and slower
    only where both say so: the middle of the rounds' ratios, and the best round of each."""
    rows, slower = [], []
    for case in dict.fromkeys(each.case for each in series):
        theirs, ours = (next(s for s in series if (s.server, s.case) == (name, case)) for name in (base, OURS))
        for figure, unit in (("cpu", "CPU ms a request"), ("p50", "p50 ms")):
            ratio, best = compared(ours, theirs, figure), min(ours.of(figure)) / min(theirs.of(figure))
            what = f"{case.body}: {unit}"
            rows.append((what, middle(theirs, figure), middle(ours, figure), spread(ratio), f"{best:.2f}"))
            if figure == "cpu" and min(ratio.middle, best) > SLOWER:
                slower.append(f"{what}: {min(ratio.middle, best):.2f} times that of {base}, tolerance {SLOWER:g}")
    columns = ("", base, "this", "this : that", "best : best")
    return Table(f"This commit beside {base}", columns, [*rows, *more]), slower


@contextmanager
def _checkout(base: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-base-") as name:
        tree = Path(name) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), base)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {arguments[0]}: {done.stderr.strip()}")
