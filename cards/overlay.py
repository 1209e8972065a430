"""
A deployment's own folder, laid over the knowledge that came with the package.

It has the same folders. A file whose name the package lacks is added. A file that the package has is changed, and says
only what differs: a row is found by its `id`, and what is not said stays as it is (`merged`). `retired` at the head of
such a file drops rows of the package's ("maximum.label-us"); `retired` in overlay.toml switches off whole files
("agents/x.toml") and rules ("rule:interaction"). `signoffs/` holds who reviewed what (signoff.py).

Whatever does not fit is a problem, and with a problem nothing starts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .knowledge_files import TABLES, Raw, Table, parsed, read_files

SETTINGS: Final = "overlay.toml"
SIGNOFFS: Final = "signoffs"
RULE: Final = "rule:"


@dataclass(frozen=True)
class Overlay:
    files: Mapping[str, Raw] = field(default_factory=dict)
    tables: Mapping[str, Raw] = field(default_factory=dict)  # CSV: rows beside the package's
    signoffs: Mapping[str, Raw] = field(default_factory=dict)
    settings: Mapping[str, Raw] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()  # files
    rules_off: frozenset[str] = frozenset()

    @property
    def all(self) -> dict[str, Raw]:
        """Every file: what a version is made of."""
        return {**self.files, **self.tables, **self.signoffs, **self.settings}


def read_overlay(
    root: Path, folders: tuple[str, ...], seed: Mapping[str, Raw], rules: Iterable[str], problems: list[str]
) -> Overlay:
    """What is in a deployment's folder; what makes no sense there is added to the problems."""
    if not root.is_dir():
        problems.append(f"overlay: there is no folder {root}")
        return Overlay()
    problems += _strangers(root, folders)
    files = read_files(root, folders)
    settings = read_files(root, (".",), SETTINGS)
    retired = [str(id_) for raw in settings.values() for id_ in _retired(raw, problems)]
    known = {*seed, *files, *(RULE + rule for rule in rules)}
    problems += [f"{SETTINGS}: retired: there is no {id_!r}" for id_ in retired if id_ not in known]
    return Overlay(
        files,
        read_files(root, TABLES, ".csv"),
        read_files(root, (SIGNOFFS,)),
        settings,
        frozenset(id_ for id_ in retired if not id_.startswith(RULE)),
        frozenset(id_.removeprefix(RULE) for id_ in retired if id_.startswith(RULE)),
    )


def _strangers(root: Path, folders: tuple[str, ...]) -> Iterator[str]:
    """A misspelt folder would otherwise be passed over in silence."""
    known = {*folders, *TABLES, SIGNOFFS, SETTINGS}
    for path in sorted(root.iterdir()):
        if path.name not in known and not path.name.startswith(".") and path.suffix != ".md":
            yield f"overlay: {path.name}: not one of {', '.join(sorted(known))}"
        elif path.is_dir():
            endings = {*([".toml"] if path.name != "products" else []), *([".csv"] if path.name in TABLES else [])}
            yield from (
                f"overlay: {path.name}/{inner.name}: only {' and '.join(sorted(endings))} files are read here"
                for inner in sorted(path.iterdir())
                if inner.suffix not in {*endings, ".md"} and not inner.name.startswith(".")
            )


def rows_unlike(tables: Mapping[str, Raw], seed: Mapping[str, Raw]) -> Iterator[str]:
    """A deployment's tables have the columns of the package's, and every row all of them."""
    for name, raw in tables.items():
        if name not in seed:
            yield f"{name}: not one of {', '.join(sorted(seed))}"
            continue
        wanted = seed[name].content.decode("utf-8").splitlines()[0]
        head, *rows = [*csv.reader(raw.content.decode("utf-8", "replace").splitlines())] or [[]]
        if ",".join(head) != wanted:
            yield f"{name}: the first line must be {wanted}"
        else:
            yield from (
                f"{name}: line {number}: {len(head)} columns are needed"
                for number, row in enumerate(rows, start=2)
                if len(row) != len(head)
            )


def _retired(raw: Raw, problems: list[str]) -> list[Any]:
    table = parsed(raw, problems) or {}
    problems += [f"{SETTINGS}: there is no {key!r}, only `retired`" for key in table if key != "retired"]
    found = table.get("retired", [])
    if isinstance(found, list):
        return found
    problems.append(f"{SETTINGS}: retired: must be a list")
    return []


# --- a changed file -------------------------------------------------------------------------------------------------


def changed(below: Table, above: Table, problems: list[str]) -> Table:
    """The package's table as a deployment's file changes it."""
    above = dict(above)
    dropped = above.pop("retired", [])
    problems += _repeated(above)
    kept = _without(below, dropped if isinstance(dropped, list) else [dropped], problems)
    result: Table = merged(kept, above)
    return result


def merged(below: Any, above: Any) -> Any:
    """A table key by key; a list of rows with ids row by row, new ones at the end; anything else is replaced."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}
    if _has_ids(below) and _has_ids(above):
        changes = {row["id"]: row for row in above}
        kept = [merged(row, changes.pop(row["id"], {})) for row in below]
        return [*kept, *changes.values()]
    return above


def _has_ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) and "id" in row for row in value)


def _repeated(above: Table) -> Iterator[str]:
    for key, value in above.items():
        ids = [row["id"] for row in value] if _has_ids(value) else []
        yield from (f"{key}.{id_}: said {ids.count(id_)} times" for id_ in dict.fromkeys(ids) if ids.count(id_) > 1)


def _without(below: Table, dropped: list[Any], problems: list[str]) -> Table:
    for address in dropped:
        name, _, id_ = str(address).partition(".")
        rows = below.get(name)
        kept = [row for row in rows if row.get("id") != id_] if _has_ids(rows) and isinstance(rows, list) else rows
        if kept == rows:
            problems.append(f"retired: there is no row {str(address)!r}")
        below = {key: value for key, value in {**below, name: kept}.items() if value not in ([], None)}
    return below
