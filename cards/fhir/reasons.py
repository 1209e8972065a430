"""
What an order says it is for: reasonCode and reasonReference -> value sets, references, and what could not be read.

The law: a reason that cannot be read is not another reason. A reference counts as read where its own words say what it
is, or where it is one of the conditions that came, which only at_hand.py can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cards.facts import Unread

from .codings import ValueSets, codings, local, names, objects, string
from .conditions import read_code

_NOTHING: frozenset[str] = frozenset()


class Reasons(NamedTuple):
    value_sets: frozenset[str] = _NOTHING
    references: tuple[str, ...] = ()
    given: bool = False
    unread: tuple[Unread, ...] = ()  # one with a reference is read where that condition came


class _Reason(NamedTuple):
    value_sets: frozenset[str] = _NOTHING
    reference: str = ""
    unread: str = ""  # why


def read_reasons(resource: Mapping[str, Any], value_sets: ValueSets) -> Reasons:
    if "reasonCode" not in resource and "reasonReference" not in resource:
        return Reasons()
    found = list(_all(resource, value_sets))
    return Reasons(
        frozenset().union(*(each.value_sets for each in found)),
        tuple(each.reference for each in found if each.reference),
        bool(found),
        tuple(Unread(each.reference, "reason", each.unread) for each in found if each.unread),
    )


def _all(resource: Mapping[str, Any], value_sets: ValueSets) -> Iterator[_Reason]:
    coded = resource.get("reasonCode")
    for concept in [coded] if isinstance(coded, str) else objects(coded):
        if any(names(concept)) or any(codings(concept)):
            yield _of_concept(concept, value_sets)
    for reference in objects(resource.get("reasonReference")):
        if reason := _of_reference(reference, resource, value_sets):
            yield reason


def _of_concept(concept: object, value_sets: ValueSets) -> _Reason:
    read = read_code(concept, value_sets)
    return _Reason(unread=read) if isinstance(read, str) else _Reason(read[1].value_sets)


def _of_reference(reference: Mapping[str, Any], resource: Mapping[str, Any], value_sets: ValueSets) -> _Reason | None:
    """By the resource that the order carries with it; else by its own words, and by where it leads."""
    named = string(reference.get("reference"))
    if named.startswith("#"):
        carried = (each for each in objects(resource.get("contained")) if string(each.get("id")) == named[1:])
        return _of_concept(next(carried, {}).get("code"), value_sets)
    if not named and not any(names(reference)) and "identifier" not in reference:
        return None
    read = read_code({"text": reference.get("display")}, value_sets)
    where = local(named) if named else ""
    if not isinstance(read, str):
        return _Reason(read[1].value_sets, where)
    return _Reason(_NOTHING, where, "it is not among the current conditions" if where else "it names no record")
