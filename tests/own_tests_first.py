"""
For `make mutants` alone, given to pytest as a plugin: a mutant is judged in a tenth of a second.

The knowledge is read once, before mutmut forks. A mutant of a rule meets the rule's own tests, stories and vignettes
first, and whatever else reaches the mutated function only if it lives through those.
"""

from __future__ import annotations

import functools
import os

import pytest

import cards

cards.seed = functools.cache(cards.seed)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    module = os.environ.get("MUTANT_UNDER_TEST", "").rpartition(".")[0].rpartition(".")[2]
    own = [test for test in config.args if _is_own(test, module)] if module else []
    others = [test for test in config.args if test not in own]
    if not own or not others:
        return None
    first = pytest.main([argument for argument in config.invocation_params.args if argument not in others])
    config.args = others
    return int(first) or None


def _is_own(test: str, module: str) -> bool:
    """By the name of the test's file, or by a story or a vignette that names the rule."""
    return f"test_{module}.py" in test or module.replace("_", "-") in test
