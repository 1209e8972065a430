"""Reading a folder of knowledge files as the loader does, for tests that look at the files themselves."""

from __future__ import annotations

import copy
import functools
import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import tomli

from cards import statements
from cards.statements import File

KNOWLEDGE = Path(statements.__file__).parent / "knowledge"


class Copies(dict[str, dict[str, Any]]):
    """Tables by name; each that is asked for by its name is a copy, to be changed at will."""

    def __getitem__(self, stem: str) -> dict[str, Any]:
        return copy.deepcopy(super().__getitem__(stem))


@functools.cache
def tables(folder: str) -> Copies:
    """Every TOML file of a folder, as plain tables."""
    paths = sorted((KNOWLEDGE / folder).glob("*.toml"))
    return Copies({path.stem: tomli.loads(path.read_text("utf-8")) for path in paths})


@functools.cache
def typed(folder: str, shape: type[File]) -> dict[str, Any]:
    """Every file of a folder, typed."""
    return {
        stem: msgspec.convert({**table, "id": stem, "path": f"{folder}/{stem}.toml"}, shape, dec_hook=_decode)
        for stem, table in tables(folder).items()
    }


def _decode(wanted: type, value: object) -> object:
    if wanted is Fraction:
        return Fraction(str(value))
    assert wanted in (statements.Quantity, statements.Range)
    return wanted.parse(value)  # type: ignore[attr-defined]


@functools.cache
def validator(folder: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((KNOWLEDGE / "schema" / f"{folder}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def plain(value: Any) -> Any:
    """Dates as JSON says them."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def refused(folder: str, table: dict[str, Any]) -> list[str]:
    """What the folder's schema has against a table."""
    return [error.message for error in validator(folder).iter_errors(plain(table))]
