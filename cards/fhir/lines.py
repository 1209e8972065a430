"""
What a dosage says, line by line, before it becomes a dose a day.

Both readers, the structured one and the free-text one, end in these values, so that the arithmetic over them is written
once. A line is what was said, not what it comes to: ranges keep both ends, "as needed" is a mark and not a factor, a
maximum stands beside the dose that it caps.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from msgspec import Struct

Link = Literal["first", "then", "and"]  # "then" follows the line before in time, "and" runs beside it

UNITS = frozenset(
    {
        *("mg", "g", "ug", "mL"),
        *("mg/h", "ug/h", "mL/h"),  # what a patch or a pump delivers
        *("tablet", "capsule", "patch", "spray", "drop", "puff", "film", "lozenge", "suppository", "application"),
        "unit",  # international unit
        "",  # one of the product, whatever that is: "take 1", {pill}, "dose"
    }
)


class Amount(Struct, frozen=True):
    """So much of something; a single number has low == high."""

    low: Fraction
    high: Fraction
    unit: str  # one of UNITS


class Times(Struct, frozen=True):
    """Doses a day: "every 4 to 6 hours" is 4 to 6, "weekly" is 1/7."""

    low: Fraction
    high: Fraction


class Line(Struct, frozen=True):
    """One dose said with one frequency; what was not said is None."""

    amount: Amount | None = None
    mass: Amount | None = None  # the same dose as a mass, where both were given: "1 tablet (300 mg)"
    times: Times | None = None
    days: int | None = None  # how long: "for 2 weeks"
    as_needed: bool = False
    most_per_day: Amount | None = None  # "max 8 a day", "no more than 4 g in 24 hours"
    most_times_per_day: Fraction | None = None
    link: Link = "first"  # relation to the line before
    route: str | None = None  # "oral", "topical", "transdermal" ...
    text: str = ""


class SigReading(Struct, frozen=True):
    """What a free-text sig was understood to say: its lines, or the reason why it was refused; never both."""

    lines: tuple[Line, ...] = ()
    refused: str | None = None  # in plain words: "no frequency", "words not understood: 'xyz'"
    text: str = ""
