"""
order-select: all that is worth saying while a clinician chooses.
"""

from . import Service

SERVICE = Service(
    hook="order-select",
    id="neuropathic-pain-order-select",
    title="Neuropathic pain: choosing",
    description=(
        "While an order is being written: which agents suit this patient, what dose is too much, how to start, what "
        "not to combine. Judges the selected draft orders; other drafts and active orders are context."
    ),
    usage_requirements=(
        "Needs the patient, conditions and medications by prefetch or FHIR access; without observations or allergies "
        "the checks that need them are reported as not done."
    ),
)
