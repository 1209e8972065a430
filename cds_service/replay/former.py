"""
A former run's records, found again by place: an index on disk, so that a year of orders needs no memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from .tables import records_of


class Former:
    """Open for reading. The cards of a call, by the place it was found at."""

    def __init__(self, index: sqlite3.Connection) -> None:
        self._index = index

    @classmethod
    def open(cls, path: str) -> Former:
        return cls(sqlite3.connect(f"file:{Path(path).absolute()}?mode=ro", uri=True))

    def cards(self, place: str) -> list[Any] | None:
        row = self._index.execute("SELECT cards FROM answers WHERE place = ?", (place,)).fetchone()
        return list(orjson.loads(row[0])) if row else None


def write_index(run: Path, index: Path) -> None:
    """Index the output of a former run: an NDJSON file, or a folder of Parquet parts. Raises ValueError."""
    index.unlink(missing_ok=True)
    connection = sqlite3.connect(index)
    with connection:
        connection.execute("CREATE TABLE answers (place TEXT PRIMARY KEY, cards BLOB)")
        rows = ((record["place"], orjson.dumps(record["cards"])) for record in read_records(run))
        connection.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", rows)
    connection.close()


def read_records(run: Path) -> Iterator[dict[str, Any]]:
    """The records of a run, in its order. Raises ValueError where it is none."""
    parts: Iterable[Path] = sorted(run.glob("*.parquet")) or sorted(run.glob("*.ndjson")) if run.is_dir() else [run]
    for part in parts:
        yield from records_of(part) if part.suffix == ".parquet" else _lines(part)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                record = None
            if not isinstance(record, dict) or "place" not in record or "cards" not in record:
                raise ValueError(f"{file}:{number}: not a record of a former replay")
            yield record
