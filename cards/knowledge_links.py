"""
Do the knowledge files point at things that exist, and agree with each other? What a JSON Schema cannot see: references
across rows and files, dates that follow each other, addresses used twice, codes claimed by two sets at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from .agent_coherence import incoherent
from .references import Kind, Reference, references, rows, tables
from .statements import Agent, File, Table, ValueSet
from .value_sets import medicine_key

Files = Mapping[str, Mapping[str, File]]


class Known(Struct, frozen=True):
    """What may be named, by kind."""

    ids: Mapping[Kind, frozenset[str]]
    formulations: Mapping[str, frozenset[str]]  # agent -> ids


def broken_links(files: Files, ingredients: frozenset[str]) -> list[str]:
    """One line a problem: file, key, what is wrong. `ingredients`: every medicine that the product tables know."""
    known = _known(files, ingredients)
    lines = [
        f"{file.path}: {line}" for folder in files.values() for file in folder.values() for line in _of(file, known)
    ]
    return [*lines, *_results_claimed_twice(files.get("value_sets", {}).values())]


def _known(files: Files, ingredients: frozenset[str]) -> Known:
    agents = {id_: file for id_, file in files.get("agents", {}).items() if isinstance(file, Agent)}
    sets = files.get("value_sets", {})
    classes = {class_ for agent in agents.values() for class_ in agent.classes} | sets.keys()
    medicines = {medicine_key(name) for name in ingredients} | ingredients | classes | agents.keys()
    return Known(
        {
            "value set": frozenset(sets),
            "class": frozenset(classes),
            "agent": frozenset(agents) | ingredients,
            "medicine": frozenset(medicines),
        },
        {id_: frozenset(formulation.id for formulation in agent.formulation) for id_, agent in agents.items()},
    )


def _of(file: File, known: Known) -> Iterator[str]:
    yield from _dates(file)
    yield from _sources(file)
    yield from _addresses(file)
    yield from (line for reference in references(file) for line in _reference(reference, known))
    yield from _formulations(file, known)
    if isinstance(file, Agent):
        yield from incoherent(file)
    elif isinstance(file, ValueSet):
        yield from _contradictions(file, known)


def _dates(file: File) -> Iterator[str]:
    review = file.review
    if not review.last_review_date <= review.review_due <= review.expires:
        yield "review: last_review_date, review_due and expires must follow one another"


def _sources(file: File) -> Iterator[str]:
    sources = {source.id for source in file.source}
    for key, row in rows(file):
        yield from (f"{key}: no [[source]] has the id {name!r}" for name in row.sources if name not in sources)


def _addresses(file: File) -> Iterator[str]:
    """A card cites agents/x.toml#maximum.label-us: one address, one row."""
    ids = Counter([key for key, row in rows(file) if row.id] + [f"source.{source.id}" for source in file.source])
    yield from (f"{key}: the id is used {count} times" for key, count in ids.items() if count > 1)


def _reference(reference: Reference, known: Known) -> Iterator[str]:
    if reference.id not in known.ids[reference.kind]:
        yield f"{reference.key}: {reference.field}: there is no {reference.kind} {reference.id!r}"


def _formulations(file: File, known: Known) -> Iterator[str]:
    """A formulation is one of the agent whose file this is, or of an agent that the row names."""
    for key, table in tables(file):
        for field in ("formulation", "use"):
            for name in _names(table, field):
                if name not in _formulations_there(file, table, known):
                    yield f"{key}: {field}: there is no formulation {name!r} of the agents it is about"


def _names(table: Table, field: str) -> tuple[str, ...]:
    value = getattr(table, field, ())
    ids = (value,) if isinstance(value, str) and value else value or ()
    return tuple(name for name in ids if isinstance(name, str))


def _formulations_there(file: File, table: Table, known: Known) -> frozenset[str]:
    named = [id_ for field in ("agents", "a", "b") for id_ in _names(table, field) if id_ in known.formulations]
    agents = [file.id] if isinstance(file, Agent) else named or known.formulations.keys()
    return frozenset().union(*(known.formulations[id_] for id_ in agents))


def _contradictions(file: ValueSet, known: Known) -> Iterator[str]:
    for name, within, without in (
        ("icd10cm", file.icd10cm, file.icd10cm_exclude),
        ("icd10who", file.icd10who, file.icd10who_exclude),
        ("text", file.text, file.text_exclude),
    ):
        yield from (f"{name}: {code!r} is both in the set and excluded" for code in sorted({*within} & {*without}))
    yield from (
        f"ingredients: the product tables know no {name!r}"
        for name in file.ingredients
        if name not in known.ids["medicine"]
    )


def _results_claimed_twice(sets: Iterable[File]) -> Iterator[str]:
    """A result is read as one thing."""
    claimed = Counter(code for s in sets if isinstance(s, ValueSet) for code in s.loinc)
    yield from (f"value_sets: loinc: {code!r} is in {count} sets" for code, count in claimed.items() if count > 1)
