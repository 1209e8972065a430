"""
A run as a whole: what is to be done, what of it was done before, who does it, and its records and tally together.

With an output the partitions lie beside it until the run is whole: interrupted, it goes on there with `--resume`.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from ..config import Config
from . import engines, remote
from .bulk import deal_out, shard_of
from .former import read_records, write_index
from .partition import Job, records_path, run_partition
from .settings import Settings, engine_of, is_knowledge
from .sources import SHARD, Found, Partition, bytes_in, find, fingerprint, of_lines, plan
from .tally import Tally

MOST_SHARDS: Final = 500  # each is an open file of every process that deals out


class CannotRun(Exception):  # noqa: N818 - said to the user as it is
    """The run was asked for in a way that cannot be done."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is asked for."""

    paths: tuple[str, ...]
    settings: Settings
    jobs: int = 1
    engine: str = "local"  # or "dask"
    scheduler: str = ""
    output: str = ""  # .ndjson, or a folder of Parquet parts ending in .parquet
    resume: bool = False
    expect: bool = False
    expected: str = ""  # a former run's output; "": the stories' own cards
    baseline: str = ""  # a former run's output, a knowledge folder, or KEY=VALUE
    what_if: tuple[str, ...] = ()  # KEY=VALUE ...

    @property
    def as_table(self) -> bool:
        return self.output.endswith(".parquet")


@dataclass(frozen=True, slots=True)
class Outcome:
    tally: Tally
    parts: tuple[Path, ...]  # the records, in order

    def records(self) -> Iterator[dict[str, Any]]:
        for part in self.parts:
            yield from read_records(part)


Progress = Callable[[int, int, int], None]  # bytes done, bytes in all, orders so far


@contextmanager
def outcome(run: Run, progress: Progress) -> Iterator[Outcome]:
    """The records and their tally, for as long as the block lasts; then the output is there. Raises CannotRun."""
    with _folder(run) as folder:
        job = _job(run, folder)
        partitions = list(_partitions(run, folder, progress))
        _check_plan(run, folder, partitions)
        tally = _done(run, job, partitions, progress)
        yield Outcome(tally, tuple(records_path(partition, job) for partition in partitions))
        if run.output:
            _put_together(run, job, partitions)


@contextmanager
def _folder(run: Run) -> Iterator[Path]:
    """Where the partitions lie: kept when a run with an output is interrupted."""
    if not run.output:
        with tempfile.TemporaryDirectory(prefix="replay-") as name:
            yield Path(name)
        return
    folder = Path(f"{run.output}.parts")
    if not run.resume:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    shutil.rmtree(folder)


# ---- what is to be done ---------------------------------------------------------------------------------------------


def _job(run: Run, folder: Path) -> Job:
    settings = run.settings
    if settings.url and settings.day is None:
        settings = replace(settings, day=Config.from_environment().today())  # a service elsewhere judges as on this day
    job = _compared(Job(settings, str(folder), Config().today(), run.as_table, expect=run.expect), run, folder)
    for settings in filter(None, (job.settings, job.other)):
        _check_engine(settings)
    return job


def _check_engine(settings: Settings) -> None:
    """Raises CannotRun where there is no engine with these settings; KnowledgeError where a folder is unfit."""
    if settings.url:
        remote.check(settings)
        return
    try:
        engine_of(settings)
    except ValueError as error:
        raise CannotRun(str(error)) from None


def _compared(job: Job, run: Run, folder: Path) -> Job:
    if run.expect and run.expected:
        job = replace(job, expected=_indexed(run.expected, folder / "expected.sqlite"))
    if run.what_if:
        return replace(job, other=changed(run.settings, run.what_if))
    return _with_baseline(job, run, folder) if run.baseline else job


def _with_baseline(job: Job, run: Run, folder: Path) -> Job:
    path = Path(run.baseline)
    if is_knowledge(path):
        return replace(job, other=replace(run.settings, knowledge=run.baseline), other_is_before=True)
    if path.exists():
        return replace(job, baseline=_indexed(run.baseline, folder / "baseline.sqlite"))
    if "=" not in run.baseline:
        raise CannotRun(f"--baseline {run.baseline}: no former run, no knowledge folder and not KEY=VALUE")
    return replace(job, other=changed(run.settings, [run.baseline]), other_is_before=True)


def changed(settings: Settings, assignments: Iterable[str]) -> Settings:
    """The settings but for KEY=VALUE, ... Raises CannotRun."""
    try:
        return settings.changed(assignments)
    except ValueError as error:
        raise CannotRun(str(error)) from None


def _indexed(former: str, index: Path) -> str:
    try:
        write_index(Path(former), index)
    except OSError as error:
        raise CannotRun(f"{former}: {error.strerror}") from None
    except ValueError as error:
        raise CannotRun(str(error)) from None
    return str(index)


def _partitions(run: Run, folder: Path, progress: Progress) -> Iterator[Partition]:
    found = find(run.paths)
    shards = _shards(run, found, folder, progress) if found.bulk else []
    yield from shards
    yield from plan(found, len(shards))


def _shards(run: Run, found: Found, folder: Path, progress: Progress) -> list[Partition]:
    """A Bulk export dealt out by patient; what was dealt out before an interruption stays."""
    ranges = [Partition(number, *part) for number, part in enumerate(of_lines(found.bulk))]
    size = bytes_in(found.bulk)
    count = min(MOST_SHARDS, size // SHARD + 1)
    _check_plan(run, folder / "dealt", ranges)
    work = functools.partial(deal_out, folder=str(folder / "dealt"), shards=count)
    done = dict(_run(run, work, ranges, progress, counting=False))
    dealt = tuple(done[partition] for partition in ranges)
    supplied = tuple(sorted(_types(found)))
    return [shard_of(shard, dealt, shard, supplied, size // count) for shard in range(count)]


def _types(found: Found) -> Iterator[str]:
    """The resource types of a Bulk export: one a file."""
    for file in found.bulk:
        with file.open("rb") as lines:
            for line in lines:
                try:
                    yield str(orjson.loads(line)["resourceType"])
                    break
                except (orjson.JSONDecodeError, KeyError, TypeError):
                    continue


def _check_plan(run: Run, folder: Path, partitions: Sequence[Partition]) -> None:
    """What lies in the folder was done under the same plan, or the folder is empty."""
    folder.mkdir(exist_ok=True)
    said, plan_file = fingerprint(partitions, _said(run)), folder / "plan"
    if plan_file.exists() and plan_file.read_text() != said:
        why = "the input, the settings or the knowledge have changed since the run was interrupted"
        raise CannotRun(f"{why}: go on without --resume")
    plan_file.write_text(said)


def _said(run: Run) -> str:
    version = "" if run.settings.url else engine_of(run.settings).knowledge_base.version
    return repr((run.settings, run.expect, run.expected, run.baseline, run.what_if, run.as_table, version))


# ---- doing it -------------------------------------------------------------------------------------------------------


def _done(run: Run, job: Job, partitions: Sequence[Partition], progress: Progress) -> Tally:
    work = functools.partial(run_partition, job=job)
    tallies = dict(_run(run, work, partitions, progress))
    tally = Tally()
    for partition in partitions:
        tally.add(_tally(tallies[partition]))
    return tally


def _run(
    run: Run, work: engines.Work, partitions: Sequence[Partition], progress: Progress, counting: bool = True
) -> Iterator[tuple[Partition, str]]:
    whole = sum(partition.size for partition in partitions)
    done = orders = 0
    for partition, path in _by(run, work, partitions):
        done += partition.size
        orders += _tally(path).counts["orders"] if counting else 0
        progress(done, whole, orders)
        yield partition, path


def _by(run: Run, work: engines.Work, partitions: Sequence[Partition]) -> Iterator[tuple[Partition, str]]:
    if run.engine == "dask":
        return engines.on_dask(work, partitions, run.scheduler, run.jobs)
    if run.jobs > 1 and len(partitions) > 1:
        return engines.on_cores(work, partitions, run.jobs)
    return engines.here(work, partitions)


def _tally(path: str) -> Tally:
    return Tally.from_json(orjson.loads(Path(path).read_bytes()))


def _put_together(run: Run, job: Job, partitions: Sequence[Partition]) -> None:
    output = Path(run.output)
    parts = [records_path(partition, job) for partition in partitions]
    if run.as_table:
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        for part in parts:
            part.rename(output / part.name)
        return
    with output.open("wb") as whole:
        for part in parts:
            with part.open("rb") as records:
                shutil.copyfileobj(records, whole)
