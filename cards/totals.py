"""
How much of an ingredient a day in all: the order judged, the other drafts, what is being taken.

The law: an active order that the draft replaces does not count; one that it may replace counts apart: `alone` is the
judged order without it, `together` with it. A combination product counts for each of its ingredients. What could not be
read is named, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from .facts import Dosage, Dose, DoseStep, Facts, MedicationOrder
from .in_words import count_said, dose_said
from .statements import plain

Pick = Callable[[Dosage], DoseStep | None]  # which step of an order counts


def highest(dosage: Dosage) -> DoseStep | None:
    """For a maximum."""
    return dosage.highest


def first(dosage: Dosage) -> DoseStep | None:
    """For a starting dose."""
    return dosage.first


class Standing(Struct, frozen=True):
    """What becomes of the active orders when the drafts are signed."""

    continuing: tuple[MedicationOrder, ...] = ()
    replaced: tuple[MedicationOrder, ...] = ()
    uncertain: tuple[MedicationOrder, ...] = ()  # the same ingredient and route, with supply left: either


def standing(
    drafts: Iterable[MedicationOrder], active: Iterable[MedicationOrder], day: date, supply_days: int
) -> Standing:
    """Replaced: named by a draft, of the same id, or with supply for no more than `supply_days`."""
    drafts, ends = tuple(drafts), day + timedelta(days=supply_days)
    sorted_out: dict[str, list[MedicationOrder]] = {"continuing": [], "replaced": [], "uncertain": []}
    for order in active:
        sorted_out[_fate(order, drafts, ends)].append(order)
    return Standing(*(tuple(orders) for orders in sorted_out.values()))


def _fate(order: MedicationOrder, drafts: tuple[MedicationOrder, ...], ends: date) -> str:
    if any(order.reference in (draft.reference, *draft.replaces) for draft in drafts):
        return "replaced"
    if not any(_same_ingredient_and_route(order, draft) for draft in drafts):
        return "continuing"
    return "replaced" if order.supply_ends is not None and order.supply_ends <= ends else "uncertain"


def _same_ingredient_and_route(left: MedicationOrder, right: MedicationOrder) -> bool:
    """A route that is not known may be the same."""
    routes = left.route is None or right.route is None or left.route == right.route
    return routes and not set(left.ingredients).isdisjoint(right.ingredients)


# --- the total of an ingredient -------------------------------------------------------------------------------------


class Part(Struct, frozen=True):
    """What one order gives of the ingredient a day."""

    order: MedicationOrder
    step: DoseStep
    words: str  # "600 mg x 3 = 1,800 mg a day"
    uncertain: bool = False  # may be replaced by the order judged


class Total(Struct, frozen=True):
    """Of one ingredient a day. `alone` leaves out what may be replaced; without such orders both are the same."""

    ingredient: str
    parts: tuple[Part, ...] = ()
    replaced: tuple[MedicationOrder, ...] = ()
    unreadable: tuple[MedicationOrder, ...] = ()

    @property
    def ambiguous(self) -> bool:
        return any(part.uncertain for part in self.parts)

    @property
    def alone(self) -> Dose | None:
        return _added(part.step.daily for part in self.parts if not part.uncertain)

    @property
    def together(self) -> Dose | None:
        return _added(part.step.daily for part in self.parts)

    @property
    def words(self) -> str:
        """ "600 mg x 3 = 1,800 mg a day; with 300 mg x 2 = 600 mg a day: 2,400 mg a day in all" """
        together = self.together
        if len(self.parts) < 2 or together is None:
            return "".join(part.words for part in self.parts)
        return f"{', with '.join(part.words for part in self.parts)}: {_in_all(self, together)}"


def _in_all(total: Total, together: Dose) -> str:
    alone = total.alone
    if total.ambiguous and alone is not None:
        return f"if both continue: {dose_said(together)} a day; the new order alone: {dose_said(alone)} a day"
    return f"{dose_said(together)} a day in all"


def _added(doses: Iterable[Dose]) -> Dose | None:
    total: Dose | None = None
    for dose in doses:
        total = dose if total is None else total + dose
    return total


def total_a_day(
    ingredient: str, judged: MedicationOrder, facts: Facts, *, supply_days: int, pick: Pick = highest
) -> Total:
    """The order judged, with the other drafts and the active orders that hold the ingredient too."""
    question = ("total", ingredient, supply_days, pick)
    return facts.once(question, lambda: _total(ingredient, judged, facts, supply_days, pick), judged)


def _total(ingredient: str, judged: MedicationOrder, facts: Facts, supply_days: int, pick: Pick) -> Total:
    others = [draft for draft in facts.drafts() if draft != judged]
    drafts = [order for order in (judged, *others) if ingredient in order.ingredients]
    active = [order for order in facts.active() if ingredient in order.ingredients and order != judged]
    fate = standing(facts.drafts(), active, facts.day, supply_days)
    counted = [(order, False) for order in (*drafts, *fate.continuing)] + [(order, True) for order in fate.uncertain]
    parts, unreadable = [], []
    for order, uncertain in counted:
        step = step_of(order, ingredient, pick)
        if step is None:
            unreadable.append(order)
        else:
            parts.append(Part(order, step, arithmetic(step), uncertain))
    return Total(ingredient, tuple(parts), fate.replaced, tuple(unreadable))


def step_of(order: MedicationOrder, ingredient: str, pick: Pick = highest) -> DoseStep | None:
    """The step of an order, in mg of one of its ingredients; None if that was not read."""
    step = pick(order.dosage)
    if step is None or len(order.ingredients) < 2 or order.ingredients[0] == ingredient:
        return step
    share = _share(order, ingredient)
    return None if share is None else _of_ingredient(step, share)


def steps_of(order: MedicationOrder, ingredient: str) -> tuple[DoseStep, ...]:
    """Every step of an order, in mg of one of its ingredients; what was not read is left out."""
    found = (step_of(replace(order, dosage=Dosage((each,))), ingredient) for each in order.dosage.steps)
    return tuple(step for step in found if step)


def _share(order: MedicationOrder, ingredient: str) -> Fraction | None:
    """mg of an ingredient to a mg of the first one, in which the dosage is read."""
    product = order.product
    if product is None or ingredient not in product.ingredients or len(product.strengths) < len(product.ingredients):
        return None
    here, one = product.strengths[product.ingredients.index(ingredient)], product.strengths[0]
    return here / one if here is not None and one else None


def _of_ingredient(step: DoseStep, share: Fraction) -> DoseStep:
    def scaled(dose: Dose | None) -> Dose | None:
        return None if dose is None else Dose(None if dose.mg is None else dose.mg * share, dose.units, dose.unit)

    daily, single, lowest = scaled(step.daily), scaled(step.single), scaled(step.lowest_daily)
    assert daily is not None  # noqa: S101  (a step has a dose a day)
    return DoseStep(daily, single, step.doses_per_day, step.days, step.as_needed, lowest)


# --- in words -------------------------------------------------------------------------------------------------------


def arithmetic(step: DoseStep) -> str:
    """How a dose a day comes about: "2 tablets of 300 mg x 3 = 1,800 mg a day"."""
    daily, single, times = step.daily, step.single, step.doses_per_day
    if daily.unit == "ug/h":
        return f"{dose_said(daily)} x 24 h = {plain(daily.mg)} mg a day" if daily.mg is not None else dose_said(daily)
    if single is None or times is None:
        return f"{dose_said(daily)} a day"
    if single.times(times) == daily:
        return f"{_single(single)} x {_often(times)} = {dose_said(daily)} a day"
    # Several lines side by side, or less than the doses come to because a maximum is stated.
    return f"{plain(times)} doses of at most {dose_said(single)}: {dose_said(daily)} a day"


def _single(single: Dose) -> str:
    """As a count of the product where it is one that can be taken: whole ones, halves and quarters."""
    if single.mg is None or not single.units or single.units == 1 or not single.unit:
        return dose_said(single)
    counted = count_said(single.units, single.unit)
    if single.unit in ("mL", "g"):
        return f"{counted} ({dose_said(single)})"
    if (single.units * 4).denominator != 1:
        return dose_said(single)
    return f"{counted} of {plain(single.mg / single.units)} mg"


def _often(times: Fraction) -> str:
    """The factor: doses a day, or what stands for a part of one."""
    if times >= 1:
        return plain(times)
    if (1 / times).denominator == 1:
        return f"1 every {1 / times} days"
    if (7 * times).denominator == 1:
        return f"{7 * times} a week"
    return f"1 every {plain(24 / times)} hours"


# --- morphine milligram equivalents ---------------------------------------------------------------------------------


class Factor(Protocol):
    """How many mg of oral morphine one mg, or one ug/h, counts as; None where the source gives no factor."""

    @property
    def mme_factor(self) -> Fraction | None: ...
    @property
    def per(self) -> str: ...


class MmePart(Struct, frozen=True):
    order: MedicationOrder
    ingredient: str
    mme: Fraction
    words: str  # "oxycodone 40 mg a day x 1.5 = 60"


class Mme(Struct, frozen=True):
    """Morphine milligram equivalents a day. `unknown` names what has no factor or no readable dose."""

    parts: tuple[MmePart, ...] = ()
    unknown: tuple[tuple[MedicationOrder, str, str], ...] = ()  # order, ingredient, why

    @property
    def value(self) -> Fraction | None:
        """None if any opioid could not be counted, or there is none: see `at_least`."""
        return self.at_least if self.parts and not self.unknown else None

    @property
    def at_least(self) -> Fraction:
        return sum((part.mme for part in self.parts), Fraction(0))


def mme_per_day(orders: Iterable[MedicationOrder], factors: Mapping[str, Factor | None], pick: Pick = highest) -> Mme:
    """Of the orders given, taken together. `factors` has an entry for every opioid; None or no factor is unknown."""
    parts, unknown = [], []
    for order in orders:
        for ingredient in order.ingredients:
            if ingredient not in factors:
                continue
            found = _mme(order, ingredient, factors[ingredient], pick)
            if isinstance(found, str):
                unknown.append((order, ingredient, found))
            else:
                parts.append(found)
    return Mme(tuple(parts), tuple(unknown))


def _mme(order: MedicationOrder, ingredient: str, factor: Factor | None, pick: Pick) -> MmePart | str:
    if factor is None or factor.mme_factor is None:
        return "no conversion factor"
    step = step_of(order, ingredient, pick)
    amount = _counted(step.daily, factor.per) if step is not None else None
    if amount is None:
        return "dose not read" if step is None or step.daily.mg is None else f"its factor is per {factor.per}"
    mme = amount * factor.mme_factor
    unit = "ug/h" if factor.per == "ug/h" else "mg a day"
    words = f"{ingredient} {plain(amount)} {unit} x {plain(factor.mme_factor)} = {plain(mme)}"
    return MmePart(order, ingredient, mme, words)


def _counted(daily: Dose, per: str) -> Fraction | None:
    """What the factor is multiplied with. A factor per mg is for what is swallowed, not for what a patch delivers."""
    if per == "ug/h":
        return daily.in_unit("ug/h")
    return daily.mg if daily.unit != "ug/h" else None
