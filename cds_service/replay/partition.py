"""
The unit of work: one part of the input answered under given settings, into one file of records beside its tally.

`run_partition` depends on nothing but its arguments and writes nothing but its own two files, the tally last: whoever
runs it, wherever, again after a failure, comes to the same bytes. A tally that is there means: done.
"""

from __future__ import annotations

import functools
import gc
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson

from .asked import Asked, Item, Unreadable
from .bulk import in_shard
from .compare import changes
from .former import Former
from .inputs import in_document, in_story, in_text, is_story
from .judge import OWN_WORDS, Record, judge
from .settings import Settings, engine_of
from .sources import Partition, lines_of
from .tables import rows_of
from .tally import Tally


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with every partition."""

    settings: Settings
    folder: str  # where the records go
    today: date  # for calls that say no day
    table: bool = False  # as Parquet
    other: Settings | None = field(default=None)  # answer under these too, and say what changes
    other_is_before: bool = False  # the other is the baseline; else a what-if
    baseline: str = ""  # the index of a former run: say what has changed since
    expected: str = ""  # the index of a former run, to be met exactly
    expect: bool = False  # compare with what is expected


def run_partition(partition: Partition, job: Job) -> str:
    """The path of the tally. Raises only what is not the input's fault: no disk, no knowledge, no pyarrow."""
    done = tally_path(partition, job)
    if not done.exists():
        _settle(job.settings)
        started = time.process_time()
        tally = Tally()
        _write(partition, job, _answered(items_of(partition, job.settings), job, tally))
        tally.seconds = time.process_time() - started
        _replace(done, orjson.dumps(tally.to_json()))
    return str(done)


@functools.cache
def _settle(settings: Settings) -> None:
    """The knowledge is loaded once a process, and what is loaded then needs no looking after by the collector: without
    this every full collection walks all of it."""
    if not settings.url:
        engine_of(settings)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def tally_path(partition: Partition, job: Job) -> Path:
    return Path(job.folder, f"{partition.name}.tally.json")


def records_path(partition: Partition, job: Job) -> Path:
    return Path(job.folder, f"{partition.name}.{'parquet' if job.table else 'ndjson'}")


def _write(partition: Partition, job: Job, records: Iterable[Record]) -> None:
    path = records_path(partition, job)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    if job.table:
        from .tables import write

        write(records, draft)
    else:
        with draft.open("wb") as file:
            file.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)
    draft.replace(path)


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


# ---- answering ------------------------------------------------------------------------------------------------------


def _answered(items: Iterable[Item], job: Job, tally: Tally) -> Iterator[Record]:
    expected = Former.open(job.expected) if job.expect and job.expected else None
    baseline = Former.open(job.baseline) if job.baseline else None
    for item in items:
        if isinstance(item, Unreadable):
            tally.count_unreadable(item)
            continue
        record = judge(item, job.settings, job.today)
        tally.count(record)
        if job.expect:
            _expect(item, record, expected, tally)
        if job.other or baseline:
            _compare(item, record, job, baseline, tally)
        record.pop(OWN_WORDS, None)
        yield record


def _expect(asked: Asked, record: Record, former: Former | None, tally: Tally) -> None:
    expected = former.cards(asked.place) if former else asked.expected
    if expected is None:
        tally.counts["nothing expected"] += 1
        return
    tally.counts["expected"] += 1
    found = changes(expected, record["cards"])
    if found:
        record["differences"] = [line for change in found for line in (change.kind, *change.lines)]
    tally.count_differences(asked.place, found, record)


def _compare(asked: Asked, record: Record, job: Job, baseline: Former | None, tally: Tally) -> None:
    other = baseline.cards(asked.place) if baseline else _otherwise(asked, job)
    if other is None:
        tally.counts["not in the baseline"] += 1
        return
    pair = (other, record["cards"]) if baseline or job.other_is_before else (record["cards"], other)
    found = changes(*pair)
    if found:
        record["changes"] = [{"kind": c.kind, "rule": c.rule, "lines": list(c.lines)} for c in found]
    tally.counts["compared"] += 1
    tally.counts["cards of the other"] += len(other)
    tally.count_changes(asked.place, found, record)


def _otherwise(asked: Asked, job: Job) -> Any:
    return judge(asked, job.other, job.today)["cards"] if job.other else None


# ---- reading --------------------------------------------------------------------------------------------------------


def items_of(partition: Partition, settings: Settings) -> Iterator[Item]:
    """The calls in a partition, and what could not be read, in the order of the input."""
    match partition.kind:
        case "files":
            for path in partition.paths:
                yield from _in_file(Path(path), settings)
        case "lines":
            for number, line in lines_of(partition):
                yield from in_text(line, f"{partition.paths[0]}:{number}", settings)
        case "rows":
            yield from _in_rows(partition, settings)
        case "shard":
            yield from in_shard(partition, settings)


def _in_file(path: Path, settings: Settings) -> Iterator[Item]:
    try:
        if is_story(path):
            yield in_story(path, settings)
        else:
            yield from _in_document(path, settings)
    except OSError as error:
        yield Unreadable(str(path), f"cannot be read: {error.strerror}")


LARGEST: Final = 200 * 2**20  # bytes: a document is in memory as a whole


def _in_document(path: Path, settings: Settings) -> Iterator[Item]:
    if path.stat().st_size > LARGEST:
        yield Unreadable(str(path), "larger than 200 MB: write its calls or resources as lines of NDJSON")
        return
    yield from in_text(path.read_bytes(), str(path), settings)


def _in_rows(partition: Partition, settings: Settings) -> Iterator[Item]:
    place = f"{partition.paths[0]}[{partition.start}]"
    try:
        for number, row in enumerate(rows_of(Path(partition.paths[0]), partition.start)):
            said = {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
            yield from in_document(said, f"{place}:{number}", settings)
    except ValueError as error:
        yield Unreadable(place, str(error))
