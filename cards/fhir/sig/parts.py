"""What the grammar finds in a sig, in the order in which it was said."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from cards.fhir.lines import Amount, Times


class Refusal(Exception):  # noqa: N818 - not an error: the answer "this cannot be read", with its reason
    """Ends the reading. Never leaves the package: it becomes SigReading.refused."""


@dataclass(frozen=True, slots=True)
class Dose:
    amount: Amount
    mass: Amount | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """How often. "daily" may be finer said elsewhere ("daily, morning and night"); "once" may stand for a single dose;
    "a weekday" names a day that may be one date or every week."""

    times: Times
    sort: Literal["exact", "daily", "once", "a weekday"] = "exact"
    word: str = ""


@dataclass(frozen=True, slots=True)
class Slots:
    """Times of the day; one name is one moment."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meals:
    """With every meal."""


@dataclass(frozen=True, slots=True)
class Days:
    """For so many days."""

    count: int


@dataclass(frozen=True, slots=True)
class After:
    """After so many days: how long the step before lasts."""

    count: int


@dataclass(frozen=True, slots=True)
class Label:
    """On these days of the course, counted from 1."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class AsNeeded:
    """When the patient needs it."""


@dataclass(frozen=True, slots=True)
class MostPerDay:
    amount: Amount


@dataclass(frozen=True, slots=True)
class MostTimesPerDay:
    times: Fraction


@dataclass(frozen=True, slots=True)
class Route:
    name: str


@dataclass(frozen=True, slots=True)
class Pair:
    """On two sides: "each" or "both"."""

    name: str


@dataclass(frozen=True, slots=True)
class Divided:
    """The amount before is a day's, given in so many doses."""

    doses: Fraction


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What the doses of a day come to, as the text has it."""

    amount: Amount


@dataclass(frozen=True, slots=True)
class Directed:
    """As directed: nothing, said politely."""


@dataclass(frozen=True, slots=True)
class Join:
    """What stands between two statements, weakest first."""

    sort: Literal["stop", "comma", "and", "then", "step", "thereafter"]


Part: TypeAlias = (
    Dose
    | Rate
    | Slots
    | Meals
    | Days
    | After
    | Label
    | AsNeeded
    | MostPerDay
    | MostTimesPerDay
    | Route
    | Pair
    | Directed
    | DayTotal
    | Divided
    | Join
)
