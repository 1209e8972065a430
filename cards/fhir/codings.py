"""
What every reader of the chart needs: codings, references, and the value sets as readers see them.

Nothing here raises on any JSON. A list where an object is due, an object where a list is due, a number for a string:
what can be used is used, the rest is as if absent.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import orjson

from cards.statements import ValueSet

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10WHO = "http://hl7.org/fhir/sid/icd-10"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"

_ALIASES = {
    "urn:oid:2.16.840.1.113883.6.90": ICD10CM,
    "icd-10-cm": ICD10CM,
    "icd10cm": ICD10CM,
    "urn:oid:2.16.840.1.113883.6.3": ICD10WHO,
    "icd-10": ICD10WHO,
    # the German modification only adds digits to WHO's codes
    "http://fhir.de/codesystem/bfarm/icd-10-gm": ICD10WHO,
    "http://fhir.de/codesystem/dimdi/icd-10-gm": ICD10WHO,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "snomed": SNOMED,
    "snomed-ct": SNOMED,
    "snomedct": SNOMED,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "loinc": LOINC,
}
_KNOWN = {system: system for system in (ICD10CM, ICD10WHO, SNOMED, LOINC)} | _ALIASES


class ValueSets(Hashable, Protocol):
    """What the readers ask of the knowledge's value sets; ids are file stems."""

    def conditions_of(self, system: str, code: str, /) -> frozenset[str]: ...

    def conditions_named(self, text: str, /) -> frozenset[str]: ...

    def is_class(self, id_: str, /) -> bool: ...

    def classes_named(self, text: str, /) -> frozenset[str]: ...

    def results_of(self, system: str, code: str, /) -> ValueSet | None: ...

    def history(self, id_: str, /) -> bool: ...

    def with_meaning(self, meaning: str, /) -> frozenset[str]: ...

    def narrowest(self, ids: Iterable[str], /) -> frozenset[str]: ...


class Coding(NamedTuple):
    system: str  # canonical, or as it came
    code: str
    display: str


def canonical(system: object) -> str:
    """One name for a code system, however it was written; "" if none was given."""
    if not isinstance(system, str):
        return ""
    return _KNOWN.get(system) or _normal(system)


@lru_cache(256)
def _normal(system: str) -> str:
    plain = system.partition("|")[0].strip().rstrip("/").lower().replace("https://", "http://", 1)
    if plain.startswith("2.16.840."):
        plain = f"urn:oid:{plain}"
    if plain.startswith(f"{SNOMED}/"):  # an edition or a version
        return SNOMED
    return _KNOWN.get(plain, system)


def string(value: object) -> str:
    """Trimmed text; a number written where a string is due is taken as its digits."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20 else ""


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, or the one that came without its list."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, dict):
                yield item


def frozen(concept: object) -> bytes | None:
    """What was sent as a key to remember it by; None for what JSON cannot hold (a number of absurd length)."""
    try:
        return orjson.dumps(concept)
    except TypeError:
        return None


def codings(concept: object) -> Iterator[Coding]:
    """Every coding with a code, of a CodeableConcept, a list of them, or a bare Coding."""
    for part in objects(concept):
        for coding in objects(part.get("coding", part)):
            if code := string(coding.get("code")):
                yield Coding(canonical(coding.get("system")), code, string(coding.get("display")))


def names(concept: object) -> Iterator[str]:
    """The words of a CodeableConcept: its text, then each display."""
    if isinstance(concept, str) and concept.strip():
        yield concept.strip()
    for part in objects(concept):
        if text := string(part.get("text")):
            yield text
        for coding in objects(part.get("coding", part)):
            if display := string(coding.get("display")):
                yield display


def words(value: object) -> frozenset[str]:
    """Status words, lower case, of a code, a CodeableConcept or a string (STU3 has strings where R4 has concepts)."""
    if isinstance(value, str):
        return frozenset({value.strip().lower()})
    key = frozen(value) if isinstance(value, dict) else None
    return _words(value) if key is None else _words_of(key)


@lru_cache(1024)  # every resource has a status or two, and there are few
def _words_of(concept: bytes) -> frozenset[str]:
    return _words(orjson.loads(concept))


def _words(value: object) -> frozenset[str]:
    said = {string(part.get("text")) for part in objects(value)}
    for part in objects(value):
        for coding in objects(part.get("coding", part)):
            said |= {string(coding.get("code")), string(coding.get("display"))}
    return frozenset(map(str.lower, said - {""}))


def reference_of(resource: Mapping[str, Any]) -> str:
    """ "Condition/c1", or the type alone where there is no id."""
    kind, identity = string(resource.get("resourceType")), string(resource.get("id"))
    return f"{kind}/{identity}" if kind and identity else kind


def without_version(reference: str) -> str:
    return reference.strip().split("/_history/")[0].rstrip("/")


def local(reference: str) -> str:
    """ "MedicationRequest/a" of an absolute reference, "x" of urn:uuid:x; without a version."""
    return "/".join(without_version(reference).removeprefix("urn:uuid:").rsplit("/", 2)[-2:])


def belongs_to(resource: Mapping[str, Any], patient_id: str) -> bool:
    """Whether a resource may be this patient's: only one that names another is not.

    Unsaid, logical (urn:uuid) and contained references cannot be told apart from this patient's own.
    """
    subject = resource.get("subject") or resource.get("patient")
    reference = string(subject.get("reference")) if isinstance(subject, dict) else ""
    if reference == f"Patient/{patient_id}":  # as most are written
        return True
    if not reference or not patient_id or reference.startswith(("urn:", "#")):
        return True
    path = without_version(reference).split("/")
    return path[-1] == patient_id.split("/")[-1] and (len(path) < 2 or path[-2] == "Patient")
