"""
The rules, found by folder: one check a file, the file's name is the rule's id (underscores for hyphens).

A rule module has a docstring (When / And / Then / Silent) and `check(facts, knowledge) -> Iterator[Finding]`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping

from ..facts import Facts
from ..finding import Finding
from ..in_force import Knowledge

Check = Callable[[Facts, Knowledge], Iterator[Finding]]


def _found() -> dict[str, Check]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}").check for name in names}


RULES: Mapping[str, Check] = _found()
