"""
What a knowledge file names that stands elsewhere: value sets, classes, agents and medicines.

One field name means one thing in every folder, so the name of the field says where to look. The loader asks whether
what is named exists; what is in force on a day asks whether it still holds. A test proves that no field of words is
forgotten here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, Literal, get_args, get_type_hints

from msgspec import Struct

from .statements import File, Guideline, Row, Table

Kind = Literal["value set", "class", "agent", "medicine"]

# A medicine is a class, an agent or an ingredient.
KIND_OF: Final[Mapping[str, Kind]] = {
    "value_set": "value set",
    "value_sets": "value set",
    "unless_value_sets": "value set",
    "unless_value_set": "value set",
    "needs_value_set": "value set",
    "only_value_sets": "value set",
    "indication": "value set",
    "result": "value set",
    "conditions": "value set",
    "condition": "value set",
    "parents": "value set",
    "implied_by": "value set",
    "allergy_groups": "value set",
    "classes": "class",
    "agents": "agent",
    "a": "medicine",
    "b": "medicine",
    "with_medicine": "medicine",
    "only_with": "medicine",
    "medicines": "medicine",
    "unless_medicines": "medicine",
}


class Reference(Struct, frozen=True):
    key: str  # where it stands: "contraindication.severe-renal"
    field: str
    kind: Kind
    id: str


def references(file: File) -> Iterator[Reference]:
    """Everything a file names that stands elsewhere, in the file's order."""
    quoting = isinstance(file, Guideline)  # it may speak of medicines that nobody here has, or of what is none
    for key, table in tables(file):
        for name, kind in _naming(type(table)):
            if (not quoting or name == "condition") and (value := getattr(table, name)):
                yield from (Reference(key, name, kind, id_) for id_ in _ids(value))


@cache
def _naming(shape: type[Table]) -> tuple[tuple[str, Kind], ...]:
    return tuple((name, KIND_OF[name]) for name in shape.__struct_fields__ if name in KIND_OF)


def _ids(value: object) -> Iterator[str]:
    """A field holds one id, several, or several groups of them; nested tables are visited by themselves."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _ids(item)


def tables(file: File) -> Iterator[tuple[str, Table]]:
    """The file itself, its rows, and the tables inside them, each with the key of its row."""
    yield "(top)", file
    for name in _holding(type(file)):
        for number, row in enumerate(_each(getattr(file, name))):
            yield from _inside(f"{name}.{getattr(row, 'id', '') or number}", row)


def _inside(key: str, table: Table) -> Iterator[tuple[str, Table]]:
    yield key, table
    for name in _holding(type(table)):
        for inner in _each(getattr(table, name)):
            yield from _inside(key, inner)


def _each(value: object) -> tuple[Table, ...]:
    """The tables in a field: one, several or none."""
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, Table) else ()


@cache
def _holding(shape: type[Table]) -> tuple[str, ...]:
    """The fields of a table that hold tables."""
    hints = get_type_hints(shape)
    return tuple(name for name in shape.__struct_fields__ if _holds_tables(hints[name]))


def _holds_tables(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, Table):
        return True
    return any(_holds_tables(inner) for inner in get_args(hint))


def rows(file: File) -> Iterator[tuple[str, Row]]:
    """Every row of a file with its key: ("renal.us", Renal(...))."""
    for name in _holding(type(file)):
        for number, row in enumerate(_each(getattr(file, name))):
            if isinstance(row, Row):
                yield f"{name}.{row.id or number}", row
