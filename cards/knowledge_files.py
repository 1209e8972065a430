"""
Knowledge files as they lie in their folder: bytes, hash, and the table they say. The one door to the TOML parser.

What has once passed its JSON Schema need not pass it at every start: CHECKED lists the digests of files that did, each
taken over the file and its schema together. A file whose digest is not listed (edited, new, laid over by a deployment)
is validated when it is loaded; a list that is stale or missing makes the start slower and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import tomli  # tomllib of the standard library, compiled: same API, a third of the start-up time
from msgspec import Struct

if TYPE_CHECKING:
    import jsonschema

CHECKED = "CHECKED"
TABLES = ("value_sets", "products")  # folders that hold CSV beside or instead of TOML

Table = dict[str, Any]


class Raw(Struct, frozen=True):
    """One file, not understood yet."""

    name: str  # "agents/gabapentin.toml", in every system's spelling the same
    content: bytes
    sha256: str

    @property
    def folder(self) -> str:
        return self.name.partition("/")[0]

    @property
    def stem(self) -> str:
        return self.name.partition("/")[2].removesuffix(".toml")


def read_files(root: Path, folders: tuple[str, ...], ending: str = ".toml") -> dict[str, Raw]:
    """Every file of these folders by its name, in the order of the names."""
    found = {}
    for folder in folders:
        for path in sorted((root / folder).glob(f"*{ending}")):
            content = path.read_bytes()
            name = f"{folder}/{path.name}"
            found[name] = Raw(name, content, hashlib.sha256(content).hexdigest())
    return found


def parsed(raw: Raw, problems: list[str]) -> Table | None:
    """What a file says; None, and a line more among the problems, where it is not TOML."""
    try:
        return tomli.loads(raw.content.decode("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{raw.name}: not TOML: {error}")
        return None


class Schemas:
    """The JSON Schemas of a knowledge folder, and which files passed them before."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}

    @cached_property
    def _files(self) -> Mapping[str, Raw]:
        return read_files(self._root, ("schema",), ".schema.json")

    @cached_property
    def _checked(self) -> frozenset[str]:
        path = self._root / CHECKED
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return frozenset(line.partition(" ")[0] for line in lines)

    def problems(self, raw: Raw, table: Table) -> Iterator[str]:
        """What the schema has against a file, "key: what is wrong"; nothing for one that is known to have passed."""
        if self.digest(raw) not in self._checked:
            yield from self.against(raw.folder, table)

    def against(self, folder: str, table: Table) -> Iterator[str]:
        """What a folder's schema has against a table."""
        if self._schema(folder) is not None:
            yield from (_in_words(error) for error in self._validator(folder).iter_errors(_plain_dates(table)))

    def digest(self, raw: Raw) -> str:
        """One digest over a file and its schema: an edit of either makes another."""
        schema = self._schema(raw.folder)
        return hashlib.sha256(f"{schema.sha256 if schema else ''} {raw.sha256}".encode()).hexdigest()

    def list_of(self, raws: Mapping[str, Raw]) -> str:
        """The text of CHECKED for files that have all passed."""
        return "".join(f"{self.digest(raw)}  {name}\n" for name, raw in sorted(raws.items()))

    def _schema(self, folder: str) -> Raw | None:
        return self._files.get(f"schema/{folder}.schema.json")

    def _validator(self, folder: str) -> jsonschema.Draft202012Validator:
        if folder not in self._validators:
            import jsonschema  # most starts need none of it

            schema = orjson.loads(self._files[f"schema/{folder}.schema.json"].content)
            self._validators[folder] = jsonschema.Draft202012Validator(schema)
        return self._validators[folder]


def _in_words(error: jsonschema.ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path) or "(top)"
    said = error.message if len(error.message) <= 200 else f"... {error.message[-160:]}"  # what is wrong comes last
    return f"{where}: {said}"


def _plain_dates(value: Any) -> Any:
    """JSON Schema knows no dates: say them as JSON would."""
    if isinstance(value, dict):
        return {key: _plain_dates(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain_dates(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def version_of(*parts: Mapping[str, Raw]) -> str:
    """Changes whenever any file does."""
    digest = hashlib.sha256()
    for part in parts:
        for name, raw in sorted(part.items()):
            digest.update(f"{name} {raw.sha256}\n".encode())
    return digest.hexdigest()[:12]
