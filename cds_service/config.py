"""
Settings of one deployment: from the environment, each with a safe default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

PREFIX = "NEUROPATHIC_PAIN_CDS_"


@dataclass(frozen=True, slots=True)
class Config:
    jurisdiction: str = "US"
    guidelines: tuple[str, ...] = ()  # ids of those in force; empty: the default ones
    day: date | None = None  # judge every call as on this day (tests, demonstrations); None: today

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Config:
        """Raises ValueError naming the variable that cannot be read."""
        asked = {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}
        return cls(
            jurisdiction=asked.get("JURISDICTION", "US"),
            guidelines=tuple(filter(None, asked.get("GUIDELINES", "").split(","))),
            day=_day(asked["DAY"]) if asked.get("DAY") else None,
        )

    @property
    def today(self) -> Callable[[], date]:
        """What day it is: the one place where the clock is read."""
        day = self.day
        return date.today if day is None else lambda: day


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{PREFIX}DAY: not a date such as 2026-11-22") from None
