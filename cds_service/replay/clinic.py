"""
Where an order was made, as far as the resources at hand say: the organization or location of its encounter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Resource = Mapping[str, Any]


def clinic_of(order: Resource, by_type: Mapping[str, Sequence[Resource]]) -> str:
    """Its name, or its reference where it has none; "" if nothing says."""
    wanted = id_in(order.get("encounter"))
    for encounter in by_type.get("Encounter", ()):
        if wanted and encounter.get("id") == wanted:
            return next(_places(encounter, by_type), "")
    return ""


def _places(encounter: Resource, by_type: Mapping[str, Sequence[Resource]]) -> Iterator[str]:
    locations = encounter.get("location")
    first = locations[0].get("location") if isinstance(locations, list) and isinstance(locations[0], dict) else None
    for reference in (encounter.get("serviceProvider"), first):
        if isinstance(reference, dict):
            name = reference.get("display") or _named(id_in(reference), by_type) or reference.get("reference")
            if isinstance(name, str) and name:
                yield name


def _named(id_: str, by_type: Mapping[str, Sequence[Resource]]) -> Any:
    places = (*by_type.get("Organization", ()), *by_type.get("Location", ()))
    return next((each.get("name") for each in places if id_ and each.get("id") == id_), None)


def id_in(reference: Any, kind: str = "") -> str:
    """The id that a reference ends in: "Patient/a", "https://ehr/Patient/a/_history/2" and "urn:uuid:a" are a.
    With a kind: "" if the reference is to another."""
    said = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(said, str):
        return ""
    before, identity = ["", *re.split("[/:]", said.split("/_history/")[0])][-2:]
    return identity if before in ("", "uuid", "oid", kind) or not kind else ""
