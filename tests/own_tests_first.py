"""
For `make mutants` alone, given to pytest as a plugin: a mutant is judged in a fraction of a second.

The knowledge is read once, before mutmut forks. A mutant of a rule meets the rule's own tests, stories and vignettes
first, and the other vignettes and what belongs to no rule only if it lives through those; another rule's tests and
stories are not asked. A mutant of a module that rules rest on meets whatever reaches it.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest

import cards

cards.seed = functools.cache(cards.seed)
RULES = sorted(path.stem for path in Path("cards/rules").glob("[a-z]*.py"))
SURVIVED = 0


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    module = os.environ.get("MUTANT_UNDER_TEST", "").rpartition(".")[0].rpartition(".")[2]
    if module not in RULES:
        return None
    own = [test for test in config.args if _of(module, test)]
    others = [test for test in config.args if test not in own]
    if not own or not others:
        return None
    first = pytest.main([arg for arg in config.invocation_params.args if arg not in others])
    config.args = [test for test in others if _of_no_rule(test)]
    return None if first == SURVIVED and config.args else int(first)


def _of(rule: str, test: str) -> bool:
    """By the name of the test's file, or by a story or a vignette that names the rule."""
    return f"/test_{rule}.py" in test or rule.replace("_", "-") in test


def _of_no_rule(test: str) -> bool:
    return "/test_vignettes.py" in test or not any(_of(rule, test) for rule in RULES)
