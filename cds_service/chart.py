"""
The chart of one call: what is known of the patient, part by part, and in what words it is said what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .part import Failed, Known, KnownEmpty, Missing, Part, Partial, Resource, resources_of

KEYS: Final = {
    "patient": "Patient",
    "conditions": "Condition",
    "medications": "MedicationRequest",
    "observations": "Observation",
    "allergies": "AllergyIntolerance",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the FHIR server gave for one query: its pages, and why there are not more."""

    pages: tuple[Any, ...] = ()
    failure: str = ""


Fetch = Callable[[Mapping[str, str]], Mapping[str, Fetched]]  # name -> query or page, all at once, under one deadline


@dataclass(frozen=True, slots=True)
class Chart:
    """What is known of the patient, part by part."""

    parts: Mapping[str, Part] = field(repr=False)
    history_known: bool = False  # were completed and stopped orders asked for, or seen?
    not_checked: tuple[str, ...] = ()  # for the clinician: "observations: the EHR reported an error"
    ignored: int = 0  # resources that are about another patient
    fetched: tuple[str, ...] = ()  # what the FHIR server was asked for, by key
    drugs: tuple[Resource, ...] = field(default=(), repr=False)  # Medications that orders refer to

    @classmethod
    def empty(cls) -> Chart:
        """Nothing read yet: for looking at the drafts alone."""
        return cls(dict.fromkeys(KEYS, Missing()))

    def resources(self, key: str) -> tuple[Resource, ...]:
        """The resources of a part; beside the medications the Medications they refer to."""
        found = resources_of(self.parts.get(key, Missing()))
        return (*found, *self.drugs) if key == "medications" else found

    @property
    def patient(self) -> Resource | None:
        return next(iter(self.resources("patient")), None)

    @property
    def conditions(self) -> tuple[Resource, ...]:
        return self.resources("conditions")

    @property
    def medications(self) -> tuple[Resource, ...]:
        return self.resources("medications")

    @property
    def observations(self) -> tuple[Resource, ...]:
        return self.resources("observations")

    @property
    def allergies(self) -> tuple[Resource, ...]:
        return self.resources("allergies")

    @property
    def known(self) -> frozenset[str]:
        """The parts that are wholly known, empty ones too; "history" among them."""
        whole = {key for key, part in self.parts.items() if isinstance(part, (Known, KnownEmpty))}
        return frozenset(whole | {"history"} if self.history_known else whole)

    @property
    def states(self) -> dict[str, str]:
        """For the log: {"patient": "known", "conditions": "failed", ...}."""
        return {key: _STATES[type(part)] for key, part in self.parts.items()}


_STATES: Final = {Known: "known", KnownEmpty: "empty", Missing: "missing", Failed: "failed", Partial: "partial"}
