"""
What is measured against what: how each server is started, and what its processes cost while it runs.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

import psutil

from cds_service.config import PREFIX
from fhir_fixtures import STORY_DAY

from .bodies import INSTANCE, SMALL
from .results import GRANIAN, GUNICORN, OURS, PEER, THREADED

ROOT: Final = Path(__file__).parent.parent
HEALTHCHAIN: Final = ROOT / ".venv" / "healthchain" / "bin" / "python"
HOOK: Final = "/cds-services/neuropathic-pain-order-select"
PATIENCE: Final = 60.0  # seconds until a server must answer
MB: Final = 1_000_000

Command = Callable[[int, int, Path], list[str]]  # of port, workers and a folder of its own


@dataclass(frozen=True)
class Server:
    name: str
    command: Command
    path: str = HOOK
    tree: Path = ROOT  # the checkout it runs from
    judges: bool = False  # whether it looks at what is ordered; else there is a card for anything


def this_service(port: int, workers: int, folder: Path) -> list[str]:
    """As `serve` runs it, with the recorder and the log on; metrics are on by default."""
    where = ["--port", str(port), "--workers", str(workers), "--day", STORY_DAY.isoformat()]
    return [sys.executable, "-m", "cds_service", "serve", *where, "--database", f"sqlite:///{folder}/cards", "--log"]


def _gunicorn(*more: str) -> Command:
    def command(port: int, workers: int, _: Path) -> list[str]:
        where = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
        return [sys.executable, "-m", "gunicorn", *where, *more, "benchmarks.bare:app"]

    return command


def _granian(port: int, workers: int, _: Path) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers), "--no-ws"]
    return [sys.executable, "-m", "granian", "--interface", "wsgi", *where, "benchmarks.bare:app"]


def _healthchain(port: int, workers: int, _: Path) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers), "--no-access-log"]
    return [str(HEALTHCHAIN), "-m", "uvicorn", *where, "benchmarks.healthchain_app:app"]


THREADS: Final = ("--worker-class", "gthread", "--threads", "2")  # as many as a worker of `serve` has
ALL: Final = {
    server.name: server
    for server in (
        Server(OURS, this_service, judges=True),
        Server(GUNICORN, _gunicorn()),
        Server(THREADED, _gunicorn(*THREADS)),
        Server(GRANIAN, _granian),
        Server(PEER, _healthchain, f"/cds{HOOK}"),
    )
}


def peers() -> dict[str, str]:
    """The version of HealthChain, if it is there."""
    found = distributions(path=[str(folder) for folder in HEALTHCHAIN.parent.parent.glob("lib/*/site-packages")])
    return {each.name: each.version for each in found if each.name == "healthchain"}


@dataclass
class Running:
    server: Server
    workers: int
    port: int
    folder: Path
    output: Path  # what it printed
    process: psutil.Popen
    started: float = 0.0  # seconds from the command to the first answer

    def get(self, path: str) -> bytes:
        return _exchanged(self, "GET", path)

    def post(self, body: bytes) -> bytes:
        """One call outside the measurement."""
        own = body.replace(INSTANCE.encode(), str(uuid.uuid4()).encode())
        return _exchanged(self, "POST", self.server.path, own)

    def tree(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of processor time that all its processes have used."""
        return sum(map(_cpu, self.tree()))

    def worker_mb(self) -> float:
        """Resident memory of its largest process, which is a worker."""
        return float(max(process.memory_info().rss for process in self.tree())) / MB

    def tree_mb(self) -> float:
        """Memory of all its processes, what they share counted once (where the system tells: Linux)."""
        full = [process.memory_full_info() for process in self.tree()]
        return float(sum(getattr(each, "pss", each.uss) for each in full)) / MB


def _cpu(process: psutil.Process) -> float:
    if sys.platform == "linux":  # its clock, to the nanosecond (clock_getcpuclockid(3)); /proc counts in hundredths
        return time.clock_gettime((~process.pid << 3) | 2)
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def running(server: Server, workers: int = 1, folder: Path | None = None) -> Iterator[Running]:
    """The server from its start to its first answer, until the block ends. `folder`: where it keeps what it keeps."""
    with tempfile.TemporaryDirectory(prefix="bench-") as own:
        place, port, output = folder or Path(own), _free_port(), Path(own) / "output"
        began = time.perf_counter()
        process = _started(server.command(port, workers, place), server.tree, output)
        try:
            found = Running(server, workers, port, place, output, process)
            _first_answer(found)
            found.started = time.perf_counter() - began
            yield found
        finally:
            _stop(process)


def _started(command: list[str], tree: Path, output: Path) -> psutil.Popen:
    """In a session of its own, without settings of this machine's for the service or for Python (one that keeps no
    bytecode would be compiled anew at every start)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PYTHON"))}
    with output.open("wb") as file:
        return psutil.Popen(command, cwd=tree, env=kept, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _first_answer(started: Running) -> None:
    until = time.monotonic() + PATIENCE
    body = SMALL.of(0)
    while time.monotonic() < until and started.process.poll() is None:
        try:
            started.post(body)
        except OSError:
            time.sleep(0.005)
        else:
            return
    told = started.output.read_text(errors="replace")
    raise RuntimeError(f"{started.server.name} did not start:\n{told[-2000:]}")


def _exchanged(server: Running, method: str, path: str, body: bytes = b"") -> bytes:
    """Raises RuntimeError for any answer but 200."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{server.server.name} answered {answer.status}: {content[:500]!r}")
    return content


def _stop(process: psutil.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=PATIENCE)
    except psutil.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its own session: nothing but what was started here
        process.wait()
