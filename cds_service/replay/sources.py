"""
From paths to partitions: parts of the input that can be answered each on its own, small enough to be done again.

A folder is read file by file; an NDJSON file of calls by byte ranges; Parquet by row groups; the NDJSON files of a Bulk
FHIR export belong together and are brought into shards by patient first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import orjson

from .patients import TYPES

Kind = Literal["files", "lines", "rows", "shard"]

FILES: Final = 64  # single documents a partition
RANGE: Final = 8 * 2**20  # bytes of lines a partition
SHARD: Final = 8 * 2**20  # bytes of resources a shard, about: one is held in memory as a whole
DOCUMENTS: Final = frozenset({".json"})
LINES: Final = frozenset({".ndjson", ".jsonl", ".log"})


@dataclass(frozen=True, slots=True)
class Partition:
    """One unit of work. Paths must be readable wherever it is done."""

    number: int
    kind: Kind
    paths: tuple[str, ...]
    start: int = 0
    end: int = 0
    line: int = 1  # the number of the line that holds the first byte
    supplied: tuple[str, ...] = ()  # of a shard: the resource types that the export holds

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def name(self) -> str:
        return f"part-{self.number:06d}"


@dataclass(frozen=True, slots=True)
class Found:
    """The files under the paths, by how they are read."""

    documents: tuple[Path, ...]
    lines: tuple[Path, ...]
    bulk: tuple[Path, ...]
    tables: tuple[Path, ...]


def find(paths: Iterable[str]) -> Found:
    files = [file for path in paths for file in _files(Path(path))]
    lined = [file for file in files if file.suffix in LINES]
    bulk = tuple(file for file in lined if _is_bulk(file))
    return Found(
        documents=tuple(file for file in files if file.suffix in DOCUMENTS and not _is_answer(file)),
        lines=tuple(file for file in lined if file not in bulk),
        bulk=bulk,
        tables=tuple(file for file in files if file.suffix == ".parquet"),
    )


def _files(top: Path) -> Iterator[Path]:
    if not top.is_dir():
        yield top
        return
    known = DOCUMENTS | LINES | {".parquet"}
    yield from (path for path in sorted(top.rglob("*")) if path.suffix in known and path.is_file())


def _is_answer(path: Path) -> bool:
    return path.name == "response.json" and (path.parent / "request.json").exists()


def _is_bulk(path: Path) -> bool:
    """Whether the first line that is JSON is a resource of a chart."""
    try:
        with path.open("rb") as lines:
            document = next(filter(None, map(_object, lines)), {})
    except OSError:
        return False
    return document.get("resourceType") in TYPES


def _object(line: bytes) -> dict[str, object]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def plan(found: Found, first: int = 0) -> Iterator[Partition]:
    """The partitions of all but a Bulk export."""
    parts = (*_of_documents(found.documents), *of_lines(found.lines), *_of_tables(found.tables))
    for number, part in enumerate(parts, start=first):
        yield Partition(number, *part)


Part = tuple[Kind, tuple[str, ...], int, int, int]


def _of_documents(files: tuple[Path, ...]) -> Iterator[Part]:
    for first in range(0, len(files), FILES):
        some = files[first : first + FILES]
        yield "files", tuple(map(str, some)), 0, bytes_in(some), 1


def of_lines(files: Iterable[Path]) -> Iterator[Part]:
    """Byte ranges, each with the number of the line it begins in: counting is a thousandth of the answering."""
    for file in files:
        line, start = 1, 0
        with file.open("rb") as text:
            while chunk := text.read(RANGE):
                yield "lines", (str(file),), start, start + len(chunk), line
                start += len(chunk)
                line += chunk.count(b"\n")


def _of_tables(files: Iterable[Path]) -> Iterator[Part]:
    for file in files:
        for group in range(_row_groups(file)):
            yield "rows", (str(file),), group, group + 1, 1


def _row_groups(file: Path) -> int:
    """At least one, so that a broken file is met, and reported, when it is read."""
    from .tables import row_groups

    return row_groups(file)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def bytes_in(files: Iterable[Path]) -> int:
    return sum(map(_size, files))


def fingerprint(partitions: Iterable[Partition], said: str) -> str:
    """Changes with the plan, the files and the settings: what was done under another must not be taken up again."""
    digest = hashlib.sha256(said.encode())
    for partition in partitions:
        stats = [Path(path).stat() for path in partition.paths if Path(path).exists()]
        stamps = [(stat.st_size, stat.st_mtime_ns) for stat in stats]
        digest.update(repr((partition, stamps)).encode())
    return digest.hexdigest()[:16]


def lines_of(partition: Partition) -> Iterator[tuple[int, bytes]]:
    """The lines that begin in a byte range, with their numbers. A line belongs to the range it begins in."""
    number = partition.line
    with Path(partition.paths[0]).open("rb") as file:
        if partition.start:
            file.seek(partition.start - 1)
            number += file.readline() != b"\n"
        while file.tell() < partition.end:
            line = file.readline()
            if line.strip():
                yield number, line
            number += 1
