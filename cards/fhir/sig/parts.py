"""What the grammar finds in a sig, in the order in which it was said."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, TypeAlias

from msgspec import Struct

from cards.fhir.lines import Amount, Times


class Refusal(Exception):  # noqa: N818 - not an error: the answer "this cannot be read", with its reason
    """Ends the reading. Never leaves the package: it becomes SigReading.refused."""


class Dose(Struct, frozen=True):
    amount: Amount
    mass: Amount | None = None


class Rate(Struct, frozen=True):
    """How often. "daily" may be finer said elsewhere ("daily, morning and night"); "once" may stand for a single dose;
    "a weekday" names a day that may be one date or every week."""

    times: Times
    sort: Literal["exact", "daily", "once", "a weekday"] = "exact"
    word: str = ""


class Slots(Struct, frozen=True):
    """Times of the day; one name is one moment."""

    names: tuple[str, ...]


class Meals(Struct, frozen=True):
    """With every meal."""


class Days(Struct, frozen=True):
    """For so many days."""

    count: int


class After(Struct, frozen=True):
    """After so many days: how long the step before lasts."""

    count: int


class Label(Struct, frozen=True):
    """On these days of the course, counted from 1."""

    first: int
    last: int


class AsNeeded(Struct, frozen=True):
    """When the patient needs it."""


class MostPerDay(Struct, frozen=True):
    amount: Amount


class MostTimesPerDay(Struct, frozen=True):
    times: Fraction


class Route(Struct, frozen=True):
    name: str


class Pair(Struct, frozen=True):
    """On two sides: "each" or "both"."""

    name: str


class Divided(Struct, frozen=True):
    """The amount before is a day's, given in so many doses."""

    doses: Fraction


class DayTotal(Struct, frozen=True):
    """What the doses of a day come to, as the text has it."""

    amount: Amount


class Directed(Struct, frozen=True):
    """As directed: nothing, said politely."""


class Join(Struct, frozen=True):
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
