"""
Routes of administration, in the words the knowledge uses.

SNOMED codes as verified in HL7 and EHR sources; a route that is not here is not known, and tells no formulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BY_CODE: Mapping[str, str] = {
    "26643006": "oral",
    "6064005": "topical",
    "448598008": "topical",
    "45890007": "transdermal",
    "37839007": "sublingual",
    "54471007": "buccal",
    "47625008": "intravenous",
    "34206005": "subcutaneous",
    "78421000": "intramuscular",
    "37161004": "rectal",
    "46713006": "nasal",
    "72607000": "intrathecal",
    "404820008": "epidural",
    "PO": "oral",
    "TOP": "topical",
    "TRNSDERM": "transdermal",
    "SL": "sublingual",
    "BUC": "buccal",
    "IV": "intravenous",
    "IVINJ": "intravenous",
    "SQ": "subcutaneous",
    "IM": "intramuscular",
}

BY_WORD: Mapping[str, str] = {
    "oral": "oral",
    "by mouth": "oral",
    "po": "oral",
    "topical": "topical",
    "skin": "topical",
    "transdermal": "transdermal",
    "sublingual": "sublingual",
    "buccal": "buccal",
    "intravenous": "intravenous",
    "iv": "intravenous",
    "subcutaneous": "subcutaneous",
    "intramuscular": "intramuscular",
    "rectal": "rectal",
    "nasal": "nasal",
}


def read_route(dosage_instruction: Any) -> str | None:
    """The route of the first line that names one; None when none does, or two lines differ."""
    lines = dosage_instruction if isinstance(dosage_instruction, list) else []
    routes = {route for line in lines if isinstance(line, Mapping) and (route := _one(line.get("route")))}
    return routes.pop() if len(routes) == 1 else None


def _one(concept: Any) -> str | None:
    if not isinstance(concept, Mapping):
        return None
    codings = concept.get("coding")
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, Mapping) and coding.get("code") in BY_CODE:
            return BY_CODE[coding["code"]]
    text = concept.get("text")
    words = text.lower() if isinstance(text, str) else ""
    return next((route for word, route in BY_WORD.items() if word == words or f" {word} " in f" {words} "), None)
