"""
Figures from rounds: the middle and the spread, ratios within a round, a straight line and how straight it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """The median of the rounds, and the least and the most that any of them gave."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))


class Line(msgspec.Struct, frozen=True):
    """y = base + slope * x by least squares; `r2` is the share of the variation in y that it explains."""

    base: float
    slope: float
    r2: float

    @classmethod
    def through(cls, points: Sequence[tuple[float, float]]) -> Line:
        mean_x, mean_y = fmean(x for x, _ in points), fmean(y for _, y in points)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
        base = mean_y - slope * mean_x
        missed = sum((y - base - slope * x) ** 2 for x, y in points)
        varied = sum((y - mean_y) ** 2 for _, y in points)
        return cls(base, slope, 1 - missed / varied if varied else 1.0)

    def at(self, x: float) -> float:
        return self.base + self.slope * x


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Ours to theirs, round by round: what disturbed a round disturbed both."""
    return Spread.of([mine / other for mine, other in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * share)) - 1]
