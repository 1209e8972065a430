"""What an order says it is for, and what of that cannot be read."""

import pytest
from hypothesis import given

from cards.fhir.codings import ICD10CM, SNOMED
from cards.fhir.reasons import read_reasons
from tests.fhir.anything import nearly
from tests.small_value_sets import VALUE_SETS

NEUROPATHY = {"coding": [{"system": ICD10CM, "code": "E11.42"}]}
CARRIED = {"resourceType": "Condition", "id": "c", "code": NEUROPATHY}


def read(**members):
    return read_reasons(members, VALUE_SETS)


def to(reference, **more):
    return {"reasonReference": [{"reference": reference, **more}]}


@pytest.mark.parametrize(
    ("members", "value_sets", "references"),
    [
        ({"reasonCode": [NEUROPATHY]}, {"diabetic-neuropathy"}, ()),
        ({"reasonCode": NEUROPATHY}, {"diabetic-neuropathy"}, ()),
        ({"reasonCode": "Diabetic neuropathy"}, {"diabetic-neuropathy"}, ()),
        ({"reasonCode": [{"text": "Migraine"}]}, {"migraine"}, ()),
        ({"reasonCode": [{"coding": [{"system": ICD10CM, "code": "M10.9"}]}]}, set(), ()),
        ({"reasonCode": [{"text": "Gout"}]}, set(), ()),
        (to("Condition/c", display="Diabetic neuropathy"), {"diabetic-neuropathy"}, ("Condition/c",)),
        (to("http://ehr/fhir/Condition/c/_history/2", display="Gout"), set(), ("Condition/c",)),
        ({"contained": [CARRIED], **to("#c")}, {"diabetic-neuropathy"}, ()),
        ({"reasonReference": [{"display": "Migraine"}]}, {"migraine"}, ()),
    ],
    ids=str,
)
def test_what_is_read(members, value_sets, references):
    found = read(**members)
    assert (found.value_sets, found.references, found.given, found.unread) == (value_sets, references, True, ())


@pytest.mark.parametrize(
    ("members", "reference", "why"),
    [
        ({"reasonCode": [{"coding": [{"system": SNOMED, "code": "77"}]}]}, "", "its code 77 is not known"),
        ({"reasonCode": [{"text": "Unknown"}]}, "", "it has neither a code nor words"),
        (to("Condition/c"), "Condition/c", "it is not among the current conditions"),
        (to("Condition/c", display=" - "), "Condition/c", "it is not among the current conditions"),
        (to("Observation/pain"), "Observation/pain", "it is not among the current conditions"),
        (to("#gone"), "", "it has neither a code nor words"),
        ({"reasonReference": [{"identifier": {"value": "7"}}]}, "", "it names no record"),
    ],
    ids=str,
)
def test_what_is_not_read_is_given_and_says_why(members, reference, why):
    found = read(**members)
    [unread] = found.unread
    assert found.given
    assert unread.reference == reference
    assert unread.why.startswith(why)


@pytest.mark.parametrize(
    "members",
    [{}, {"reasonCode": []}, {"reasonCode": [{}]}, {"reasonCode": [{"text": ""}]}, {"reasonReference": [{}]}],
    ids=str,
)
def test_none_is_given(members):
    assert read(**members) == (frozenset(), (), False, ())


@given(nearly(["reasonCode", "reasonReference", "contained"], ["E11.42", "#c"]))
def test_nothing_raises(resource):
    read_reasons(resource if isinstance(resource, dict) else {}, VALUE_SETS)
