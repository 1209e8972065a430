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
from .knowledge_links import Files, broken_links
from .overlay import Overlay, changed, read_overlay, rows_unlike
from .products import Products
from .signoff import Signatures, digest, read_signoffs
from .statements import File
from .value_sets import Codes, snomed_of

SEED = Path(__file__).parent / "knowledge"

RULE_IDS = tuple(sorted(path.stem.replace("_", "-") for path in (SEED.parent / "rules").glob("[a-z]*.py")))
SNOMED_TABLE = "value_sets/snomed.csv"

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


class KnowledgeError(ValueError):
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
    overlay: Path | None = None
    signed: Signatures = field(default_factory=dict)
    rules_off: frozenset[str] = frozenset()  # ids of rules that this deployment switched off
    snomed: Codes = field(default_factory=dict, repr=False)
    reviewed: Mapping[str, str] = field(default_factory=dict, repr=False)  # path -> digest that a signature names
    _asked: dict[tuple[date, str, tuple[str, ...]], Knowledge] = field(default_factory=dict, repr=False, compare=False)
    _made: dict[object, Knowledge] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path = SEED, overlay: Path | None = None, unsigned: bool = False) -> KnowledgeBase:
        """Read and check every file, a deployment's own laid over them. Raises KnowledgeError listing every problem.
        `unsigned`: leave signatures aside, as one must who is about to sign."""
        problems: list[str] = []
        raws, tables = read_files(folder, tuple(SHAPES)), read_files(folder, TABLES, ".csv")
        above = read_overlay(overlay, tuple(SHAPES), raws, RULE_IDS, problems) if overlay else Overlay()
        files = _typed(raws, above, Schemas(folder), problems)
        unlike = [*rows_unlike(above.tables, tables)]
        problems += unlike
        roots = (folder, overlay) if overlay and not unlike else (folder,)
        products = Products.load(*(root / "products" for root in roots))
        reviewed = _reviewed(raws, above, [tables, above.tables])
        signoffs = {} if unsigned else above.signoffs
        signed = read_signoffs(signoffs, files_by_path(files), reviewed, problems)
        problems += broken_links(files, products.ingredients_known())
        if problems:
            raise KnowledgeError(sorted(problems))
        return cls(
            files=files,
            products=products,
            version=version_of({**raws, **tables}, above.all),
            folder=folder,
            overlay=overlay,
            signed=signed,
            rules_off=above.rules_off,
            snomed=snomed_of(*(root / "value_sets" / "snomed.csv" for root in roots)),
            reviewed=reviewed,
        )

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
            self._made[key] = replace(
                Knowledge.of(self.files, self.products, self.version, day, jurisdiction, guidelines, self.snomed),
                signed=self.signed,
            )
        return self._made[key]


def _typed(raws: Mapping[str, Raw], above: Overlay, schemas: Schemas, problems: list[str]) -> Files:
    """Folder -> file stem -> file. What has a problem is left out and named."""
    files: dict[str, dict[str, File]] = {folder: {} for folder in SHAPES}
    for name in sorted({*raws, *above.files}):
        raw = above.files.get(name) or raws[name]
        found: list[str] = []
        table = parsed(raw, problems)
        if table is not None and name in raws and name in above.files:
            table = changed(parsed(raws[name], problems) or {}, table, found)
        problems += [f"{name}: {line}" for line in found]
        file = _file(raw, table, _against(raw, table, schemas, above), problems) if table is not None else None
        if file is not None:
            files[raw.folder][raw.stem] = _retired(file) if name in above.retired else file
    return files


def _against(raw: Raw, table: Table, schemas: Schemas, above: Overlay) -> Iterator[str]:
    """What came from a deployment is always held against its schema."""
    return schemas.against(raw.folder, table) if raw.name in above.files else schemas.problems(raw, table)


def _retired(file: File) -> File:
    return msgspec.structs.replace(file, review=msgspec.structs.replace(file.review, status="retired"))


def files_by_path(files: Files) -> dict[str, File]:
    return {file.path: file for folder in files.values() for file in folder.values()}


def _reviewed(raws: Mapping[str, Raw], above: Overlay, tables: list[Mapping[str, Raw]]) -> dict[str, str]:
    """What a reviewer reads of each file: the package's, the deployment's change to it, and the codes of its set."""
    codes = _codes_of_sets(raw.content for part in tables for name, raw in part.items() if name == SNOMED_TABLE)
    return {
        name: digest([*(part[name].content for part in (raws, above.files) if name in part), codes.get(name, b"")])
        for name in {*raws, *above.files}
    }


def _codes_of_sets(contents: Iterator[bytes]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for content in contents:
        for line in content.splitlines(keepends=True):
            name = f"value_sets/{line.split(b',', 2)[1].decode()}.toml" if line.count(b",") >= 2 else ""
            found[name] = found.get(name, b"") + line
    return found


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


@functools.cache
def laid_over(overlay: str) -> KnowledgeBase:
    """The package's knowledge with a deployment's folder over it, loaded once; without one, the package's alone."""
    return KnowledgeBase.load(SEED, Path(overlay)) if overlay else seed()
