"""The house keeps its shape: who imports what, each library's one door, no medicine in Python, no clock in cards/."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards import KnowledgeBase
from cards.statements import ValueSet

ROOT = Path(__file__).parent.parent
MODULES = sorted([*(ROOT / "cards").rglob("*.py"), *(ROOT / "cds_service").rglob("*.py")])

SPEAKING = [path for path in MODULES if path.name != "statements.py"]  # that one states the shape of the files

DOORS = {
    "flask": (
        *("cds_service/__init__.py", "cds_service/application.py", "cds_service/edge.py"),
        *("cds_service/routes", "cds_service/web"),
    ),
    "requests": ("cds_service/fhir_client.py",),
    "fhir": ("cds_service/strict.py",),
    "jsonschema": ("cards/knowledge_files.py", "cds_service/validation.py"),
    "tomli": ("cards/knowledge_files.py", "cds_service/config.py", "cds_service/tenants.py"),
    "tomllib": (),
    "granian": ("cds_service/server.py",),
    "prometheus_client": ("cds_service/telemetry.py",),
    "opentelemetry": ("cds_service/tracing.py",),
    "alembic": ("cds_service/store",),
    "jwt": ("cds_service/auth.py", "cds_service/token.py"),
    "sqlalchemy": ("cds_service/store",),
}

NEVER_IN_CARDS = {
    "cds_service",
    "flask",
    "requests",
    "socket",
    "random",
    "secrets",
    "logging",
    "os",
    "time",
    "subprocess",
}
CLOCKS = re.compile(r"\b(date\.today|datetime\.now|datetime\.utcnow|time\.time|uuid4|uuid1)\b")
NEVER_IN_A_RULE = {"json", "orjson", "card", "advise", "knowledge_base", "pathlib", "rules"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Every imported module of a file, relative ones resolved to their dotted tail."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield ("." * node.level) + node.module
        elif isinstance(node, ast.ImportFrom):
            yield from ("." * node.level + alias.name for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_each_library_has_one_door(path: Path) -> None:
    for library in {module.split(".")[0] for module in imported(path) if not module.startswith(".")}:
        assert library not in DOORS or name(path).startswith(DOORS[library]), f"{library} has another door"


@pytest.mark.parametrize("path", [p for p in MODULES if name(p).startswith("cards/")], ids=name)
def test_cards_never_reads_the_world(path: Path) -> None:
    assert not {module.split(".")[0] for module in imported(path)} & NEVER_IN_CARDS
    assert not CLOCKS.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [p for p in MODULES if name(p).startswith("cds_service/")], ids=name)
def test_the_service_sees_only_the_face_of_cards(path: Path) -> None:
    assert not [module for module in imported(path) if module.startswith("cards.")]


@pytest.mark.parametrize("path", sorted((ROOT / "cards/rules").glob("[a-z]*.py")), ids=name)
def test_a_rule_knows_no_json_no_card_and_no_other_rule(path: Path) -> None:
    last = {module.rsplit(".", 1)[-1] for module in imported(path)}
    siblings = {other.stem for other in path.parent.glob("[a-z]*.py")}
    assert not last & (NEVER_IN_A_RULE | siblings)


def literals(path: Path) -> Iterator[str]:
    """Every string literal that is not a docstring."""
    tree = tree_of(path)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_string_in_python_is_a_knowledge_id_or_name(base: KnowledgeBase) -> None:
    """Data says what, Python says when. What is measured (weight, creatinine) may be called by its name."""
    files = [file for folder in base.files.values() for file in folder.values()]
    content = [file for file in files if not (isinstance(file, ValueSet) and file.kind == "result")]
    names = {word for file in content for word in (file.id, file.title.lower())}
    found = {
        f"{name(path)}: {literal!r}" for path in SPEAKING for literal in literals(path) if literal.lower() in names
    }
    assert not found


# A unit of measure, as "mg" is one: what an opioid total is counted in. Which opioid it is named after decides nothing.
UNITS = re.compile(r"\bmorphine equivalents\b", re.IGNORECASE)


def medicines(base: KnowledgeBase) -> set[str]:
    """Every agent, and every ingredient that a value set names: in small letters, as a word may have them."""
    sets = (file for file in base.files["value_sets"].values() if isinstance(file, ValueSet))
    listed = {name.lower() for file in sets if file.kind == "medicine" for name in file.ingredients}
    return listed | {word for file in base.files["agents"].values() for word in (file.id, file.title.lower())}


def test_no_string_in_python_speaks_of_a_medicine_by_name(base: KnowledgeBase) -> None:
    """Within a sentence too: a medicine that is only named in Python can be neither reviewed nor switched off."""
    words = "|".join(sorted(map(re.escape, medicines(base)), key=len, reverse=True))
    named = re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")
    assert named.search("no naloxone on the list")
    found = {
        f"{name(path)}: {literal!r}"
        for path in SPEAKING
        for literal in literals(path)
        if named.search(UNITS.sub("", literal).lower())
    }
    assert not found


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef):
            docstring = node.body[0] if isinstance(node.body[0], ast.Expr) else None
            length = (node.end_lineno or 0) - node.lineno + 1
            yield f"{name(path)}:{node.name}", length - (len(ast.unparse(docstring).splitlines()) if docstring else 0)


def test_functions_stay_short() -> None:
    lengths = sorted((length, where) for path in MODULES for where, length in functions(path))
    sizes = [length for length, _ in lengths]
    assert sizes[len(sizes) // 2] <= 8
    assert sizes[len(sizes) * 95 // 100] <= 25
    assert [where for length, where in lengths if length > 40] == []
