"""
Words and numbers as a clinician reads them, and what came from the EHR made safe to print.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from .facts import KidneyFunction
from .statements import plain

SUMMARY_LIMIT = 139  # CDS Hooks: fewer than 140 characters

_NO_WORD = frozenset("-*./0123456789")  # after the first letter: "C-reactive", "A*31:01"
_WORD = re.compile(r"[a-z]{4,}|[0-9]+")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>\[\]`*_|\\]+")


def number(value: Fraction) -> str:
    """1800 as "1,800"; 12.5; a third as "0.333"."""
    return plain(value)


def amount(value: Fraction, unit: str) -> str:
    """ "1,800 mg"; "3 patches". A unit of a day loses its "/d": the sentence says "a day"."""
    name = unit.removesuffix("/d")
    return f"{number(value)} {name if value == 1 or name in ('mg', 'ug', 'mL', 'ug/h') else plural(name)}"


def plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith(("ch", "s")) else f"{noun}s"


def times_a_day(doses: Fraction) -> str:
    """Once, twice, three times daily; every 48 hours; once weekly."""
    words = {1: "once daily", 2: "twice daily", 3: "three times daily", 4: "four times daily"}
    if doses in words:
        return words[int(doses)]
    if doses > 1:
        return f"{number(doses)} times daily"
    days = 1 / doses
    return {2: "every other day", 7: "once weekly"}.get(
        int(days) if days.denominator == 1 else 0, f"every {number(days)} days"
    )


def listed(names: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    parts = list(names)
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def said(text: str, limit: int = 80) -> str:
    """Text from an EHR, for a card: no markup, no control characters, not too long."""
    clean = " ".join(_UNSAFE.sub(" ", text).split())
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"


def at_a_word(text: str, limit: int) -> str:
    """A sentence of ours within a limit, cut at a word."""
    clean = said(text, limit + 1)
    return clean if len(clean) <= limit else clean[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def without_repeats(lines: Iterable[str]) -> list[str]:
    """Without the lines that have no word which those before do not have: several sources say one thing."""
    kept: list[str] = []
    heard: set[str] = set()
    for line in lines:
        words = {word.removesuffix("s") for word in _WORD.findall(line.lower())}
        if not words or not words <= heard:
            kept.append(line)
        heard |= words
    return kept


def fits(summary: str) -> str:
    """A summary within the limit of the specification, cut at a word where it must be."""
    if len(summary) <= SUMMARY_LIMIT:
        return summary
    return summary[: SUMMARY_LIMIT - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """A sentence as the end of another; "QT" and "INR" stay."""
    return text if text[1:2].isupper() or text[1:2] in _NO_WORD else text[:1].lower() + text[1:]


def kidneys_in_short(kidneys: KidneyFunction) -> str:
    """ "CrCl 22"; "eGFR above 60"; "CrCl 30-60 by CKD stage"."""
    name = {"egfr": "eGFR", "egfr-deindexed": "eGFR"}.get(kidneys.method, "CrCl")
    return f"{name} {interval(kidneys)}" + (" by CKD stage" if kidneys.method == "ckd-stage" else "")


def interval(kidneys: KidneyFunction) -> str:
    """ "22", "45-60", "above 60"."""
    if kidneys.value is not None:
        return number(tenth(kidneys.value))
    if kidneys.high is None and kidneys.low is not None:
        return f"above {number(kidneys.low)}"
    if kidneys.low is None and kidneys.high is not None:
        return f"below {number(kidneys.high)}"
    return f"{number(kidneys.low or Fraction(0))}-{number(kidneys.high or Fraction(0))}"


def tenth(value: Fraction) -> Fraction:
    """For print only, cut and not rounded up: 59.96 must not be read as 60."""
    return Fraction(int(value * 10), 10)


def a_day(value: Fraction, unit: str) -> str:
    """ "1,800 mg a day"; "20 ug/h" is a rate already, "600 mg" a single dose."""
    return f"{amount(value, unit)} a day" if unit.endswith("/d") else amount(value, unit)
