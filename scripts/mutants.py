"""
How many deliberate faults the tests notice: `python scripts/mutants.py [--keep] [MODULE...]` (or `make mutants`).

mutmut changes the code in one small way at a time (an `and` to an `or`, a number by one, a word of a card, an argument
to None) and runs the tests: a change that no test notices is a survivor. Without a name every rule is tried; a name is
a rule's module (`interaction`) or another of `cards/` that pyproject.toml lists (`limits`). One process, as nice as can
be; a rule takes a few minutes.

Printed: a row a module, the survivors by name (`mutmut show NAME` gives the change) and what a comment keeps from being
tried. `--keep` goes on with the copies in mutants/ and is only right while nothing but tests has changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIES = ROOT / "mutants"
KILLED = {1, 3, 24, 36, 152, 255, -24}  # a test failed, or never came to an end
SURVIVED = 0
ENOUGH = 95  # per cent


def main(arguments: list[str]) -> int:
    modules = [Path(found) for found in map(module, [a for a in arguments if a != "--keep"] or rules())]
    if "--keep" not in arguments:
        shutil.rmtree(COPIES, ignore_errors=True)
    os.nice(19)
    names = [f"{dotted(path)}.x*" for path in modules]
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run([mutmut, "run", "--max-children", "1", *names], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    print("\n".join(table(modules)))
    return 0 if all(score(path) >= ENOUGH for path in modules) else 1


def rules() -> list[str]:
    return sorted(path.stem for path in (ROOT / "cards" / "rules").glob("[a-z]*.py"))


def module(name: str) -> str:
    found = name.replace("-", "_")
    folder = "cards/rules" if found in rules() else "cards"
    return f"{folder}/{found}.py"


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def results(path: Path) -> dict[str, int]:
    """By the name of the mutant, how its tests ended."""
    found: dict[str, int] = json.loads((COPIES / f"{path}.meta").read_text())["exit_code_by_key"]
    return found


def score(path: Path) -> float:
    codes = results(path).values()
    return 100 * sum(code in KILLED for code in codes) / len(codes) if codes else 100


def table(modules: list[Path]) -> Iterator[str]:
    yield "| module | mutants | killed | score |"
    yield "|---|--:|--:|--:|"
    for path in modules:
        codes = list(results(path).values())
        yield f"| `{path}` | {len(codes)} | {sum(code in KILLED for code in codes)} | {score(path):.1f} % |"
    for path in modules:
        yield from ("", *(f"lives: {name}" for name, code in results(path).items() if code not in KILLED))
        yield from (f"not tried: {path}: {line}" for line in kept(path))


def kept(path: Path) -> list[str]:
    """The lines that a comment keeps from being changed, with the reason it gives."""
    return [line.strip() for line in (ROOT / path).read_text().splitlines() if re.search("pragma: no mutate", line)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
