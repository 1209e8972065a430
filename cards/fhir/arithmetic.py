"""
What a line comes to: tablets, millilitres and patches made mass by the product's strength, times the doses a day.

The law: exact fractions; ranges at their high end with the low end kept; as-needed as if always taken; a maximum that
the order states caps. A worn patch delivers its rate for 24 hours however often it is changed. What cannot be said in a
unit is not said in it: a topical patch of so many percent is counted in patches, not in mg.
"""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from cards.facts import Dose, DoseStep, Product
from cards.in_words import dose_said
from cards.statements import plain

from .dosage import near, said
from .lines import Amount, Line, Times

_ONE = Fraction(1)
_IN_MG = {"mg": _ONE, "g": Fraction(1000), "ug": Fraction(1, 1000)}
_IN_MG_PER_H = {"mg/h": _ONE, "ug/h": Fraction(1, 1000)}
_SOLID = frozenset({"tablet", "capsule", "lozenge", "film", ""})
_LIKELY_COUNTS = frozenset(Fraction(n, 4) for n in (1, 2, 3, 4, 6, 8, 12, 16, 20, 24))


class Ordered(Struct, frozen=True):
    """The product ordered, and which of its ingredients is asked about."""

    product: Product | None
    index: int = 0

    @property
    def strength(self) -> Fraction | None:
        strengths = self.product.strengths if self.product else ()
        return (strengths[self.index] or None) if self.index < len(strengths) else None  # of 0: not known

    @property
    def per(self) -> str:
        return self.product.per if self.product else ""

    @property
    def combination(self) -> bool:
        return self.product is not None and len(self.product.ingredients) > 1

    @property
    def worn(self) -> bool:
        return self.per == "h"

    @property
    def counted_only(self) -> bool:
        """A topical product of so many percent: what it holds is not what is absorbed."""
        return self.product is not None and self.product.percent is not None and self.per != "mL"


class Worth(Struct, frozen=True):
    """A line in numbers: its step, what contradicts, what could not be read."""

    step: DoseStep | None = None
    note: str | None = None
    unread: str | None = None


def worth(line: Line, ordered: Ordered, most_at_once: Amount | None = None) -> Worth:
    """Law: never more than the line says at its high end, never less."""
    dose = line.amount or line.mass
    if dose is None:
        return _only_a_maximum(line, ordered)
    if dose.unit == "mL/h":  # all day, or it would have been made mL by how long it runs
        all_day = Amount(dose.low * 24, dose.high * 24, "mL")
        return worth(replace(line, amount=all_day, mass=None, times=Times(_ONE, _ONE)), ordered, most_at_once)
    if ordered.worn or dose.unit in _IN_MG_PER_H or (line.mass and line.mass.unit in _IN_MG_PER_H):
        return _worn(line, ordered)
    high, note = _single(line, ordered, at_low=False)
    if isinstance(high, str):
        return Worth(unread=high)
    low = high if dose.low == dose.high else _single(line, ordered, at_low=True)[0]
    if most_at_once is not None and not isinstance(limit := _value(most_at_once.high, most_at_once.unit, ordered), str):
        high = _lower(high, limit)
    return _daily(line, ordered, high, high if isinstance(low, str) else low, note)


def _daily(line: Line, ordered: Ordered, high: Dose, low: Dose, note: str | None) -> Worth:
    """A single dose, times the doses a day, no more than the maximum."""
    times = line.times.high if line.times else line.most_times_per_day
    if line.most_times_per_day is not None and times is not None:
        times = min(times, line.most_times_per_day)
    most = _most(line, ordered)
    if times is None:
        if most is None:
            return Worth(unread="no frequency")
        return Worth(DoseStep(most, high, None, line.days, line.as_needed), note)
    daily = high.times(times) if times != 1 else high
    lowest = low.times(min(line.times.low, times) if line.times else times)
    if most is not None and times >= 1 and _lower(most, high) != high:
        # A bound below one dose contradicts it: it does not count, and is named.
        over = f"one dose is {dose_said(high)}, but at most {dose_said(most)} a day may be taken"
        note = f"{note}; {over}" if note else over
    elif most is not None:
        daily, lowest = _lower(daily, most), _lower(lowest, most)
    as_needed, lowest_daily = line.as_needed, None if lowest == daily else lowest
    return Worth(DoseStep(daily, high, times, line.days, as_needed, lowest_daily), note, _unknown(daily, ordered))


def _unknown(daily: Dose, ordered: Ordered) -> str | None:
    """Why a dose is known as a count only, where that leaves something unknown."""
    if daily.mg is not None or ordered.counted_only:
        return None
    if ordered.product is None:
        return "the product, and so its strength, is not known"
    return f"the strength of one {daily.unit or 'unit'} is not known"


def _only_a_maximum(line: Line, ordered: Ordered) -> Worth:
    most = _most(line, ordered)
    if most is None:
        return Worth(unread="no dose")
    return Worth(DoseStep(most, None, None, line.days, line.as_needed), None, "no dose, only a maximum a day")


def _most(line: Line, ordered: Ordered) -> Dose | None:
    if line.most_per_day is None:
        return None
    most = _value(line.most_per_day.high, line.most_per_day.unit, ordered)
    return None if isinstance(most, str) else most


def _lower(left: Dose, right: Dose) -> Dose:
    """The lower of two doses, in mass where both are known in it."""
    if left.mg is not None and right.mg is not None:
        return left if left.mg <= right.mg else right
    if left.units is not None and right.units is not None and (left.unit == right.unit):
        return left if left.units <= right.units else right
    return left


# --- one dose -------------------------------------------------------------------------------------------------------


def _single(line: Line, ordered: Ordered, *, at_low: bool) -> tuple[Dose | str, str | None]:
    """One dose at one end of its range; of a count and a mass that differ, the higher."""
    amount, mass = line.amount, line.mass
    if amount is None or mass is None:
        only = amount or mass
        assert only is not None  # noqa: S101  (worth() has looked)
        return _value(only.low if at_low else only.high, only.unit, ordered), None
    counted = _value(amount.low if at_low else amount.high, amount.unit, ordered)
    weighed = _value(mass.low if at_low else mass.high, mass.unit, ordered)
    if isinstance(counted, str) or isinstance(weighed, str) or counted.mg is None or weighed.mg is None:
        return (counted if isinstance(weighed, str) else _with_count(weighed, counted)), None
    strength = ordered.strength
    if near(counted.mg, weighed.mg) or (strength and near(weighed.mg, strength)):
        return counted, None  # "2 tablets (600 mg)", or "2 tablets of 300 mg"
    note = f"{said(amount)} of the product ordered is {plain(counted.mg)} mg, but {said(mass)} is written"
    return (counted if counted.mg > weighed.mg else weighed), note


def _with_count(weighed: Dose, counted: Dose | str) -> Dose:
    if isinstance(counted, str) or counted.units is None or weighed.units is not None:
        return weighed
    return Dose(weighed.mg, counted.units, counted.unit)


def _value(value: Fraction, unit: str, ordered: Ordered) -> Dose | str:
    """So many of a unit, as mass and as a count of the product; or why not."""
    factor = _IN_MG.get(unit)
    if factor is not None:
        return _of_mass(value * factor if factor != 1 else value, ordered)
    if unit in _IN_MG_PER_H:
        return Dose(value * _IN_MG_PER_H[unit] * 24)
    return _of_count(value, unit, ordered)


def _of_mass(mg: Fraction, ordered: Ordered) -> Dose | str:
    if ordered.per == "g":  # so many grams of the cream, not of the drug
        return _of_count(mg / 1000, "g", ordered)
    if ordered.combination:
        return _of_combination(mg, ordered)
    strength = ordered.strength
    if strength and ordered.per and not ordered.counted_only:
        return Dose(mg, mg / strength, ordered.per)
    return Dose(mg)


def _of_combination(mg: Fraction, ordered: Ordered) -> Dose | str:
    """A mass ordered of a combination: of the ingredient of which it makes a likely number of tablets."""
    assert ordered.product is not None  # noqa: S101  (a combination is a product)
    for strength in ordered.product.strengths:
        if strength and mg / strength in _LIKELY_COUNTS:
            return _of_count(mg / strength, ordered.per, ordered)
    return f"of which of {' and '.join(ordered.product.ingredients)} is {plain(mg)} mg?"


def _of_count(value: Fraction, unit: str, ordered: Ordered) -> Dose | str:
    per, strength = ordered.per, None if ordered.counted_only else ordered.strength
    if unit == "" and strength and value not in _LIKELY_COUNTS and value / strength in _LIKELY_COUNTS:
        return f"a dose of {plain(value)} without a unit: likely mg, and not {plain(value)} of the product"
    if unit == per or (unit in _SOLID and per in _SOLID) or (unit == "" and per != "mL"):
        return Dose(None if strength is None else value * strength, value, per or unit)
    if unit == "application" or not per:  # counted, but of what strength is not said
        return Dose(None, value, unit)
    return f"the dose is in {unit or 'units'}, the product is per {per}"


# --- worn patches and rates -----------------------------------------------------------------------------------------


def _worn(line: Line, ordered: Ordered) -> Worth:
    """mg an hour, all day: the change interval never changes it."""
    high, low = _rate(line, ordered, at_low=False), _rate(line, ordered, at_low=True)
    if isinstance(high, str) or isinstance(low, str):
        return Worth(unread=high if isinstance(high, str) else str(low))
    daily, lowest = _delivered(high), _delivered(low)
    times = line.times.high if line.times else None
    return Worth(DoseStep(daily, None, times, line.days, line.as_needed, None if lowest == daily else lowest))


def _delivered(rate: Fraction) -> Dose:
    return Dose(rate * 24, rate * 1000, "ug/h")


def _rate(line: Line, ordered: Ordered, *, at_low: bool) -> Fraction | str:
    """mg an hour. A bare mass is meant as the rate where it is so many of the patches ordered."""
    amounts = [amount for amount in (line.amount, line.mass) if amount is not None]
    values = {amount.unit: amount.low if at_low else amount.high for amount in amounts}
    counted = next((values[unit] for unit in ("patch", "", "application") if unit in values), None)
    stated = next((values[unit] * _IN_MG_PER_H[unit] for unit in _IN_MG_PER_H if unit in values), None)
    strength = ordered.strength if ordered.worn else None
    if counted is not None and (strength or stated):
        return counted * (strength or stated or _ONE)
    if stated is not None:
        return stated
    mass = next((values[unit] * _IN_MG[unit] for unit in _IN_MG if unit in values), None)
    if mass and strength and (mass / strength).denominator == 1:
        return mass
    return "what the patch delivers an hour is not known"
