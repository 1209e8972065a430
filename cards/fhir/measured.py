"""
The value of an Observation as it was written, and what it comes to in a value set's unit. Exact, and never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from cards.statements import ValueSet
from cards.units import convert

from .codings import codings, names, string, words


class Value(NamedTuple):
    """What was written, before units: a number or words."""

    number: Fraction | None = None
    written: str = ""  # the number
    comparator: str = ""
    units: tuple[str, ...] = ()  # code and text of the unit
    text: str = ""  # the words, or the string that the number stood in


_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{0,20})?(?:[eE][+-]?[0-9]{1,2})?")
_IN_TEXT = re.compile(
    r"\s*(<=|>=|<|>|≤|≥|=|~|less than|greater than|more than|over|under)?\s*"
    r"([0-9]{1,12}(?:[.,][0-9]{1,20})?)(\s*\+)?\s*([^0-9\s<>=].{0,30}|10[*^][0-9].{0,20})?\s*",
    re.IGNORECASE,
)
_COMPARATORS = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", "less than": "<", "under": "<"}
_COMPARATORS |= dict.fromkeys(("greater than", "more than", "over"), ">")


def has_value(part: Mapping[str, Any]) -> bool:
    return any(key in part for key in _READERS)


def read_value(part: Mapping[str, Any]) -> Value | None:
    """What a part says that it found, before units."""
    for key, read in _READERS.items():
        if key in part:
            return read(part[key]) or _interpretation(part)
    return _interpretation(part)


def _comparator(sign: object) -> str:
    return _COMPARATORS.get(string(sign).lower(), "")


def _number(value: object) -> Fraction | None:
    """The exact number as written: 7.4 is 37/5. Never from a bool, an infinity or a number of absurd length."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and abs(value) >= 10**12:
        return None
    return _exact(str(value).strip())


@lru_cache(4096)  # a chart repeats its numbers, and Fraction is slow to read them
def _exact(text: str) -> Fraction | None:
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def _quantity(value: object) -> Value | None:
    if not isinstance(value, Mapping):
        return None
    units = tuple(unit for unit in (string(value.get("code")), string(value.get("unit"))) if unit)
    number = _number(value.get("value"))
    if number is None:  # a string such as ">60" where a number is due
        said = _string(value.get("value"))
        return said and said._replace(units=said.units or units)
    return Value(number, string(str(value["value"])), _comparator(value.get("comparator")), units)


def _string(value: object) -> Value | None:
    """ ">60", "7.4 mmol/L", "> 90 mL/min/1.73m2", or words. "1,200" may be two numbers and stays words."""
    text = string(value)[:200]
    found = _IN_TEXT.fullmatch(text) if len(text) < 60 else None
    if found is None or re.search(r",[0-9]{3}", text):
        return Value(text=text) if text else None
    sign, digits, plus, unit = found.groups()
    units = (unit.strip(),) if unit else ()
    return Value(_exact(digits.replace(",", ".")), digits, ">=" if plus else _comparator(sign), units, text)


def _integer(value: object) -> Value | None:
    number = _number(value)
    return None if number is None else Value(number, str(value))


def _concept(value: object) -> Value | None:
    """Its first words, or a code that is a word ("POS"). A number among them is read: ">60" as a coded answer."""
    said = next(names(value), "") or next((one.code for one in codings(value) if one.code.isalpha()), "")
    return _string(said) if said else None


def _boolean(value: object) -> Value | None:
    return Value(text="positive" if value else "negative") if isinstance(value, bool) else None


_READERS: Mapping[str, Callable[[object], Value | None]] = {
    "valueQuantity": _quantity,
    "valueString": _string,
    "valueCodeableConcept": _concept,
    "valueInteger": _integer,
    "valueBoolean": _boolean,
}


def _interpretation(part: Mapping[str, Any]) -> Value | None:
    """The laboratory's flag, where it answers and no value does."""
    flags = words(part.get("interpretation"))
    return next((Value(text=answer) for flag, answer in _FLAGS.items() if flag in flags), None)


_FLAGS = {"pos": "positive", "positive": "positive", "neg": "negative", "negative": "negative"}
_NEGATIVE = re.compile(
    r"\b(negative|neg|not detected|undetected|none detected|non-?reactive|absent|not present|non-?carrier|"
    r"not a carrier)\b"
)
_POSITIVE = re.compile(r"\b(positive|pos|detected|reactive|present|heterozygous|homozygous|carrier)\b")
_NO_ANSWER = re.compile(
    r"\b(indeterminate|equivocal|inconclusive|borderline|invalid|pending|unknown|insufficient|rejected|failed|cancell?ed|"
    r"(see|refer to|unable to) .*|not (done|performed|tested|available|determined|reported)|no (result|call|answer))\b"
)


def is_answer(text: str) -> bool:
    """Whether a test's words say what was found: not "see report", nor yes and no at once."""
    found = answer(text)
    both = _NEGATIVE.search(found) and _POSITIVE.search(_NEGATIVE.sub("", found))
    return bool(found) and not both and not _NO_ANSWER.search(found)


def answer(text: str) -> str:
    """Lower case; the many ways to say yes and no of a test are one word each. Both at once stay as they are."""
    text = text.strip().lower().replace("metaboliser", "metabolizer")
    positive = bool(_POSITIVE.search(_NEGATIVE.sub("", text)))
    negative = bool(_NEGATIVE.search(text))
    if positive == negative:
        return text
    return "positive" if positive else "negative"


def as_written(value: Value) -> str:
    unit = value.units[-1] if value.units else ""
    return f"{value.comparator}{value.written} {unit}".rstrip()


# --- what it comes to -----------------------------------------------------------------------------------------------


class Measured(NamedTuple):
    value: Value
    number: Fraction | str  # in the unit of the value set, or why not
    written: str


def measured(part: Mapping[str, Any], value_set: ValueSet) -> Measured | None:
    """What a part says that it found, and what that comes to. The common quantity is remembered: charts repeat their
    numbers and units."""
    quantity = part.get("valueQuantity")
    if isinstance(quantity, dict):
        parts = (quantity.get("value"), quantity.get("comparator"), quantity.get("code"), quantity.get("unit"))
        if _SCALARS.issuperset(map(type, parts)) and (found := _of_scalars(*parts, value_set)):
            return found
    return _measured(read_value(part), value_set)


_SCALARS = frozenset({str, int, float, type(None)})


@lru_cache(maxsize=20_000, typed=True)
def _of_scalars(number: object, comparator: object, code: object, unit: object, value_set: ValueSet) -> Measured | None:
    quantity = {"value": number, "comparator": comparator, "code": code, "unit": unit}
    return _measured(_quantity(quantity), value_set)


def _measured(value: Value | None, value_set: ValueSet) -> Measured | None:
    return value and Measured(value, in_unit(value, value_set), as_written(value))


# --- units ----------------------------------------------------------------------------------------------------------

_ONE = Fraction(1)
_FOLD = str.maketrans({"µ": "u", "μ": "u", "²": "2"} | dict.fromkeys("{}[]()_^* ", ""))


def _folded(unit: str) -> str:
    """One spelling for a unit: "mL/min/{1.73_m2}", "ml/min/1.73 m²" and "mL/min/1.73m^2" are one."""
    return unit.translate(_FOLD).lower()


def in_unit(value: Value, value_set: ValueSet) -> Fraction | str:
    """The number in the value set's unit, or why not."""
    number = value.number or Fraction(0)
    factors = _factors(value.units, value_set)
    if not factors:
        return f"its unit '{value.units[0][:20]}' is not known" if value.units else "it has no unit"
    candidates = [number if factor is _ONE else number * factor for factor in factors]
    possible = [candidate for candidate in candidates if _plausible(candidate, value_set)]
    if not possible:
        return f"{as_written(value)} is not plausible"
    if len(possible) > 1:
        return "its units contradict" if value.units else "it has no unit, and could be in more than one"
    return possible[0]


@lru_cache(maxsize=4096)
def _factors(units: tuple[str, ...], value_set: ValueSet) -> frozenset[Fraction]:
    """What the number could have to be multiplied by. No unit at all: by any that the value set knows."""
    if units and all(unit == value_set.unit for unit in units):
        return frozenset({_ONE})
    known = {_folded(unit): factor for unit, factor in value_set.units.items()}
    known[_folded(value_set.unit)] = _ONE
    if not units or not value_set.unit:
        return frozenset(known.values())
    found = frozenset(known[folded] for folded in map(_folded, units) if folded in known)
    return found or frozenset(factor for unit in units for factor in _by_way_of(unit, value_set))


def _by_way_of(unit: str, value_set: ValueSet) -> Iterator[Fraction]:
    """A unit that the value set does not list, by one it does: pounds, stone, mmol/L for µmol/L."""
    for listed, factor in {value_set.unit: _ONE, **value_set.units}.items():
        share = convert(_ONE, unit, listed)
        if share is not None:
            yield share * factor


def _plausible(number: Fraction, value_set: ValueSet) -> bool:
    return value_set.plausible is None or value_set.plausible.holds(number)
