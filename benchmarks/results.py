"""
What a run found, as it is kept in JSON: every round of every series, so that each table can be made again from it.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import msgspec

from .figures import Spread, ratios

# What the tables call what is measured.
OURS: Final = "this service"
GUNICORN: Final = "bare Flask, gunicorn"
THREADED: Final = "bare Flask, gunicorn gthread"
GRANIAN: Final = "bare Flask, granian"
PEER: Final = "HealthChain, one rule"
FIRST_START: Final = "this service, its first start ever"

ALONE: Final = 1  # connections: what one clinician waits
LOADED: Final = 16  # what the server can do


class Phase(msgspec.Struct, frozen=True):
    """One server under one load for a moment. Times in milliseconds; `cpu` and latencies a request."""

    requests: int
    rate: float  # requests a second
    p50: float
    p99: float
    cpu: float


class Case(msgspec.Struct, frozen=True):
    """A load: what is sent, over how many connections, to how many workers."""

    body: str
    workers: int
    connections: int


class Series(msgspec.Struct, frozen=True):
    server: str
    case: Case
    phases: list[Phase]

    def of(self, figure: str) -> list[float]:
        return [getattr(phase, figure) for phase in self.phases]


class Memory(msgspec.Struct, frozen=True):
    """Megabytes: of the largest worker after small calls, after all calls, and of the whole process tree then."""

    server: str
    workers: int
    small: float
    after: float
    tree: float


class Size(msgspec.Struct, frozen=True):
    """One size of chart: milliseconds over HTTP and of processor, and of one orjson.loads, a round each."""

    resources: int
    bytes: int
    times: list[float]
    cpu: list[float]
    loads: list[float]


class Kept(msgspec.Struct, frozen=True):
    """That recorder, log and metrics were on: what they held at the end."""

    answers: int
    recorded: int
    dropped: int
    lines: int
    counted: int


class Machine(msgspec.Struct, frozen=True):
    """Nothing that tells which one it is."""

    cores: int
    kind: str
    python: str
    packages: dict[str, str]
    load: float  # average of the last minutes of the run, this benchmark's own with it

    @classmethod
    def this(cls, peers: dict[str, str]) -> Machine:
        """`peers`: versions of what has an environment of its own."""
        names = ("flask", "granian", "gunicorn", "orjson", "msgspec")
        found = {name: _version(name) for name in names}
        load = round(os.getloadavg()[1], 1)
        return cls(os.cpu_count() or 1, platform.machine(), platform.python_version(), found | peers, load)


class Results(msgspec.Struct, frozen=True):
    machine: Machine
    rounds: int
    series: list[Series]
    starts: dict[str, list[float]]
    memory: list[Memory]
    sizes: list[Size]
    validation: dict[str, list[float]]  # milliseconds of fhir.resources for the chart of a call, a round each
    kept: Kept
    replay: str = ""

    def find(self, server: str, case: Case) -> Series:
        return next(each for each in self.series if each.server == server and each.case == case)

    def of(self, case: Case) -> list[Series]:
        return [each for each in self.series if each.case == case]

    def servers(self) -> list[str]:
        return list(dict.fromkeys(each.server for each in self.series))


def compared(ours: Series, theirs: Series, figure: str) -> Spread:
    return ratios(ours.of(figure), theirs.of(figure))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
