"""
From text to tokens: one spelling of everything, then the longest phrase of the vocabulary at each place.

Both passes go over the text once; a phrase is looked up in a table a bounded number of times a place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from cards.fhir.sig.words import LEXICON, Kind, Word

_VULGAR = {"½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅓": " 1/3 ", "⅔": " 2/3 ", "⅛": " 1/8 "}
_LONGEST_FROM: dict[str, int] = {}  # by its first word, how many words the longest phrase has
for _phrase in LEXICON:
    _first, *_rest = _phrase.split()
    _LONGEST_FROM[_first] = max(len(_rest) + 1, _LONGEST_FROM.get(_first, 0))
_SPELLINGS = str.maketrans(
    {
        **_VULGAR,
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("’‘´`", "'"),
        **dict.fromkeys('“”„"', " "),
        **dict.fromkeys("\u00a0\u2002\u2003\u2009\u200b\u202f\t\r", " "),
        "×": "x",
        "µ": "u",
        "μ": "u",
        "\n": " ; ",
        "•": ";",
    }
)
_DOTTED = re.compile(r"\b[a-z]\.(?:[a-z]\.){0,4}[a-z]?\b\.?")  # p.o., t.i.d, a.m.
_PLURAL = re.compile(r"(?<=[a-z])\((?:s|es)\)")  # tablet(s), patch(es)
_WITH = re.compile(r"\bw/")
_SCAN = re.compile(
    r"(?P<clock>\b\d{1,2}:\d\d\b)"
    r"|(?P<code>\b[a-pr-wyz]\d\d\.\d{1,4}\b)"
    r"|(?P<fraction>\b[1-9]\d?/[1-9]\d?\b(?!/))"
    r"|(?P<decimal>(?<![\d,.])(?:\d{1,3},\d{1,2}(?= ?(?:mg|g|mcg|ug|ml)\b)"
    r"|\d{1,2},(?:25|50?|75)(?= ?(?:tab|cap)[a-z]*\b)))"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d*\.\d+|\d+)"
    r"|(?P<word>[a-z]+(?:'[a-z]+)?)"
    r"|(?P<sign>[^\sa-z\d])",
    re.ASCII,
)
_DENOMINATORS = frozenset({2, 3, 4, 5, 8, 10})
_LONGEST_NUMBER = 8
_UNKNOWN = Word(Kind.UNKNOWN)
LOOK_AHEAD = 8


class Token(Struct, frozen=True):
    """A word, phrase, number or sign with its meaning, and where it stands in the normalised text."""

    kind: Kind
    name: str
    value: Fraction
    text: str
    start: int
    end: int


class Scanned(Struct, frozen=True):
    text: str  # normalised
    tokens: tuple[Token, ...]


def scan(text: str) -> Scanned:
    """All of the text as tokens, longest known phrases first, with END after them as far as anyone looks ahead."""
    plain = normalise(text)
    pieces = [piece for match in _SCAN.finditer(plain) for piece in _pieces(match)]
    tokens, place = [], 0
    while place < len(pieces):
        token, width = _longest(pieces, place)
        tokens.append(token)
        place += width
    end = _token(Word(Kind.END), "", len(plain))
    return Scanned(plain, (*tokens, *[end] * LOOK_AHEAD))


def normalise(text: str) -> str:
    """Lower case, one kind of dash and quote, no dots inside abbreviations."""
    plain = text.lower().translate(_SPELLINGS)
    plain = _PLURAL.sub("", plain)
    plain = _DOTTED.sub(lambda match: match.group().replace(".", "") + " ", plain)
    return _WITH.sub("with ", plain)


def _token(word: Word, text: str, start: int) -> Token:
    return Token(word.kind, word.name, word.value, text, start, start + len(text))


def _pieces(match: re.Match[str]) -> tuple[Token, ...]:
    """A word, number or sign; "pobid", written as one, is two words."""
    text, start = match.group(), match.start()
    read = _NUMERIC.get(match.lastgroup or "")
    if read:
        return (_token(read(text), text, start),)
    glued = text[2:]
    if text.startswith("po") and text not in LEXICON and glued in LEXICON:
        return _token(LEXICON["po"], "po", start), _token(LEXICON[glued], glued, start + 2)
    return (_token(LEXICON.get(text, _UNKNOWN), text, start),)


def _clock(text: str) -> Word:
    hour, minute = (int(part) for part in text.split(":"))
    return Word(Kind.CLOCK, text, Fraction(hour * 60 + minute)) if minute < 60 else _UNKNOWN


@lru_cache(maxsize=1024)  # few numbers are written, and Fraction is slow to read them
def _number(text: str) -> Word:
    plain = text.replace(",", "")
    return Word(Kind.NUMBER, text, Fraction(plain)) if len(plain) <= _LONGEST_NUMBER else _UNKNOWN


def _decimal(text: str) -> Word:
    """ "1,5 tablets", "2,5 mg": a comma is a point where nothing else fits. Of tablets only halves and quarters: "1,2
    tablets" may be one or two."""
    return Word(Kind.NUMBER, text, Fraction(text.replace(",", ".")))


@lru_cache(maxsize=1024)
def _fraction(text: str) -> Word:
    """Only what is written for parts of a tablet: 5/325 is a strength, 10/12 a date."""
    top, bottom = (int(part) for part in text.split("/"))
    if top < bottom and bottom in _DENOMINATORS:
        return Word(Kind.NUMBER, text, Fraction(top, bottom))
    return _UNKNOWN


def _code(text: str) -> Word:
    return Word(Kind.CODE, text)


_NUMERIC: Mapping[str, Callable[[str], Word]] = {
    "clock": _clock,
    "number": _number,
    "fraction": _fraction,
    "code": _code,
    "decimal": _decimal,
}


def _longest(pieces: list[Token], place: int) -> tuple[Token, int]:
    """The longest phrase of the vocabulary that starts here, and how many pieces it takes."""
    best, width = pieces[place], 1
    text = best.text
    for count in range(2, min(_LONGEST_FROM.get(text, 1), len(pieces) - place) + 1):
        text = f"{text} {pieces[place + count - 1].text}"
        word = LEXICON.get(text)
        if word is not None:
            end = pieces[place + count - 1].end
            best, width = Token(word.kind, word.name, word.value, text, pieces[place].start, end), count
    return best, width
