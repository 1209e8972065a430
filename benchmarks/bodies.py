"""
The calls that are measured: order-select for made-up patients whose charts differ in size alone.

A chart has the same mix at every size: of 30 resources one Patient, eight orders, eight conditions, ten results and
three allergies. What is active stays as much as one person has: a longer chart is a longer past, and the cards are the
same. A terse resource has what an EHR must send, a full one what EHRs do send: narrative, identifiers, meta, people.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import orjson

from fhir_fixtures import STORY_DAY

Resource = dict[str, Any]

INSTANCE: Final = "00000000-0000-4000-8000-000000000000"  # where each request's own hookInstance goes

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
TERMS = "http://terminology.hl7.org/CodeSystem"

# What is ordered, one patient each. A body is sent for all of them in turn: no server profits from its last answer.
OURS = (
    ("310433", "gabapentin 600 MG Oral Tablet", 3, 600),
    ("596934", "duloxetine 60 MG Delayed Release Oral Capsule", 2, 60),
    ("856834", "amitriptyline hydrochloride 25 MG Oral Tablet", 1, 25),
    ("483450", "pregabalin 75 MG Oral Capsule", 2, 75),
    ("835603", "tramadol hydrochloride 50 MG Oral Tablet", 4, 50),
    ("198014", "Naproxen 500 MG Oral Tablet", 2, 500),
)
NOT_OURS = (
    ("308191", "amoxicillin 500 MG Oral Capsule", 3, 500),
    ("197361", "amlodipine 5 MG Oral Tablet", 1, 5),
)
ACTIVE = [
    ("310430", "gabapentin 100 MG Oral Capsule", 3, 100),
    ("314076", "lisinopril 10 MG Oral Tablet", 1, 10),
    ("617312", "atorvastatin 10 MG Oral Tablet", 1, 10),
]
PAST = [
    ("596930", "duloxetine 30 MG Delayed Release Oral Capsule", 1, 30),
    ("197361", "amlodipine 5 MG Oral Tablet", 1, 5),
    ("308191", "amoxicillin 500 MG Oral Capsule", 3, 500),
    ("198211", "simvastatin 40 MG Oral Tablet", 1, 40),
    ("310431", "gabapentin 300 MG Oral Capsule", 1, 300),
]
ILLNESSES = [("E11.42", "Type 2 diabetes mellitus with diabetic polyneuropathy"), ("I10", "Essential hypertension")]
PAST_ILLNESSES = [
    ("J20.9", "Acute bronchitis"),
    ("N39.0", "Urinary tract infection"),
    ("M54.50", "Low back pain"),
    ("K21.9", "Gastro-oesophageal reflux disease"),
    ("J30.9", "Allergic rhinitis"),
]
RESULTS = [
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 1.4, "mg/dL"),
    ("29463-7", "Body weight", 78.0, "kg"),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", 139.0, "mmol/L"),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", 7.1, "%"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 13.2, "g/dL"),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", 4.2, "mmol/L"),
]
SUBSTANCES = ["Penicillin", "Latex", "Peanut", "House dust mite"]


@dataclass(frozen=True, slots=True)
class Body:
    """One kind of call, named as the tables name it."""

    name: str
    resources: int
    full: bool = False
    ordered: tuple[tuple[str, str, int, int], ...] = OURS

    @property
    def has_cards(self) -> bool:
        return self.ordered is OURS

    def variants(self) -> list[bytes]:
        return [self.of(patient) for patient in range(len(self.ordered))]

    def of(self, patient: int) -> bytes:
        """The whole call for one patient, its hookInstance still INSTANCE. Always the same bytes."""
        chart = _Chart(f"p{patient}", self.full)
        draft = chart.order("draft", *self.ordered[patient], "draft", STORY_DAY)
        call = {
            "hook": "order-select",
            "hookInstance": INSTANCE,
            "context": {
                "userId": "Practitioner/u",
                "patientId": chart.patient,
                "selections": ["MedicationRequest/draft"],
                "draftOrders": _bundle("collection", [draft]),
            },
            "prefetch": chart.prefetch(self.resources),
        }
        return orjson.dumps(call)


SMALL: Final = Body("30 resources", 30)
LARGE: Final = Body("1,000 resources", 1000, full=True)
QUIET: Final = Body("nothing to say", 30, ordered=NOT_OURS)
SIZES: Final = [Body(f"{size:,} resources, full", size, full=True) for size in (30, 100, 300, 1000, 3000)]


@dataclass(frozen=True, slots=True)
class _Chart:
    patient: str
    full: bool

    def _lottery(self, part: str) -> random.Random:
        """One for each part, so that a longer chart begins like a shorter one of the same patient."""
        return random.Random(f"{self.patient} {part}")  # noqa: S311 - a seeded lottery is what is wanted

    def prefetch(self, size: int) -> dict[str, Resource]:
        orders, conditions, allergies = size * 8 // 30, size * 8 // 30, size * 3 // 30
        results = size - 1 - orders - conditions - allergies
        return {
            "patient": self._who(),
            "conditions": _bundle("searchset", list(self._conditions(conditions))),
            "medications": _bundle("searchset", list(self._orders(orders))),
            "observations": _bundle("searchset", list(self._results(results))),
            "allergies": _bundle("searchset", [self._allergy(number) for number in range(allergies)]),
        }

    def _orders(self, many: int) -> Iterator[Resource]:
        lottery = self._lottery("orders")
        for number in range(many):
            if number < len(ACTIVE):
                yield self.order(f"m{number}", *ACTIVE[number], "active", STORY_DAY - timedelta(days=20))
            else:
                status = lottery.choice(["completed", "stopped"])
                yield self.order(f"m{number}", *lottery.choice(PAST), status, _past(lottery))

    def _conditions(self, many: int) -> Iterator[Resource]:
        lottery = self._lottery("conditions")
        for number in range(many):
            active = number < len(ILLNESSES)
            code, text = ILLNESSES[number] if active else lottery.choice(PAST_ILLNESSES)
            yield self._resource(
                "Condition",
                f"c{number}",
                clinicalStatus=_term("condition-clinical", "active" if active else "resolved"),
                verificationStatus=_term("condition-ver-status", "confirmed"),
                code={"coding": [{"system": ICD10CM, "code": code, "display": text}], "text": text},
                recordedDate=_past(lottery).isoformat(),
            )

    def _results(self, many: int) -> Iterator[Resource]:
        lottery = self._lottery("results")
        for number in range(many):
            loinc, display, value, unit = RESULTS[number % len(RESULTS)]
            day = STORY_DAY - timedelta(days=10 + number)  # newest first, as the prefetch asks
            amount = round(value * lottery.uniform(0.9, 1.2), 1)
            yield self._resource(
                "Observation",
                f"o{number}",
                status="final",
                code={"coding": [{"system": LOINC, "code": loinc, "display": display}], "text": display},
                effectiveDateTime=f"{day}T08:30:00Z",
                valueQuantity={"value": amount, "unit": unit, "system": UCUM, "code": unit},
            )

    def _allergy(self, number: int) -> Resource:
        return self._resource(
            "AllergyIntolerance",
            f"a{number}",
            clinicalStatus=_term("allergyintolerance-clinical", "active"),
            verificationStatus=_term("allergyintolerance-verification", "confirmed"),
            code={"text": SUBSTANCES[number % len(SUBSTANCES)]},
            reaction=[{"manifestation": [{"text": "Urticaria"}], "severity": "mild"}],
        )

    def order(
        self, identity: str, code: str, display: str, times: int, amount: int, status: str, day: date
    ) -> Resource:
        repeat = {"frequency": times, "period": 1, "periodUnit": "d"}
        dose = {"doseQuantity": {"value": amount, "unit": "mg", "system": UCUM, "code": "mg"}}
        return self._resource(
            "MedicationRequest",
            identity,
            status=status,
            intent="order",
            medicationCodeableConcept={
                "coding": [{"system": RXNORM, "code": code, "display": display}],
                "text": display,
            },
            authoredOn=day.isoformat(),
            dosageInstruction=[{"timing": {"repeat": repeat}, "doseAndRate": [dose]}],
        )

    def _who(self) -> Resource:
        born = date(1955, 1, 1) + timedelta(days=self._lottery("birth").randrange(3000))
        return {"resourceType": "Patient", "id": self.patient, "gender": "female", "birthDate": born.isoformat()}

    def _resource(self, kind: str, identity: str, **members: Any) -> Resource:
        subject = "patient" if kind == "AllergyIntolerance" else "subject"
        mine = {"resourceType": kind, "id": identity, subject: {"reference": f"Patient/{self.patient}"}, **members}
        return {**mine, **_as_sent(kind, identity)} if self.full and identity != "draft" else mine


def _past(lottery: random.Random) -> date:
    return STORY_DAY - timedelta(days=lottery.randrange(200, 4000))


def _as_sent(kind: str, identity: str) -> Resource:
    """What EHRs send beside the facts: about a kilobyte that no rule reads."""
    sentence = f"{kind} {identity}, recorded during the visit; see the note of the same day for the circumstances."
    rows = "".join(f"<tr><td>{name}</td><td>{sentence}</td></tr>" for name in ("Summary", "Status", "Source"))
    who = {"reference": "Practitioner/4711", "display": "Example, Doctor of Medicine"}
    person: dict[str, Resource] = {"Observation": {"performer": [who]}, "MedicationRequest": {"requester": who}}
    return {
        "meta": {"versionId": "3", "lastUpdated": "2026-10-02T09:15:27.000Z", "source": f"urn:example:{identity}"},
        "identifier": [{"use": "official", "system": "urn:oid:2.16.840.1.113883.19.5", "value": f"{kind}-{identity}"}],
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{sentence}</p><table>{rows}</table></div>',
        },
        "encounter": {"reference": "Encounter/e-2026-10-02", "display": "Office visit"},
        **person.get(kind, {"recorder": who}),
    }


def _bundle(kind: str, resources: list[Resource]) -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": [_entry(kind, resource) for resource in resources]}


def _entry(kind: str, resource: Resource) -> Resource:
    if kind == "collection":
        return {"resource": resource}
    url = f"https://ehr.example/api/FHIR/R4/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}


def _term(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{TERMS}/{system}", "code": code}]}
