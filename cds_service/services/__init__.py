"""
The CDS services, found by folder: one a file, and this folder is the discovery response.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of discovery. `id` is the last part of its URL: one a hook, since a client may key services by URL."""

    hook: str
    id: str
    title: str
    description: str
    usage_requirements: str


def prefetch_templates(loinc: Iterable[str]) -> dict[str, str]:
    """What every service asks for: simple tokens only, no parameter named twice. `loinc`: the codes the rules read."""
    patient = "{{context.patientId}}"
    return {
        "patient": f"Patient/{patient}",
        "conditions": f"Condition?patient={patient}&_count=500",
        "medications": f"MedicationRequest?patient={patient}&status=active,on-hold,completed,stopped&_count=500",
        "observations": f"Observation?patient={patient}&code={','.join(sorted(loinc))}&_sort=-date&_count=200",
        "allergies": f"AllergyIntolerance?patient={patient}&_count=200",
    }


def _found() -> dict[str, Service]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    services = (importlib.import_module(f"{__name__}.{name}").SERVICE for name in names)
    return {service.id: service for service in services}


SERVICES: Mapping[str, Service] = _found()


def discovery(templates: Mapping[str, str], version: str = "") -> dict[str, Any]:
    """The body of GET /cds-services. `version`: of CDS Hooks, which 3.0 has and no earlier one."""
    said = {"version": version} if version else {}
    return {
        "services": [
            {
                "hook": service.hook,
                "id": service.id,
                "title": service.title,
                "description": service.description,
                "prefetch": dict(templates),
                "usageRequirements": service.usage_requirements,
                **said,
            }
            for service in SERVICES.values()
        ]
    }
