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
from .measure import Client, Told, in_rounds, warm_up
from .report import Row, Table
from .results import ALONE, OURS, Case
from .servers import ALL, ROOT, Running, Server, running, this_service
from .verdict import verdict

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
