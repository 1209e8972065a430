"""
What the resources of one chart were read as, kept while several calls are made on it: a replay asks about every order
of a patient, and each time the same conditions, results and earlier orders are its context.

By identity: a resource is read again only if it is another object, or if other knowledge came into force. So whoever
keeps readings must not change a resource, nor what it refers to. A single call keeps none.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Read = TypeVar("Read")


class Readings:
    """Nothing is kept: each resource is read as it is met."""

    __slots__ = ()

    def under(self, edition: object) -> None:
        """The knowledge that readings rest on from now on."""

    def of(self, resource: Any, _how: Hashable, read: Callable[..., Read], /, *more: Any) -> Read:
        """read(resource, *more). `_how` says everything in `more` that can differ from one call to the next."""
        return read(resource, *more)


class KeptReadings(Readings):
    """Of one patient. A resource is kept with its reading, so that no other can come to lie in its place."""

    __slots__ = ("_edition", "_found")

    def __init__(self) -> None:
        self._edition: object = None
        self._found: dict[tuple[Hashable, int], tuple[Any, Any]] = {}

    def under(self, edition: object) -> None:
        if edition is not self._edition:
            self._edition = edition
            self._found.clear()

    def of(self, resource: Any, how: Hashable, read: Callable[..., Read], /, *more: Any) -> Read:
        key = (how, id(resource))
        if key not in self._found:
            self._found[key] = (resource, read(resource, *more))
        found: Read = self._found[key][1]
        return found


NONE_KEPT = Readings()
