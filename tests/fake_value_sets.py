"""A few value sets, small enough to see at a glance, for readers that are tested without the knowledge files."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from cards.fhir.codings import ICD10CM, ICD10WHO, LOINC, SNOMED
from cards.statements import Range, Review, ValueSet

REVIEW = Review(
    status="draft", last_review_date=date(2026, 1, 1), review_due=date(2027, 1, 1), expires=date(2028, 1, 1)
)


def result_set(name: str, loinc: str, unit: str, units: dict[str, Fraction], plausible: str | None) -> ValueSet:
    return ValueSet(
        id=name,
        path=f"value_sets/{name}.toml",
        title=name.replace("-", " "),
        kind="result",
        review=REVIEW,
        source=(),
        meaning=name,
        loinc=(loinc,),
        unit=unit,
        units=units,
        plausible=None if plausible is None else Range.parse(plausible),
    )


RESULTS = {
    one.loinc[0]: one
    for one in (
        result_set("creatinine", "2160-0", "mg/dL", {"umol/L": Fraction(5, 442)}, "0.1 <= value <= 25"),
        result_set("creatinine-clearance", "35591-7", "mL/min", {}, "0 <= value <= 300"),
        result_set("egfr", "98979-8", "mL/min/{1.73_m2}", {"mL/min": Fraction(1)}, "0 <= value <= 250"),
        result_set(
            "weight", "29463-7", "kg", {"[lb_av]": Fraction("0.45359237"), "g": Fraction(1, 1000)}, "2 <= value <= 400"
        ),
        result_set("height", "8302-2", "cm", {"[in_i]": Fraction("2.54"), "m": Fraction(100)}, "40 <= value <= 250"),
        result_set("sodium", "2951-2", "mmol/L", {"meq/L": Fraction(1)}, "80 <= value <= 200"),
        result_set("systolic", "8480-6", "mm[Hg]", {}, "30 <= value <= 300"),
        result_set("hla-b-1502", "57979-7", "", {}, None),
        result_set("pregnancy-status", "82810-3", "", {}, None),
    )
}

CODES = {
    ICD10CM: {
        "N18.31": "ckd-stage-3a",
        "N18.3": "ckd-stage-3",
        "N18.32": "ckd-stage-3b",
        "N18.4": "ckd-stage-4",
        "N18.5": "ckd-stage-5",
        "Z99.2": "dialysis",
        "N17": "acute-kidney-injury",
        "E11.42": "diabetic-neuropathy",
        "I21": "infarction",
        "Z88.5": "opioid-allergy",
    },
    ICD10WHO: {"G63.2": "diabetic-neuropathy"},
    SNOMED: {
        "230572002": "diabetic-neuropathy",
        "22298006": "infarction",
        "716186003": "no-known-allergy",
        "293584003": "opioid-allergy",
    },
}

PHRASES = {
    "diabetic neuropathy": "diabetic-neuropathy",
    "myocardial infarction": "infarction",
    "migraine": "migraine",
    "phantom limb": "phantom-limb-pain",
    "opioid": "opioid-allergy",
    "stage 4": "ckd-stage-4",
}


class FakeValueSets:
    """As the knowledge's value sets: ICD-10-CM by prefix with or without dot, the rest by code."""

    def conditions_of(self, system: str, code: str) -> frozenset[str]:
        plain = code.replace(".", "").upper()
        found = CODES.get(system, {})
        if system == ICD10CM:
            return frozenset(name for prefix, name in found.items() if plain.startswith(prefix.replace(".", "")))
        return frozenset(name for known, name in found.items() if plain == known.replace(".", ""))

    def conditions_named(self, text: str) -> frozenset[str]:
        return frozenset(name for phrase, name in PHRASES.items() if phrase in text.lower())

    def results_of(self, system: str, code: str) -> ValueSet | None:
        return RESULTS.get(code) if system == LOINC else None

    def history(self, id_: str) -> bool:
        return id_ == "infarction"

    def with_meaning(self, meaning: str) -> frozenset[str]:
        return frozenset({meaning})


VALUE_SETS = FakeValueSets()
