"""
How well the kidneys clear, from what is on record. Arithmetic only, exact, in this order of evidence:

1. dialysis, or acute kidney injury: above any number. On dialysis none is given; in acute injury it is, marked.
2. Cockcroft-Gault, from creatinine and weight that are both recent, age and sex.
3. a creatinine clearance or an eGFR that was reported; the eGFR times BSA/1.73 where height and weight are known.
4. the stage of chronic kidney disease on the problem list, as an interval.

Where something is not known and matters, the lower clearance counts, and the notes say so.

Sources: Cockcroft and Gault, Nephron 1976;16:31, as labels print it. Devine, Drug Intell Clin Pharm 1974;8:650.
Mosteller, N Engl J Med 1987;317:1098. KDIGO 2024, Kidney Int 2024;105(4S):S117 (stages; P30).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import isqrt

from .facts import Condition, KidneyFunction, Patient, Result, Unread
from .recent import Meanings, newest, of_one_moment, with_body
from .statements import plain

Bound = Fraction | None

ADULT = 18  # Cockcroft and Gault measured men of 18 to 92
UMOL_PER_MG = Fraction(442, 5)  # 88.4 umol/L of creatinine are 1 mg/dL
BSA_OF_EGFR = Fraction(173, 100)  # eGFR is per 1.73 m2
P30 = Fraction(3, 10)  # KDIGO calls an estimate accurate within 30 %: further apart is a contradiction

# KDIGO stages of GFR in mL/min/1.73 m2, by the meaning of their value sets
STAGES: dict[str, tuple[Fraction, Bound]] = {
    "ckd-stage-5": (Fraction(0), Fraction(15)),
    "ckd-stage-4": (Fraction(15), Fraction(30)),
    "ckd-stage-3b": (Fraction(30), Fraction(45)),
    "ckd-stage-3": (Fraction(30), Fraction(60)),
    "ckd-stage-3a": (Fraction(45), Fraction(60)),
    "ckd-stage-2": (Fraction(60), Fraction(90)),
    "ckd-stage-1": (Fraction(90), None),
}


def kidney_function(
    patient: Patient,
    results: Iterable[Result],
    conditions: Iterable[Condition],
    meanings: Meanings,
    day: date,
    recent_days: int,
    unread: Iterable[Unread] = (),
) -> KidneyFunction:
    """The best evidence of kidney function on a day. `results` are newest first; `unread` are results that were given
    and could not be read, so that they are not called missing."""
    seen = tuple(results)
    body = with_body(patient, seen, meanings, day)
    chart = _Chart(body, seen, tuple(conditions), meanings, day, recent_days, tuple(unread))
    if dialysis := chart.on_record("dialysis"):
        return KidneyFunction(dialysis=dialysis.reference, inputs=(_dated(dialysis.label, dialysis.onset),))
    found = _measured(chart) or _staged(chart) or KidneyFunction()
    found = replace(found, missing=tuple(_missing(chart, found)))
    injury = chart.on_record("acute-kidney-injury")
    return _in_acute_injury(found, injury) if injury else found


def _in_acute_injury(found: KidneyFunction, injury: Condition) -> KidneyFunction:
    note = f"{_dated(injury.label, injury.onset)}: not a steady state, no formula holds"
    return replace(found, acute_injury=injury.reference, notes=(note, *found.notes))


# --- what is on record ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Chart:
    """All that was given, and what counts of it on the day."""

    patient: Patient  # with the last weight and height, however old
    results: tuple[Result, ...]
    conditions: tuple[Condition, ...]
    meanings: Meanings
    day: date
    recent_days: int
    unread: tuple[Unread, ...]

    def recent(self, meaning: str) -> Result | None:
        return newest(self.results, self.meanings.with_meaning(meaning), self.day, self.recent_days)

    def worst(self, meaning: str) -> Result | None:
        """The newest; of several of that moment, the one that says the least clearance."""
        found = self.recent(meaning)
        if found is None:
            return None
        same = of_one_moment(self.results, found)
        pick = max if meaning == "creatinine" else min
        return pick(same, key=lambda one: one.value or Fraction(0))

    def on_record(self, meaning: str) -> Condition | None:
        wanted = self.meanings.with_meaning(meaning)
        return next((one for one in self.conditions if one.value_sets & wanted and not one.resolved), None)

    @property
    def weight(self) -> Bound:
        """In kg, if it is recent."""
        body = self.patient
        if body.weight_kg is None or body.weight_kg <= 0 or body.weight_date is None:
            return None
        return body.weight_kg if (self.day - body.weight_date).days <= self.recent_days else None

    @property
    def height(self) -> Bound:
        """In cm, of any date since growing up: it does not change much."""
        height, measured = self.patient.height_cm, self.patient.height_date
        ages = None if measured is None else self.patient.age_between(measured)
        of_a_child = ages is not None and ages[1] < ADULT
        return height if height is not None and height > 0 and not of_a_child else None

    @property
    def age(self) -> int | None:
        """The oldest that a partial birth date allows: the lower clearance."""
        ages = self.patient.age_between(self.day)
        return ages[1] if ages and ADULT <= ages[1] < 140 else None

    @property
    def span(self) -> str:
        months = round(self.recent_days * 12 / 365)
        return f"{months} months" if self.recent_days >= 60 else f"{self.recent_days} days"


# --- measured -------------------------------------------------------------------------------------------------------


def _measured(chart: _Chart) -> KidneyFunction | None:
    estimates = [found for found in (_cockcroft_gault(chart), _reported(chart), _egfr(chart)) if found]
    if not estimates:
        return None
    best = estimates[0]
    return replace(best, notes=(*best.notes, *_contradictions(best, estimates[1:]), *_worse_stages(chart, best)))


def _cockcroft_gault(chart: _Chart) -> KidneyFunction | None:
    creatinine, age, weight = chart.worst("creatinine"), chart.age, chart.weight
    mg_dl = None if creatinine is None else _mg_dl(creatinine)
    if creatinine is None or mg_dl is None or age is None or weight is None:
        return None
    clearance, how = _lowest(age, weight, mg_dl, chart)
    low, high = _bounds(clearance, _FLIPPED[creatinine.comparator])
    inputs, notes = tuple(_inputs(chart, creatinine, age)), (how, *_assumptions(chart))
    return KidneyFunction(low, high, method="cockcroft-gault", day=creatinine.day, inputs=inputs, notes=notes)


def _lowest(age: int, weight: Fraction, mg_dl: Fraction, chart: _Chart) -> tuple[Fraction, str]:
    """The lowest clearance that sex and weight allow, and with which weight."""
    return min(
        (cockcroft_gault(age, kg, mg_dl, sex), how)
        for sex in ((chart.patient.sex,) if chart.patient.sex else ("female", "male"))
        for kg, how in weights(weight, chart.height, sex)
    )


def cockcroft_gault(age: int, weight_kg: Fraction, creatinine_mg_dl: Fraction, sex: str) -> Fraction:
    """Creatinine clearance in mL/min."""
    clearance = (140 - age) * weight_kg / (72 * creatinine_mg_dl)
    return clearance * Fraction(85, 100) if sex == "female" else clearance


def weights(actual: Fraction, height_cm: Bound, sex: str) -> Iterator[tuple[Fraction, str]]:
    """The weights that may stand in the formula, each with how to say it; the lowest clearance counts.

    Labels print the formula with the actual weight. Practice takes the actual weight below ideal, the ideal one up to
    120 % of it, and above that the ideal plus 40 % of the excess (Winter et al., Pharmacotherapy 2012;32:604).
    """
    yield actual, "with actual body weight" if height_cm else "with actual body weight: no height is recorded"
    ideal = ideal_weight(height_cm, sex) if height_cm else None
    if ideal is None or ideal <= 0 or actual <= ideal:
        return
    if actual < ideal * Fraction(6, 5):
        yield ideal, f"with ideal body weight {_whole(ideal)} kg, the lower of the two: actual is {plain(actual)} kg"
    else:
        adjusted = ideal + Fraction(2, 5) * (actual - ideal)
        yield adjusted, f"with adjusted body weight {_whole(adjusted)} kg, the lower: actual is {plain(actual)} kg"


def ideal_weight(height_cm: Fraction, sex: str) -> Fraction:
    """Devine's, in kg; below five feet the line is continued downwards, which errs to the lower clearance."""
    over_five_feet = height_cm / Fraction(254, 100) - 60
    return (50 if sex == "male" else Fraction(91, 2)) + Fraction(23, 10) * over_five_feet


def _mg_dl(creatinine: Result) -> Bound:
    if creatinine.value is None or creatinine.value <= 0:
        return None
    per = {"mg/dL": Fraction(1), "umol/L": UMOL_PER_MG}.get(creatinine.unit)
    return None if per is None else creatinine.value / per


def _reported(chart: _Chart) -> KidneyFunction | None:
    """A creatinine clearance from the laboratory: the labels' own measure, where we cannot work it out."""
    result = chart.worst("creatinine-clearance")
    if result is None or result.value is None:
        return None
    low, high = _bounds(result.value, result.comparator)
    said = _said("creatinine clearance as reported", result)
    return KidneyFunction(low, high, result.unit or "mL/min", "cockcroft-gault", result.day, inputs=(said,))


def _egfr(chart: _Chart) -> KidneyFunction | None:
    result = chart.worst("egfr")
    if result is None or result.value is None:
        return None
    low, high = _bounds(result.value, result.comparator)
    indexed = KidneyFunction(low, high, result.unit, "egfr", result.day, inputs=(_said("eGFR", result),))
    if chart.weight is None or chart.height is None:
        note = "eGFR as reported, for a body surface of 1.73 m2: no recent weight and height"
        return replace(indexed, notes=(note,))
    return _deindexed(indexed, body_surface(chart.height, chart.weight), chart)


def _deindexed(egfr: KidneyFunction, surface: Fraction, chart: _Chart) -> KidneyFunction:
    factor = surface / BSA_OF_EGFR
    return replace(
        egfr,
        low=egfr.low and egfr.low * factor,
        high=egfr.high and egfr.high * factor,
        unit="mL/min",
        method="egfr-deindexed",
        inputs=(*egfr.inputs, *_body(chart)),
        notes=(f"eGFR for this patient's body surface of {float(surface):.2f} m2",),
    )


def body_surface(height_cm: Fraction, weight_kg: Fraction) -> Fraction:
    """Mosteller's, in m2: the square root of cm x kg / 3600, to ten places, rounded down."""
    square = height_cm * weight_kg / 3600
    return Fraction(isqrt(square.numerator * 10**20 // square.denominator), 10**10)


_FLIPPED = {"": "", "<": ">", "<=": ">=", ">": "<", ">=": "<="}  # of a creatinine above 5, the clearance is below


def _bounds(value: Fraction, comparator: str) -> tuple[Bound, Bound]:
    if comparator.startswith(">"):
        return value, None
    return (None, value) if comparator.startswith("<") else (value, value)


# --- staged ---------------------------------------------------------------------------------------------------------


def _staged(chart: _Chart) -> KidneyFunction | None:
    """The worst stage on record. The edges are open: stage 3a is more than 45 and less than 60."""
    stages = sorted(_stages(chart), key=lambda stage: stage[1][0])
    if not stages:
        return None
    condition, (low, high) = stages[0]
    others = tuple(
        f"{one.label} is on record too: the worse counts" for one, _ in stages[1:] if one.label != condition.label
    )
    return KidneyFunction(
        low,
        high,
        "mL/min/{1.73_m2}",
        "ckd-stage",
        condition.onset,
        stage_five=high == STAGES["ckd-stage-5"][1],
        inputs=(_dated(condition.label, condition.onset),),
        notes=others,
    )


def _stages(chart: _Chart) -> Iterator[tuple[Condition, tuple[Fraction, Bound]]]:
    """Each condition that names a stage, with its interval: of stage 3 and 3b the narrower."""
    named = [(chart.meanings.with_meaning(meaning), interval) for meaning, interval in STAGES.items()]
    for condition in chart.conditions:
        intervals = [interval for ids, interval in named if condition.value_sets & ids and not condition.resolved]
        if intervals:
            yield condition, min(intervals, key=_width)


def _width(interval: tuple[Fraction, Bound]) -> tuple[bool, Fraction]:
    low, high = interval
    return high is None, (high or low) - low


def _worse_stages(chart: _Chart, measured: KidneyFunction) -> Iterator[str]:
    for condition, (_, high) in _stages(chart):
        if high is not None and measured.low is not None and high <= measured.low:
            yield f"{_dated(condition.label, condition.onset)} on record is worse than the result"


# --- words ----------------------------------------------------------------------------------------------------------


def _contradictions(best: KidneyFunction, others: list[KidneyFunction]) -> Iterator[str]:
    for other in others:
        if _far_apart(best, other):
            yield f"differs by more than 30 % from {other.inputs[0]}"


def _far_apart(one: KidneyFunction, other: KidneyFunction) -> bool:
    """More than 30 % of the other's nearest bound lie between the two."""
    below = one.high is not None and other.low is not None and one.high < other.low * (1 - P30)
    above = one.low is not None and other.high is not None and one.low > other.high * (1 + P30)
    return below or above


def _assumptions(chart: _Chart) -> Iterator[str]:
    ages = chart.patient.age_between(chart.day)
    if chart.patient.sex is None:
        yield "sex is not known: the lower of both is used"
    if ages and ages[0] != ages[1]:
        yield f"the birth date is not complete: age {ages[1]} is used"


def _inputs(chart: _Chart, creatinine: Result, age: int) -> Iterator[str]:
    yield _said("creatinine", creatinine)
    yield f"age {age}"
    if chart.patient.sex:
        yield chart.patient.sex
    yield from _body(chart)


def _body(chart: _Chart) -> Iterator[str]:
    body = chart.patient
    if body.weight_kg is not None:
        yield _dated(f"weight {plain(body.weight_kg)} kg", body.weight_date)
    if body.height_cm is not None:
        yield _dated(f"height {plain(body.height_cm)} cm", body.height_date)


def _missing(chart: _Chart, found: KidneyFunction) -> Iterator[str]:
    """What would have made it better. With Cockcroft-Gault worked out, only what it had to assume."""
    if chart.age is None:
        yield "age: no birth date of an adult is known"
    if chart.patient.sex is None:
        yield "sex: not known"
    if chart.weight is None:
        yield f"weight: {_last(chart, 'weight')}"
    if chart.height is None:
        yield "height: none is recorded"
    if chart.recent("creatinine") is None:
        yield f"creatinine: {_last(chart, 'creatinine')}"
    if not found.known:
        yield f"eGFR: {_last(chart, 'egfr')}"


def _last(chart: _Chart, meaning: str) -> str:
    ids = chart.meanings.with_meaning(meaning)
    dates = [result.day for result in chart.results if result.what in ids and result.day and result.day <= chart.day]
    unread = next((one.why for one in chart.unread if one.what == meaning), "")
    if unread:
        return f"recorded, but {unread}"
    if dates:
        return f"the last is of {max(dates)}, older than {chart.span}"
    undated = any(result.what in ids and result.day is None for result in chart.results)
    return "recorded without a date" if undated else f"none recorded in {chart.span}"


def _said(what: str, result: Result) -> str:
    written = result.text or f"{result.comparator}{plain(result.value or Fraction(0))} {result.unit}"
    return _dated(f"{what} {written.replace('{1.73_m2}', '1.73 m2')}", result.day)


def _dated(what: str, day: date | None) -> str:
    return f"{what} ({day})" if day else what


def _whole(value: Fraction) -> str:
    return f"{float(value):.0f}"
