"""
The knowledge as its owner asks for it: what there is and who answers for it, one entry in words, and how two versions
differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from .knowledge_base import KnowledgeBase, files_by_path
from .references import rows
from .statements import File, Row, Source, ValueSet

Plain = dict[str, Any]


class Entry(Struct, frozen=True):
    """One file: what it is about, whether it is in force, and who has read it."""

    path: str
    title: str
    state: str  # "in force", "overdue", "expired", "switched off"
    reviewed_by: tuple[str, ...]
    due: date
    expires: date


STATES = ("expired", "overdue", "in force", "switched off")  # what needs work first


def entries(base: KnowledgeBase, day: date) -> list[Entry]:
    """Every file, what needs work first."""
    found = [
        Entry(
            file.path,
            file.title,
            _state(file, day),
            tuple(map(str, base.signed.get(file.path, ()))),
            file.review.review_due,
            file.review.expires,
        )
        for file in files_by_path(base.files).values()
    ]
    return sorted(found, key=lambda entry: (STATES.index(entry.state), entry.due, entry.path))


def _state(file: File, day: date) -> str:
    if file.review.status == "retired":
        return "switched off"
    if file.review.expires < day:
        return "expired"
    return "overdue" if file.review.review_due < day else "in force"


def doubts(base: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """Everything a file says is not certain, with its address."""
    for path, file in sorted(files_by_path(base.files).items()):
        if doubt := getattr(file, "doubt", ""):
            yield path, doubt
        yield from ((f"{path}#{key}", row.doubt) for key, row in rows(file) if row.doubt)


# --- one entry in words ---------------------------------------------------------------------------------------------


def described(base: KnowledgeBase, address: str, day: date) -> list[str]:
    """An entry as a card names it, "agents/x.toml#renal.us", or all of one kind, "agents/x.toml#renal", with their
    sources in words. Raises KeyError if there is none; its message says what there is."""
    path, _, key = address.partition("#")
    files = files_by_path(base.files)
    if path not in files:
        raise KeyError(f"there is no file {path!r}; see `neuropathic-pain-cds knowledge list`")
    file = files[path]
    found = dict(rows(file))
    if not key:
        entries_here = ["", "Entries:", *(f"  {path}#{name}" for name in found)] if found else []
        return [*_head(file, base, day), *_values(file), *_codes(file, base), *entries_here]
    meant = {name: row for name, row in found.items() if name == key or name.startswith(f"{key}.")}
    if not meant:
        raise KeyError(f"{path} has no entry {key!r}; it has {', '.join(found) or 'none'}")
    cited = [source for source in file.source if any(source.id in row.sources for row in meant.values())]
    shown = [line for name, row in meant.items() for line in ("", name, *_values(row))]
    return [*_head(file, base, day), *shown, "", "Sources:", *map(_source, cited)]


def _head(file: File, base: KnowledgeBase, day: date) -> list[str]:
    signatures = "; ".join(map(str, base.signed.get(file.path, ())))
    return [
        f"{file.title} ({file.path})",
        f"  {_state(file, day)}; {f'reviewed by {signatures}' if signatures else 'draft, not clinically reviewed'}",
        f"  last read {file.review.last_review_date}, due {file.review.review_due}, expires {file.review.expires}",
    ]


def _codes(file: File, base: KnowledgeBase) -> Iterator[str]:
    codes = sorted(code for code, ids in base.snomed.items() if file.id in ids and isinstance(file, ValueSet))
    if codes:
        yield f"  SNOMED CT, from value_sets/snomed.csv: {', '.join(codes)}"


def _values(table: File | Row) -> Iterator[str]:
    """What is said, one line each; what is left at its default is not."""
    for name, value in plain(table).items():
        if name not in ("id", "path", "title", "review", "source", "sources") and not _is_rows(value):
            yield from _value(name, value)


def _value(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield f"  {name}:"
        yield from ("    " + ", ".join(_named(key, inner) for key, inner in item.items()) for item in value)
    else:
        yield f"  {name}: {_said(value)}"


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):
        return ", ".join(_named(key, inner) for key, inner in value.items())
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _named(key: str, value: Any) -> str:
    """A comparison says its own name: "crcl < 30"."""
    words = _said(value)
    return words if key in words.split() else f"{key} {words}"


def _is_rows(value: Any) -> bool:
    """Rows have addresses of their own."""
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) and "id" in row for row in value)


def _source(source: Source) -> str:
    words = (source.title, source.publisher, source.version, source.section, source.url or source.doi)
    seen = {"page": "read", "mixed": "read in part", "knowledge": "stated from knowledge of it, not read"}[source.seen]
    return f"  {'; '.join(filter(None, words))} ({seen})"


def plain(table: msgspec.Struct) -> Plain:
    """A table as a file would say it: no defaults, figures as text."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(table)}
    values = {name: getattr(table, name) for name in table.__struct_fields__}
    return {name: _plain(value) for name, value in values.items() if value not in ((), {}, defaults[name])}


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return plain(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return value if isinstance(value, (bool, int, str)) else getattr(value, "text", None) or str(value)


# --- two versions ---------------------------------------------------------------------------------------------------


def differences(old: KnowledgeBase, new: KnowledgeBase) -> list[str]:
    """Statement by statement: "~ agents/x.toml#maximum.label-us: dose: 3,600 mg/d -> 2,400 mg/d"."""
    one, other = _statements(old), _statements(new)
    return [
        line
        for address in sorted({*one, *other})
        for line in _difference(address, one.get(address), other.get(address))
    ]


def _difference(address: str, old: Plain | None, new: Plain | None) -> Iterator[str]:
    if old is None or new is None:
        yield f"{'+' if old is None else '-'} {address}"
        return
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            yield f"~ {address}: {key}: {_said(old.get(key, 'not said'))} -> {_said(new.get(key, 'not said'))}"


def _statements(base: KnowledgeBase) -> Mapping[str, Plain]:
    found: dict[str, Plain] = {}
    for path, file in files_by_path(base.files).items():
        found[path] = {key: value for key, value in plain(file).items() if not _is_rows(value) and key != "source"}
        found |= {f"{path}#{key}": plain(row) for key, row in rows(file) if row.id}
        found |= {f"{path}#source.{source.id}": plain(source) for source in file.source}
    return found
