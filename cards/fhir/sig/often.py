"""How often, from all that one line says about it. Two statements that differ are a contradiction, and refused."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from cards.fhir.lines import Times
from cards.fhir.sig.parts import Label, Rate, Refusal

_MEALS_A_DAY = 3
_AT_MEALS = frozenset({"morning", "noon", "evening"})
_SAME_MOMENT = frozenset({"evening", "night"})  # "every evening at bedtime" is once
_ONCE = Times(Fraction(1), Fraction(1))


def how_often(
    rates: Sequence[Rate], slots: Sequence[tuple[str, bool]], meals: bool, label: Label | None
) -> Times | None:
    """Doses a day; None if nothing was said."""
    exact = _agreed([rate for rate in rates if rate.sort in ("exact", "a weekday")])
    counts = _moments(slots, meals and not (exact and not slots))
    if exact and any(rate.sort == "daily" for rate in rates):
        _check_daily(exact, rates)
    if exact:
        return _with_moments(exact, counts, any(rate.sort == "once" for rate in rates))
    if not counts:
        return _bare(rates, label)
    if len(counts) > 1 or (rates and meals and not slots):
        return _ONCE if rates and 1 in {*counts, 1 if meals and not slots else 0} else _unclear()
    return Times(*map(Fraction, (*counts, *counts)))


def _check_daily(exact: Times, rates: Sequence[Rate]) -> None:
    """ "every 8 hours daily", "daily on Mondays and Fridays" agree; "daily, twice a week" and "daily bid" do not."""
    if exact.high != 1 and not any(rate.word in ("hours", "weekdays") for rate in rates):
        raise Refusal("frequencies that contradict each other")


def _unclear() -> Times:
    raise Refusal("how often is not clear")


def _bare(rates: Sequence[Rate], label: Label | None) -> Times | None:
    """ "daily", "once", or on one named day of a course."""
    return _ONCE if rates or (label and label.first == label.last) else None


def _agreed(rates: Sequence[Rate]) -> Times | None:
    """The one frequency that all of them say. A single weekday counts only beside "weekly"."""
    if len({rate.times for rate in rates}) > 1:
        raise Refusal("frequencies that contradict each other")
    if rates and all(rate.sort == "a weekday" for rate in rates):
        raise Refusal("one day, or every week")
    return rates[0].times if rates else None


def _moments(slots: Sequence[tuple[str, bool]], meals: bool) -> set[int]:
    """How many times of the day are named: one number, or the two it could be."""
    names = dict.fromkeys(name for name, _ in slots)
    if meals:
        return {_MEALS_A_DAY + len(names)} if names.keys() <= {"night"} else _only_meals(set(names))
    if not names:
        return set()
    return {len(names) - 1, len(names)} if _one_moment_named_twice(slots) else {len(names)}


def _only_meals(names: set[str]) -> set[int]:
    """ "after meals, breakfast and dinner": the meals are named."""
    if names <= _AT_MEALS:
        return {len(names)}
    raise Refusal("how often is not clear")


def _one_moment_named_twice(slots: Sequence[tuple[str, bool]]) -> bool:
    """ "in the evening at bedtime", "at bedtime 21:00": no "and" between two names that may mean one moment."""
    for (before, _), (after, joined) in pairwise(slots):
        if before != after and not joined and ({before, after} == _SAME_MOMENT or ":" in before + after):
            return True
    return False


def _with_moments(exact: Times, counts: set[int], once: bool) -> Times:
    """ "twice a day, morning and night" agrees; "twice a day at bedtime" does not. Weekly at bedtime does."""
    if once and exact.high > 1:
        raise Refusal("frequencies that contradict each other")
    if not counts or exact.high in counts or (exact.high <= 1 and 1 in counts):
        return exact
    raise Refusal("frequencies that contradict each other")
