"""Free-text sigs, in a notation a pharmacist can check: "dose x times a day, route, for days; then the next step"."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cards.fhir.lines import Amount, Line
from cards.fhir.sig import read_sig


def said(text: str) -> str:
    """What was understood, in one line of words."""
    reading = read_sig(text)
    return f"refused: {reading.refused}" if reading.refused else " ".join(_line(line) for line in reading.lines)


def _line(line: Line) -> str:
    assert line.amount is not None
    assert line.times is not None
    link = "" if line.link == "first" else f"{line.link} "
    mass = f" = {_amount(line.mass)}" if line.mass else ""
    days = f" for {line.days} d" if line.days else ""
    needed = " prn" if line.as_needed else ""
    most = f" max {_amount(line.most_per_day)}" if line.most_per_day else ""
    most_times = f" max {line.most_times_per_day} times" if line.most_times_per_day else ""
    times = _range(line.times.low, line.times.high)
    return f"{link}{_amount(line.amount)}{mass} x {times}{days}{needed}{most}{most_times}"


def _amount(amount: Amount) -> str:
    return f"{_range(amount.low, amount.high)} {amount.unit}".strip()


def _range(low: Fraction, high: Fraction) -> str:
    return str(low) if low == high else f"{low}-{high}"


READ = {
    "Take 1-2 capsules by mouth every 4 to 6 hours as needed, max 8/day": "1-2 capsule x 4-6 prn max 8 capsule",
    "300 mg po tid": "300 mg x 3",
    "1 tab qhs x7d then 1 tab bid": "1 tablet x 1 for 7 d then 1 tablet x 2",
    "i cap q8h": "1 capsule x 3",
    "half a tablet in the morning and one at bedtime": "1/2 tablet x 1 and 1 tablet x 1",
}


@pytest.mark.parametrize("text", READ)
def test_it_reads(text: str) -> None:
    assert said(text) == READ[text]


@pytest.mark.parametrize("text", ["as directed", "take as needed", "apply 300", "tome una tableta", ""])
def test_it_refuses(text: str) -> None:
    reading = read_sig(text)
    assert reading.refused
    assert reading.lines == ()
