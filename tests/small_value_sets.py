"""A few value sets, small enough to see at a glance; each has its id for its meaning."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any, Literal

from cards.statements import Range, Review, ValueSet
from cards.value_sets import ValueSets

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
    one.id: one
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


def condition_set(name: str, kind: Literal["condition", "medicine"] = "condition", **members: Any) -> ValueSet:
    path, title = f"value_sets/{name}.toml", name.replace("-", " ")
    return ValueSet(id=name, path=path, title=title, kind=kind, review=REVIEW, source=(), meaning=name, **members)


CONDITIONS = {
    one.id: one
    for one in (
        condition_set("ckd-stage-1"),
        condition_set("ckd-stage-2"),
        condition_set("ckd-stage-3", icd10cm=("N18.3",), icd10cm_exclude=("N18.31", "N18.32")),
        condition_set("ckd-stage-3a", icd10cm=("N18.31",)),
        condition_set("ckd-stage-3b", icd10cm=("N18.32",)),
        condition_set("ckd-stage-4", icd10cm=("N18.4",), text=("stage 4",)),
        condition_set("ckd-stage-5", icd10cm=("N18.5",)),
        condition_set("dialysis", icd10cm=("Z99.2",), text=("dialysis",)),
        condition_set("acute-kidney-injury", icd10cm=("N17",)),
        condition_set(
            "diabetic-neuropathy",
            icd10cm=("E11.42",),
            icd10who=("G63.2",),
            snomed=("230572002",),
            text=("diabetic neuropathy",),
        ),
        condition_set(
            "infarction",
            icd10cm=("I21",),
            snomed=("22298006",),
            text=("myocardial infarction",),
            history=True,
        ),
        condition_set("migraine", text=("migraine",)),
        condition_set(
            "opioid", "medicine", icd10cm=("Z88.5",), snomed=("293584003",), text=("opioid",), parents=("sedating",)
        ),
        condition_set("no-known-allergy", snomed=("716186003",)),
    )
}

VALUE_SETS = ValueSets({**RESULTS, **CONDITIONS}, snomed={})
