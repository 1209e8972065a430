"""
How many deliberate faults the tests notice: `python scripts/mutants.py [MODULE...]` (or `make mutants`).

mutmut changes the code in one small way at a time (an `and` to an `or`, a number by one, a word of a card, an argument
to None) and runs the tests: a change that no test notices is a survivor. Without a name every rule is tried; a name is
a rule's module (`interaction`) or any other of `cards/` (`limits`). One process, as nice as can be.

A rule meets its own tests, every story, every vignette and the tests of how findings are gathered; another module all
tests of rules, those, and its own. Printed: a row a module as soon as it is done, then its survivors with the change,
and what a comment keeps from being tried. A test that never ended is counted as one that noticed nothing.
"""

from __future__ import annotations

import ast
import difflib
import json
import multiprocessing
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIES = ROOT / "mutants"
LOG = ROOT / "mutants.log"
OF_ALL = ["tests/test_gathering.py", "tests/test_stories.py", "tests/test_vignettes.py"]
KILLED = {1, 3}  # a test failed, or could not even begin
ENOUGH = 95  # per cent


def main(names: list[str]) -> int:
    os.chdir(ROOT)
    os.nice(19)
    modules = [module(name) for name in names or rules()]
    print("| module | mutants | killed | score |\n|---|--:|--:|--:|", flush=True)
    scores = [tried(path) for path in modules]
    return 0 if all(score >= ENOUGH for score in scores) else 1


def tried(path: Path) -> float:
    """One module, in a process of its own: mutmut keeps its state in globals."""
    shutil.rmtree(COPIES, ignore_errors=True)
    process = multiprocessing.get_context("fork").Process(target=_mutate, args=(path,))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{path}: the tests did not pass as they are, or mutmut failed: see {LOG.name}")
    codes = results(path)
    killed = sum(code in KILLED for code in codes.values())
    score = 100 * killed / len(codes)
    print(f"| `{path}` | {len(codes)} | {killed} | {score:.1f} % |", flush=True)
    print(
        "".join(f"    {line}\n" for line in (*survivors(path, codes), *kept(path))), end="", file=sys.stderr, flush=True
    )
    return score


def _mutate(path: Path) -> None:
    """The command `mutmut run`, with the one module and its tests in place of what pyproject.toml says for all."""
    import mutmut.__main__ as mutmut

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # none of them tells a mutant, and each is set up for each
    with LOG.open("w") as log:
        os.dup2(log.fileno(), sys.__stdout__.fileno())
        settings = mutmut.config()
        settings.only_mutate = [str(path)]
        settings.pytest_add_cli_args_test_selection = tests_of(path.stem)
        mutmut._run([], 1)


def rules() -> list[str]:
    return sorted(path.stem for path in (ROOT / "cards" / "rules").glob("[a-z]*.py"))


def module(name: str) -> Path:
    stem = name.replace("-", "_")
    return Path("cards/rules" if stem in rules() else "cards", f"{stem}.py")


def tests_of(stem: str) -> list[str]:
    of_rules = [path for path in sorted(Path("tests/rules").glob("test_*.py")) if _meets(path, stem)]
    own = [path for path in [Path("tests", f"test_{stem}.py")] if path.exists()]
    return [*map(str, (*own, *of_rules)), *OF_ALL]


def _meets(path: Path, stem: str) -> bool:
    of = path.stem.removeprefix("test_")
    return of == stem or of not in rules() or stem not in rules()


def results(path: Path) -> dict[str, int]:
    """By the name of the mutant, how its tests ended."""
    found: dict[str, int] = json.loads((COPIES / f"{path}.meta").read_text())["exit_code_by_key"]
    return found


def survivors(path: Path, codes: dict[str, int]) -> Iterator[str]:
    """Each as the line it changes and what it makes of it."""
    source = (COPIES / path).read_text()
    lines = source.splitlines()
    found = {
        n.name: lines[n.lineno : n.end_lineno] for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)
    }
    for name in (key.rpartition(".")[2] for key, code in codes.items() if code not in KILLED):
        before, after = found.get(f"{name.rpartition('__mutmut_')[0]}__mutmut_orig", []), found.get(name, [])
        changes = [
            line for line in difflib.unified_diff(before, after, n=0, lineterm="") if line[:3] not in ("---", "+++")
        ]
        yield from (f"lives: {name}", *(line for line in changes if not line.startswith("@@")))


def kept(path: Path) -> Iterator[str]:
    """The lines that a comment keeps from being changed, with the reason it gives."""
    lines = (ROOT / path).read_text().splitlines()
    return (f"not tried: {line.strip()}" for line in lines if "pragma: no mutate" in line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
