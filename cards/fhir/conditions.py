"""
Condition -> facts.Condition: what is wrong with the patient, now, or once where that still matters.

Refuted and mistaken records never count; resolved ones only for value sets that ask for history. Codes decide. The
words are read only where no code does.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from cards.facts import Condition, Unread

from .codings import ICD10CM, ICD10WHO, Coding, ValueSets, belongs_to, codings, frozen, names, reference_of, words
from .dates import days_of

_NEVER = frozenset({"refuted", "entered-in-error"})
_PROVISIONAL = frozenset({"provisional", "differential", "unconfirmed"})
_OVER = frozenset({"inactive", "resolved", "remission"})
_AGAIN = frozenset({"recurrence", "relapse"})
ABATEMENTS = frozenset(f"abatement{kind}" for kind in ("Boolean", "Age", "String", "Range", "Period", "DateTime"))
_COMPLETE = frozenset({ICD10CM, ICD10WHO})  # read by prefix: a code in no value set is known to be in none

_ICD = re.compile(r"[A-Z]\d[0-9A-Z]", re.IGNORECASE)  # what every code of either begins with
_SAYS_NOTHING = re.compile(r"(unknown|not known|unspecified|null|undefined|n/?a|unk)?", re.IGNORECASE)

# "History of", but not "3 year history of", which still runs.
_PAST = re.compile(
    r"(?<!day )(?<!week )(?<!month )(?<!year )(?<!yr )"
    r"\b(history|hx|h/o|pmh|previous\w*|prior|past|former|s/p|status post|resolved|remote)\b"
)
_DOUBTED = re.compile(r"\b(possible|possibly|probable|probably|suspected|suspicion|query|likely|presumed)\b|\?")


def read_condition(resource: object, patient_id: str, value_sets: ValueSets, day: date) -> Condition | Unread | None:
    """None: it does not count (another patient's, refuted, resolved, nothing at all)."""
    if not isinstance(resource, dict) or not belongs_to(resource, patient_id):
        return None
    verified = words(resource.get("verificationStatus"))
    if verified & _NEVER:
        return None
    understood = read_code(resource.get("code"), value_sets)
    if isinstance(understood, str):
        return Unread(reference_of(resource), "condition", understood)
    label, meaning = understood
    condition = Condition(
        reference_of(resource),
        label=label,
        value_sets=meaning.value_sets,
        provisional=bool(verified & _PROVISIONAL) or meaning.doubted,
        resolved=meaning.past or _is_over(resource, day),
        onset=_onset(resource),
    )
    return _as_history(condition, value_sets) if condition.resolved else condition


def read_code(code: object, value_sets: ValueSets) -> tuple[str, Meaning] | str:
    """What a condition's code is called and means; or why it cannot be read."""
    key = frozen(code) if isinstance(code, dict) else None
    return _understood(value_sets, key) if key else _read_code(code, value_sets)


@lru_cache(maxsize=20_000)  # charts repeat the same few thousand diagnoses
def _understood(value_sets: ValueSets, code: bytes) -> tuple[str, Meaning] | str:
    return _read_code(orjson.loads(code), value_sets)


def _read_code(code: object, value_sets: ValueSets) -> tuple[str, Meaning] | str:
    coded = list(codings(code))
    said = [name for name in names(code) if not _SAYS_NOTHING.fullmatch(name.strip(" .?-"))]
    if not said and not _readable(coded, value_sets):
        return _why_unreadable(coded)
    return said[0] if said else coded[0].code, _meaning(coded, said, value_sets)


class Meaning(NamedTuple):
    """The value sets a code or its words stand for, and what the words add."""

    value_sets: frozenset[str]
    past: bool = False
    doubted: bool = False


def _meaning(coded: list[Coding], said: list[str], value_sets: ValueSets) -> Meaning:
    found = sets_of(coded, value_sets)
    if found or any(map(_decides, coded)):
        return Meaning(found)
    return _in_words(said, value_sets)


def sets_of(coded: list[Coding], value_sets: ValueSets) -> frozenset[str]:
    """Every value set that any of the codes belongs to."""
    return frozenset().union(*(value_sets.conditions_of(coding.system, coding.code) for coding in coded))


def _in_words(said: list[str], value_sets: ValueSets) -> Meaning:
    """What is denied or somebody else's names nothing; what is past names only sets that are read as history."""
    for text in map(str.lower, said):
        if found := value_sets.conditions_named(text):
            return Meaning(found, past=bool(_PAST.search(text)), doubted=bool(_DOUBTED.search(text)))
    return Meaning(frozenset())


def _readable(coded: list[Coding], value_sets: ValueSets) -> bool:
    return any(_decides(coding) or value_sets.conditions_of(coding.system, coding.code) for coding in coded)


def _decides(coding: Coding) -> bool:
    """Whether a code that is in no value set is known to be in none."""
    return coding.system in _COMPLETE and bool(_ICD.match(coding.code))


def _why_unreadable(coded: list[Coding]) -> str:
    return f"its code {coded[0].code} is not known and has no words" if coded else "it has neither a code nor words"


def _as_history(condition: Condition, value_sets: ValueSets) -> Condition | None:
    kept = frozenset(name for name in condition.value_sets if value_sets.history(name))
    if not kept:
        return None
    return Condition(condition.reference, condition.label, kept, condition.provisional, True, condition.onset)


def _is_over(resource: Mapping[str, Any], day: date) -> bool:
    status = words(resource.get("clinicalStatus"))
    if status & _OVER:
        return True
    return not status & _AGAIN and _abated(resource, day)


def _abated(resource: Mapping[str, Any], day: date) -> bool:
    """An abatement that is no date (age, text, DSTU2's true) has happened; a date may still lie ahead."""
    if ABATEMENTS.isdisjoint(resource) or resource.get("abatementBoolean") is False:
        return False
    if any(key in resource for key in ("abatementBoolean", "abatementAge", "abatementString", "abatementRange")):
        return True
    period = resource.get("abatementPeriod")
    ended = [resource.get("abatementDateTime")]
    if isinstance(period, dict):
        ended += [period.get("end"), period.get("start")]
    days = next((found for found in map(days_of, ended) if found), None)
    return days is not None and days[0] <= day


def _onset(resource: Mapping[str, Any]) -> date | None:
    """When it began, or else was recorded. Of a partial date the last day: what may be recent counts as recent."""
    period = resource.get("onsetPeriod")
    start = period.get("start") if isinstance(period, dict) else None
    recorded = (resource.get(key) for key in ("recordedDate", "assertedDate", "dateRecorded"))
    written: Iterable[object] = itertools.chain((resource.get("onsetDateTime"), start), recorded)
    days = next(filter(None, map(days_of, written)), None)
    return days and days[1]
