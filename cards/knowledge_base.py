"""
Load the knowledge files, refuse bad ones, and ask for what is in force on a day.

The only reader of knowledge files, and the only door to the TOML parser and to jsonschema in this package. Every
problem in every file is reported at once, as `file: key: what is wrong`; with a problem no base comes into being.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import orjson
import tomli  # tomllib of the standard library, compiled: same API, a third of the start-up time

from . import statements
from .in_force import Knowledge, left_out
from .knowledge_links import broken_links
from .products import Products
from .statements import File

SEED = Path(__file__).parent / "knowledge"

SHAPES: Mapping[str, type[File]] = {
    "agents": statements.Agent,
    "conditions": statements.Condition,
    "modifiers": statements.Modifier,
    "guidelines": statements.Guideline,
    "combinations": statements.Combination,
    "interactions": statements.Interaction,
    "value_sets": statements.ValueSet,
    "thresholds": statements.Threshold,
}


class KnowledgeError(Exception):
    """The knowledge is unfit to advise from. `problems` holds one line each: file, key, what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the knowledge files:\n" + "\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class KnowledgeBase:
    """All knowledge files. Ask `on(day)` for those in force."""

    files: Mapping[str, Mapping[str, File]]  # folder -> file stem -> file
    products: Products
    version: str  # changes whenever any file does
    folder: Path
    _asked: dict[tuple[date, str, tuple[str, ...]], Knowledge] = field(default_factory=dict, repr=False, compare=False)
    _made: dict[object, Knowledge] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path = SEED) -> KnowledgeBase:
        """Read and check every file. Raises KnowledgeError listing every problem."""
        problems: list[str] = []
        files = {name: _read_folder(folder / name, shape, problems) for name, shape in SHAPES.items()}
        problems += broken_links(files)
        if problems:
            raise KnowledgeError(sorted(problems))
        return cls(files, Products.load(folder / "products"), _version(folder), folder)

    def on(self, day: date, jurisdiction: str = "US", guidelines: tuple[str, ...] = ()) -> Knowledge:
        """What is in force on `day` in a jurisdiction. Expired and retired files are left out, and named."""
        key = (day, jurisdiction, guidelines)
        if key not in self._asked:
            if len(self._asked) > 1000:  # a replay over years asks for many days
                self._asked.clear()
            self._asked[key] = replace(self._with_files_of(day, jurisdiction, guidelines), day=day)
        return self._asked[key]

    def _with_files_of(self, day: date, jurisdiction: str, guidelines: tuple[str, ...]) -> Knowledge:
        """Days on which the same files are in force share what was built from them."""
        key = (left_out(self.files, day), jurisdiction, guidelines)
        if key not in self._made:
            self._made[key] = Knowledge.of(self.files, self.products, self.version, day, jurisdiction, guidelines)
        return self._made[key]


def _read_folder(folder: Path, shape: type[File], problems: list[str]) -> dict[str, File]:
    check = _schema_check(folder.parent / "schema" / f"{folder.name}.schema.json")
    files = {}
    for path in sorted(folder.glob("*.toml")):
        name = f"{folder.name}/{path.name}"
        file = _read_file(path, name, shape, check, problems)
        if file is not None:
            files[path.stem] = file
    return files


Check = Callable[[Any], Iterator[str]]


def _read_file(path: Path, name: str, shape: type[File], check: Check, problems: list[str]) -> File | None:
    try:
        table = tomli.loads(path.read_text(encoding="utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{name}: not TOML: {error}")
        return None
    found = [f"{name}: {line}" for line in check(table)]
    problems += found
    try:
        return msgspec.convert({**table, "id": path.stem, "path": name}, shape, dec_hook=_decode)
    except (msgspec.ValidationError, ValueError) as error:
        if not found:
            problems.append(f"{name}: {error}")
        return None


def _decode(wanted: type, value: object) -> object:
    """Quantities, comparisons and exact numbers from what TOML has for them."""
    if wanted is Fraction and isinstance(value, (int, float, str)):
        return Fraction(str(value))
    if wanted in (statements.Quantity, statements.Range) and isinstance(value, str):
        return wanted.parse(value)
    raise NotImplementedError(wanted)


def _schema_check(path: Path) -> Check:
    if not path.exists():
        return lambda _: iter(())
    validator = jsonschema.Draft202012Validator(orjson.loads(path.read_bytes()))
    return lambda table: (_in_words(error) for error in validator.iter_errors(_plain_dates(table)))


def _in_words(error: jsonschema.ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path) or "(top)"
    return f"{where}: {error.message[:200]}"


def _plain_dates(value: Any) -> Any:
    """JSON Schema knows no dates: say them as JSON would."""
    if isinstance(value, dict):
        return {key: _plain_dates(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain_dates(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.toml"), *folder.rglob("*.csv")]):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


@functools.cache
def seed() -> KnowledgeBase:
    """The knowledge that comes with the package, loaded once."""
    return KnowledgeBase.load()
