"""
How much: one FHIR R4 Dosage to a line.

The law: whatever the shape, nothing is raised. Several `doseAndRate` are one dose said several ways, never summed: what
was ordered stands before what was calculated, a mass beside a count. Where two ways differ the higher counts and the
difference is noted. STU3's dose on the dosage itself and Epic's extensions are read the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cards.in_words import unit_said
from cards.statements import plain
from cards.units import Unit, number, read_unit

from .lines import UNITS, Amount, Line
from .timing import UNTIMED, Timing, read_timing

ROUNDING = Fraction(1, 20)  # two readings this near each other are one, rounded


class Instruction(Struct, frozen=True):
    """One element of dosageInstruction: its line, its texts, and its place among the others."""

    line: Line
    timing: Timing = UNTIMED
    texts: tuple[tuple[str, str], ...] = ()  # (where, what), to be read as a sig
    sequence: int | None = None
    most_at_once: Amount | None = None  # maxDosePerAdministration
    notes: tuple[str, ...] = ()  # where its parts contradict each other
    unread: str | None = None  # why the line has no dose or no frequency

    @property
    def says_nothing(self) -> bool:
        line = self.line
        said = line.amount or line.times or line.most_per_day or line.most_times_per_day
        return not (said or self.texts or self.unread)


def read_instructions(instructions: object) -> tuple[Instruction, ...]:
    """Every element that says anything about dose, time or text; a lone object counts as a list of one."""
    listed = instructions if isinstance(instructions, list) else [instructions]
    read = (read_instruction(element) for element in listed if isinstance(element, dict))
    return tuple(instruction for instruction in read if not instruction.says_nothing)


def read_instruction(dosage: Mapping[str, Any]) -> Instruction:
    timing = read_timing(dosage.get("timing"))
    amount, mass, notes, unread = _dose(dosage, timing)
    line = Line(amount, mass, timing.times, timing.days, _as_needed(dosage) or timing.as_needed)
    unread = unread or timing.unread
    if dosage.keys() <= _PLAIN_DOSAGE:
        return Instruction(line, timing, (), _sequence(dosage), None, (*timing.notes, *notes), unread)
    line = _capped(line, dosage)
    most_at_once = _amount(_mapping(dosage.get("maxDosePerAdministration")))
    return Instruction(line, timing, _texts(dosage), _sequence(dosage), most_at_once, (*timing.notes, *notes), unread)


_PLAIN_DOSAGE = frozenset({"timing", "doseAndRate", "route", "asNeededBoolean", "sequence", "method", "site"})
_RATES = frozenset({"mg/h", "mL/h"})


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _sequence(dosage: Mapping[str, Any]) -> int | None:
    sequence = dosage.get("sequence")
    return sequence if isinstance(sequence, int) and not isinstance(sequence, bool) else None


def _as_needed(dosage: Mapping[str, Any]) -> bool:
    if dosage.get("asNeededBoolean") is True or dosage.get("asNeeded") is True:
        return True
    return bool(dosage.get("asNeededCodeableConcept") or dosage.get("asNeededFor"))


# --- the dose -------------------------------------------------------------------------------------------------------

_RANKS = {"ordered": 0, "calculated": 1, "": 2}  # anything else ("admin-amount") comes last


def _dose(
    dosage: Mapping[str, Any], timing: Timing
) -> tuple[Amount | None, Amount | None, tuple[str, ...], str | None]:
    """The dose as a count and as a mass, what contradicts, and why there is none."""
    entries = dosage.get("doseAndRate")
    if type(entries) is list and len(entries) == 1 and isinstance(entries[0], dict) and len(entries[0]) == 1:
        read = [_entry_amount(entries[0], timing)]  # the common dosage: one dose, said once
    else:
        read = [_entry_amount(entry, timing) for _, entry in sorted(_entries(dosage), key=lambda ranked: ranked[0])]
    amounts = [amount for amount in read if isinstance(amount, Amount)]
    if len(amounts) == 1:
        return amounts[0], None, (), None
    if not amounts:
        return None, None, (), next((reason for reason in read if isinstance(reason, str)), None)
    return _reconciled(amounts)


def _entries(dosage: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for entry in _listed(dosage.get("doseAndRate")):
        if isinstance(entry, dict):
            yield _rank(entry.get("type")), entry
    if any(key in dosage for key in _DOSE_KEYS):
        yield 2, dosage
    for extension in _listed(dosage.get("extension")):
        name = str(_mapping(extension).get("url", "")).rsplit("/", 1)[-1]
        if name in ("ordered-dose", "calculated-dose", "admin-amount"):
            yield _RANKS.get(name.removesuffix("-dose"), 3), {"doseQuantity": extension.get("valueQuantity")}


def _rank(kind: object) -> int:
    concept = _mapping(kind)
    words = [concept.get("text")] + [_mapping(coding).get("code") for coding in _listed(concept.get("coding"))]
    said = [word.lower() for word in words if isinstance(word, str) and word]
    return min((_RANKS.get(word, 3) for word in said), default=2)


_QUANTITY_KEYS = ("doseQuantity", "doseSimpleQuantity", "rateQuantity", "rateSimpleQuantity")
_DOSE_KEYS = (*_QUANTITY_KEYS, "doseRange", "rateRange", "rateRatio")


def _entry_amount(entry: Mapping[str, Any], timing: Timing) -> Amount | str | None:
    """The dose of one doseAndRate; its rate only where it has no dose, as that says how fast and not how much."""
    dose = _quantity(entry.get("doseQuantity", entry.get("doseSimpleQuantity"))) or _range(entry.get("doseRange"))
    if dose is None:
        rate = _quantity(entry.get("rateQuantity", entry.get("rateSimpleQuantity"))) or _range(entry.get("rateRange"))
        dose = rate or _ratio(entry.get("rateRatio"))
    if isinstance(dose, Amount) and dose.unit in _RATES and timing.hours_each and timing.times:
        return _times(dose, timing.hours_each, dose.unit.removesuffix("/h"))
    return dose


def _times(amount: Amount, factor: Fraction, unit: str) -> Amount:
    return Amount(amount.low * factor, amount.high * factor, unit)


def _reconciled(amounts: list[Amount]) -> tuple[Amount, Amount | None, tuple[str, ...], None]:
    masses = [amount for amount in amounts if amount.unit == "mg"]
    counts = [amount for amount in amounts if amount.unit != "mg"]
    (mass, mass_notes), (count, count_notes) = _chosen(masses), _chosen(counts)
    first = count or mass
    assert first is not None  # noqa: S101  (amounts is not empty)
    return first, mass if count else None, (*mass_notes, *count_notes), None


def _chosen(amounts: list[Amount]) -> tuple[Amount | None, tuple[str, ...]]:
    """The first, unless another of the same unit is higher by more than rounding."""
    if not amounts:
        return None, ()
    first = amounts[0]
    highest = max((amount for amount in amounts if amount.unit == first.unit), key=lambda amount: amount.high)
    if near(first.high, highest.high):
        return first, ()
    return highest, (f"the dose is given as {said(first)} and as {said(highest)}",)


def near(left: Fraction, right: Fraction) -> bool:
    return abs(left - right) <= ROUNDING * max(left, right)


def said(amount: Amount) -> str:
    """An amount in words: "1 to 2 tablets", "300 mg"."""
    number_said = plain(amount.high) if amount.low == amount.high else f"{plain(amount.low)} to {plain(amount.high)}"
    return f"{number_said} {unit_said(amount.unit, amount.high)}".strip()


# --- quantities -----------------------------------------------------------------------------------------------------


def _quantity(quantity: object) -> Amount | str | None:
    """A Quantity as an amount, why it is none, or None where there is nothing."""
    if not isinstance(quantity, dict) or "value" not in quantity:
        return None
    value, unit, code = quantity["value"], quantity.get("unit"), quantity.get("code")
    if quantity.get("comparator") in (">", ">="):
        return "a dose without an upper end"
    if type(value) in _SCALARS and type(unit) in _SCALARS and type(code) in _SCALARS:
        return _scaled(value, unit, code)
    return "a dose that is no number"


_SCALARS = frozenset({int, float, str, type(None)})


@lru_cache(maxsize=4096, typed=True)
def _scaled(value: object, unit_text: object, code: object) -> Amount | str:
    amount = number(value)
    if not amount:
        return "a dose that is no positive number"
    unit = _unit(unit_text, code)
    if isinstance(unit, str):
        return unit
    if unit.kind == "flow":
        return _times(Amount(amount, amount, ""), unit.factor * 60, "mL/h")
    return _times(Amount(amount, amount, ""), unit.factor, unit.name) if unit.name in UNITS else _not_a_dose(unit)


_ONE = Unit("", Fraction(1), "count")


def _unit(text: object, code: object) -> Unit | str:
    """What unit and code say together; neither given is "one of the product"."""
    by_code, by_text = read_unit(code), read_unit(text)
    if by_code and by_text and by_code != by_text and _differ(by_code, by_text):
        return f"the unit is '{_short(text)}' but its code is '{_short(code)}'"
    unit = _more_telling(by_text, by_code)
    if unit is not None:
        return unit
    given = text or code
    return _ONE if not given else f"the unit '{_short(given)}' is not understood"


def _differ(left: Unit, right: Unit) -> bool:
    countable = {"count", "activity"}  # "1 unit" is a tablet to some senders
    return not (left.kind in countable and right.kind in countable)


def _more_telling(text: Unit | None, code: Unit | None) -> Unit | None:
    """Where text and code both count things, the one that names the thing."""
    if text and code and not text.name:
        return code
    return text or code


def _short(text: object) -> str:
    return str(text)[:30]


def _not_a_dose(unit: Unit) -> str:
    if unit.kind.startswith(("mass per", "mass rate per")):
        return f"the dose is per body weight or surface ({unit.name})"
    return f"'{unit.name}' is not the unit of a dose"


def _amount(quantity: Mapping[str, Any]) -> Amount | None:
    read = _quantity(quantity)
    return read if isinstance(read, Amount) else None


def _range(value: object) -> Amount | str | None:
    if not isinstance(value, dict) or not ("low" in value or "high" in value):
        return None
    low, high = _mapping(value.get("low")), _mapping(value.get("high"))
    if not high:
        return "a dose range without an upper end"
    unit = {key: high.get(key) or low.get(key) for key in ("unit", "code")}
    top, bottom = _quantity({**high, **unit}), _quantity({**unit, **low}) if low else None
    if not isinstance(top, Amount):
        return top
    if not isinstance(bottom, Amount) or bottom.unit != top.unit:
        return top if not low or number(low.get("value")) == 0 else "a dose range that is not readable"
    ends = sorted((bottom.low, top.high))
    return Amount(ends[0], ends[1], top.unit)


def _ratio(ratio: object) -> Amount | str | None:
    """So much in so long, as mg an hour."""
    parts = _mapping(ratio)
    if not parts:
        return None
    amount, days = _quantity(parts.get("numerator")), _span(parts.get("denominator"))
    if not isinstance(amount, Amount):
        return amount
    if days is None or amount.unit not in ("mg", "mL"):
        return "a rate that is not readable"
    return _times(amount, 1 / (days * 24), f"{amount.unit}/h")


def _span(quantity: object) -> Fraction | None:
    """A length of time in days."""
    parts = _mapping(quantity)
    value, unit = number(parts.get("value", 1)), read_unit(parts.get("code")) or read_unit(parts.get("unit"))
    if not value or unit is None or unit.kind != "time":
        return None
    return value * unit.factor


# --- maxima ---------------------------------------------------------------------------------------------------------


def _capped(line: Line, dosage: Mapping[str, Any]) -> Line:
    """The line with the most a day that the order itself allows."""
    for ratio in _listed(dosage.get("maxDosePerPeriod")):
        parts = _mapping(ratio)
        amount, days = _amount(_mapping(parts.get("numerator"))), _span(parts.get("denominator"))
        if amount is not None and days is not None:
            line = _bounded(line, _times(amount, 1 / days, amount.unit))
    if line.most_per_day is None and line.most_times_per_day is None:
        most = most_in_text(" ".join(_remarks(dosage)))
        line = line if most is None else _bounded(line, most)
    return line


def _bounded(line: Line, most: Amount) -> Line:
    """With one more bound. A bare number beside a mass is a number of doses."""
    dose, before = line.amount, line.most_per_day
    if most.unit == "" and dose is not None and dose.unit in ("mg", "mg/h"):
        return replace(line, most_times_per_day=min(most.high, line.most_times_per_day or most.high))
    if before is not None and before.unit == most.unit and before.high <= most.high:
        return line
    return replace(line, most_per_day=most)


def _remarks(dosage: Mapping[str, Any]) -> Iterator[str]:
    for concept in _listed(dosage.get("additionalInstruction")):
        words = _mapping(concept)
        yield from (str(words.get("text", "")), *(_display(coding) for coding in _listed(words.get("coding"))))
    for key in ("patientInstruction", "text"):
        if isinstance(dosage.get(key), str):
            yield dosage[key]


def _display(coding: object) -> str:
    words = _mapping(coding)
    return str(words.get("display") or words.get("code") or "")


_MOST = re.compile(
    r"(?:\bmax(?:imum)?(?: daily)?(?: dose)?(?: of| is)?|\b(?:not? to|do not|don't|never) (?:exceed|take more than)"
    r"|\bno(?:t)? more than)[ :=]*(\d{1,5}(?:\.\d{1,3})?) ?([a-zµμ]{0,12}(?:\(s\))?)\.?"
    r" ?(?:in (?:a|one|any|each)?|per|a|an|each|every|/|daily|within)? ?(?:day\b|daily\b|24 ?(?:hours|hrs|hr|h)\b|24h)",
    re.IGNORECASE,
)


def most_in_text(text: str) -> Amount | None:
    """ "Max 8 tablets a day", "do not exceed 4 g in 24 hours"."""
    if len(text) > 2000 or not (found := _MOST.search(text)):
        return None
    unit_text = "" if found[2].lower() in ("per", "in", "a", "every", "each", "daily", "doses") else found[2]
    amount = _scaled(found[1], unit_text or None, None)
    return amount if isinstance(amount, Amount) else None


# --- texts ----------------------------------------------------------------------------------------------------------


def _texts(dosage: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The sig, and the words for the patient where they are others."""
    text, words = (_spoken(dosage.get(key)) for key in ("text", "patientInstruction"))
    both = (("text", text), ("patient instruction", words if words != text else ""))
    return tuple((where, what) for where, what in both if what)


def _spoken(text: object) -> str:
    """A text; of a text that is JSON, the sentences inside it."""
    if not isinstance(text, str):
        return ""
    if text.lstrip()[:1] != "{" or len(text) > 20_000:
        return text.strip()
    try:
        inside = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
    return ", ".join(value.strip() for value in inside.values() if isinstance(value, str) and value.strip())
