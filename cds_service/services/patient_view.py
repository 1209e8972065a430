"""
patient-view: on opening the chart of a patient with neuropathic pain, what could be started or made better.
"""

from . import Service

SERVICE = Service(
    hook="patient-view",
    id="neuropathic-pain-patient-view",
    title="Neuropathic pain: the chart",
    description=(
        "On opening a chart with a neuropathic pain condition: which agents suit this patient if nothing suitable is "
        "being taken, and whether what is taken has reached its usual dose. Silent for patients and their proxies."
    ),
    usage_requirements=(
        "Needs the patient, conditions and medications by prefetch or FHIR access; without observations or allergies "
        "the checks that need them are reported as not done."
    ),
)
