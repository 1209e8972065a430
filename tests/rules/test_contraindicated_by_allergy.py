"""Allergy and intolerance, to the ingredient, to its group by name, and to another of the group."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cards.against_allergies import by_allergy
from cards.fhir.allergies import read_allergy
from tests.rules.dose_patients import step
from tests.rules.safety_patients import allergy, verdicts

RULE = "contraindicated-by-allergy"


@pytest.mark.parametrize(
    ("recorded", "verdict"),
    [
        pytest.param(allergy("carbamazepine"), ["critical"], id="the ingredient"),
        pytest.param(allergy("carbamazepine", intolerance=True), ["warning"], id="an intolerance"),
        pytest.param(allergy("carbamazepine", intolerance=True, severe=True), ["critical"], id="a severe reaction"),
        pytest.param(allergy("aromatic-anticonvulsants"), ["critical"], id="the group by name"),
        pytest.param(allergy("anticonvulsants"), ["critical"], id="its class by name"),
        pytest.param(allergy("anticonvulsants", intolerance=True), ["warning"], id="an intolerance of its class"),
        pytest.param(allergy("opioid"), [], id="a class that it is not of"),
        pytest.param(allergy("phenytoin"), ["critical"], id="another of the group"),
        pytest.param(allergy("fosphenytoin"), ["critical"], id="one of the group that is not ours"),
        pytest.param(allergy("amitriptyline"), ["critical"], id="the other group of its label"),
        pytest.param(allergy("phenytoin", intolerance=True), ["warning"], id="an intolerance of another"),
        pytest.param(allergy("gabapentin"), [], id="a medicine of no group with it"),
        pytest.param(allergy(), [], id="a medicine that is not known here"),
    ],
)
def test_carbamazepine(us, recorded, verdict):
    facts = us.facts(us.order("carbamazepine", step(200)), conditions=(), allergies=(recorded,))
    assert verdicts(us, RULE, facts) == verdict


def test_a_shared_pharmacological_class_is_no_group(us):
    """Both sedate; neither file says that they cross-react."""
    facts = us.facts(us.order("gabapentin", step(300)), allergies=(allergy("amitriptyline"),))
    assert us.said(RULE, facts) == []


# What is recorded, in words as EHRs send them; then an agent it forbids, and one that it does not.
CLASSES = [
    ("gabapentinoids", "pregabalin", "amitriptyline"),
    ("Gabapentinoid", "mirogabalin", "carbamazepine"),
    ("Tricyclic Antidepressants", "nortriptyline", "duloxetine"),
    ("Antidepressants, Tricyclic", "amitriptyline", "venlafaxine"),
    ("Antidepressants", "duloxetine", "gabapentin"),
    ("SSRIs", None, "duloxetine"),
    ("SNRIs", "duloxetine", "nortriptyline"),
    ("Serotonin-Norepinephrine Reuptake-Inhibitors (SNRIs)", "venlafaxine", "nortriptyline"),
    ("serotonin noradrenaline re-uptake inhibitor", "duloxetine", "amitriptyline"),
    ("Opioids", "oxycodone", "gabapentin"),
    ("Opioid Analgesics", "tapentadol", "pregabalin"),
    ("Opioids - Morphine Analogues", "morphine", "naproxen"),
    ("Opiates", "codeine", "acetaminophen"),
    ("Allergy to narcotics (finding)", "fentanyl", "ketamine"),
    ("History of opioid allergy", "tramadol", "lidocaine"),
    ("NSAIDs", "naproxen", "acetaminophen"),
    ("NSAIDS (Non-Steroidal Anti-Inflammatory Drug)", "celecoxib", "tramadol"),
    ("Salicylates", "ibuprofen", "acetaminophen"),
    ("Local anaesthetics (amide)", "lidocaine", "capsaicin"),
    ("Anesthetics - Amide Type", "lidocaine", "capsaicin"),
    ("local anesthetics", "lidocaine", "mexiletine"),
    ("Amide-type anaesthetic agents", "lidocaine", "capsaicin"),
    ("-caine", "lidocaine", "mexiletine"),
    ("NKDA except opiates", "morphine", "gabapentin"),
    ("Opioids other than tramadol", "morphine", "gabapentin"),
    ("Local anesthetics (ester)", None, "lidocaine"),
    ("Anticonvulsants", "gabapentin", "baclofen"),
    ("anti-epileptic drugs", "carbamazepine", "duloxetine"),
    ("AEDs", "topiramate", "amitriptyline"),
    ("Sulphonamides", "celecoxib", "naproxen"),
    ("Antiarrhythmics", "mexiletine", "lidocaine"),
    ("Family history of opioid allergy", None, "tramadol"),
]


@pytest.mark.parametrize(("words", "forbidden", "allowed"), CLASSES, ids=[words for words, *_ in CLASSES])
def test_an_allergy_to_a_class_in_words(us, words, forbidden, allowed):
    resource = {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": words}}
    recorded = read_allergy(resource, "p", us.knowledge.substances, us.knowledge.value_sets)
    against = {
        name: [each.strength for each in by_allergy(agent, us.facts(allergies=(recorded,)), us.knowledge)]
        for name, agent in us.knowledge.agents.items()
    }
    assert against[allowed] == []
    assert forbidden is None or against[forbidden] == ["contraindicated"]


def test_an_allergy_to_a_class_by_its_code(us):
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z88.5"}]}
    resource = {"resourceType": "AllergyIntolerance", "id": "a", "code": code}
    recorded = read_allergy(resource, "p", us.knowledge.substances, us.knowledge.value_sets)
    assert (recorded.label, recorded.substances) == ("opioid", {"opioid"})
    (found,) = us.said(RULE, us.facts(us.order("oxycodone", step(20)), allergies=(recorded,)))
    assert found.summary == "Oxycodone: recorded allergy to opioid"
    assert "it is of this class: opioid" in found.detail[0]


def test_several_records_are_one_card_the_gravest_first(us):
    recorded = (allergy("carbamazepine", intolerance=True), allergy("phenytoin"))
    facts = us.facts(us.order("carbamazepine", step(200)), conditions=(), allergies=recorded)
    (found,) = us.said(RULE, facts)
    assert "allergy" in found.summary


def test_what_the_ehr_wrote_cannot_put_markup_on_a_card(us):
    recorded = replace(allergy("gabapentin"), label="<b>gaba</b> [click](http://x)")
    facts = us.facts(us.order("gabapentin", step(300)), allergies=(recorded,))
    (found,) = us.said(RULE, facts)
    assert not set("<>[]") & set(found.summary + "".join(found.detail))
