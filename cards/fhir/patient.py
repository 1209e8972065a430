"""
Patient -> facts.Patient. Nothing is assumed: a sex or birth date that cannot be read is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cards.facts import Patient

from .codings import objects, reference_of, string, words
from .dates import days_of, first_day

_SEX = {"female": "female", "f": "female", "male": "male", "m": "male"}


def read_patient(resource: object, day: date) -> Patient:
    """Weight and height come from Observations: see observations.with_body."""
    if not isinstance(resource, dict):
        return Patient(reference="")
    born = days_of(resource.get("birthDate"))
    return Patient(
        reference=reference_of(resource),
        sex=_sex(resource),
        born_first=born and born[0],
        born_last=born and born[1],
        deceased=_deceased(resource, day),
    )


def _sex(resource: Mapping[str, Any]) -> str | None:
    """The recorded gender, or the recorded birth sex. Where they differ it is not known, for clearance and for
    child-bearing potential alike."""
    said = {_SEX[word] for word in words(resource.get("gender")) | _birth_sex(resource) if word in _SEX}
    return said.pop() if len(said) == 1 else None


def _birth_sex(resource: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        string(extension.get("valueCode")).lower()
        for extension in objects(resource.get("extension"))
        if string(extension.get("url")).lower().endswith("birthsex")
    )


def _deceased(resource: Mapping[str, Any], day: date) -> bool:
    died = first_day(resource.get("deceasedDateTime"))
    return resource.get("deceasedBoolean") is True or (died is not None and died <= day)
