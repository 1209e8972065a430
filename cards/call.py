"""
One hook call as `cards` needs it: FHIR R4 resources by part, and which parts are known.

cds_service fills it from HTTP, replay fills it from files; neither prefetch keys nor HTTP are known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from .facts import Hook, Known
from .readings import NONE_KEPT, Readings

Resource = Mapping[str, Any]


class Call(Struct, frozen=True):
    hook: Hook
    day: date  # the day it is judged on
    patient_id: str
    user: str = ""  # "Practitioner/p1"
    encounter: str = ""
    hook_instance: str = ""
    service: str = ""  # the service's id: part of every card's uuid
    drafts: tuple[Resource, ...] = ()  # MedicationRequests and Medications of context.draftOrders
    draft_urls: tuple[str, ...] = ()  # the fullUrl of each draft's entry, "" where there is none; or none at all
    selections: tuple[str, ...] = ()
    patient: Resource | None = None
    conditions: tuple[Resource, ...] = ()
    medications: tuple[Resource, ...] = ()  # MedicationRequests, and Medications they refer to
    observations: tuple[Resource, ...] = ()
    allergies: tuple[Resource, ...] = ()
    known: frozenset[Known] = frozenset()
    not_checked: tuple[str, ...] = ()  # in words: "observations: the EHR reported an error"
    readings: Readings = NONE_KEPT  # of earlier calls on the same chart
