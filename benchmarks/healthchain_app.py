"""
The peer: HealthChain's CDS Hooks service doing a one-rule version of the job on raw dictionaries. Its request model
drops the draft orders, so the rule reads the active orders of the prefetch. Runs in HealthChain's own environment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models.requests.cdsrequest import CDSRequest
from healthchain.models.responses.cdsresponse import CDSResponse

GABAPENTIN: Final = "gabapentin"
CREATININE: Final = "2160-0"
HIGH: Final = 1.2  # mg/dL; a figure of this benchmark, advice to nobody

service = CDSHooksService()


@service.hook("order-select", id="neuropathic-pain-order-select")  # type: ignore[untyped-decorator] # no types
def order_select(request: CDSRequest) -> CDSResponse:
    prefetch = request.prefetch or {}
    dose = sum(_dose(order) for order in _resources(prefetch, "medications"))
    creatinine = next((each for each in _resources(prefetch, "observations") if _is_creatinine(each)), None)
    if not dose or creatinine is None or creatinine["valueQuantity"]["value"] <= HIGH:
        return CDSResponse(cards=[])
    card = {
        "summary": f"Gabapentin {dose:g} mg a day with creatinine {creatinine['valueQuantity']['value']} mg/dL",
        "indicator": "warning",
        "source": {"label": "one rule"},
    }
    return CDSResponse(cards=[card])


def _resources(prefetch: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    return (entry["resource"] for entry in prefetch.get(key, {}).get("entry", ()))


def _dose(order: dict[str, Any]) -> float:
    """Milligrams a day of an active order for gabapentin; 0 for any other."""
    if order["status"] != "active" or GABAPENTIN not in order["medicationCodeableConcept"]["text"]:
        return 0
    return sum(
        float(dosage["timing"]["repeat"]["frequency"] * dosage["doseAndRate"][0]["doseQuantity"]["value"])
        for dosage in order["dosageInstruction"]
    )


def _is_creatinine(result: dict[str, Any]) -> bool:
    return any(coding["code"] == CREATININE for coding in result["code"]["coding"])


app = HealthChainAPI()
app.register_service(service)
