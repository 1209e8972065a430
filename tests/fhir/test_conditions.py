"""Condition: which count, as what, and since when."""

from datetime import date

import pytest
from hypothesis import given

from cards.facts import Condition, Unread
from cards.fhir.codings import ICD10CM, ICD10WHO, SNOMED
from cards.fhir.conditions import read_condition
from tests.fhir.anything import nearly
from tests.small_value_sets import VALUE_SETS

DAY = date(2026, 11, 22)
NEUROPATHY = {"coding": [{"system": ICD10CM, "code": "E11.42", "display": "Type 2 diabetes with polyneuropathy"}]}
INFARCTION = {"coding": [{"system": SNOMED, "code": "22298006"}], "text": "Heart attack"}


def read(**members):
    resource = {"resourceType": "Condition", "id": "c", "code": NEUROPATHY, **members}
    return read_condition(resource, "p", VALUE_SETS, DAY)


def concept(code):
    return {"coding": [{"code": code}]}


@pytest.mark.parametrize(
    ("system", "code", "found"),
    [
        (ICD10CM, "E11.42", True),
        (ICD10CM, "E1142", True),
        (ICD10CM, "e11.42", True),
        ("urn:oid:2.16.840.1.113883.6.90", "E11.42", True),
        ("2.16.840.1.113883.6.90", "E11.42", True),
        (f"{ICD10CM}/", "E11.42", True),
        (ICD10CM, "E11.9", False),
        (ICD10WHO, "G63.2", True),
        (ICD10WHO, "E11.42", True),
        (SNOMED, "230572002", True),
        (SNOMED, 230572002, True),
        ("urn:oid:2.16.840.1.113883.6.96", "230572002", True),
        ("http://snomed.info/sct/731000124108/version/20260301", "230572002", True),
        ("http://hl7.org/fhir/sid/icd-9-cm", "E11.42", False),
    ],
)
def test_codes(system, code, found):
    condition = read(code={"coding": [{"system": system, "code": code}], "text": "as coded"})
    assert ("diabetic-neuropathy" in condition.value_sets) is found


def test_every_coding_is_read():
    codings = [{"system": "urn:local", "code": "77"}, *NEUROPATHY["coding"], *INFARCTION["coding"]]
    assert read(code={"coding": codings}).value_sets == {"diabetic-neuropathy", "infarction"}


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (None, True),
        ("active", True),
        (concept("active"), True),
        (concept("recurrence"), True),
        ({"coding": [{"system": SNOMED, "code": "81323004", "display": "Alive and well"}]}, True),
        ("resolved", False),
        ("Resolved", False),
        (concept("inactive"), False),
        (concept("remission"), False),
        ({"text": "resolved"}, False),
    ],
)
def test_clinical_status(status, counts):
    assert (read(clinicalStatus=status) is not None) is counts


@pytest.mark.parametrize(
    ("status", "counts", "provisional"),
    [
        (None, True, False),
        (concept("confirmed"), True, False),
        (concept("provisional"), True, True),
        ("differential", True, True),
        (concept("unconfirmed"), True, True),
        (concept("refuted"), False, None),
        ("refuted", False, None),
        (concept("entered-in-error"), False, None),
    ],
)
def test_verification_status(status, counts, provisional):
    condition = read(verificationStatus=status)
    assert (condition is not None) is counts
    assert condition is None or condition.provisional is provisional


@pytest.mark.parametrize(
    ("members", "resolved"),
    [
        pytest.param({}, False, id="active"),
        pytest.param({"clinicalStatus": "resolved"}, True, id="resolved"),
        pytest.param({"abatementDateTime": "2020-01-01"}, True, id="abated"),
        pytest.param({"abatementDateTime": "2026-11-23"}, False, id="will abate"),
        pytest.param({"abatementDateTime": "2026"}, True, id="abated this year"),
        pytest.param({"abatementPeriod": {"start": "2019", "end": "2020"}}, True, id="abated over a time"),
        pytest.param({"abatementString": "last summer"}, True, id="abated in words"),
        pytest.param({"abatementAge": {"value": 50}}, True, id="abated at an age"),
        pytest.param({"abatementBoolean": False}, False, id="said not to have"),
        pytest.param({"clinicalStatus": "relapse", "abatementDateTime": "2020"}, False, id="it came back"),
    ],
)
def test_history_is_kept_where_a_value_set_asks_for_it(members, resolved):
    assert read(code=INFARCTION, **members).resolved is resolved
    assert (read(**members) is None) is resolved


@pytest.mark.parametrize(
    ("text", "value_sets", "mark"),
    [
        pytest.param("Diabetic neuropathy", {"diabetic-neuropathy"}, "", id="said"),
        pytest.param("DIABETIC NEUROPATHY, feet", {"diabetic-neuropathy"}, "", id="in capitals"),
        pytest.param("No diabetic neuropathy", set(), "", id="no"),
        pytest.param("Denies diabetic neuropathy", set(), "", id="denies"),
        pytest.param("Family history of diabetic neuropathy", set(), "", id="family"),
        pytest.param("Mother: diabetic neuropathy", set(), "", id="mother"),
        pytest.param("Rule out diabetic neuropathy", set(), "", id="rule out"),
        pytest.param("r/o diabetic neuropathy", set(), "", id="r/o"),
        pytest.param("Diabetic neuropathy ruled out", set(), "", id="ruled out"),
        pytest.param("Diabetic neuropathy screening", set(), "", id="screening"),
        pytest.param("At risk of diabetic neuropathy", set(), "", id="risk"),
        pytest.param("Diabetic neuropathy unlikely", set(), "", id="unlikely"),
        pytest.param("Possible diabetic neuropathy", {"diabetic-neuropathy"}, "provisional", id="possible"),
        pytest.param("diabetic neuropathy?", {"diabetic-neuropathy"}, "provisional", id="a question mark"),
        pytest.param("History of myocardial infarction", {"infarction"}, "resolved", id="history"),
        pytest.param("s/p myocardial infarction", {"infarction"}, "resolved", id="status post"),
        pytest.param("3 year history of diabetic neuropathy", {"diabetic-neuropathy"}, "", id="still running"),
        pytest.param("Migraine without aura", {"migraine"}, "", id="without something else"),
        pytest.param("Stage 4, not on dialysis", {"ckd-stage-4"}, "", id="not something else"),
        pytest.param("Hay fever", set(), "", id="something else"),
    ],
)
def test_words_where_there_is_no_code(text, value_sets, mark):
    condition = read(code={"text": text})
    assert condition.value_sets == value_sets
    assert (condition.provisional, condition.resolved) == (mark == "provisional", mark == "resolved")
    assert read(code={"coding": [{"system": "urn:local", "code": "1", "display": text}]}).value_sets == value_sets


def test_what_is_only_history_in_words_does_not_count_where_history_does_not():
    assert read(code={"text": "History of diabetic neuropathy"}).value_sets == frozenset()


def test_a_code_in_no_value_set_decides_over_the_words():
    code = {"coding": [{"system": ICD10CM, "code": "E11.9"}], "text": "Diabetes, diabetic neuropathy screened"}
    assert read(code=code).value_sets == frozenset()


def test_the_words_help_where_the_list_of_codes_is_not_complete():
    code = {"coding": [{"system": SNOMED, "code": "999"}], "text": "Acute painful diabetic neuropathy"}
    assert read(code=code).value_sets == {"diabetic-neuropathy"}


@pytest.mark.parametrize(
    ("members", "onset"),
    [
        ({"onsetDateTime": "2026-05-01", "recordedDate": "2026-06-01"}, date(2026, 5, 1)),
        ({"onsetPeriod": {"start": "2026-04"}, "recordedDate": "2026-06-01"}, date(2026, 4, 30)),
        ({"onsetDateTime": "unknown", "recordedDate": "2026-06-01T10:00:00Z"}, date(2026, 6, 1)),
        ({"assertedDate": "2026-06-01"}, date(2026, 6, 1)),
        ({"onsetAge": {"value": 40}}, None),
        ({}, None),
    ],
)
def test_onset(members, onset):
    assert read(**members).onset == onset


def test_another_patients_condition_is_ignored():
    assert read(subject={"reference": "Patient/other"}) is None
    assert read(subject={"reference": "Patient/p"}) is not None


@pytest.mark.parametrize(
    "code",
    [
        None,
        {},
        {"coding": []},
        {"coding": [{"system": "urn:local", "code": "77"}]},
        {"coding": [{"system": SNOMED}]},
        {"coding": [{"system": ICD10CM, "code": "299652006"}]},
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]},
        {"text": "Unknown"},
        {"text": " - "},
        {"coding": [{"system": SNOMED, "code": "77", "display": "N/A"}], "text": "unspecified."},
        [],
        7,
    ],
    ids=str,
)
def test_what_says_nothing_is_unread(code):
    found = read(code=code)
    assert isinstance(found, Unread)
    assert (found.reference, found.what) == ("Condition/c", "condition")


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": ICD10CM, "code": "H52.4"}]},
        {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "H52.4"}]},
        {"coding": [{"system": "urn:local", "code": "77", "display": "Presbyopia"}]},
        {"coding": [{"display": "Presbyopia"}]},
        {"text": "Presbyopia, unspecified"},
    ],
    ids=str,
)
def test_what_is_none_of_ours_is_read(code):
    assert read(code=code).value_sets == frozenset()


def test_a_code_system_may_carry_its_version():
    code = {"coding": [{"system": f"{SNOMED}|http://snomed.info/sct/731000124108", "code": "230572002"}]}
    assert read(code=code).value_sets == {"diabetic-neuropathy"}


def test_words_count_beside_a_code_that_cannot_be_one_of_its_system():
    code = {"coding": [{"system": ICD10CM, "code": "299652006"}], "text": "diabetic neuropathy"}
    assert read(code=code).value_sets == {"diabetic-neuropathy"}


@pytest.mark.parametrize("code", [NEUROPATHY["coding"][0], [NEUROPATHY], {"coding": NEUROPATHY["coding"][0]}], ids=str)
def test_lists_and_objects_may_stand_for_each_other(code):
    assert read(code=code).value_sets == {"diabetic-neuropathy"}


def test_the_label_is_what_the_clinician_wrote():
    assert read(code=INFARCTION).label == "Heart attack"
    assert read().label == "Type 2 diabetes with polyneuropathy"
    assert read(code={"coding": [{"system": ICD10CM, "code": "E11.42"}]}).label == "E11.42"


MEMBERS = ["resourceType", "id", "code", "subject", "clinicalStatus", "verificationStatus", "onsetDateTime"]
MEMBERS += ["abatementDateTime", "abatementPeriod", "abatementString", "onsetPeriod", "recordedDate"]


@given(nearly(MEMBERS, ["E11.42", "22298006"]))
def test_nothing_raises(resource):
    assert isinstance(read_condition(resource, "p", VALUE_SETS, DAY), Condition | Unread | None)


def test_a_number_of_absurd_length_in_a_code_is_no_reason_to_fail() -> None:
    resource = {"resourceType": "Condition", "id": "c", "code": {"text": "Sciatica", "x": 10**30}}
    assert isinstance(read_condition(resource, "p", VALUE_SETS, DAY), Condition)
