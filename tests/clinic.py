"""
Made-up patients in a clinician's words: "58 f; diabetic neuropathy; CrCl 22; on sertraline 50", and what is asked for
them: "order naproxen 500 x2", "sign gabapentin 600 x3", "view". One line is one call to the real engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tests.made_up import Json, Patient, Ward, condition, order, result

# What is said of a patient, and the codes or words on the record. A tuple: several conditions together.
CONDITIONS: dict[str, tuple[str, ...]] = {
    "neuropathic pain": ("M79.2",),
    "diabetic neuropathy": ("E11.42",),
    "postherpetic neuralgia": ("B02.29",),
    "trigeminal neuralgia": ("G50.0",),
    "post-stroke pain": ("G89.0", "I69.398"),
    "cord injury pain": ("G89.0", "S14.109S"),
    "MS pain": ("G89.0", "G35"),
    "HIV neuropathy": ("B20", "G62.9"),
    "chemotherapy neuropathy": ("G62.0",),
    "sciatica": ("M54.31",),
    "small fibre neuropathy": ("G62.89",),
    "post-surgical pain": ("G89.28",),
    "phantom limb": ("G54.6",),
    "CRPS": ("G90.511",),
    "cancer neuropathic pain": ("G89.3", "G54.0"),
    "heart block": ("I44.2",),
    "long QT": ("I45.81",),
    "recent infarction": ("I21.4@2026-11-01",),
    "infarction of 2020": ("I21.4@2020-01-01",),
    "atrial fibrillation": ("I48.91",),
    "heart failure": ("I50.9",),
    "narrow angle": ("H40.20X0",),
    "open-angle glaucoma": ("H40.1190",),
    "iridotomy": ("text:laser iridotomy",),
    "retention": ("R33.9",),
    "prostate obstruction": ("N40.1",),
    "cirrhosis": ("K74.60",),
    "fatty liver": ("K76.0",),
    "heavy alcohol": ("F10.20",),
    "depression": ("F32.1",),
    "suicidal": ("R45.851",),
    "epilepsy": ("G40.909",),
    "sleep apnoea": ("G47.33",),
    "COPD": ("J44.9",),
    "opioid use disorder": ("F11.20",),
    "cocaine use disorder": ("F14.20",),
    "obesity": ("E66.9",),
    "falls": ("R29.6",),
    "dementia": ("F03.90",),
    "pregnant": ("Z33.1",),
    "wants pregnancy": ("text:trying to conceive",),
    "dialysis": ("Z99.2",),
    "CKD 4": ("N18.4",),
    "acute kidney injury": ("N17.9",),
    "oedema": ("R60.0",),
    "breast cancer": ("C50.911",),
    "skin cancer in history": ("Z85.828",),
    "cancer pain": ("G89.3",),
    "palliative care": ("Z51.5",),
    "sickle cell": ("D57.1",),
    "gout": ("M10.9",),
    "fibromyalgia": ("M79.7",),
    "hyponatraemia": ("E87.1",),
    "carries HLA-B*15:02": ("text:HLA-B*15:02 positive",),
}
# Medicines with a product code: (RxNorm code, RxNorm name).
PRODUCTS: dict[str, tuple[str, str]] = {
    "gabapentin 100": ("310430", "gabapentin 100 MG Oral Capsule"),
    "gabapentin 300": ("310431", "gabapentin 300 MG Oral Capsule"),
    "gabapentin 600": ("310433", "gabapentin 600 MG Oral Tablet"),
    "gabapentin 800": ("310434", "gabapentin 800 MG Oral Tablet"),
    "once-daily gabapentin 600": ("1806382", "Once-Daily gabapentin 600 MG Oral Tablet"),
    "pregabalin 25": ("483442", "pregabalin 25 MG Oral Capsule"),
    "pregabalin 75": ("483450", "pregabalin 75 MG Oral Capsule"),
    "pregabalin 150": ("483440", "pregabalin 150 MG Oral Capsule"),
    "duloxetine 30": ("596930", "duloxetine 30 MG Delayed Release Oral Capsule"),
    "duloxetine 60": ("596934", "duloxetine 60 MG Delayed Release Oral Capsule"),
    "nortriptyline 10": ("198045", "nortriptyline 10 MG Oral Capsule"),
    "nortriptyline 50": ("198046", "nortriptyline 50 MG Oral Capsule"),
    "amitriptyline 10": ("856783", "amitriptyline hydrochloride 10 MG Oral Tablet"),
    "amitriptyline 25": ("856834", "amitriptyline hydrochloride 25 MG Oral Tablet"),
    "amitriptyline 100": ("856762", "amitriptyline hydrochloride 100 MG Oral Tablet"),
    "carbamazepine 100": ("197441", "carbamazepine 100 MG Oral Tablet"),
    "carbamazepine 200": ("308979", "carbamazepine 200 MG Oral Tablet"),
    "oxcarbazepine 300": ("312137", "oxcarbazepine 300 MG Oral Tablet"),
    "naproxen 500": ("198014", "Naproxen 500 MG Oral Tablet"),
    "tramadol 50": ("835603", "tramadol hydrochloride 50 MG Oral Tablet"),
    "oxycodone 5": ("1049621", "oxycodone hydrochloride 5 MG Oral Tablet"),
    "methadone 10": ("864706", "methadone hydrochloride 10 MG Oral Tablet"),
    "hydrocodone and acetaminophen 5": ("857002", "acetaminophen 325 MG / hydrocodone bitartrate 5 MG Oral Tablet"),
    "sertraline 50": ("312941", "sertraline 50 MG Oral Tablet"),
    "venlafaxine 150": ("313581", "24 HR venlafaxine 150 MG Extended Release Oral Capsule"),
    "mexiletine 150": ("1362706", "mexiletine hydrochloride 150 MG Oral Capsule"),
    "lamotrigine 100": ("198427", "lamotrigine 100 MG Oral Tablet"),
    "baclofen 10": ("197391", "Baclofen 10 MG Oral Tablet"),
    "tamoxifen 20": ("313195", "tamoxifen 20 MG Oral Tablet"),
    "acetaminophen 500": ("198440", "Acetaminophen 500 MG Oral Tablet"),
}
RESULTS = {
    "sodium": ("2951-2", "mmol/L"),
    "QTc": ("8636-3", "ms"),
    "BP": ("8480-6", "mm[Hg]"),
    "eGFR": ("98979-8", "mL/min/{1.73_m2}"),
    "HLA-B*15:02": ("57979-7", ""),
}
YEAR, WEIGHT = 2026, 70
HOOKS = {"order": "order-select", "sign": "order-sign", "view": "patient-view"}


def patient(words: str) -> Patient:
    """ "58 f; diabetic neuropathy; CrCl 22; on gabapentin 300 x3; had duloxetine 60; allergic to pregabalin"."""
    parts = [part.strip() for part in words.split(";")]
    age, sex = _who(parts[0])
    found = Patient(born=f"{YEAR - age}-01-01" if age is not None else None, sex=sex)
    if age is not None and "kidneys unknown" not in parts and not any(p.startswith("CrCl") for p in parts):
        parts.append("CrCl 95")
    for place, part in enumerate(parts[1:]):
        found = _with(found, part, f"r{place}", age, sex)
    return found


def _who(words: str) -> tuple[int | None, str]:
    age, _, sex = words.partition(" ")
    return int(age) if age.isdigit() else None, {"f": "female", "m": "male"}.get(sex, "unknown")


def _with(found: Patient, part: str, key: str, age: int | None, sex: str) -> Patient:
    first, _, rest = part.partition(" ")
    if part in CONDITIONS:
        return found.with_(conditions=list(_conditions(part, key)))
    if first in ("on", "had"):
        return found.with_(medications=[medicine(rest, key, "active" if first == "on" else "stopped")])
    if first == "CrCl":
        return found.with_(observations=_kidneys(float(rest), age or 50, sex))
    if first in RESULTS:
        return found.with_(observations=[_result(first, rest, key)])
    if part.startswith("allergic to "):
        return found.with_(allergies=[_allergy(part.removeprefix("allergic to "), key)])
    if first == "unknown":
        return Patient(**{**found.__dict__, "unknown": found.unknown | {rest}})
    assert part == "kidneys unknown", f"not understood: {part}"
    return found


def _conditions(words: str, key: str) -> Iterator[Json]:
    for number, code in enumerate(CONDITIONS[words]):
        code, _, onset = code.partition("@")
        text = code.removeprefix("text:") if code.startswith("text:") else words
        yield condition(f"{key}-{number}", "" if code.startswith("text:") else code, text, onset)


def _kidneys(crcl: float, age: int, sex: str) -> tuple[Json, Json]:
    creatinine = (140 - age) * WEIGHT * (0.85 if sex == "female" else 1) / (72 * crcl)
    return (
        result("creatinine", "2160-0", round(creatinine, 3), "mg/dL"),
        result("weight", "29463-7", WEIGHT, "kg"),
    )


def _result(name: str, value: str, key: str) -> Json:
    loinc, unit = RESULTS[name]
    if re.fullmatch(r"[0-9.]+", value):
        return result(key, loinc, float(value), unit)
    plain = {k: v for k, v in result(key, loinc, 0, unit).items() if k != "valueQuantity"}
    return {**plain, "valueCodeableConcept": {"text": value}}


def _allergy(name: str, key: str) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": key,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "type": "allergy",
        "code": {"text": name},
        "patient": {"reference": "Patient/p"},
    }


def medicine(words: str, key: str, status: str = "draft", reason: str = "") -> Json:
    """ "gabapentin 300 x3" by its code; "apixaban 5 mg" by its words."""
    match = re.fullmatch(r"(?P<product>.+?)(?: x(?P<times>\d))?(?: for (?P<reason>.+))?", words)
    assert match, words
    product, times = match["product"], int(match["times"] or 1)
    code, display = PRODUCTS.get(product, ("", product))
    mg = float(product.rsplit(" ", 1)[1]) if code else None
    made = order(key, code, display, times, mg, status)
    if not code:
        made["medicationCodeableConcept"] = {"text": display}
    if match["reason"]:
        made["reasonCode"] = [_reason(match["reason"])]
    return made


def _reason(words: str) -> Json:
    code, text = CONDITIONS[words][0], words
    return condition("reason", "" if code.startswith("text:") else code, text)["code"]  # type: ignore[no-any-return]


def ask(ward: Ward, who: str, what: str) -> list[Json]:
    """The cards for a patient and a request in words: "order naproxen 500 x2", "sign a + b", "view"."""
    hook, _, rest = what.partition(" ")
    drafts: Sequence[Json] = [medicine(words, f"draft{n}") for n, words in enumerate(rest.split(" + "))] if rest else []
    return ward.ask(patient(who), drafts, HOOKS[hook])
