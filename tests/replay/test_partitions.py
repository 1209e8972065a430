"""However the input is cut and whoever works on it, the run is the same; interrupted, it goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from charts import bulk_export
from click.testing import Result
from running import records, replay, write

from cards import SEED
from cds_service.replay import partition as unit
from cds_service.replay import sources
from cds_service.replay.settings import engine_of
from cds_service.replay.sources import Partition, lines_of, of_lines
from fhir_fixtures import FOLDER, stories


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    some = [orjson.dumps(story.request) for story in stories()] * 3
    return write(tmp_path / "calls.ndjson", b"\n".join([*some[:5], b"{broken", *some[5:]]))


@pytest.mark.parametrize("size", [1, 2, 7, 40, 1000])
def test_every_line_is_in_exactly_one_range(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "RANGE", size)
    text = b"one\n\ntwo two\n\n\nthree\nfour, which is longer\nfive"
    file = write(tmp_path / "lines.ndjson", text)
    parts = [Partition(number, *part) for number, part in enumerate(of_lines([file]))]
    found = [pair for part in parts for pair in lines_of(part)]
    assert found == [(n, line) for n, line in enumerate(text.splitlines(keepends=True), 1) if line.strip()]


def test_many_partitions_and_processes_give_the_same_records(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = records(calls, "--day", "2026-11-22")
    monkeypatch.setattr(sources, "RANGE", 20_000)
    assert records(calls, "--day", "2026-11-22") == whole
    assert records(calls, "--day", "2026-11-22", "--jobs", "2") == whole


def test_an_export_gives_the_same_in_one_shard_and_in_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = bulk_export(tmp_path / "export", [f"p{number}" for number in range(12)], broken=True)
    whole = sorted(map(str, records(export)))
    monkeypatch.setattr("cds_service.replay.run.SHARD", 3000)
    monkeypatch.setattr(sources, "RANGE", 2000)
    assert sorted(map(str, records(export, "--jobs", "2"))) == whole


def test_parquet_holds_the_same_records(calls: Path, tmp_path: Path) -> None:
    table = tmp_path / "out.parquet"
    replay(calls, "--day", "2026-11-22", "--output", table)
    replay(calls, "--day", "2026-11-22", "--output", tmp_path / "out.ndjson")
    again = replay(calls, "--day", "2026-11-22", "--expect", table, "--quiet")
    assert again.exit_code == 0
    lines = len((tmp_path / "out.ndjson").read_bytes().splitlines())
    assert lines == len(calls.read_bytes().splitlines()) - 1
    assert f"{lines} expected" in again.stdout


def test_calls_are_read_from_parquet(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    calls = [orjson.dumps(story.request).decode() for story in stories()]
    table = pyarrow.Table.from_pylist([{"request": call, "time": "2026-11-22T08:00:00Z"} for call in calls])
    pyarrow.parquet.write_table(table, tmp_path / "calls.parquet", row_group_size=4)
    lines = write(tmp_path / "calls.ndjson", "\n".join(calls).encode())
    found = [record["cards"] for record in records(tmp_path / "calls.parquet")]
    assert found == [record["cards"] for record in records(lines, "--day", "2026-11-22")]


def interrupted(monkeypatch: pytest.MonkeyPatch, after: int, *arguments: object) -> tuple[Result, list[str]]:
    """A run that stops after so many orders; and the places it judged."""
    judged: list[str] = []
    judge = unit.judge

    def until_then(asked: unit.Asked, *others: object) -> object:
        if len(judged) == after:
            raise KeyboardInterrupt
        judged.append(asked.place)
        return judge(asked, *others)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(unit, "judge", until_then)
        return replay(*arguments), judged


def test_an_interrupted_run_goes_on_where_it_stopped(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "RANGE", 20_000)
    whole, output = records(calls, "--day", "2026-11-22"), tmp_path / "out.ndjson"
    run = (calls, "--day", "2026-11-22", "--output", output)
    stopped, before = interrupted(monkeypatch, 30, *run)
    assert stopped.exit_code == 130
    assert "--resume" in stopped.stderr
    resumed, after = interrupted(monkeypatch, 10_000, *run, "--resume")
    assert resumed.exit_code == 0
    assert len(before) + len(after) < len(whole) + 10
    assert [orjson.loads(line) for line in output.read_bytes().splitlines()] == whole
    assert f"{len(whole)} orders" in resumed.stdout
    assert not list(tmp_path.glob("*.parts"))


def test_a_run_that_was_killed_goes_on_with_what_was_done(tmp_path: Path) -> None:
    """As by the machine's own hand: no handler runs, half a partition lies there."""
    (tmp_path / "calls").mkdir()
    requests = [orjson.dumps(story.request) for story in stories()] * 3
    for number, request in enumerate(requests[: 4 * sources.FILES]):
        write(tmp_path / "calls" / f"{number:04}.json", request)
    output, whole = tmp_path / "out.ndjson", tmp_path / "whole.ndjson"
    run = [str(tmp_path / "calls"), "--day", "2026-11-22", "--quiet"]
    replay(*run, "--output", whole)
    command = [sys.executable, "-m", "cds_service", "replay", *run, "--output", str(output)]
    with subprocess.Popen(command, cwd=FOLDER.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        first = Path(f"{output}.parts", "part-000000.tally.json")
        while not first.exists() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    done = first.stat().st_mtime_ns
    seen: list[int] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shutil, "rmtree", _noting(first, seen, shutil.rmtree))
        assert replay(*run, "--output", output, "--resume").exit_code == 0
    assert output.read_bytes() == whole.read_bytes()
    assert seen == [done], "what was done before is not done again"


def _noting(file: Path, seen: list[int], remove: Callable[..., None]) -> Callable[..., None]:
    """rmtree that notes when a file was written which it takes away."""

    def removing(path: Path, **how: Any) -> None:
        seen.extend([file.stat().st_mtime_ns] if file.exists() and file.is_relative_to(path) else [])
        remove(path, **how)

    return removing


def test_a_run_is_not_taken_up_with_other_knowledge(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the records from one edition and half from another would be nobody's answer."""
    edition = shutil.copytree(SEED, tmp_path / "knowledge")
    run = (calls, "--day", "2026-11-22", "--set", f"knowledge={edition}", "--output", tmp_path / "out.ndjson")
    interrupted(monkeypatch, 3, *run)
    (changed,) = edition.glob("agents/gabapentin.toml")
    changed.write_text(f"# edited\n{changed.read_text()}")
    engine_of.cache_clear()
    result = replay(*run, "--resume")
    assert result.exit_code == 2
    assert "the knowledge have changed since" in result.stderr


def test_a_run_is_not_taken_up_with_other_settings(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "RANGE", 20_000)
    run = (calls, "--day", "2026-11-22", "--output", tmp_path / "out.ndjson")
    interrupted(monkeypatch, 30, *run)
    result = replay(*run, "--set", "jurisdiction=UK", "--resume")
    assert result.exit_code == 2
    assert "changed since" in result.stderr
