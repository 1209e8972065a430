"""
The service as `serve` runs it, all rules, recorder, log and metrics on, beside a bare Flask application under gunicorn
and under granian, and beside HealthChain: load, memory, start-up, and cost against the size of the chart.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec
import orjson

from cds_service import strict

from .bodies import LARGE, QUIET, SIZES, SMALL, Body
from .measure import Client, Told, in_rounds, mean_ms, warm_up
from .results import ALONE, FIRST_START, LOADED, OURS, PEER, Case, Kept, Machine, Memory, Phase, Results, Series, Size
from .servers import ALL, HEALTHCHAIN, Running, Server, peers, running

Group = dict[int, list[Running]]  # by number of workers


class Plan(msgspec.Struct, frozen=True):
    """How long to measure. Seconds are of one phase; large bodies get `large` times as long."""

    rounds: int = 5
    seconds: float = 0.4
    large: float = 2.5
    starts: int = 5
    workers: tuple[int, ...] = (1, 2)

    def cases(self) -> list[tuple[Case, Body, float]]:
        return [
            (Case(body.name, workers, connections), body, self.seconds * (self.large if body is LARGE else 1))
            for workers in self.workers
            for body in (SMALL, QUIET, LARGE)
            for connections in (ALONE, LOADED)
            if workers == 1 or connections == LOADED
        ]


FULL: Final = Plan()
BRIEF: Final = Plan(rounds=1, seconds=0.2, starts=1, workers=(1,))


def measure(plan: Plan, tell: Told) -> Results:
    servers = [server for name, server in ALL.items() if name != PEER or HEALTHCHAIN.exists()]
    if len(servers) < len(ALL):
        tell("HealthChain is not installed: `make bench` installs it. Left out.")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Client(Path(name)) as client:
        series, memory, kept = _loads(client, servers, plan, tell)
        tell("start-up")
        starts = _starts(servers, plan)
        sizes = _sizes(client, plan, tell)
        tell("fhir.resources")
        validation = {body.name: _validation(body, plan) for body in (SMALL, LARGE)}
    return Results(Machine.this(peers()), plan.rounds, series, starts, memory, sizes, validation, kept)


def _loads(
    client: Client, servers: Sequence[Server], plan: Plan, tell: Told
) -> tuple[list[Series], list[Memory], Kept]:
    with _group(servers, plan.workers, tell) as group:
        small = _warm(client, group, (SMALL, QUIET), plan)
        _warm(client, group, (LARGE,), plan)
        series = in_rounds(client, group, plan.cases(), plan.rounds, tell)
        after = {key: (server.worker_mb(), server.tree_mb()) for key, server in _each(group)}
        memory = [Memory(name, workers, small[name, workers], *after[name, workers]) for name, workers in after]
        ours = next(server for server in group[1] if server.server.name == OURS)
        return series, memory, _kept(ours)


@contextmanager
def _group(servers: Sequence[Server], workers: Sequence[int], tell: Told) -> Iterator[Group]:
    """All of them, running until the block ends."""
    with ExitStack() as stack:
        group: Group = {}
        for many in workers:
            tell(f"starting {len(servers)} servers with {many} worker(s)")
            group[many] = [stack.enter_context(running(server, many)) for server in servers]
        yield group


def _each(group: Group) -> Iterator[tuple[tuple[str, int], Running]]:
    return (((each.server.name, workers), each) for workers, servers in group.items() for each in servers)


def _warm(client: Client, group: Group, bodies: Sequence[Body], plan: Plan) -> dict[tuple[str, int], float]:
    """Memory of a worker afterwards."""
    found = {}
    for key, server in _each(group):
        for body in bodies:
            warm_up(client, server, body, plan.seconds / 2)
        found[key] = server.worker_mb()
    return found


def _kept(server: Running) -> Kept:
    """What recorder, log and metrics hold of the answers that were given."""
    lines = sum(1 for line in server.output.open("rb") if b'"answered"' in line)
    counts = _counts(server.get("/metrics").decode())
    with sqlite3.connect(f"file:{server.folder / 'cards'}?mode=ro", uri=True) as store:
        (recorded,) = store.execute("select count(*) from card").fetchone()
    issued = sum(value for name, value in counts.items() if name.startswith("cds_cards_total"))
    answers = sum(value for name, value in counts.items() if name.startswith("cds_request_seconds_count"))
    dropped = sum(value for name, value in counts.items() if name.startswith("cds_recorder_dropped_total"))
    return Kept(int(answers), recorded, int(dropped), lines, int(issued))


def _counts(exposition: str) -> dict[str, float]:
    pairs = (line.rsplit(" ", 1) for line in exposition.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def _starts(servers: Sequence[Server], plan: Plan) -> dict[str, list[float]]:
    """Seconds from the command to the first card. Ours twice: as it starts first of all, and with its store made."""
    found: dict[str, list[float]] = {}
    for _ in range(plan.starts):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            with running(ALL[OURS], folder=Path(folder)) as started:
                found.setdefault(FIRST_START, []).append(started.started)
            for server in servers:
                with running(server, folder=Path(folder)) as started:
                    found.setdefault(server.name, []).append(started.started)
    return found


def _sizes(client: Client, plan: Plan, tell: Told) -> list[Size]:
    with running(ALL[OURS]) as server:
        for body in SIZES:
            warm_up(client, server, body, plan.seconds / 2)
        rounds = []
        for number in range(plan.rounds):
            tell(f"round {number + 1} of {plan.rounds}: cost against size")
            rounds.append([_size(client, server, body, plan) for body in SIZES])
    return [_as_size(body, list(of_body)) for body, of_body in zip(SIZES, zip(*rounds, strict=True), strict=True)]


def _size(client: Client, server: Running, body: Body, plan: Plan) -> tuple[Phase, float]:
    return client.phase(server, body, ALONE, plan.seconds), mean_ms(orjson.loads, body.variants(), plan.seconds / 2)


def _as_size(body: Body, rounds: list[tuple[Phase, float]]) -> Size:
    length = sum(map(len, body.variants())) // len(body.ordered)
    phases = [phase for phase, _ in rounds]
    loads = [load for _, load in rounds]
    return Size(body.resources, length, [each.p50 for each in phases], [each.cpu for each in phases], loads)


def _validation(body: Body, plan: Plan) -> list[float]:
    """Milliseconds to hold every prefetched resource of a call against R4: what the service does not do in a call."""
    charts = [orjson.dumps(orjson.loads(content)["prefetch"]) for content in body.variants()[:1]]
    return [mean_ms(_validated, charts, plan.seconds / 4) for _ in range(plan.rounds + 1)][1:]  # the first one imports


def _validated(chart: bytes) -> None:
    found = list(strict.problems(orjson.loads(chart)))
    if found:
        raise RuntimeError(f"the benchmark's own calls are no FHIR R4: {found[0]}")
