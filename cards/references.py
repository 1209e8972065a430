"""
What a knowledge file names that stands elsewhere: value sets, classes, agents and medicines.

One field name means one thing in every folder, so the name of the field says where to look. The loader asks whether
what is named exists; what is in force on a day asks whether it still holds. A test proves that no field of words is
forgotten here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

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


@dataclass(frozen=True, slots=True)
class Reference:
    key: str  # where it stands: "contraindication.severe-renal"
    field: str
    kind: Kind
    id: str


def references(file: File) -> Iterator[Reference]:
    """Everything a file names that stands elsewhere, in the file's order."""
    for key, table in tables(file):
        for name, kind in _kinds(file, table).items():
            yield from (Reference(key, name, kind, id_) for id_ in _ids(getattr(table, name, ())))


def _kinds(file: File, table: Table) -> Mapping[str, Kind]:
    """Of a guideline only the conditions: it may speak of medicines that nobody here has, or of none."""
    here = {name: kind for name, kind in KIND_OF.items() if name in table.__struct_fields__}
    return {"condition": "value set"} if isinstance(file, Guideline) and here else here


def _ids(value: object) -> Iterator[str]:
    """A field holds one id, several, or several groups of them; nested tables are visited by themselves."""
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _ids(item)


def tables(file: File) -> Iterator[tuple[str, Table]]:
    """The file itself, its rows, and the tables inside them, each with the key of its row."""
    yield "(top)", file
    for name in file.__struct_fields__:
        value = getattr(file, name)
        for number, row in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(row, Table):
                yield from _inside(f"{name}.{getattr(row, 'id', '') or number}", row)


def _inside(key: str, table: Table) -> Iterator[tuple[str, Table]]:
    yield key, table
    for name in table.__struct_fields__:
        value = getattr(table, name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Table):
                yield from _inside(key, inner)


def rows(file: File) -> Iterator[tuple[str, Row]]:
    """Every row of a file with its key: ("renal.us", Renal(...))."""
    for name in file.__struct_fields__:
        value = getattr(file, name)
        for number, row in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(row, Row):
                yield f"{name}.{row.id or number}", row
