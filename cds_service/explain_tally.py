"""
`explain --tally`: every FHIR resource under some paths read as an order's would be, and what became of them counted.

Files, folders, NDJSON, Bundles, hook calls and whatever else wraps resources; gzip too. One document is in memory at a
time. A file or line that cannot be read is a line of the report and no more.
"""

from __future__ import annotations

import gzip
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple
from zlib import error as ZlibError  # noqa: N812 - an exception, and named as one

import click
import orjson

from cards import KINDS, Knowledge, Outcome, outcomes

LINES: Final = (".ndjson", ".jsonl", ".log")
KNOWN: Final = (*LINES, ".json")
LARGEST: Final = 200 * 2**20  # bytes of one document
MOST_LISTED: Final = 1000  # files and lines that could not be read
_STATES: Final = ("read", "aside", "refused")
_HEADS: Final = {"read": "read", "aside": "left aside", "refused": "refused"}


class Document(NamedTuple):
    """One JSON document, or why there is none."""

    place: str  # "orders.ndjson:12"
    content: Any = None
    broken: str = ""


@dataclass
class Tally:
    """What was found, and what became of it."""

    files: int = 0
    documents: int = 0
    unreadable: int = 0
    resources: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter)  # by kind of resource
    first: dict[tuple[str, Outcome], str] = field(default_factory=dict)  # where each was met first
    broken: list[tuple[str, str]] = field(default_factory=list)  # the first of them

    def add(self, document: Document, knowledge: Knowledge, day: date) -> None:
        if document.broken:
            self.unreadable += 1
            if len(self.broken) < MOST_LISTED:
                self.broken.append((document.place, document.broken))
            return
        self.documents += 1
        resources = list(resources_in(document.content))
        drugs = tuple(one for one in resources if one["resourceType"] == "Medication")
        for resource in resources:
            kind = resource["resourceType"]
            self.resources[kind] += 1
            for outcome in outcomes(resource, knowledge, day, drugs):
                self.outcomes[kind, outcome] += 1
                self.first.setdefault((kind, outcome), document.place)


def run(paths: Iterable[str], as_json: bool, knowledge: Knowledge, day: date) -> int:
    """Prints the tally; the exit code is 1 if nothing at all could be read."""
    tally = Tally()
    for file in (file for path in paths for file in _files(Path(path))):
        tally.files += 1
        for document in documents_in(file):
            tally.add(document, knowledge, day)
    click.echo(
        orjson.dumps(to_json(tally), option=orjson.OPT_INDENT_2).decode() if as_json else "\n".join(table(tally))
    )
    return 0 if tally.documents else 1


# --- files ----------------------------------------------------------------------------------------------------------


def _files(top: Path) -> Iterator[Path]:
    """A file whatever its name; of a folder the files that hold JSON by their names."""
    if not top.is_dir():
        yield top
        return
    yield from (path for path in sorted(top.rglob("*")) if _plain_name(path).endswith(KNOWN) and not path.is_dir())


def _plain_name(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")


def documents_in(file: Path) -> Iterator[Document]:
    """The lines of NDJSON, or the one document of any other file; of one that is none, its lines if the first is."""
    try:
        if _plain_name(file).endswith(LINES):
            yield from _lines(file)
            return
        with _opened(file) as stream:
            text = stream.read(LARGEST + 1)
        if len(text) > LARGEST:
            yield from _lines(file)
        elif (content := _parsed(text)) is not None:
            yield Document(str(file), content)
        elif _parsed(text.partition(b"\n")[0]) is not None:
            yield from _lines(file)
        else:
            yield Document(str(file), broken="not JSON")
    except (OSError, EOFError, ZlibError) as error:
        yield Document(str(file), broken=getattr(error, "strerror", None) or "cannot be read")


def _opened(file: Path) -> Any:
    return gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb")


def _lines(file: Path) -> Iterator[Document]:
    with _opened(file) as stream:
        number = 0
        while line := stream.readline(LARGEST + 1):
            number += 1
            if len(line) > LARGEST:
                yield Document(f"{file}:{number}", broken="a line too long to be read")
                return
            if line.strip():
                content = _parsed(line)
                yield Document(f"{file}:{number}", content, "" if content is not None else "not JSON")


def _parsed(text: bytes) -> Any:
    """None for what is no JSON; an empty object for the JSON null."""
    try:
        content = orjson.loads(text.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError:
        return None
    return {} if content is None else content


def resources_in(document: Any) -> Iterator[dict[str, Any]]:
    """Every resource at any depth, in order, in Bundles and in what is no FHIR at all; what another contains is its."""
    waiting = [document]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict) and isinstance(found.get("resourceType"), str) and found["resourceType"] != "Bundle":
            yield found
        elif isinstance(found, dict):
            waiting.extend(reversed(found.values()))
        elif isinstance(found, list):
            waiting.extend(reversed(found))


# --- the report -----------------------------------------------------------------------------------------------------


def table(tally: Tally) -> Iterator[str]:
    yield f"{tally.files:,} files, {tally.documents:,} documents; {tally.unreadable:,} could not be read"
    yield from (f"  {place}: {why}" for place, why in tally.broken)
    if tally.unreadable > len(tally.broken):
        yield f"  and {tally.unreadable - len(tally.broken):,} more"
    for kind in sorted(KINDS & tally.resources.keys()):
        yield ""
        yield f"{kind}: {tally.resources[kind]:,}"
        for part in _parts(tally, kind):
            yield from _part(tally, kind, part)
    others = {kind: count for kind, count in tally.resources.most_common() if kind not in KINDS}
    if others:
        yield ""
        yield f"Other kinds, not read by themselves: {', '.join(f'{kind} {count:,}' for kind, count in others.items())}"


def _parts(tally: Tally, kind: str) -> list[str]:
    return list(dict.fromkeys(outcome.part for (of, outcome) in tally.outcomes if of == kind))


def _part(tally: Tally, kind: str, part: str) -> Iterator[str]:
    rows = {state: _rows(tally, kind, part, state) for state in _STATES}
    sums = (f"{_HEADS[state]} {sum(count for _, count, _ in rows[state]):,}" for state in _STATES)
    yield f"  {part}: {', '.join(sums)}"
    for state in _STATES:
        for why, count, place in rows[state]:
            if why:
                yield f"    {count:6,}  {_HEADS[state]}: {why}" + (f"  [{place}]" if state == "refused" else "")


def _rows(tally: Tally, kind: str, part: str, state: str) -> list[tuple[str, int, str]]:
    """Reasons with how many and where the first is, the commonest first."""
    found = [
        (outcome.why, count, tally.first[of, outcome])
        for (of, outcome), count in tally.outcomes.items()
        if (of, outcome.part, outcome.state) == (kind, part, state)
    ]
    return sorted(found, key=lambda row: (-row[1], row[0]))


def to_json(tally: Tally) -> dict[str, Any]:
    return {
        "files": tally.files,
        "documents": tally.documents,
        "unreadable": tally.unreadable,
        "broken": [{"place": place, "why": why} for place, why in tally.broken],
        "resources": {
            kind: {"count": count, "parts": {part: _part_json(tally, kind, part) for part in _parts(tally, kind)}}
            for kind, count in sorted(tally.resources.items())
        },
    }


def _part_json(tally: Tally, kind: str, part: str) -> dict[str, Any]:
    rows = {state: _rows(tally, kind, part, state) for state in _STATES}
    said = {state: {"count": sum(count for _, count, _ in found)} for state, found in rows.items()}
    reasons = {
        state: [{"why": why, "count": count, "first": place} for why, count, place in found if why]
        for state, found in rows.items()
    }
    return {state: said[state] | ({"reasons": reasons[state]} if reasons[state] else {}) for state in _STATES}
