"""
Conditions in words: which value sets a condition's text names, when it has no code that is known.

Whole phrases only, the longest first, so that "postherpetic trigeminal neuralgia" is not trigeminal neuralgia. A phrase
that is denied, asked about, screened for, prevented or somebody else's ("family history of") never counts; one that is
past counts only for value sets that are read as history. In doubt a phrase does not count: words are weaker than codes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import Enum

Words = tuple[str, ...]


class Said(Enum):
    """How far the words before (or after) a phrase let it count."""

    PRESENT = 0
    PAST = 1
    DENIED = 2


_TOKEN = re.compile(r"[a-z0-9]+|[.;,!?)]")
_UNSPECIFIED = re.compile(r"\bnot (?:otherwise specified|elsewhere classified)\b|\bn\.?o\.?s\b\.?")
_SENTENCE_ENDS = frozenset([".", ";", "!", ")", "but", "however"])
_RUNNING = frozenset(["day", "days", "week", "weeks", "month", "months", "year", "years", "yr", "yrs", "long", "known"])


def _table(cues: str, said: Said) -> dict[Words, Said]:
    return {tuple(cue.split()): said for cue in cues.split("|")}


# Before a phrase: hold until the sentence ends, or until the comma for those in _TO_THE_COMMA.
_BEFORE = {
    **_table("no|not|never|nil|denies|denied|deny|denying|negative for|absence of|absent|free of|without", Said.DENIED),
    **_table("rule out|rules out|ruled out|r o|exclude|excludes|excluded|excluding", Said.DENIED),
    **_table(
        "screening|screening for|screen for|screened for|test for|testing for|risk of|risk for|at risk", Said.DENIED
    ),
    **_table("family history|family hx|fh|fhx|fhx of|mother|father|sister|brother|parent|sibling", Said.DENIED),
    **_table("vaccination|vaccine|immunization|immunisation|prevention of|prevent|prophylaxis", Said.DENIED),
    **_table("history of|hx of|h o|past|previous|previously|prior|resolved|former|remote", Said.PAST),
}
_TO_THE_COMMA = frozenset([("without",), ("not",), ("past",), ("previous",), ("prior",), ("resolved",), ("former",)])
# Right before a phrase only: "non-diabetic", "pre-diabetes".
_PREFIXES = frozenset(["non", "pre", "anti", "pseudo"])
# Right after a phrase.
_AFTER = {
    **_table("ruled out|excluded|unlikely|not present|absent|not found|negative|screening|screen|test", Said.DENIED),
    **_table("vaccine|vaccination|immunization|immunisation|prophylaxis|prevention|education|risk", Said.DENIED),
    **_table("resolved|in remission|in full remission|in the past|cured|healed", Said.PAST),
}


def words_of(text: str) -> Words:
    """Lower-case words and the marks that end a clause; accents, hyphens and apostrophes fall away."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return tuple(_TOKEN.findall(_UNSPECIFIED.sub(" ", plain)))


class ConditionNames:
    """Phrases to value-set ids, ready to be looked for."""

    def __init__(self, phrases: Mapping[str, frozenset[str]]) -> None:
        self._by_first: dict[str, list[tuple[Words, frozenset[str]]]] = {}
        for phrase, ids in phrases.items():
            words = words_of(phrase)
            self._by_first.setdefault(words[0], []).append((words, ids))
        for choices in self._by_first.values():
            choices.sort(key=lambda choice: -len(choice[0]))

    def named(self, text: str) -> Iterator[tuple[str, Said]]:
        """Each value-set id that the text names, present or past; denied ones are not given."""
        words = words_of(text)
        said, to_comma, at = Said.PRESENT, False, 0
        while at < len(words):
            said, to_comma = _after_mark(words[at], said, to_comma)
            length, ids = self._phrase(words, at)
            if length:
                yield from _counting(ids, _together(said, words, at, at + length))
                at += length
                continue
            length, cue = _cue(_BEFORE, words, at)
            if length and not _still_running(words, at, cue):
                said, to_comma = max(said, cue, key=lambda one: one.value), words[at : at + length] in _TO_THE_COMMA
            at += length or 1

    def _phrase(self, words: Words, at: int) -> tuple[int, frozenset[str]]:
        for phrase, ids in self._by_first.get(words[at], ()):
            if words[at : at + len(phrase)] == phrase:
                return len(phrase), ids
        return 0, frozenset()


def _after_mark(word: str, said: Said, to_comma: bool) -> tuple[Said, bool]:
    ended = word in _SENTENCE_ENDS or (word == "," and to_comma)
    return (Said.PRESENT, False) if ended else (said, to_comma)


def _cue(table: Mapping[Words, Said], words: Words, at: int) -> tuple[int, Said]:
    """The longest cue that starts at `at`: its length (0: none) and what it does."""
    for length in (3, 2, 1):
        cue = table.get(words[at : at + length])
        if cue is not None and at + length <= len(words):
            return length, cue
    return 0, Said.PRESENT


def _still_running(words: Words, at: int, cue: Said) -> bool:
    """ "3-year history of": it is present."""
    return cue is Said.PAST and at > 0 and words[at - 1] in _RUNNING


def _together(said: Said, words: Words, start: int, end: int) -> Said:
    prefixed = start > 0 and words[start - 1] in _PREFIXES
    comma = end < len(words) and words[end] == ","
    after = _cue(_AFTER, words, end + comma)[1]
    return max(said, after, Said.DENIED if prefixed else said, key=lambda one: one.value)


def _counting(ids: frozenset[str], said: Said) -> Iterator[tuple[str, Said]]:
    if said is not Said.DENIED:
        for id_ in ids:
            yield id_, said
