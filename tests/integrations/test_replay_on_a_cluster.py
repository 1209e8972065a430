"""Replay on a Dask cluster of several local workers: the same bytes as in one process, also when a worker is lost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service.replay import sources
from cds_service.replay.run import Run, outcome
from cds_service.replay.settings import Settings
from fhir_fixtures import STORY_DAY, stories

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # of the cluster's own libraries

SETTINGS = Settings(day=STORY_DAY)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sources, "RANGE", 20_000)
    file = tmp_path / "calls.ndjson"
    file.write_bytes(b"".join(orjson.dumps(story.request, option=orjson.OPT_APPEND_NEWLINE) for story in stories()) * 4)
    return file


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as running:
        yield running


def replayed(run: Run, progress: Any = lambda *_: None) -> tuple[bytes, dict[str, Any]]:
    with outcome(run, progress) as found:
        tally = {**found.tally.to_json(), "seconds": 0}
    return Path(run.output).read_bytes(), tally


def test_a_cluster_gives_the_bytes_of_one_process(calls: Path, tmp_path: Path, cluster: Any) -> None:
    alone = replayed(Run((str(calls),), SETTINGS, output=str(tmp_path / "alone.ndjson")))
    address = cluster.scheduler_address
    many = Run((str(calls),), SETTINGS, engine="dask", scheduler=address, output=str(tmp_path / "many.ndjson"))
    assert replayed(many) == alone


def test_what_a_lost_worker_had_is_done_by_another(calls: Path, tmp_path: Path, cluster: Any) -> None:
    alone = replayed(Run((str(calls),), SETTINGS, output=str(tmp_path / "alone.ndjson")))
    killed = threading.Event()

    def kill_one(*_: int) -> None:
        if not killed.is_set():
            killed.set()
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    address = cluster.scheduler_address
    many = Run((str(calls),), SETTINGS, engine="dask", scheduler=address, output=str(tmp_path / "many.ndjson"))
    assert replayed(many, kill_one) == alone
    assert killed.is_set()


def test_on_cores_too(calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = replayed(Run((str(calls),), SETTINGS, output=str(tmp_path / "alone.ndjson")))
    monkeypatch.setattr("cds_service.replay.run.run_partition", _dies_once)
    monkeypatch.setenv("DIED", str(tmp_path / "died"))
    assert replayed(Run((str(calls),), SETTINGS, jobs=2, output=str(tmp_path / "two.ndjson"))) == alone
    assert (tmp_path / "died").exists()


def _dies_once(partition: Any, job: Any) -> str:
    """The worker that takes the third partition is gone, once."""
    from cds_service.replay.partition import run_partition

    died = Path(os.environ["DIED"])
    if partition.number == 2 and not died.exists():
        died.touch()
        os._exit(9)
    return run_partition(partition, job)
