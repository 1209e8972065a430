"""
How a product is written: its name taken apart into words whose meaning the tables give.

One pass over the words of a text, longest known phrase first. A word is known or it is not: nothing that is merely
similar counts. What is understood here is what the text says; what the drug's other products say about it is added in
products.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

LONGEST = 300  # characters read of a name; anything longer is prose

_TOKEN = re.compile(
    r"[0-9]+(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+"  # 1,000  2.5  .5
    r"|[^\W0-9_][^\W_]*|[/%#]|-(?=\.?[0-9])"  # words, and the signs that matter; a hyphen only before a number
)
_LASTING = frozenset({8, 12, 24})  # hours
_DIGITS = frozenset("0123456789.")
_UNIT = {"tablet": "tablet", "capsule": "capsule", "patch": "patch", "system": "patch", "film": "film",
         "lozenge": "lozenge", "suppository": "suppository", "implant": "implant", "pad": "pad"}  # fmt: skip
_LIQUID = re.compile(r"Solution|Suspension|Injection|Syringe|Cartridge|Injector")


def decimal(number: Fraction) -> str:
    """A number as the tables carry it: exact where that is short, else to eight places."""
    if number.denominator == 1:
        return str(number.numerator)
    return f"{float(number):.8f}".rstrip("0").rstrip(".")


def per_unit(form: str) -> str:
    """What a product of this dose form is counted in, where its strength is a mass each."""
    words = form.lower().split()
    if "tablet" in words:  # "Tablet for Oral Suspension"
        return "tablet"
    return _UNIT.get(words[-1], "mL" if _LIQUID.search(form) else "") if words else ""


def is_applied(form: str) -> bool:
    """To skin or mucous membranes: such strengths are spoken of in per cent."""
    return form.startswith(("Topical", "Rectal", "Mucous", "Mucosal", "Medicated", "Ophthalmic", "Otic"))


def release_of(form: str, qualifier: str) -> str:
    """The release an RxNorm name states: unmarked is immediate."""
    if not form:
        return "once-daily" if "Once-Daily" in qualifier else ""
    if "Once-Daily" in qualifier:
        return "once-daily"
    first = form.partition(" Release")[0]
    return {"Extended": "extended", "Delayed": "delayed"}.get(first, "immediate")


class Meaning(Struct, frozen=True):
    """What a word or phrase of the tables stands for."""

    kind: str  # name | form | release | once-daily | route | unit | stop | refuse | after-refuse | other
    value: str = ""
    ingredients: tuple[str, ...] = ()
    brand: str = ""
    verified: bool = False


class Amount(Struct, frozen=True):
    """One number, or several side by side ("5-325 mg"), with its unit: "mg" or "%"."""

    values: tuple[Fraction, ...]
    unit: str
    per: str = ""  # "mL", "h", "g", "spray": from what stands below the stroke; "bare" where there is no unit
    over: Fraction = Fraction(1)  # the number that stood there: 5 of "per 5 mL"

    @property
    def lasting(self) -> bool:
        """ "30 mg/12 hours": of a tablet or capsule, how long its release lasts."""
        return self.per == "h" and self.over in _LASTING


class Said(Struct, frozen=True):
    """All that one text says, in the order it says it. Two texts that say the same are equal here."""

    parts: tuple[Meaning | Amount, ...] = ()  # names and amounts
    forms: tuple[tuple[str, ...], ...] = ()
    releases: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    hours: frozenset[int] = frozenset()
    cut: bool = False  # the text went on

    def names(self) -> Iterator[Meaning]:
        return (part for part in self.parts if isinstance(part, Meaning))

    def amounts(self) -> list[Amount]:
        return [part for part in self.parts if isinstance(part, Amount)]


def words_of(text: str) -> list[str]:
    return _TOKEN.findall(text.lower().replace("'", "").replace("’", "").replace("µ", "u").replace("μ", "u"))


class Vocabulary:
    """The phrases that mean something, by their first word, longest first."""

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        self._heads: dict[str, list[tuple[tuple[str, ...], Meaning]]] = {}
        for phrase, meaning in phrases:
            head, *tail = words_of(phrase)
            self._heads.setdefault(head, []).append((tuple(tail), meaning))
        for found in self._heads.values():
            found.sort(key=lambda entry: -len(entry[0]))

    def at(self, words: list[str], place: int) -> tuple[Meaning, int] | None:
        """The longest phrase that begins at `place`, and where the next word is."""
        for tail, meaning in self._heads.get(words[place], ()):
            end = place + 1 + len(tail)
            if tuple(words[place + 1 : end]) == tail:
                return meaning, end
        return None

    def read(self, text: str, any_name: bool = False) -> Said | None:
        """What the text says; None if it names no drug we know (unless `any_name`), or speaks of one otherwise."""
        walk = _Pass(self, words_of(text[:LONGEST]))
        if not walk.run() or not (any_name or walk.named):
            return None
        return walk.said(cut=len(text) > LONGEST)


class _Pass:
    """One walk over the words; `place` only ever grows."""

    def __init__(self, vocabulary: Vocabulary, words: list[str]) -> None:
        self._vocabulary, self._words = vocabulary, words
        self._parts: list[Meaning | Amount] = []
        self._forms: list[tuple[str, ...]] = []
        self._found: dict[str, set[str]] = {"release": set(), "route": set()}
        self._hours: set[int] = set()
        self._stopped = False

    @property
    def named(self) -> bool:
        return any(isinstance(part, Meaning) for part in self._parts)

    def said(self, cut: bool) -> Said:
        releases, routes = map(frozenset, self._found.values())
        return Said(tuple(self._parts), tuple(self._forms), releases, routes, frozenset(self._hours), cut)

    def run(self) -> bool:
        place = 0
        while place < len(self._words):
            word = self._words[place]
            if word[0] in _DIGITS:
                place = self._number(place)
                continue
            found = self._vocabulary.at(self._words, place)
            if found is None:
                place += 1
            elif self._take(found[0], place, found[1]):
                place = found[1]
            else:
                return False
        return True

    def _take(self, meaning: Meaning, place: int, after: int) -> bool:
        """False refuses the whole text."""
        if meaning.kind == "refuse":
            return False
        if meaning.kind == "name":
            return self._name(meaning, place, after)
        if meaning.kind == "stop" or (meaning.kind == "once-daily" and self.named):
            self._stopped = self._stopped or self.named
        elif not self._stopped:
            self._detail(meaning)
        return True

    def _name(self, meaning: Meaning, place: int, after: int) -> bool:
        before = self._vocabulary.at(self._words, place - 1) if place else None
        following = self._vocabulary.at(self._words, after) if after < len(self._words) else None
        denied = before is not None and before[0].kind == "before-refuse"
        if denied or (following is not None and following[0].kind == "after-refuse"):
            return False
        if not self._stopped:
            self._parts.append(meaning)
        return True

    def _detail(self, meaning: Meaning) -> None:
        if meaning.kind == "form":
            self._forms.append(tuple(meaning.value.split("|")))
        elif meaning.kind in {"release", "once-daily"}:
            self._found["release"].add(meaning.value)
        elif meaning.kind == "route":
            self._found["route"].add(meaning.value)

    # --- numbers ---

    def _number(self, place: int) -> int:
        values, place = self._side_by_side(place)
        unit, after = self._unit(place)
        if self._stopped:
            return after
        if unit in _MASS:
            return self._mass(values, _MASS[unit], after)
        if unit == "%":
            self._parts.append(Amount(values, "%"))
        elif unit == "h" and len(values) == 1:
            self._hours.add(int(values[0]))
        elif not unit and len(values) > 1:
            self._parts.append(Amount(values, "mg", "bare"))
        return after

    def _side_by_side(self, place: int) -> tuple[tuple[Fraction, ...], int]:
        """5-325, 5/325, 50-300-40: numbers that share the unit after them."""
        values = [_fraction(self._words[place])]
        place += 1
        while self._is(place, "-/") and self._is_number(place + 1):
            values.append(_fraction(self._words[place + 1]))
            place += 2
        return tuple(values), place

    def _unit(self, place: int) -> tuple[str, int]:
        if place >= len(self._words):
            return "", place
        if self._words[place] == "%":
            return "%", place + 1
        found = self._vocabulary.at(self._words, place)
        return (found[0].value, found[1]) if found and found[0].kind == "unit" else ("", place)

    def _mass(self, values: tuple[Fraction, ...], factor: Fraction, place: int) -> int:
        """An amount of medicine, with what it is in: 5 mg, 5 mg/mL, 325 mg-5 mg / 5 mL, 25 ug/h."""
        numbers, place = self._chained([value * factor for value in values], place)
        divisor, below, after = self._below(place)
        if below in _MASS and (divisor != 1 or self._is_number(place + 1)):  # "8mg/500mg": two amounts side by side
            divisor, below, after = Fraction(1), "", place
        if below in _MASS:  # MG/MG, mg/g: a part of the whole
            amount = Amount(tuple(n * 1000 / _MASS[below] for n in numbers), "mg", "g")
        else:
            amount = Amount(tuple(n / divisor for n in numbers), "mg", _PER.get(below, ""), divisor)
        self._parts.append(amount)
        return after

    def _chained(self, numbers: list[Fraction], place: int) -> tuple[list[Fraction], int]:
        """325 mg-7.5 mg: amounts joined by hyphens share what stands below the stroke."""
        while self._is(place, "-") and self._is_number(place + 1):
            unit, after = self._unit(place + 2)
            if unit not in _MASS:
                break
            numbers.append(_fraction(self._words[place + 1]) * _MASS[unit])
            place = after
        return numbers, place

    def _below(self, place: int) -> tuple[Fraction, str, int]:
        """What stands below the stroke: its number, unit, and where the next word is."""
        nothing = Fraction(1), "", place
        if not self._is(place, "/") and not self._is(place, ("per",)):
            return nothing
        numbered = self._is_number(place + 1)
        divisor = _fraction(self._words[place + 1]) if numbered else Fraction(1)
        unit, after = self._unit(place + 1 + numbered)
        if not unit or not divisor:
            return nothing
        return divisor * _SCALE.get(unit, 1), unit, after

    def _is(self, place: int, wanted: str | tuple[str, ...]) -> bool:
        return place < len(self._words) and self._words[place] in wanted

    def _is_number(self, place: int) -> bool:
        return place < len(self._words) and self._words[place][0] in _DIGITS


_MASS = {"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000)}
_PER = {"ml": "mL", "l": "mL", "h": "h", "d": "h", "actuation": "spray"}
_SCALE = {"l": 1000, "d": 24}


def _fraction(word: str) -> Fraction:
    return Fraction(word.replace(",", ""))


# --- strengths ------------------------------------------------------------------------------------------------------


def strengths(said: Said, ingredients: tuple[str, ...], unit: str) -> tuple[tuple[Fraction | None, ...], str]:
    """The mass of each ingredient and what it is per; all None unless every one of them got exactly one."""
    if unit in {"tablet", "capsule"}:
        said = replace(said, parts=tuple(_whole(part) for part in said.parts))
    unknown: tuple[tuple[Fraction | None, ...], str] = (tuple(None for _ in ingredients), "")
    amounts = [amount for amount in said.amounts() if amount.unit == "mg" and _fits(amount, ingredients)]
    per = {"" if amount.per == "bare" else amount.per for amount in amounts}
    if said.cut or len(per) != 1:
        return unknown
    given = _dealt(said, ingredients, set(amounts))
    if given is None or set(given) != set(ingredients):
        return unknown
    return tuple(given[name] for name in ingredients), per.pop()


def _whole(part: Meaning | Amount) -> Meaning | Amount:
    if isinstance(part, Amount) and part.lasting:
        return Amount(tuple(value * part.over for value in part.values), part.unit)
    return part


def _fits(amount: Amount, ingredients: tuple[str, ...]) -> bool:
    """Numbers without a unit are strengths only where there is one for each ingredient of a combination."""
    return amount.per != "bare" or len(amount.values) == len(ingredients) > 1


def _dealt(said: Said, ingredients: tuple[str, ...], wanted: set[Amount]) -> Mapping[str, Fraction] | None:
    """Amounts go to the names waiting for one, in order. None: there is one too many, or they differ."""
    waiting: list[str] = []
    given: dict[str, Fraction] = {}
    early: list[Fraction] = []
    for part in said.parts:
        if isinstance(part, Meaning):
            waiting += [n for n in part.ingredients if n in ingredients and n not in given and n not in waiting]
        elif part in wanted and not waiting and not given:
            early += part.values
        elif part in wanted and not _deal(part.values, waiting, given):
            return None
    if early and (len(early) != len(waiting) or given):
        return None
    given.update(zip(waiting, early, strict=False))
    return given


def _deal(values: tuple[Fraction, ...], waiting: list[str], given: dict[str, Fraction]) -> bool:
    if not waiting:  # said again: "250 mg/5 mL (50 mg/mL)" is the same, "300 mg 600 mg" is not
        return all(value in given.values() for value in values)
    if len(values) > len(waiting):
        return False
    for value in values:
        given[waiting.pop(0)] = value
    return True


def percent(said: Said, ingredients: tuple[str, ...]) -> Fraction | None:
    """Of a product with one ingredient: "5 %", or 0.05 MG/MG."""
    if len(ingredients) != 1:
        return None
    stated = {a.values[0] for a in said.amounts() if a.unit == "%" and len(a.values) == 1}
    stated |= {a.values[0] / 10 for a in said.amounts() if a.per == "g" and len(a.values) == 1}
    return stated.pop() if len(stated) == 1 else None


def is_part_of(name: str, longer: str) -> bool:
    """The beginning of another ingredient's name, in whole words: the first word of a prodrug's two."""
    return longer.startswith(name + " ")


def same_head(forms: Iterable[str]) -> bool:
    """Whether dose forms are of one kind: "Oral Tablet" and "Chewable Tablet" are, a tablet and a capsule are not."""
    return all(left.split()[-1] == right.split()[-1] for left, right in pairwise(forms))
