"""AllergyIntolerance: to what, how bad, and what is no allergy."""

from datetime import date

import pytest
from hypothesis import given

from cards import Call, Hook
from cards.facts import Allergy, Unread
from cards.fhir import read_facts
from cards.fhir.allergies import read_allergy
from cards.fhir.codings import ICD10CM, SNOMED
from tests.fhir.anything import nearly
from tests.small_value_sets import VALUE_SETS

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
GABAPENTIN = {"coding": [{"system": RXNORM, "code": "25480", "display": "gabapentin"}]}


def ingredients(system, code, text):
    named = {name for name in ("gabapentin", "codeine", "lidocaine") if name in text.lower()}
    return frozenset(named | ({"gabapentin"} if (system, code) == (RXNORM, "25480") else set()))


def read(**members):
    resource = {"resourceType": "AllergyIntolerance", "id": "a", "code": GABAPENTIN, **members}
    return read_allergy(resource, "p", ingredients, VALUE_SETS)


@pytest.mark.parametrize(
    ("code", "substances"),
    [
        (GABAPENTIN, {"gabapentin"}),
        ({"text": "CODEINE sulfate"}, {"codeine"}),
        ({"coding": [{"system": ICD10CM, "code": "Z88.5"}]}, {"opioid"}),
        ({"coding": [{"system": SNOMED, "code": "293584003", "display": "Allergy to narcotic"}]}, {"opioid"}),
        ({"text": "Opioid allergy"}, {"opioid"}),
        ({"text": "Penicillin"}, set()),
        ({"coding": [{"system": RXNORM, "code": "7980", "display": "Penicillin G"}]}, set()),
    ],
)
def test_substances(code, substances):
    assert read(code=code).substances == substances


def whole(system, code, text):
    """As the product tables read a name: all of it, or nothing."""
    return frozenset({"gabapentin"} if text.lower() == "gabapentin" else ())


@pytest.mark.parametrize(
    "text",
    [
        "Allergy to gabapentin",
        "Allergy to gabapentin (finding)",
        "Gabapentin allergy",
        "Gabapentin (substance)",
        "Adverse reaction to gabapentin",
        "Propensity to adverse reactions to gabapentin",
        "Hypersensitivity: gabapentin",
        "Severe allergic reaction caused by Gabapentin",
        "gabapentin intolerance",
    ],
)
def test_the_words_of_an_allergy_record_stand_around_the_substance(text):
    resource = {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": text}}
    found = read_allergy(resource, "p", whole, VALUE_SETS)
    assert found.substances == {"gabapentin"}
    assert found.label.lower() == "gabapentin"


@pytest.mark.parametrize(
    ("text", "substances"),
    [
        ("No known drug allergies except codeine", {"codeine"}),
        ("NKDA other than gabapentin", {"gabapentin"}),
        ("No known allergies apart from opioid", {"opioid"}),
        ("No allergies except for lidocaine", {"lidocaine"}),
    ],
)
def test_what_is_excepted_from_no_allergy_is_one(text, substances):
    assert read(code={"text": text}).substances == substances


@pytest.mark.parametrize("text", ["Family history of allergy to gabapentin", "Gabapentin never taken"])
def test_other_words_are_not_taken_away(text):
    resource = {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": text}}
    assert read_allergy(resource, "p", whole, VALUE_SETS).substances == frozenset()


@pytest.mark.parametrize(
    "text", ["Unknown", "Not asked", "Patient not asked", "Allergies not recorded", "Allergy status unknown"]
)
def test_that_nobody_asked_is_not_that_there_is_none(text):
    assert isinstance(read(code={"text": text}), Unread)


def test_what_only_codes_name_is_called_by_the_narrowest():
    assert read(code={"coding": [{"system": ICD10CM, "code": "Z88.5"}]}).label == "opioid"


def test_the_substance_of_a_reaction_counts_too():
    assert read(reaction=[{"substance": {"text": "lidocaine"}}]).substances == {"gabapentin", "lidocaine"}
    assert read(code=None, reaction=[{"substance": {"text": "lidocaine"}}]).substances == {"lidocaine"}


@pytest.mark.parametrize(
    "members",
    [
        {"verificationStatus": {"coding": [{"code": "refuted"}]}},
        {"verificationStatus": "entered-in-error"},
        {"clinicalStatus": {"coding": [{"code": "inactive"}]}},
        {"clinicalStatus": "resolved"},
        {"status": "refuted"},
        {"patient": {"reference": "Patient/other"}},
    ],
    ids=str,
)
def test_what_does_not_count(members):
    assert read(**members) is None


@pytest.mark.parametrize("status", ["unconfirmed", "presumed", "confirmed"])
def test_what_counts_though_not_confirmed(status):
    assert read(verificationStatus={"coding": [{"code": status}]}) is not None


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": SNOMED, "code": "716186003"}]},
        {"coding": [{"system": SNOMED, "code": "716186003", "display": "No known allergy (situation)"}]},
        {"coding": [{"system": "urn:x", "code": "no-known-medication-allergies"}]},
        {"text": "No Known Drug Allergies"},
        {"text": "NKDA"},
        {"text": "NKA"},
        {"text": "NKMA"},
        {"text": "No allergies"},
        {"text": "none"},
    ],
    ids=str,
)
def test_no_known_allergy_is_none(code):
    assert read(code=code) is None


def test_no_known_allergy_with_the_code_of_a_medicine_is_neither():
    code = {"text": "No known allergies", "coding": GABAPENTIN["coding"]}
    assert isinstance(read(code=code), Unread)


@pytest.mark.parametrize(
    ("code", "category", "counts"),
    [
        pytest.param({"text": "Shellfish"}, ["food"], False, id="food"),
        pytest.param({"text": "Pollen"}, "environment", False, id="environment"),
        pytest.param(GABAPENTIN, ["food"], True, id="one of ours, whatever it is called"),
        pytest.param({"text": "Penicillin"}, ["medication"], True, id="a drug"),
        pytest.param({"text": "Something"}, None, True, id="not said"),
        pytest.param({"text": "Something"}, ["food", "medication"], True, id="both"),
    ],
)
def test_food_and_environment(code, category, counts):
    assert (read(code=code, category=category) is not None) is counts


def reaction(*manifestations, **more):
    return [{"manifestation": [{"text": text} for text in manifestations], **more}]


@pytest.mark.parametrize(
    ("members", "intolerance", "severe"),
    [
        pytest.param({}, False, False, id="nothing said: an allergy"),
        pytest.param({"type": "intolerance"}, True, False, id="called an intolerance"),
        pytest.param({"type": "allergy", "reaction": reaction("Nausea")}, False, False, id="called an allergy"),
        pytest.param({"reaction": reaction("Nausea", "Drowsiness")}, True, False, id="only side effects"),
        pytest.param({"reaction": reaction("Nausea", "Hives")}, False, False, id="one of them allergic"),
        pytest.param({"type": "intolerance", "reaction": reaction("Anaphylaxis")}, False, True, id="miscalled"),
        pytest.param({"reaction": reaction("Rash", severity="severe")}, False, True, id="a severe reaction"),
        pytest.param({"criticality": "high"}, False, True, id="a high criticality"),
        pytest.param({"criticality": "low"}, False, False, id="a low criticality"),
        pytest.param({"reaction": [{"description": "Stevens-Johnson"}]}, False, True, id="described"),
        pytest.param({"reaction": reaction("Something")}, False, False, id="not known"),
    ],
)
def test_kind_and_severity(members, intolerance, severe):
    found = read(**members)
    assert (found.intolerance, found.severe) == (intolerance, severe)


@pytest.mark.parametrize("code", [None, {}, {"coding": [{"system": "urn:local", "code": "5"}]}, 7], ids=str)
def test_what_says_nothing_is_unread(code):
    assert isinstance(read(code=code), Unread)


MEMBERS = [
    "resourceType",
    "id",
    "code",
    "patient",
    "clinicalStatus",
    "verificationStatus",
    "category",
    "type",
    "reaction",
]
MEMBERS += ["manifestation", "substance", "severity", "criticality", "description"]


@given(nearly(MEMBERS, ["25480", "716186003"]))
def test_nothing_raises(resource):
    assert isinstance(read_allergy(resource, "p", ingredients, VALUE_SETS), Allergy | Unread | None)


# --- on the problem list --------------------------------------------------------------------------------------------


def on_the_problem_list(knowledge, code, **members):
    entry = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "code": code, **members}
    facts = read_facts(Call(Hook.ORDER_SIGN, date(2026, 11, 22), "p", conditions=(entry,)), knowledge)
    return {allergy.reference: allergy.substances for allergy in facts.allergies}


@pytest.mark.parametrize(
    ("code", "substances"),
    [
        ({"text": "Allergy to gabapentin"}, {"gabapentin"}),
        ({"text": "Opioid allergy"}, {"opioid"}),
        ({"text": "Hypersensitivity to NSAIDs"}, {"nsaids"}),
        ({"coding": [{"system": ICD10CM, "code": "Z88.5"}]}, {"opioid"}),
        ({"coding": [{"system": ICD10CM, "code": "Z88.5", "display": "Allergy status to narcotic agent"}]}, {"opioid"}),
    ],
    ids=str,
)
def test_an_allergy_on_the_problem_list_is_one(knowledge, code, substances):
    assert on_the_problem_list(knowledge, code) == {"Condition/c": substances}


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ({"text": "Family history of allergy to gabapentin"}, {}),
        ({"text": "Lactose intolerance"}, {}),
        ({"text": "Long-term use of opioids"}, {}),
        ({"text": "Allergy to gabapentin"}, {"verificationStatus": {"coding": [{"code": "refuted"}]}}),
        ({"text": "Allergy to gabapentin"}, {"clinicalStatus": {"coding": [{"code": "resolved"}]}}),
        ({"text": "Allergy to gabapentin"}, {"subject": {"reference": "Patient/other"}}),
    ],
    ids=str,
)
def test_what_is_no_allergy_on_the_problem_list(knowledge, code, members):
    assert on_the_problem_list(knowledge, code, **members) == {}
