"""
From parts to lines: which dose goes with which frequency.

A line is one dose with one way to say how often. A second dose starts a second line, and only where something parts the
two. Statements of one line must agree; where they do not, the text is refused, never averaged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from msgspec.structs import replace

from cards.fhir.lines import Amount, Line, Link, Times
from cards.fhir.sig.dose import MASSES
from cards.fhir.sig.grammar import Said
from cards.fhir.sig.often import how_often
from cards.fhir.sig.parts import (
    After,
    AsNeeded,
    Days,
    DayTotal,
    Directed,
    Divided,
    Dose,
    Join,
    Label,
    Meals,
    MostPerDay,
    MostTimesPerDay,
    Pair,
    Part,
    Rate,
    Refusal,
    Route,
    Slots,
)

_SHARED_OUT = frozenset({"drop", "spray", "puff"})  # what cannot be: one drop in both eyes is one in each
_RANK = {"stop": 0, "comma": 1, "and": 2, "then": 3, "step": 4}


@dataclass(slots=True)
class Draft:
    """A line being gathered."""

    link: Link = "first"
    joined_by: str = ""  # the strongest join before it
    dose: Dose | None = None
    rates: list[Rate] = field(default_factory=list)
    slots: list[tuple[str, bool]] = field(default_factory=list)  # the moment, and whether "and" or a comma led to it
    meals: bool = False
    days: int | None = None
    label: Label | None = None
    as_needed: bool = False
    most: Amount | None = None
    most_times: Fraction | None = None
    route: str | None = None
    pair: str | None = None
    start: int = 0
    end: int = 0

    @property
    def timed(self) -> bool:
        return bool(self.rates or self.slots or self.meals or self.label)


class Assembly:
    """Takes the parts in order and keeps the lines they make."""

    def __init__(self) -> None:
        self.drafts = [Draft()]
        self.pending: str | None = None  # the strongest join since the last dose
        self.joined = False  # a join since the last time of day
        self.directed = False
        self.total: Amount | None = None  # a day, as the text adds it up
        self.labels_lead: bool | None = None  # "week 1: ..." or "... in week 1"

    @property
    def now(self) -> Draft:
        return self.drafts[-1]

    def add(self, said: Said) -> None:
        part = said.part
        if isinstance(part, Join):
            self._join(part)
            return
        self._place(part)
        draft = self.now
        draft.start = draft.start if draft.end else said.start
        draft.end = said.end

    def _place(self, part: Part) -> None:
        match part:
            case Dose():
                self._dose(part)
            case Rate() | Slots() | Meals():
                self._timing(part)
            case Label():
                self._label(part)
            case After():
                self._after(part)
            case _:
                self._detail(part)

    def _join(self, part: Join) -> None:
        self.joined = True
        if part.sort == "thereafter":
            self._thereafter()
        elif self.pending is None or _RANK[part.sort] > _RANK[self.pending]:
            self.pending = part.sort

    def _thereafter(self) -> None:
        """ "600 mg tid thereafter" makes the line a later step; before a dose it is a "then"."""
        if self.now.dose and self.now.timed and self.now.link != "first":
            self.now.link = "then"
        else:
            self.pending = "then"

    def _dose(self, dose: Dose) -> None:
        before = self.now.dose
        if before:
            self._next_line(inherit=False)
        self.now.dose = _in_unit_of(before, dose) if before else dose
        if self.pending in ("then", "step") and len(self.drafts) == 1:
            raise Refusal("steps not clear")
        self.pending = None

    def _next_line(self, *, inherit: bool) -> None:
        """A new line; it needs a join before it, and a whole line before that."""
        before = self.now
        if not before.timed:
            raise Refusal("two doses, and how often for one")
        if self.pending is None:
            raise Refusal("two doses in a row")
        draft = Draft(link=self._link(before), joined_by=self.pending, route=before.route)
        if inherit:
            draft.dose, draft.pair = before.dose, before.pair
            self.pending = None
        self.drafts.append(draft)

    def _link(self, before: Draft) -> Link:
        if self.pending in ("then", "step"):
            return "then"
        if before.days is None:
            return "and"
        if self.pending == "and":
            raise Refusal("together, or one after the other")
        return "then"  # "1 a day for 7 days, 2 a day for 7 days"

    def _timing(self, part: Rate | Slots | Meals) -> None:
        if self.pending in ("then", "step") and self.now.dose and self.now.timed:
            self._next_line(inherit=True)  # "then bid": the same dose, more often
        draft = self.now
        if isinstance(part, Rate):
            self._rate(draft, part)
        elif isinstance(part, Meals):
            draft.meals = True
        else:
            draft.slots.extend((name, self.joined or place > 0) for place, name in enumerate(part.names))
        self.joined = False

    def _rate(self, draft: Draft, rate: Rate) -> None:
        """ "every 6 hours, up to 3 times a day": the second caps the first."""
        caps = rate.times.low == 0 and any(before.times.high >= rate.times.high for before in draft.rates)
        if caps:
            draft.most_times = rate.times.high
        else:
            draft.rates.append(rate)

    def _label(self, label: Label) -> None:
        if self.labels_lead is None:
            self.labels_lead = self.now.dose is None
        if self.labels_lead and self.now.dose:
            self.pending = "then"
            self._next_line(inherit=False)
        if self.now.label:
            raise Refusal("steps not clear")
        self.now.label = label
        if not self.labels_lead and len(self.drafts) > 1:
            self.now.link = "then"

    def _after(self, after: After) -> None:
        """ "increase to 2 after 1 week" is about the step before; "after 1 week increase to 2" about this one."""
        step = self.drafts[-2] if self.now.joined_by == "step" else self.now
        if step.days is not None or step.dose is None:
            raise Refusal("steps not clear")
        step.days = after.count

    def _detail(self, part: Part) -> None:
        draft = self.now
        match part:
            case Divided():
                _divide(draft, part)
            case Days():
                if draft.days not in (None, part.count):
                    raise Refusal("two durations")
                draft.days = part.count
            case AsNeeded():
                draft.as_needed = True
            case MostPerDay():
                draft.most = part.amount
            case MostTimesPerDay():
                draft.most_times = part.times
            case Route():
                draft.route = draft.route or part.name
            case Pair():
                draft.pair = part.name
            case DayTotal():
                self.total = part.amount
            case Directed():
                self.directed = True

    def lines(self, text: str) -> tuple[Line, ...]:
        """The lines, once all parts are in."""
        if self.pending in ("then", "step"):
            raise Refusal("steps not clear")
        _check_labels([draft.label for draft in self.drafts])
        _spread_days(self.drafts)
        _spread_timing(self.drafts)
        made = tuple(self._line(draft, text) for draft in self.drafts)
        _check_said_twice(self.drafts, made)
        if self.total is not None:
            _check_total(made, self.total)
        return made

    def _line(self, draft: Draft, text: str) -> Line:
        times = how_often(draft.rates, draft.slots, draft.meals, draft.label)
        if draft.dose is None or times is None:
            raise Refusal(self._missing(draft, times))
        dose = _on_both_sides(draft.dose, draft.pair)
        _check_right_eye(draft, dose)
        most, most_times = _maximum(draft, dose.amount)
        return Line(
            amount=dose.amount,
            mass=dose.mass,
            times=times,
            days=_days(draft),
            as_needed=draft.as_needed,
            most_per_day=most,
            most_times_per_day=most_times,
            link=draft.link,
            route=draft.route,
            text=text[draft.start : draft.end],
        )

    def _missing(self, draft: Draft, times: Times | None) -> str:
        if self.directed:
            return "as directed"
        if draft.dose is None:
            return "no dose" if times else "no dose and no frequency"
        return "no frequency"


def assemble(parts: Iterable[Said], text: str) -> tuple[Line, ...]:
    """The lines that these parts of `text` make; a Refusal where they contradict each other or leave something out."""
    assembly = Assembly()
    for said in parts:
        assembly.add(said)
    return assembly.lines(text)


def _check_total(lines: tuple[Line, ...], total: Amount) -> None:
    """A text that adds its doses up must do so rightly; one that cannot be checked is not taken on trust."""
    amounts = [amount for line in lines for amount in (line.amount, line.mass) if amount and amount.unit == total.unit]
    if len(amounts) != len(lines) or any(line.link == "then" for line in lines):
        raise Refusal("a total that cannot be checked")
    came_to = sum(amount.high * line.times.high for amount, line in zip(amounts, lines, strict=True) if line.times)
    if came_to != total.high:
        raise Refusal("a total that is not the sum")


def _check_labels(labels: list[Label | None]) -> None:
    """Days 1-3, 4-6, 7-9: without a gap, from the first day; only the last step may be without."""
    if not any(labels):
        return
    due = 1
    for place, label in enumerate(labels):
        if label is None and place == len(labels) - 1:
            return
        if label is None or label.first != due or label.last < label.first:
            raise Refusal("steps not clear")
        due = label.last + 1


def _spread_days(drafts: list[Draft]) -> None:
    """ "1 in the morning and 2 at bedtime for 7 days": the duration is for both."""
    for after, before in pairwise(reversed(drafts)):
        if after.link == "and" and before.days is None:
            before.days = after.days


def _spread_timing(drafts: list[Draft]) -> None:
    """ "10 mg at night, increasing to 20 mg": at night too."""
    for before, after in pairwise(drafts):
        if after.joined_by == "step" and not after.timed:
            after.rates, after.slots, after.meals = before.rates, before.slots, before.meals


def _days(draft: Draft) -> int | None:
    once = any(rate.sort == "once" for rate in draft.rates)
    if once and len(draft.rates) == 1 and not draft.slots and not draft.meals:
        return 1  # "take 1 tablet once"
    return draft.label.last - draft.label.first + 1 if draft.label else draft.days


def _divide(draft: Draft, part: Divided) -> None:
    """ "900 mg daily in 3 divided doses" is 300 mg three times."""
    if draft.dose is None or draft.slots or draft.meals or any(rate.sort != "daily" for rate in draft.rates):
        raise Refusal("divided doses that are not clear")
    share, times = 1 / part.doses, Times(part.doses, part.doses)
    draft.dose = Dose(_scaled(draft.dose.amount, share), draft.dose.mass and _scaled(draft.dose.mass, share))
    draft.rates = [Rate(times)]


def _in_unit_of(before: Dose, dose: Dose) -> Dose:
    """ "1 tablet in the morning and 2 at night": tablets both."""
    unit = before.amount.unit
    if dose.amount.unit or not unit:
        return dose
    if unit in MASSES or unit == "mL":
        raise Refusal("a number without a unit")
    return replace(dose, amount=replace(dose.amount, unit=unit))


def _on_both_sides(dose: Dose, pair: str | None) -> Dose:
    if pair is None:
        return dose
    if pair == "both" and dose.amount.unit not in _SHARED_OUT:
        raise Refusal("on both sides: one each, or shared out")
    return Dose(_scaled(dose.amount, Fraction(2)), dose.mass and _scaled(dose.mass, Fraction(2)))


def _scaled(amount: Amount, factor: Fraction) -> Amount:
    return replace(amount, low=amount.low * factor, high=amount.high * factor)


def _check_right_eye(draft: Draft, dose: Dose) -> None:
    if dose.amount.unit == "drop" and any(rate.word == "od" for rate in draft.rates):
        raise Refusal("'od': once a day, or the right eye")


def _maximum(draft: Draft, amount: Amount) -> tuple[Amount | None, Fraction | None]:
    """A maximum without a unit counts what the dose counts; of a mass it can only count doses."""
    most = draft.most
    if most is None or most.unit or not amount.unit:
        return most, draft.most_times
    if amount.unit not in MASSES and amount.unit != "mL":
        return replace(most, unit=amount.unit), draft.most_times
    if most.high > 24:
        raise Refusal("a maximum without a unit")
    return None, most.high


def _check_said_twice(drafts: list[Draft], lines: tuple[Line, ...]) -> None:
    """The same dose as often: said twice, or twice as much? Two sentences without a time of day: together, or
    one instead of the other?"""
    for (one, first), (other, second) in zip(_pairs(drafts, lines), _pairs(drafts[1:], lines[1:]), strict=False):
        same = first.amount and second.amount and first.amount.high == second.amount.high
        moments = {name for name, _ in one.slots}, {name for name, _ in other.slots}
        apart = moments[0] and moments[1] and not moments[0] & moments[1]
        if second.link == "and" and same and first.times == second.times and not apart:
            raise Refusal("the same dose twice")
        if second.link == "and" and other.joined_by in ("stop", "comma") and _perhaps_one(one, first, other):
            raise Refusal("together, or one instead of the other")


def _perhaps_one(one: Draft, first: Line, other: Draft) -> bool:
    """ "3 a day: 1 in the morning, 2 at night" is a sum and its parts."""
    daily = first.times is not None and first.times.high <= 1
    return not one.slots and (daily or not other.slots)


def _pairs(drafts: list[Draft], lines: tuple[Line, ...]) -> list[tuple[Draft, Line]]:
    return list(zip(drafts, lines, strict=True))
