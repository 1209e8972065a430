"""
The hazard log: what could hurt a patient, what prevents it, and what shows that it does, from tests/hazards.toml.

    .venv/bin/python scripts/hazard_log.py        writes docs/hazards.md

Every name is held against what is there: a rule or module, a story, a vignette, a test.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cards import RULES
from cards.advise import PRECEDENCE

HOUSE = Path(__file__).parents[1]
LOG = HOUSE / "tests" / "hazards.toml"
PAGE = HOUSE / "docs" / "hazards.md"
VIGNETTES = HOUSE / "tests" / "vignettes.txt"
HEAD = """# Hazard log

What could hurt a patient, which rule or part of the house prevents it, and the story, vignette or test that shows it.
Made by `scripts/hazard_log.py` from `tests/hazards.toml`; the tests fail when a name stands for nothing, when a rule
prevents nothing, or when this page is stale. Nobody has clinically reviewed it.

| | what could hurt | prevented by | shown by |
|---|---|---|---|
"""

Hazard = Mapping[str, Any]


def hazards() -> list[Hazard]:
    found: list[Hazard] = tomllib.loads(LOG.read_text(encoding="utf-8"))["hazard"]
    return found


def page() -> str:
    return HEAD + "".join(f"{_row(hazard)}\n" for hazard in hazards())


def problems() -> list[str]:
    """Every name that stands for nothing, and every rule that stands in no row."""
    found = [f"{hazard['id']}: {problem}" for hazard in hazards() for problem in _of(hazard)]
    covered = {name for hazard in hazards() for name in hazard["by"]}
    return found + [f"no hazard is named for the rule {rule}" for rule in RULES if rule not in covered]


def _of(hazard: Hazard) -> Iterator[str]:
    for name in hazard["by"]:
        if name not in PRECEDENCE and not (HOUSE / name).is_file():
            yield f"no rule and no module: {name}"
    for shown in hazard["shown"]:
        if not _exists(shown):
            yield f"not there: {shown}"
    if not hazard["shown"]:
        yield "nothing shows it"


def _exists(shown: str) -> bool:
    kind, _, name = shown.partition(" ")
    if kind == "story":
        return (HOUSE / "fhir_fixtures" / name / "request.json").is_file()
    if kind == "vignette":
        return name in _vignettes()
    file, _, function = name.partition("::")
    return kind == "test" and function in _tests(file)


@cache
def _vignettes() -> frozenset[str]:
    lines = VIGNETTES.read_text(encoding="utf-8").splitlines()
    return frozenset(line.rpartition(" | ")[0] for line in lines if line and not line.startswith("#"))


@cache
def _tests(file: str) -> frozenset[str]:
    if not (HOUSE / file).is_file():
        return frozenset()
    tree = ast.parse((HOUSE / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _row(hazard: Hazard) -> str:
    by = ", ".join(f"`{name}`" for name in hazard["by"])
    shown = "<br>".join(_link(each) for each in hazard["shown"])
    return f"| {hazard['id']} | {hazard['harm']} | {by} | {shown} |"


def _link(shown: str) -> str:
    kind, _, name = shown.partition(" ")
    if kind == "story":
        return f"[{name}](../fhir_fixtures/{name})"
    if kind == "vignette":
        return name.replace("|", "\\|")
    file, _, function = name.partition("::")
    return f"[{function.removeprefix('test_').replace('_', ' ')}](../{file})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
