"""
How well the kidneys clear, from what is on record. Arithmetic only, exact, in this order of evidence:

1. dialysis, or acute kidney injury: above any number. On dialysis none is given; in acute injury it is, marked.
2. Cockcroft-Gault, from creatinine and weight that are both recent, age and sex.
3. a creatinine clearance or an eGFR that was reported; the eGFR times BSA/1.73 where height and weight are known.
4. the stage of chronic kidney disease on the problem list, as an interval.

Where something is not known and matters, the lower clearance counts, and the notes say so. The formulae are in
clearance.py; stages and how far estimates may differ are from KDIGO 2024, Kidney Int 2024;105(4S):S117.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction

from msgspec.structs import replace

from .clearance import BSA_OF_EGFR, UMOL_PER_MG, body_surface, cockcroft_gault, weights
from .facts import Condition, KidneyFunction, Patient, Result, Unread
from .kidney_evidence import Evidence
from .recent import Meanings, with_body
from .statements import plain

Bound = Fraction | None

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
    chart = Evidence(body, seen, tuple(conditions), meanings, day, recent_days, tuple(unread))
    if dialysis := chart.on_record("dialysis"):
        return KidneyFunction(dialysis=dialysis.reference, inputs=(_dated(dialysis.label, dialysis.onset),))
    found = _measured(chart) or _staged(chart) or KidneyFunction()
    since = None if found.method == "ckd-stage" else found.day
    passed_over = tuple(chart.passed_over(since)) if found.known else ()
    found = replace(found, missing=tuple(_missing(chart, found)), passed_over=passed_over)
    injury = chart.on_record("acute-kidney-injury")
    return _in_acute_injury(found, injury) if injury else found


def _in_acute_injury(found: KidneyFunction, injury: Condition) -> KidneyFunction:
    note = f"{_dated(injury.label, injury.onset)}: not a steady state, no formula holds"
    return replace(found, acute_injury=injury.reference, notes=(note, *found.notes))


# --- measured -------------------------------------------------------------------------------------------------------


def _measured(chart: Evidence) -> KidneyFunction | None:
    estimates = [found for found in (_cockcroft_gault(chart), _reported(chart), _egfr(chart)) if found]
    if not estimates:
        return None
    best = estimates[0]
    doubts = (*_rise(chart), *_contradictions(best, estimates[1:]), *_worse_stages(chart, best))
    return replace(best, notes=(*best.notes, *doubts))


def _cockcroft_gault(chart: Evidence) -> KidneyFunction | None:
    creatinine, age, weight = chart.worst("creatinine"), chart.age, chart.weight_kg
    mg_dl = None if creatinine is None else _mg_dl(creatinine)
    if creatinine is None or mg_dl is None or age is None or weight is None:
        return None
    clearance, how = _lowest(age, weight, mg_dl, chart)
    low, high = _bounds(clearance, _FLIPPED[creatinine.comparator])
    inputs, notes = tuple(_inputs(chart, creatinine, age)), (how, *_assumptions(chart))
    return KidneyFunction(low, high, method="cockcroft-gault", day=creatinine.day, inputs=inputs, notes=notes)


def _lowest(age: int, weight: Fraction, mg_dl: Fraction, chart: Evidence) -> tuple[Fraction, str]:
    """The lowest clearance that sex and weight allow, and with which weight."""
    return min(
        (cockcroft_gault(age, kg, mg_dl, sex), how)
        for sex in ((chart.patient.sex,) if chart.patient.sex else ("female", "male"))
        for kg, how in weights(weight, chart.height_cm, sex)
    )


def _mg_dl(creatinine: Result) -> Bound:
    if creatinine.value is None or creatinine.value <= 0:
        return None
    per = {"mg/dL": Fraction(1), "umol/L": UMOL_PER_MG}.get(creatinine.unit)
    return None if per is None else creatinine.value / per


def _reported(chart: Evidence) -> KidneyFunction | None:
    """A creatinine clearance from the laboratory: the labels' own measure, where we cannot work it out."""
    result = chart.worst("creatinine-clearance")
    if result is None or result.value is None:
        return None
    low, high = _bounds(result.value, result.comparator)
    said = _said("creatinine clearance as reported", result)
    return KidneyFunction(low, high, result.unit or "mL/min", "creatinine-clearance", result.day, inputs=(said,))


def _egfr(chart: Evidence) -> KidneyFunction | None:
    result = chart.worst("egfr")
    if result is None or result.value is None:
        return None
    low, high = _bounds(result.value, result.comparator)
    indexed = KidneyFunction(low, high, result.unit, "egfr", result.day, inputs=(_said("eGFR", result),))
    if chart.weight_kg is None or chart.height_cm is None:
        note = "eGFR as reported, for a body surface of 1.73 m2: no recent weight and height"
        return replace(indexed, notes=(note,))
    return _deindexed(indexed, body_surface(chart.height_cm, chart.weight_kg), chart)


def _deindexed(egfr: KidneyFunction, surface: Fraction, chart: Evidence) -> KidneyFunction:
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


_FLIPPED = {"": "", "<": ">", "<=": ">=", ">": "<", ">=": "<="}  # of a creatinine above 5, the clearance is below


def _bounds(value: Fraction, comparator: str) -> tuple[Bound, Bound]:
    if comparator.startswith(">"):
        return value, None
    return (None, value) if comparator.startswith("<") else (value, value)


# --- staged ---------------------------------------------------------------------------------------------------------


def _staged(chart: Evidence) -> KidneyFunction | None:
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


def _stages(chart: Evidence) -> Iterator[tuple[Condition, tuple[Fraction, Bound]]]:
    """Each condition that names a stage, with its interval: of stage 3 and 3b the narrower."""
    named = [(chart.meanings.with_meaning(meaning), interval) for meaning, interval in STAGES.items()]
    for condition in chart.conditions:
        intervals = [interval for ids, interval in named if condition.value_sets & ids and not condition.resolved]
        if intervals:
            yield condition, min(intervals, key=_width)


def _width(interval: tuple[Fraction, Bound]) -> tuple[bool, Fraction]:
    low, high = interval
    return high is None, (high or low) - low


def _worse_stages(chart: Evidence, measured: KidneyFunction) -> Iterator[str]:
    for condition, (_, high) in _stages(chart):
        if high is not None and measured.low is not None and high <= measured.low:
            yield f"{_dated(condition.label, condition.onset)} on record is worse than the result"


# --- words ----------------------------------------------------------------------------------------------------------


def _rise(chart: Evidence) -> Iterator[str]:
    """The creatinine has risen so fast that KDIGO calls it acute injury, though no condition says so."""
    last = chart.worst("creatinine")
    for earlier in chart.week_before(last) if last else ():
        if last and _is_acute(earlier, last):
            rose = f"{_said('creatinine rose from', earlier)} to {_said('', last).strip()}"
            yield f"{rose}: not a steady state, no formula holds"
            return


def _is_acute(earlier: Result, last: Result) -> bool:
    """KDIGO, Kidney Int Suppl 2012;2:8: to 1.5 times within seven days, or by 0.3 mg/dL within 48 hours."""
    before, now = _mg_dl(earlier), _mg_dl(last)
    if (
        before is None
        or now is None
        or earlier.day is None
        or last.day is None
        or earlier.comparator
        or last.comparator
    ):
        return False
    within_two_days = (last.day - earlier.day).days <= 2
    return now >= before * Fraction(3, 2) or (within_two_days and now >= before + Fraction(3, 10))


def _contradictions(best: KidneyFunction, others: list[KidneyFunction]) -> Iterator[str]:
    for other in others:
        if _far_apart(best, other):
            yield f"differs by more than 30 % from {other.inputs[0]}"


def _far_apart(one: KidneyFunction, other: KidneyFunction) -> bool:
    """More than 30 % of the other's nearest bound lie between the two."""
    below = one.high is not None and other.low is not None and one.high < other.low * (1 - P30)
    above = one.low is not None and other.high is not None and one.low > other.high * (1 + P30)
    return below or above


def _assumptions(chart: Evidence) -> Iterator[str]:
    ages = chart.patient.age_between(chart.day)
    if chart.patient.sex is None:
        yield "sex is not known: the lower of both is used"
    if ages and ages[0] != ages[1]:
        yield f"the birth date is not complete: age {ages[1]} is used"


def _inputs(chart: Evidence, creatinine: Result, age: int) -> Iterator[str]:
    yield _said("creatinine", creatinine)
    yield f"age {age}"
    if chart.patient.sex:
        yield chart.patient.sex
    yield from _body(chart)


def _body(chart: Evidence) -> Iterator[str]:
    body = chart.patient
    if body.weight_kg is not None:
        yield _dated(f"weight {plain(body.weight_kg)} kg", body.weight_date)
    if body.height_cm is not None:
        yield _dated(f"height {plain(body.height_cm)} cm", body.height_date)


def _missing(chart: Evidence, found: KidneyFunction) -> Iterator[str]:
    """What would have made it better. With Cockcroft-Gault worked out, only what it had to assume."""
    if chart.age is None:
        yield "age: no birth date of an adult is known"
    if chart.patient.sex is None:
        yield "sex: not known"
    if chart.weight_kg is None:
        yield f"weight: {chart.last('weight')}"
    if chart.height_cm is None:
        yield f"height: {chart.unreadable('height') or 'none is recorded'}"
    if chart.recent("creatinine") is None:
        yield f"creatinine: {chart.last('creatinine')}"
    if not found.known:
        yield f"eGFR: {chart.last('egfr')}"


def _said(what: str, result: Result) -> str:
    written = result.text or f"{result.comparator}{plain(result.value or Fraction(0))} {result.unit}"
    return _dated(f"{what} {written.replace('{1.73_m2}', '1.73 m2')}", result.day)


def _dated(what: str, day: date | None) -> str:
    return f"{what} ({day})" if day else what
