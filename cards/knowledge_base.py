"""
Load the knowledge files, refuse bad ones, and ask for what is in force on a day.

Every problem in every file is reported at once, as `file: key: what is wrong`; with a problem no base comes into being.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import msgspec

from . import statements
from .in_force import Knowledge, left_out
from .knowledge_files import TABLES, Raw, Schemas, Table, parsed, read_files, version_of
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
        raws = read_files(folder, tuple(SHAPES))
        files = _typed(raws, Schemas(folder), problems)
        products = Products.load(folder / "products")
        problems += broken_links(files, products.ingredients_known())
        if problems:
            raise KnowledgeError(sorted(problems))
        return cls(files, products, version_of(raws, read_files(folder, TABLES, ".csv")), folder)

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


def _typed(raws: Mapping[str, Raw], schemas: Schemas, problems: list[str]) -> dict[str, dict[str, File]]:
    """Folder -> file stem -> file. What has a problem is left out and named."""
    files: dict[str, dict[str, File]] = {folder: {} for folder in SHAPES}
    for raw in raws.values():
        table = parsed(raw, problems)
        file = _file(raw, table, schemas.problems(raw, table), problems) if table is not None else None
        if file is not None:
            files[raw.folder][raw.stem] = file
    return files


def _file(raw: Raw, table: Table, against: Iterator[str], problems: list[str]) -> File | None:
    found = [f"{raw.name}: {line}" for line in against]
    problems += found
    try:
        return msgspec.convert({**table, "id": raw.stem, "path": raw.name}, SHAPES[raw.folder], dec_hook=_decode)
    except (msgspec.ValidationError, ValueError) as error:
        if not found:
            problems.append(f"{raw.name}: {error}")
        return None


def _decode(wanted: type, value: object) -> object:
    """Quantities, comparisons and exact numbers from what TOML has for them."""
    if wanted is Fraction and isinstance(value, (int, float, str)):
        return Fraction(str(value))
    if wanted in (statements.Quantity, statements.Range) and isinstance(value, str):
        return wanted.parse(value)
    raise NotImplementedError(wanted)


@functools.cache
def seed() -> KnowledgeBase:
    """The knowledge that comes with the package, loaded once."""
    return KnowledgeBase.load()
