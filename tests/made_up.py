"""Made-up patients: a hook call built from a few words, answered by the service's own engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson

from cards import Knowledge, KnowledgeBase
from cds_service import Config, engine
from cds_service.answer import Engine
from cds_service.hook_request import parse
from cds_service.services import SERVICES
from fhir_fixtures import STORY_DAY

Json = dict[str, Any]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SEVERITY = {"info": 1, "warning": 2, "critical": 3}
BASIS = "org.neuropathic-pain-cds.basis"


@dataclass(frozen=True)
class Patient:
    """What the record holds. `unknown` names the parts that the call does not bring."""

    born: str | None = "1976-05-05"
    sex: str | None = "male"
    conditions: tuple[Json, ...] = ()
    medications: tuple[Json, ...] = ()
    observations: tuple[Json, ...] = ()
    allergies: tuple[Json, ...] = ()
    unknown: frozenset[str] = frozenset()

    def with_(self, **parts: Sequence[Json]) -> Patient:
        """The same patient with more on record."""
        return replace(self, **{name: (*getattr(self, name), *more) for name, more in parts.items()})


def condition(identity: str, code: str = "", text: str = "", onset: str = "") -> Json:
    coding = {"coding": [{"system": ICD10CM, "code": code}]} if code else {}
    resource: Json = {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {**coding, **({"text": text} if text else {})},
        "subject": {"reference": "Patient/p"},
    }
    return {**resource, "onsetDateTime": onset} if onset else resource


def order(
    identity: str, code: str, display: str, times: int = 1, mg: float | None = None, status: str = "draft", **more: Any
) -> Json:
    dose = [{"doseQuantity": {"value": mg, "unit": "mg", "system": UCUM, "code": "mg"}}] if mg else []
    timing = {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": RXNORM, "code": code, "display": display}],
            "text": display,
        },
        "subject": {"reference": "Patient/p"},
        **({"dosageInstruction": [{"timing": timing, "doseAndRate": dose}]} if mg else {}),
        **more,
    }


def result(identity: str, loinc: str, value: float, unit: str, day: str = "2026-11-01") -> Json:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": loinc}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }


def kidneys(creatinine: float, weight: float = 80) -> tuple[Json, ...]:
    return (result("creatinine", "2160-0", creatinine, "mg/dL"), result("weight", "29463-7", weight, "kg"))


@dataclass(frozen=True)
class Ward:
    """The engine, asked without HTTP."""

    engine: Engine
    day: date = STORY_DAY
    knowledge: Knowledge = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "knowledge", self.engine.knowledge(self.day))

    def ask(
        self,
        patient: Patient,
        drafts: Sequence[Json] = (),
        hook: str = "order-select",
        selected: Sequence[str] | None = None,
    ) -> list[Json]:
        """The cards for a call."""
        service = next(s for s in SERVICES.values() if s.hook == hook)
        body = orjson.dumps(request(patient, drafts, hook, selected))
        return self.engine.answer(parse(body, None, frozenset({hook})), service, self.day).cards


def ward(base: KnowledgeBase, **settings: Any) -> Ward:
    return Ward(engine(Config(day=STORY_DAY, **settings), base))


def request(patient: Patient, drafts: Sequence[Json], hook: str, selected: Sequence[str] | None = None) -> Json:
    who: Json = {"resourceType": "Patient", "id": "p"}
    who |= {"birthDate": patient.born} if patient.born else {}
    who |= {"gender": patient.sex} if patient.sex else {}
    context: Json = {"patientId": "p", "userId": "Practitioner/u"}
    if hook != "patient-view":
        context["draftOrders"] = bundle(drafts, "collection")
    if hook == "order-select":
        context["selections"] = [f"MedicationRequest/{d['id']}" for d in drafts] if selected is None else list(selected)
    prefetch = {
        "patient": who,
        "conditions": bundle(patient.conditions),
        "medications": bundle(patient.medications),
        "observations": bundle(patient.observations),
        "allergies": bundle(patient.allergies),
    }
    known = {key: value for key, value in prefetch.items() if key not in patient.unknown}
    return {"hook": hook, "hookInstance": "made-up", "context": context, "prefetch": known}


def bundle(resources: Sequence[Json], kind: str = "searchset") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": resource} for resource in resources]}


def worst(cards: Sequence[Json]) -> int:
    return max((SEVERITY[card["indicator"]] for card in cards), default=0)


def basis(card: Json) -> Json:
    found: Json = card["extension"][BASIS]
    return found


def accepted(cards: Sequence[Json], drafts: Sequence[Json]) -> list[tuple[str, list[Json]]]:
    """Every suggestion, as the drafts would be after it: deletes, then creates, then updates."""
    return [
        (suggestion["label"], _after(suggestion["actions"], drafts))
        for card in cards
        for suggestion in card.get("suggestions", [])
    ]


def _after(actions: Sequence[Json], drafts: Sequence[Json]) -> list[Json]:
    removed = {action["resourceId"].split("/")[-1] for action in actions if action["type"] == "delete"}
    updated = {action["resource"]["id"]: action["resource"] for action in actions if action["type"] == "update"}
    created = [
        {**action["resource"], "id": f"new-{n}"} for n, action in enumerate(actions) if action["type"] == "create"
    ]
    return [updated.get(draft["id"], draft) for draft in drafts if draft["id"] not in removed] + created
