"""
Do the knowledge files point at things that exist? What a JSON Schema cannot see: references across rows and files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .statements import Agent, File, Row, Scoped

Files = Mapping[str, Mapping[str, File]]


def broken_links(files: Files) -> list[str]:
    """One line a problem: file, key, what it names that is not there."""
    return [line for folder in files.values() for file in folder.values() for line in _of(file)]


def _of(file: File) -> Iterator[str]:
    yield from _dates(file)
    sources = {source.id for source in file.source}
    for key, row in rows(file):
        for source in row.sources:
            if source not in sources:
                yield f"{file.path}: {key}: no [[source]] has the id {source!r}"
    if isinstance(file, Agent):
        yield from _formulations(file)


def _dates(file: File) -> Iterator[str]:
    review = file.review
    if not review.last_review_date <= review.review_due <= review.expires:
        yield f"{file.path}: review: last_review_date, review_due and expires must follow one another"


def _formulations(agent: Agent) -> Iterator[str]:
    known = {formulation.id for formulation in agent.formulation}
    for key, row in rows(agent):
        for name in row.formulation if isinstance(row, Scoped) else ():
            if name not in known:
                yield f"{agent.path}: {key}: no [[formulation]] has the id {name!r}"


def rows(file: File) -> Iterator[tuple[str, Row]]:
    """Every row of a file with its key: ("renal.us", Renal(...))."""
    for name in file.__struct_fields__:
        value = getattr(file, name)
        for number, row in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(row, Row):
                yield f"{name}.{row.id or number}", row
