"""
AllergyIntolerance -> facts.Allergy: what the patient must not be given again, by ingredient and by class. The classes
above one that is named are not what was recorded: who reacts to opioids may take what else sedates.

A record that says there is no allergy is not an allergy. One to a drug that is not ours is kept with no substances:
it was read, and touches nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from cards.facts import Allergy, Condition, Unread

from .codings import ValueSets, belongs_to, codings, frozen, names, objects, reference_of, string, words

Ingredients = Callable[[str, str, str], frozenset[str]]  # system, code, text -> generic names

_NEVER = frozenset({"refuted", "entered-in-error", "inactive", "resolved"})
_NOT_DRUGS = frozenset({"food", "environment"})
_NONE_KNOWN = re.compile(
    r"\b(no|nil|none|not)[ -](known|active|recorded|drug|medication|allerg\w*)|\bnk[dfm]?a\b|^none$"
)
_BUT = re.compile(r"\b(except|other than|apart from|aside from|besides)( for| to)?\b")  # "none known except ..."
# What an allergy record says beside the substance: "Allergy to gabapentin (finding)", "Gabapentin allergy".
_BESIDE = re.compile(
    r"\([^()]*\)|\b(propensity to )?(adverse|allergic) (drug )?reactions?\b|"
    r"\b(drug|medication|known|severe|reported)\b|"
    r"\b(allergy|allergies|allergic|hypersensitivity|sensitivity|intolerance|intolerant|status|caused by|due to|to)\b",
    re.IGNORECASE,
)
_HISTORY = re.compile(r"(?<!family )\b(personal )?(history of|h/o|hx of)\b:?", re.IGNORECASE)  # an allergy is not over
_NOT_ASKED = re.compile(
    r"^((drug |medication )?allerg(y|ies)( status)? )?(patient )?"
    r"(unknown|not (asked|known|recorded|assessed)|unable to .*)$"
)
_STATUS = re.compile(r"allerg|hypersensitiv|intoleran|adverse (drug )?reaction", re.IGNORECASE)
_OF_KIN = re.compile(r"\b(family|fh|mother|father|sister|brother)\b", re.IGNORECASE)
_ALLERGIC = re.compile(
    r"anaphyla|angio-?o?edema|urticaria|hives|bronchospasm|wheez|swelling|stevens|necrolysis|eosinophilia|dress\b|rash|"
    r"exanthem|vasculitis|serum sickness|shock|airway|throat"
)
_SEVERE = re.compile(
    r"anaphyla|angio-?o?edema|bronchospasm|stevens|necrolysis|eosinophilia|dress\b|serum sickness|shock|airway|"
    r"life[ -]threatening"
)
_SIDE_EFFECT = re.compile(
    r"nausea|vomit|constipat|diarrh|drows|sedat|somnol|dizz|dry mouth|upset|indigestion|dyspepsia|headache|fatigue|"
    r"tired|insomnia|sweat|weight gain|confus|halluc|dream"
)


def read_allergy(
    resource: object, patient_id: str, ingredients: Ingredients, value_sets: ValueSets
) -> Allergy | Unread | None:
    """None: not an allergy that counts (refuted, over, another patient's, "no known allergy", to food)."""
    if not isinstance(resource, dict) or not belongs_to(resource, patient_id) or _is_over(resource):
        return None
    said = {key: resource[key] for key in _SAID if key in resource}
    key = frozen(said)
    understood = _read(said, ingredients, value_sets) if key is None else _understood(key, ingredients, value_sets)
    if isinstance(understood, str):
        return Unread(reference_of(resource), "allergy", understood)
    return understood and Allergy(reference_of(resource), *understood)


def is_allergy_status(condition: Condition, value_sets: ValueSets) -> bool:
    """Whether an entry of the problem list is of an allergy, by its words or its code."""
    own = _STATUS.search(condition.label) and not _OF_KIN.search(condition.label)
    return bool(own) or any(map(value_sets.is_class, condition.value_sets))


_SAID = ("code", "substance", "reaction", "category", "type", "criticality")
_Understood = tuple[str, frozenset[str], bool, bool]  # label, substances, whether an intolerance, whether severe


@lru_cache(maxsize=4096)  # few substances make most of the allergies on record
def _understood(said: bytes, ingredients: Ingredients, value_sets: ValueSets) -> _Understood | str | None:
    return _read(orjson.loads(said), ingredients, value_sets)


def _read(resource: Mapping[str, Any], ingredients: Ingredients, value_sets: ValueSets) -> _Understood | str | None:
    """What it is to, and how it showed; or why that cannot be read."""
    concepts = [resource.get("code"), resource.get("substance")]  # DSTU2 has `substance`
    concepts += [reaction.get("substance") for reaction in objects(resource.get("reaction"))]
    said = [name for concept in concepts for name in names(concept)]
    if _says_none(concepts, said, value_sets):
        coded = (coding for concept in concepts for coding in codings(concept))
        named = any(ingredients(coding.system, coding.code, "") for coding in coded)
        return "it says that there is none, and its code names one" if named else None
    found = frozenset().union(*(_substances(concept, ingredients, value_sets) for concept in concepts))
    substances = value_sets.narrowest(found)
    if not substances and _is_not_a_drug(resource):
        return None
    if not said and not substances:
        return "what it is to is not said in words or in a code that is known"
    if not substances and any(map(_not_asked, said)):
        return "it says only that allergies are not known"
    label = _plain(said[0]) or said[0] if said else " / ".join(sorted(substances))
    return label, substances, _is_intolerance(resource), _is_severe(resource)


def _is_over(resource: Mapping[str, Any]) -> bool:
    status = words(resource.get("verificationStatus")) | words(resource.get("clinicalStatus"))
    return bool((status | words(resource.get("status"))) & _NEVER)


def _says_none(concepts: list[object], said: list[str], value_sets: ValueSets) -> bool:
    none_known = value_sets.with_meaning("no-known-allergy")
    for concept in concepts:
        for coding in codings(concept):
            if (
                _NONE_KNOWN.search(coding.code.lower())
                or value_sets.conditions_of(coding.system, coding.code) & none_known
            ):
                return True
    told = (name.lower() for name in said if not _not_asked(name))
    return any(_NONE_KNOWN.search(name) and not _BUT.search(name) for name in told)


def _substances(concept: object, ingredients: Ingredients, value_sets: ValueSets) -> frozenset[str]:
    """Ingredients and classes that a code stands for; the words only where no code says any."""
    found: frozenset[str] = frozenset()
    for coding in codings(concept):
        found |= ingredients(coding.system, coding.code, "") | value_sets.conditions_of(coding.system, coding.code)
    for name in () if found else map(_told, names(concept)):
        found |= ingredients("", "", name) or ingredients("", "", _plain(name))
        found |= value_sets.classes_named(name)
    return found


def _told(name: str) -> str:
    """Lower case, without what an allergy is no less for: that it is of the past, that there is no other."""
    told = _HISTORY.sub(" ", name.lower())
    return (_BUT.split(told)[-1] if _NONE_KNOWN.search(told) else told).strip()


def _not_asked(name: str) -> bool:
    return bool(_NOT_ASKED.search(name.lower().strip(" .")))


def _plain(name: str) -> str:
    """The substance alone of "Allergy to gabapentin (finding)"."""
    return " ".join(_BESIDE.sub(" ", name).split()).strip(" :,-")


def _is_not_a_drug(resource: Mapping[str, Any]) -> bool:
    category = resource.get("category")
    said = {string(word).lower() for word in (category if isinstance(category, list) else [category])} - {""}
    return bool(said) and said <= _NOT_DRUGS


def _manifestations(resource: Mapping[str, Any]) -> list[str]:
    """What happened, lower case: an entry for each manifestation, its words joined."""
    if "reaction" not in resource:
        return []
    reactions = list(objects(resource["reaction"]))
    told = [" ".join(names(one)).lower() for reaction in reactions for one in objects(reaction.get("manifestation"))]
    return [text for text in (*told, *(string(reaction.get("description")).lower() for reaction in reactions)) if text]


def _is_intolerance(resource: Mapping[str, Any]) -> bool:
    """Called one, or with nothing but side effects on record; never where an allergic reaction is."""
    told, kind = _manifestations(resource), string(resource.get("type")).lower()
    if any(_ALLERGIC.search(text) for text in told):
        return False
    if kind:
        return kind == "intolerance"
    return bool(told) and all(_SIDE_EFFECT.search(text) for text in told)


def _is_severe(resource: Mapping[str, Any]) -> bool:
    severities = {string(reaction.get("severity")).lower() for reaction in objects(resource.get("reaction"))}
    critical = string(resource.get("criticality")).lower() in {"high", "crith"}
    return critical or "severe" in severities or any(_SEVERE.search(text) for text in _manifestations(resource))
