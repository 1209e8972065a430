"""Which drug a MedicationRequest is of: every code and every word read, nothing guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cards
from cards.fhir.drug import Drug, read_drug
from cards.products import Products

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
PRODUCTS = Products.load(Path(cards.__file__).parent / "knowledge" / "products")


def coding(code: str, display: str | None = None, system: str | None = RXNORM) -> dict[str, str]:
    given_ = {"system": system, "code": code, "display": display}
    return {key: value for key, value in given_.items() if value is not None}


def read(*codings: dict[str, str], text: str | None = None, **members: Any) -> Drug:
    concept: dict[str, Any] = {"coding": list(codings)} if codings else {}
    concept |= {"text": text} if text else {}
    request = {"resourceType": "MedicationRequest", "id": "a", **members}
    if concept:
        request["medicationCodeableConcept"] = concept
    return read_drug(request, {}.get, PRODUCTS)


def ingredients(drug: Drug) -> tuple[str, ...]:
    return drug.product.ingredients if drug.product else ()


# --- where it stands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["gabapentin 300 MG Oral Capsule", "GABAPENTIN 300 MG PO CAPS", "Neurontin 300 mg capsule"]
)
def test_it_is_found_wherever_it_stands(name: str) -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": {"text": name}}
    held = {**medication, "id": "#m"}
    for request in (
        {"medicationCodeableConcept": {"text": name}},
        {"medicationCodeableConcept": {"coding": [{"display": name}]}},
        {"medicationCodeableConcept": [{"text": name}]},
        {"medicationReference": {"display": name}},
        {"medicationReference": {"reference": "#m"}, "contained": [medication]},
        {"medicationReference": {"reference": "#m"}, "contained": [held]},
        {"medicationReference": {"reference": "Medication/m"}},
        {"medicationReference": {"reference": "https://ehr.example/Medication/m"}},
        {"medicationReference": {"reference": "Medication/elsewhere", "display": name}},
        {"medication": {"concept": {"text": name}}},
        {"medication": {"reference": {"reference": "Medication/m"}}},
    ):
        found = {"Medication/m": medication, "https://ehr.example/Medication/m": medication}
        drug = read_drug(request, found.get, PRODUCTS)
        assert drug.label.startswith("gabapentin 300 mg capsule"), request
        assert drug.sure
        assert drug.unread is None


def test_a_known_code_alone_is_enough() -> None:
    drug = read(coding("310431"))
    assert (drug.label, drug.sure, drug.unread) == ("gabapentin 300 mg capsule", True, None)
    assert [each.code for each in drug.codings] == ["310431"]


def test_a_medication_is_read_by_its_ingredients_but_their_strength_is_never_used() -> None:
    half = {"numerator": {"value": 50, "unit": "mg"}, "denominator": {"value": 50, "unit": "mg"}}
    part = {"itemCodeableConcept": {"coding": [coding("25480")]}, "strength": half}
    other = {"itemCodeableConcept": {"text": "Oxycodone"}, "strength": half}
    request = {
        "contained": [{"resourceType": "Medication", "id": "m", "ingredient": [part, other]}],
        "medicationReference": {"reference": "#m"},
    }
    drug = read_drug(request, {}.get, PRODUCTS)
    assert ingredients(drug) == ("gabapentin", "oxycodone")
    assert drug.product is not None
    assert drug.product.strengths == (None, None)
    assert not drug.sure


def test_what_is_missing_is_said() -> None:
    for request, why in (
        ({}, "no drug is named"),
        ({"medicationReference": {"reference": "Medication/gone"}}, "did not come with the request"),
        ({"medicationReference": {"reference": "#gone"}}, "did not come with the request"),
        ({"medicationCodeableConcept": {"coding": [coding("99999999")]}}, "not in our tables"),
    ):
        drug = read_drug({"resourceType": "MedicationRequest", "id": "a", **request}, {}.get, PRODUCTS)
        assert drug.product is None
        assert drug.unread is not None
        assert (drug.unread.reference, drug.unread.what) == ("MedicationRequest/a", "drug")
        assert why in drug.unread.why


def test_a_named_drug_that_is_none_of_ours_is_no_trouble() -> None:
    drug = read(coding("999999", "Zyzzyvax 10 MG Oral Tablet"))
    assert (drug.product, drug.unread, drug.label) == (None, None, "Zyzzyvax 10 MG Oral Tablet")


# --- several codes --------------------------------------------------------------------------------------------------


def test_the_most_specific_level_wins() -> None:
    for levels in (("25480", "310431"), ("310431", "25480"), ("25480", "310431", "105029")):
        drug = read(*[coding(code) for code in levels])
        assert drug.label.startswith("gabapentin 300 mg capsule")
        assert drug.sure


def test_local_codes_beside_a_known_one_do_not_matter() -> None:
    drug = read(coding("60356", "MEDISPAN THING", "urn:oid:2.16.840.1.113883.6.68"), coding("310431"))
    assert drug.label == "gabapentin 300 mg capsule"


def test_ingredient_codes_of_a_combination_agree_with_its_product() -> None:
    drug = read(coding("7804"), coding("161"), coding("1049221"))
    assert ingredients(drug) == ("acetaminophen", "oxycodone")
    assert drug.unread is None
    named = read(coding("7804"), coding("161"), text="oxycodone-acetaminophen 5-325 mg tablet")
    assert named.label == "acetaminophen 325 mg / oxycodone 5 mg tablet"


def test_codes_for_different_drugs_are_refused() -> None:
    drug = read(coding("310431"), coding("483440"))
    assert drug.product is None
    assert drug.unread is not None
    assert drug.unread.why == "its codes name different drugs: gabapentin, and pregabalin"
    assert not drug.sure


def test_codes_of_different_strength_keep_the_ingredient_and_drop_the_strength() -> None:
    drug = read(coding("310431"), coding("310432"))
    assert drug.product is not None
    assert drug.product.strengths == (None,)
    assert drug.unread is not None
    assert drug.unread.what == "strength"


def test_plain_and_extended_codes_side_by_side_are_not_one_product() -> None:
    drug = read(coding("310433"), coding("1806382"))
    assert ingredients(drug) == ("gabapentin",)
    assert drug.product is not None
    assert drug.product.release not in {"", "immediate", "delayed", "extended", "once-daily"}
    assert drug.unread is not None
    assert drug.unread.what == "formulation"


# --- codes and words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1049640", "Pregabalin 75 MG Oral Capsule"),
        ("197732", "Tramadol 50 MG Oral Tablet"),
        ("311700", "Pregabalin 75 MG Oral Capsule"),
        ("310385", "Duloxetine 30 MG Delayed Release Oral Capsule"),
        ("310386", "Duloxetine 60 MG Delayed Release Oral Capsule"),
        ("197517", "Gabapentin 300 MG Oral Capsule"),
        ("197653", "Gabapentin 300 MG Oral Capsule"),
        ("197901", "Pregabalin 75 MG Oral Capsule"),
        ("312938", "Pregabalin 75 mg oral capsule"),
        ("321988", "Duloxetine 30 MG Oral Capsule"),
        ("596926", "Escitalopram 10 mg oral tablet"),
        ("310431", "Zyzzyvax 10 MG Oral Tablet"),
    ],
)
def test_a_code_for_another_drug_than_the_words_is_refused(code: str, words: str) -> None:
    for drug in (read(coding(code, words)), read(coding(code), text=words)):
        assert drug.product is None
        assert drug.unread is not None
        assert drug.unread.what == "drug"


@pytest.mark.parametrize(
    ("code", "words"), [("596927", "Duloxetine 60 mg capsule"), ("596926", "Duloxetine 60 MG DR cap")]
)
def test_a_code_for_another_strength_than_the_words_gives_none(code: str, words: str) -> None:
    drug = read(coding(code, words))
    assert ingredients(drug) == ("duloxetine",)
    assert drug.product is not None
    assert drug.product.strengths == (None,)
    assert drug.unread is not None
    assert drug.unread.what == "strength"


@pytest.mark.parametrize("code", ["197318", "835829", "617314"])
def test_a_strange_rxnorm_code_beside_a_name_that_has_another_is_not_relied_on(code: str) -> None:
    drug = read(coding(code, "Gabapentin 300 MG Oral Capsule"))
    assert ingredients(drug) == ("gabapentin",)
    assert not drug.sure


def test_an_ingredient_code_takes_strength_and_form_from_the_words() -> None:
    drug = read(coding("187832", "Pregabalin 75 MG Oral Capsule"))
    assert (drug.label, drug.sure, drug.unread) == ("pregabalin 75 mg capsule", True, None)


def test_words_that_name_an_extended_product_beside_a_plain_code_are_heard() -> None:
    drug = read(coding("310433"), text="gabapentin ER 600 mg")
    assert drug.unread is not None
    assert drug.unread.what == "formulation"


def test_words_that_do_not_say_the_release_leave_it_to_the_code() -> None:
    drug = read(coding("402505"), text="carbamazepine 200 mg tablet")
    assert drug.unread is None
    assert drug.product is not None
    assert drug.product.release == "extended"


def test_a_single_source_row_is_sure_only_where_the_words_agree() -> None:
    code = "2634749"  # once-daily 450 mg, the brand: one source
    row = PRODUCTS.find(RXNORM, code)
    assert row is not None
    assert not row.verified
    assert not read(coding(code)).sure
    assert read(coding(code, "gabapentin")).sure is False
    assert read(coding(code, "Gralise 450 mg tablet")).sure
    assert read(coding("0002-3240-30", system=NDC)).sure is False
    assert read(coding("0002-3240-30", "duloxetine 30 mg capsule", NDC)).sure


def test_a_single_source_row_lends_no_strength_that_the_words_do_not_confirm() -> None:
    alone = read(coding("0002-3240-30", system=NDC))
    assert ingredients(alone) == ("duloxetine",)
    assert alone.product is not None
    assert alone.product.strengths == (None,)
    assert alone.unread is not None
    assert alone.unread.what == "strength"
    confirmed = read(coding("0002-3240-30", "duloxetine 30 mg capsule", NDC))
    assert confirmed.product is not None
    assert confirmed.product.strengths == (30,)
    assert confirmed.unread is None


def test_a_code_without_a_system_counts_only_if_the_words_say_the_same() -> None:
    assert read(coding("310431", system=None)).product is None
    assert read(coding("310431", "gabapentin 300 mg capsule", None)).label == "gabapentin 300 mg capsule"
    other = read(coding("310431", "pregabalin 75 mg capsule", None))
    assert (ingredients(other), other.unread) == (("pregabalin",), None)


def test_the_prodrug_and_the_drug_are_not_confused() -> None:
    drug = read(coding("25480"), coding("1101338", "gabapentin enacarbil 600 MG Extended Release Oral Tablet"))
    assert ingredients(drug) == ("gabapentin enacarbil",)
    assert drug.unread is None


def test_texts_that_name_different_drugs_are_refused() -> None:
    drug = read(coding("x", "gabapentin 300 mg", "http://local.example"), text="pregabalin 75 mg")
    assert drug.product is None
    assert drug.unread is not None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("fentanyl 25 mcg/hr patch", "fentanyl 25 ug/h patch"),
        ("lidocaine 5 % patch", "lidocaine 5 % patch"),
        ("Percocet 5-325 mg tablet", "acetaminophen 325 mg / oxycodone 5 mg tablet (Percocet)"),
        ("gabapentin 250 mg/5 mL solution", "gabapentin 50 mg/mL oral solution"),
        ("venlafaxine XR 75 mg capsule", "venlafaxine 75 mg extended-release capsule"),
        ("Gralise 600 mg tablet", "gabapentin 600 mg once-daily tablet (Gralise)"),
        ("gabapentin", "gabapentin"),
        ("lisinopril 2.5 mg tab", "lisinopril 2.5 mg tablet"),
    ],
)
def test_a_card_calls_it_so(text: str, label: str) -> None:
    assert read(text=text).label == label


# --- any JSON -------------------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
CODING = st.fixed_dictionaries(
    {},
    optional={
        "system": st.sampled_from([RXNORM, NDC, "http://www.whocc.no/atc", "http://snomed.info/sct"]) | ANY,
        "code": st.sampled_from(["310431", "25480", "1049221", "483440", "0002-3240", "N02BF01", "323014008"]) | ANY,
        "display": st.sampled_from(["gabapentin 300 mg", "Lyrica 75 mg capsule", "oxycodone"]) | ANY,
    },
)
CONCEPT = st.fixed_dictionaries({}, optional={"coding": st.lists(CODING, max_size=3) | CODING | ANY, "text": ANY})
PART = st.fixed_dictionaries({}, optional={"itemCodeableConcept": CONCEPT | ANY, "itemReference": ANY, "strength": ANY})
MEDICATION = st.fixed_dictionaries(
    {"id": st.just("m")}, optional={"code": CONCEPT | ANY, "ingredient": st.lists(PART, max_size=2) | ANY}
)
REFERENCE = st.fixed_dictionaries(
    {}, optional={"reference": st.sampled_from(["#m", "Medication/m"]) | ANY, "display": ANY}
)
REQUEST = st.fixed_dictionaries(
    {},
    optional={
        "id": ANY,
        "medicationCodeableConcept": CONCEPT | st.lists(CONCEPT, max_size=2) | ANY,
        "medicationReference": REFERENCE | ANY,
        "medication": st.fixed_dictionaries({}, optional={"concept": CONCEPT, "reference": REFERENCE}) | ANY,
        "contained": st.lists(MEDICATION | ANY, max_size=2) | ANY,
    },
)


@given(REQUEST, MEDICATION | ANY)
def test_any_json_is_read_or_said_to_be_unread(request: dict[str, Any], medication: Any) -> None:
    drug = read_drug(request, lambda _: medication, PRODUCTS)
    assert drug.label
    if drug.unread is not None:
        assert not drug.sure
        assert drug.unread.why
    if drug.product is not None:
        assert len(drug.product.strengths) == len(drug.product.ingredients)


@given(st.permutations(["310431", "25480", "105029", "483440"]), st.integers(1, 4))
def test_the_order_of_codes_changes_nothing(codes: list[str], many: int) -> None:
    forwards = read(*[coding(code) for code in codes[:many]])
    backwards = read(*[coding(code) for code in reversed(codes[:many])])
    assert ingredients(forwards) == ingredients(backwards)
    assert (forwards.unread is None) == (backwards.unread is None)
