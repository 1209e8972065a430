"""A reading in one line, in a notation a pharmacist can check: "1-2 tablet x 4-6 for 7 d prn max 8 tablet"."""

from __future__ import annotations

from fractions import Fraction

from cards.fhir.lines import Amount, Line
from cards.fhir.sig import read_sig


def said(text: str, *names: str) -> str:
    """What was understood: dose x times a day, then the next line."""
    reading = read_sig(text, names)
    return f"refused: {reading.refused}" if reading.refused else " ".join(_line(line) for line in reading.lines)


def _line(line: Line) -> str:
    assert line.amount is not None
    assert line.times is not None
    pieces = (
        "" if line.link == "first" else line.link,
        _amount(line.amount),
        f"= {_amount(line.mass)}" if line.mass else "",
        f"x {_range(line.times.low, line.times.high)}",
        f"for {line.days} d" if line.days else "",
        "prn" if line.as_needed else "",
        f"max {_amount(line.most_per_day)}" if line.most_per_day else "",
        f"max {line.most_times_per_day} times" if line.most_times_per_day else "",
    )
    return " ".join(piece for piece in pieces if piece)


def _amount(amount: Amount) -> str:
    return f"{_range(amount.low, amount.high)} {amount.unit}".strip()


def _range(low: Fraction, high: Fraction) -> str:
    return str(low) if low == high else f"{low}-{high}"
