"""
order-sign: what must not be missed before a signature.
"""

from . import Service

SERVICE = Service(
    hook="order-sign",
    id="neuropathic-pain-order-sign",
    title="Neuropathic pain: signing",
    description=(
        "Before signing: warnings on the dose, the kidneys, conditions, allergies and other medicines of every draft "
        "order, and what could not be checked."
    ),
    usage_requirements=(
        "Needs the patient, conditions and medications by prefetch or FHIR access; without observations or allergies "
        "the checks that need them are reported as not done."
    ),
)
