"""
FHIR resources held against the specification by fhir.resources (R4B): the only door to that library, and optional.

Never inside a request: it costs fifty times what the rules need.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

from .errors import Problem


def is_installed() -> bool:
    return importlib.util.find_spec("fhir") is not None


def problems(document: Any, path: str = "") -> Iterator[Problem]:
    """What is wrong with every FHIR resource in a document, wherever it stands."""
    if isinstance(document, dict) and isinstance(document.get("resourceType"), str) and document["resourceType"]:
        yield from _in_entries(document, path) if document["resourceType"] == "Bundle" else _of_resource(document, path)
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from problems(value, f"{path}.{name}".lstrip("."))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from problems(value, f"{path}[{index}]")


def _in_entries(bundle: dict[str, Any], path: str) -> Iterator[Problem]:
    """Entry by entry: one bad resource would refuse the whole Bundle."""
    for index, entry in enumerate(bundle.get("entry") or ()):
        if isinstance(entry, dict):
            yield from problems(entry.get("resource"), f"{path}.entry[{index}].resource".lstrip("."))


def _of_resource(resource: dict[str, Any], path: str) -> Iterator[Problem]:
    """Messages are the library's kinds of error, not its texts: those repeat the value."""
    kind = resource["resourceType"]
    try:
        _model(kind).model_validate(resource)
    except Exception as error:  # noqa: BLE001 - it raises KeyError and RecursionError, too
        found = getattr(error, "errors", None)
        if found is None:
            yield Problem(path, f"is no {kind} that can be read ({type(error).__name__})", "structure")
            return
        for each in found(include_input=False, include_url=False):
            at = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in each["loc"])
            yield Problem(f"{path}{at}".lstrip("."), f"FHIR R4: {each['type'].replace('_', ' ')}", "structure")


def _model(kind: str) -> Any:
    if not kind.isalpha():
        raise ValueError("no resource type")
    return getattr(importlib.import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
