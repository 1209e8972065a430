"""
What is asked and what could not be: the two things that reading an input gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from .made import Made

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a hook, found in a file or made from a chart."""

    place: str  # "folder/file.ndjson:12", with "#MedicationRequest/a" for an order of a chart
    body: bytes | Body | Made = field(repr=False)  # as it stood in the file, or as replay made it of a chart
    day: date | None = None  # the day it was asked; None: not said
    clinic: str = ""
    expected: tuple[Any, ...] | None = field(default=None, repr=False)  # a story's cards

    @property
    def raw(self) -> bytes:
        """The call as it goes over the wire."""
        if isinstance(self.body, Made):
            return orjson.dumps(self.body.as_json())
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, a line or a record that no call could be made of. `why` repeats nothing of its content."""

    place: str
    why: str


Item = Asked | Unreadable


def key_of(place: str) -> str:
    """What a place is called where nobody may see whose chart it is: found again by the `key` of its record."""
    return hashlib.sha256(place.encode(errors="replace")).hexdigest()[:12]
