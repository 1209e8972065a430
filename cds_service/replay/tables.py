"""
Parquet in and out: the only door to pyarrow, which comes with the `replay` extra and is imported when a table is met.

A table of calls has a column `request` (or `body`, `payload`) with a call's JSON in each row, and may have one that
says when (`time`, `timestamp` ...).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

COLUMNS: Final = ("place", "day", "hook", "status", "in_scope", "agents", "conditions", "clinic", "cards", "record")
ROWS: Final = 2_000  # a row group of ours, and what is read at once of anybody's


class NoParquet(Exception):  # noqa: N818 - said to the user as it is
    """pyarrow is not installed."""

    def __init__(self) -> None:
        super().__init__("Parquet needs the replay extra: pip install 'neuropathic-pain-cds[replay]'")


def _parquet() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise NoParquet from None
    return pyarrow


def row_groups(file: Path) -> int:
    """At least one, so that a broken file is met, and reported, when it is read."""
    pyarrow = _parquet()
    try:
        return max(1, int(pyarrow.parquet.ParquetFile(file).metadata.num_row_groups))
    except (OSError, pyarrow.ArrowException):
        return 1


def rows_of(file: Path, group: int) -> Iterator[Mapping[str, Any]]:
    """The rows of one row group. Raises ValueError for a file that is no Parquet."""
    pyarrow = _parquet()
    try:
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=ROWS, row_groups=[group]):
            yield from batch.to_pylist()
    except (OSError, pyarrow.ArrowException):
        raise ValueError("not a Parquet file") from None


def write(records: Iterable[Mapping[str, Any]], file: Path) -> None:
    """Records as a table: what is counted in columns, the whole record as JSON in the last."""
    pyarrow = _parquet()
    strings = pyarrow.list_(pyarrow.string())
    kinds = {"status": pyarrow.int32(), "in_scope": pyarrow.bool_(), "agents": strings, "conditions": strings}
    kinds["cards"] = pyarrow.int32()
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in COLUMNS])
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        lines = map(_row, records)
        while some := list(islice(lines, ROWS)):
            writer.write_table(pyarrow.Table.from_pylist(some, schema))


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    cards = record.get("cards", [])
    row = {name: record.get(name) for name in COLUMNS}
    return {
        **row,
        "in_scope": record.get("inScope", False),
        "cards": len(cards),
        "record": orjson.dumps(record).decode(),
    }


def records_of(file: Path) -> Iterator[dict[str, Any]]:
    """The records of a table that `write` wrote."""
    pyarrow = _parquet()
    for batch in pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=ROWS, columns=["record"]):
        yield from map(orjson.loads, batch.column(0).to_pylist())
