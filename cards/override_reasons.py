"""
Why a clinician may pass over a card: codes of HL7's starter list, the same for the same rule at all times, so that they
can be counted.
"""

from __future__ import annotations

from collections.abc import Mapping

SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"

DISPLAY: Mapping[str, str] = {
    "risk-benefit-ratio": "Benefit outweighs the risk for this patient",
    "expert-contradicts": "A specialist advised this",
    "need-more-info": "Waiting for more information",
    "action-performed-no-adverse-effect": "Taken before without harm",
    "prefers-alternative": "Patient prefers another treatment",
    "patient-refuses": "Patient declines",
    "patient-contraindication": "Not suitable for this patient",
    "cds-not-applicable": "Does not apply to this patient",
    "action-completed": "Already done",
    "too-costly-uncovered": "Not covered or too costly",
}

SAFETY = ("risk-benefit-ratio", "expert-contradicts", "action-performed-no-adverse-effect", "cds-not-applicable")
CHOICE = ("prefers-alternative", "patient-contraindication", "expert-contradicts", "too-costly-uncovered")
WAITING = ("need-more-info", "action-completed", "cds-not-applicable")

BY_RULE: Mapping[str, tuple[str, ...]] = {
    "recommended-agents": CHOICE,
    "not-recommended-for-condition": CHOICE,
    "combination-options": CHOICE,
    "optimise-dose-first": ("action-completed", "patient-contraindication", "expert-contradicts", "cds-not-applicable"),
    "start-low-go-slow": ("action-performed-no-adverse-effect", "expert-contradicts", "cds-not-applicable"),
    "taper-before-stopping": ("action-completed", "risk-benefit-ratio", "cds-not-applicable"),
    "monitoring-before-start": WAITING,
    "could-not-be-checked": WAITING,
}


def override_reasons(rule: str) -> list[dict[str, str]]:
    """The reasons that fit a rule, as Codings."""
    return [{"system": SYSTEM, "code": code, "display": DISPLAY[code]} for code in BY_RULE.get(rule, SAFETY)]
