"""Patient: what is known of age and sex, and what is not."""

from datetime import date

import pytest

from cards.fhir.codings import belongs_to
from cards.fhir.patient import read_patient

DAY = date(2026, 11, 22)


def patient(**members):
    return read_patient({"resourceType": "Patient", "id": "p", **members}, DAY)


@pytest.mark.parametrize(
    ("gender", "sex"),
    [
        ("female", "female"),
        ("FEMALE", "female"),
        ("F", "female"),
        ("m", "male"),
        ("Male", "male"),
        ("other", None),
        ("unknown", None),
        ("", None),
        (None, None),
        (1, None),
        ({"coding": [{"code": "F"}]}, "female"),
    ],
)
def test_sex(gender, sex):
    assert patient(gender=gender).sex == sex


BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"


@pytest.mark.parametrize(
    ("gender", "birth_sex", "sex"),
    [
        pytest.param("other", "F", "female", id="birth sex fills in"),
        pytest.param("male", "M", "male", id="both agree"),
        pytest.param("male", "F", None, id="they differ: not known"),
        pytest.param("female", "UNK", "female", id="birth sex not known"),
    ],
)
def test_birth_sex(gender, birth_sex, sex):
    assert patient(gender=gender, extension=[{"url": BIRTH_SEX, "valueCode": birth_sex}]).sex == sex


@pytest.mark.parametrize(
    ("born", "ages"),
    [
        pytest.param("1956-11-22", (70, 70), id="birthday today"),
        pytest.param("1956-11-23", (69, 69), id="birthday tomorrow"),
        pytest.param("1956", (69, 70), id="only the year"),
        pytest.param("1956-11", (69, 70), id="only the month"),
        pytest.param("1956-11-22T03:00:00Z", (70, 70), id="with a time"),
        pytest.param("", None, id="empty"),
        pytest.param("about 1956", None, id="words"),
    ],
)
def test_age(born, ages):
    assert patient(birthDate=born).age_between(DAY) == ages


@pytest.mark.parametrize(
    ("members", "deceased"),
    [
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedDateTime": "2026-11-21"}, True),
        ({"deceasedDateTime": "2026-11-23"}, False),
    ],
)
def test_deceased(members, deceased):
    assert patient(**members).deceased is deceased


@pytest.mark.parametrize("resource", [None, [], "Patient/p", 7])
def test_no_patient_is_a_patient_of_whom_nothing_is_known(resource):
    found = read_patient(resource, DAY)
    assert (found.sex, found.born_first, found.age_between(DAY)) == (None, None, None)


@pytest.mark.parametrize(
    ("reference", "mine"),
    [
        ("Patient/1", True),
        ("Patient/2", False),
        ("https://ehr.example/fhir/Patient/1", True),
        ("https://ehr.example/fhir/Patient/2", False),
        ("Patient/1/_history/3", True),
        ("1", True),
        ("Group/1", False),
        ("urn:uuid:9f1c6b1e-0000-4000-8000-000000000000", True),
        ("#p", True),
        ("", True),
        (None, True),
        (7, False),
    ],
)
@pytest.mark.parametrize("member", ["subject", "patient"])
@pytest.mark.parametrize("patient_id", ["1", "Patient/1"])
def test_whose_resource(reference, mine, member, patient_id):
    assert belongs_to({member: {"reference": reference}}, patient_id) is mine


@pytest.mark.parametrize("resource", [{}, {"subject": None}, {"subject": "Patient/2"}, {"subject": {}}])
def test_a_resource_that_names_nobody_is_taken_as_this_patients(resource):
    assert belongs_to(resource, "1")


def test_without_a_patient_every_resource_counts():
    assert belongs_to({"subject": {"reference": "Patient/2"}}, "")
