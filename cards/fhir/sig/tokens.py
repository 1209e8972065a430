"""
From text to tokens: one spelling of everything, then the longest phrase of the vocabulary at each place.

Both passes go over the text once; a phrase is looked up in a table at most LONGEST_PHRASE times a place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from cards.fhir.sig.words import LEXICON, LONGEST_PHRASE, Kind, Word

_VULGAR = {"½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅓": " 1/3 ", "⅔": " 2/3 ", "⅛": " 1/8 "}
_SPELLINGS = str.maketrans(
    {
        **_VULGAR,
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("’‘´`", "'"),
        **dict.fromkeys('“”„"', " "),
        **dict.fromkeys("\u00a0\t\r\u200b", " "),
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
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d*\.\d+|\d+)"
    r"|(?P<word>[a-z]+(?:'[a-z]+)?)"
    r"|(?P<sign>[^\sa-z\d])"
)
_DENOMINATORS = frozenset({2, 3, 4, 5, 8, 10})
_LONGEST_NUMBER = 8


@dataclass(frozen=True, slots=True)
class Token:
    """A word, phrase, number or sign with its meaning, and where it stands in the normalised text."""

    word: Word
    text: str
    start: int
    end: int

    @property
    def kind(self) -> Kind:
        return self.word.kind

    @property
    def value(self) -> Fraction:
        return self.word.value


@dataclass(frozen=True, slots=True)
class Scanned:
    text: str  # normalised
    tokens: tuple[Token, ...] = field(default=())


def scan(text: str) -> Scanned:
    """All of the text as tokens, longest known phrases first, with an END at the end."""
    plain = normalise(text)
    pieces = [piece for match in _SCAN.finditer(plain) for piece in _piece(match)]
    tokens, place = [], 0
    while place < len(pieces):
        token, width = _longest(pieces, place)
        tokens.append(token)
        place += width
    end = Token(Word(Kind.END), "", len(plain), len(plain))
    return Scanned(plain, (*tokens, end))


def normalise(text: str) -> str:
    """Lower case, one kind of dash and quote, no dots inside abbreviations."""
    plain = text.lower().translate(_SPELLINGS)
    plain = _PLURAL.sub("", plain)
    plain = _DOTTED.sub(lambda match: match.group().replace(".", "") + " ", plain)
    return _WITH.sub("with ", plain)


def _piece(match: re.Match[str]) -> list[Token]:
    text, start = match.group(), match.start()
    kind = match.lastgroup
    if kind == "word":
        return _word(text, start)
    return [Token(_meaning(kind or "", text), text, start, match.end())]


def _meaning(kind: str, text: str) -> Word:
    match kind:
        case "clock":
            hour, minute = (int(part) for part in text.split(":"))
            return (
                Word(Kind.CLOCK, "", Fraction(hour * 60 + minute)) if hour < 25 and minute < 60 else Word(Kind.UNKNOWN)
            )
        case "code":
            return Word(Kind.CODE)
        case "fraction":
            return _fraction(text)
        case "number":
            plain = text.replace(",", "")
            return Word(Kind.NUMBER, text, Fraction(plain)) if len(plain) <= _LONGEST_NUMBER else Word(Kind.UNKNOWN)
    return LEXICON.get(text, Word(Kind.UNKNOWN))


def _fraction(text: str) -> Word:
    """Only what is written for parts of a tablet: 5/325 is a strength, 10/12 a date."""
    top, bottom = (int(part) for part in text.split("/"))
    if top < bottom and bottom in _DENOMINATORS:
        return Word(Kind.NUMBER, text, Fraction(top, bottom))
    return Word(Kind.UNKNOWN)


def _word(text: str, start: int) -> list[Token]:
    """A word; "pobid", written as one, is two."""
    glued = text[2:]
    if text not in LEXICON and text.startswith("po") and glued in LEXICON:
        return [_known(text[:2], start), _known(glued, start + 2)]
    return [_known(text, start)]


def _known(text: str, start: int) -> Token:
    return Token(LEXICON.get(text, Word(Kind.UNKNOWN)), text, start, start + len(text))


def _longest(pieces: list[Token], place: int) -> tuple[Token, int]:
    """The longest phrase of the vocabulary that starts here, and how many pieces it takes."""
    text, best, width = "", pieces[place], 1
    for count, piece in enumerate(pieces[place : place + LONGEST_PHRASE], start=1):
        text = f"{text} {piece.text}" if text else piece.text
        word = LEXICON.get(text) if count > 1 else None
        if word is not None:
            best, width = Token(word, text, pieces[place].start, piece.end), count
    return best, width
