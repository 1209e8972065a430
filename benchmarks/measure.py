"""
Measuring: the load client at hand, one phase of load on one server, and rounds of phases in which the servers take
turns, so that what disturbs the machine disturbs them all.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec
import orjson

from .bodies import Body
from .client import Job, Load
from .results import Case, Phase, Series
from .servers import ROOT, Running

QUIET: Final = 0.05  # seconds in which a server that has finished uses next to no processor
IDLE: Final = 0.1  # of a core: what counts as next to none
PATIENCE: Final = 3.0

Told = Callable[[str], None]


class Client:
    """The load client's process. Bodies are handed over as files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, list[str]] = {}
        command = [sys.executable, "-m", "benchmarks.client"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()  # it ends with its input

    def phase(self, server: Running, body: Body, connections: int, seconds: float) -> Phase:
        """One moment of load. What the server still does when all is answered counts as well."""
        before = server.cpu()
        load = self._run(Job(server.port, server.server.path, self._bodies(body), connections, seconds))
        used = _settled(server) - before
        return Phase(load.requests, load.requests / load.seconds, load.p50, load.p99, used / load.requests * 1000)

    def _run(self, job: Job) -> Load:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(job) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load client ended; its error stands above")
        return msgspec.json.decode(line, type=Load)

    def _bodies(self, body: Body) -> list[str]:
        if body.name not in self._files:
            folder = self._folder / str(len(self._files))
            folder.mkdir()
            files = [folder / f"{number}.json" for number in range(len(body.ordered))]
            for file, content in zip(files, body.variants(), strict=True):
                file.write_bytes(content)
            self._files[body.name] = [str(file) for file in files]
        return self._files[body.name]


def _settled(server: Running) -> float:
    """Its processor time, once it has done what it does behind the answers' back (writing down cards)."""
    until, last = time.monotonic() + PATIENCE, server.cpu()
    while time.monotonic() < until:
        time.sleep(QUIET)
        now = server.cpu()
        if now - last < QUIET * IDLE:
            return now
        last = now
    return last


def warm_up(client: Client, server: Running, body: Body, seconds: float) -> None:
    """Every variant answered once and looked at, then a moment of load."""
    for content in body.variants():
        cards = orjson.loads(server.post(content))["cards"]
        if bool(cards) != (body.has_cards or not server.server.judges):
            raise RuntimeError(f"{server.server.name}: {len(cards)} cards for {body.name}")
    client.phase(server, body, 4, seconds)


def in_rounds(
    client: Client,
    servers: Mapping[int, Sequence[Running]],  # by number of workers
    cases: Sequence[tuple[Case, Body, float]],
    rounds: int,
    tell: Told,
) -> list[Series]:
    """Each case, each server in turn, beginning with another one in each round."""
    found: dict[tuple[str, Case], list[Phase]] = {}
    for number in range(rounds):
        for case, body, seconds in cases:
            tell(f"round {number + 1} of {rounds}: {body.name}, {case.workers} worker(s), {case.connections} at a time")
            turns = servers[case.workers]
            for index in range(len(turns)):
                server = turns[(index + number) % len(turns)]
                phase = client.phase(server, body, case.connections, seconds)
                found.setdefault((server.server.name, case), []).append(phase)
    return [Series(server, case, phases) for (server, case), phases in found.items()]


def mean_ms(work: Callable[[bytes], object], bodies: Sequence[bytes], seconds: float) -> float:
    """One piece of work on a body, with the garbage collector as seldom at work as in the service's workers."""
    gc.collect()
    gc.freeze()
    threshold = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        return _mean_ms(work, bodies, seconds)
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()


def _mean_ms(work: Callable[[bytes], object], bodies: Sequence[bytes], seconds: float) -> float:
    began, until, done = time.perf_counter(), time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        for body in bodies:
            work(body)
        done += len(bodies)
    return (time.perf_counter() - began) / done * 1000
