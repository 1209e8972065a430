"""Codes and names of products: what they are said to be."""

from __future__ import annotations

import csv
import runpy
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cards
from cards.facts import Product
from cards.product_text import LONGEST
from cards.products import ATC, DMD, NDC, RXNORM, SNOMED, Products, near

FOLDER = Path(cards.__file__).parent / "knowledge" / "products"
HERE = Path(__file__).parent
PRODUCTS = Products.load(FOLDER)
FIELDS = ("ingredients", "strengths", "per", "form", "release", "percent")


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def named(text: str) -> Product:
    product = PRODUCTS.named(text)
    assert product is not None, text
    return product


def short(product: Product) -> str:
    """One line to compare with: ingredients, strengths, per, form, release."""
    strengths = "+".join("?" if s is None else f"{float(s):g}" for s in product.strengths)
    return " | ".join(("+".join(product.ingredients), strengths, product.per, product.form, product.release))


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("GABAPENTIN 300 MG PO CAPS", "gabapentin | 300 | capsule | Oral Capsule | immediate"),
        ("Lyrica 75 mg capsule", "pregabalin | 75 | capsule | Oral Capsule | immediate"),
        ("gabapentin (NEURONTIN) tablet 800 mg", "gabapentin | 800 | tablet | Oral Tablet | immediate"),
        ("CODEINE SULFATE 15 MG PO TABS", "codeine | 15 | tablet | Oral Tablet | immediate"),
        ("duloxetine 60mg EC caps", "duloxetine | 60 | capsule | Delayed Release Oral Capsule | delayed"),
        (
            "Duloxetine 60 mg gastro-resistant capsules",
            "duloxetine | 60 | capsule | Delayed Release Oral Capsule | delayed",
        ),
        ("venlafaxine 75 mg capsule", "venlafaxine | 75 | capsule | Extended Release Oral Capsule | extended"),
        ("carbamazepine 200 mg tablet", "carbamazepine | 200 | tablet | Oral Tablet | immediate"),
        ("Tramadol 50mg capsules", "tramadol | 50 | capsule | Oral Capsule | immediate"),
        ("gabapentin 250 mg/5 mL oral solution", "gabapentin | 50 | mL | Oral Solution | immediate"),
        ("morphine 100 mg/5 mL (20 mg/mL) oral solution", "morphine | 20 | mL | Oral Solution | immediate"),
        ("fentanyl 25 mcg/hr patch", "fentanyl | 0.025 | h | Transdermal System | immediate"),
        ("FENTANYL 75 MCG/HR TRANSDERMAL PATCH", "fentanyl | 0.075 | h | Transdermal System | immediate"),
        ("300 mg gabapentin cap", "gabapentin | 300 | capsule | Oral Capsule | immediate"),
        ("lamotrigine ODT 25 mg", "lamotrigine | 25 | tablet | Disintegrating Oral Tablet | immediate"),
        ("paracetamol 500mg tablets", "acetaminophen | 500 | tablet | Oral Tablet | immediate"),
        ("naloxone 4 mg/actuation nasal spray", "naloxone | 4 | spray | Metered Dose Nasal Spray | immediate"),
    ],
)
def test_a_name_is_read(text: str, says: str) -> None:
    assert short(named(text)) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("oxycodone-acetaminophen 5-325 MG", "acetaminophen+oxycodone | 325+5 |  |  | immediate"),
        ("apap-oxycodone 325 mg-5 mg tabs", "acetaminophen+oxycodone | 325+5 | tablet | Oral Tablet | immediate"),
        ("Percocet 5/325", "acetaminophen+oxycodone | 325+5 |  |  | immediate"),
        ("Hydrocodone/APAP 5/325mg", "acetaminophen+hydrocodone | 325+5 |  |  | immediate"),
        ("Co-codamol 8mg/500mg tablets", "acetaminophen+codeine | 500+8 | tablet | Oral Tablet | immediate"),
        ("Tylenol #3", "acetaminophen+codeine | ?+? |  |  | "),
        ("buprenorphine-naloxone (SUBOXONE) 8-2 mg sublingual film",
         "buprenorphine+naloxone | 8+2 | film | Sublingual Film | immediate"),
    ],
)  # fmt: skip
def test_a_combination_is_all_of_its_ingredients(text: str, says: str) -> None:
    assert short(named(text)) == says


def test_a_liquid_combination_is_per_ml() -> None:
    product = named("HYDROcodone-acetaminophen 7.5-325 mg/15 mL solution")
    assert product.per == "mL"
    assert product.strengths == (Fraction(325, 15), Fraction(1, 2))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("acetaminophen-HYDROcodone 325 mg-7.5 mg/15 mL oral solution", "acetaminophen+hydrocodone | 21.6667+0.5 | mL"),
        ("codeine-guaifenesin 10 mg-100 mg/5 mL oral syrup", "codeine+guaifenesin | 2+20 | mL"),
        ("morphine 30 mg/12 hr oral tablet, extended release", "morphine | 30 | tablet | Extended Release Oral Tablet"),
        (
            "traMADol 300 mg/24 hours oral capsule, extended release",
            "tramadol | 300 | capsule | Extended Release Oral Ca",
        ),
        (
            "fentaNYL 50 mcg/hr transdermal film, extended release",
            "fentanyl | 0.05 | h | Transdermal System | immediate",
        ),
        ("Duragesic-50 50 mcg/hr transdermal film, extended release", "fentanyl | 0.05 | h | Transdermal System"),
        ("clonidine 0.1 mg/24 hr weekly patch", "clonidine | 0.00416667 | h | Transdermal System"),
    ],
)
def test_names_as_us_order_lists_write_them(text: str, says: str) -> None:
    assert short(named(text)).startswith(says)


def test_a_text_of_many_drugs_and_numbers_is_read_at_once() -> None:
    many = [row["name"] for row in rows("names") if row["kind"] == "ingredient" and " " not in row["name"]][:12]
    text = "-".join(many) + " " + "-".join(str(number) for number in range(1, 13)) + " mg"
    assert named(text[:LONGEST]).ingredients == tuple(sorted(many))


def test_two_drugs_that_are_no_known_combination_are_both_named_without_strengths() -> None:
    assert short(named("gabapentin oxycodone 5 mg")) == "gabapentin+oxycodone | ?+? |  |  | "


@pytest.mark.parametrize(
    ("text", "ingredient", "release"),
    [
        ("gabapentin 600 mg ER", "gabapentin", "extended"),
        ("Gralise 600 mg tablet", "gabapentin", "once-daily"),
        ("Once-Daily gabapentin 600 MG Oral Tablet", "gabapentin", "once-daily"),
        ("gabapentin 600 mg tablet", "gabapentin", "immediate"),
        ("gabapentin 600 mg once daily", "gabapentin", ""),
        ("gabapentin 300 mg tablet", "gabapentin", ""),
        ("gabapentin enacarbil 600 mg ER tablet", "gabapentin enacarbil", "extended"),
        ("Horizant 600 mg", "gabapentin enacarbil", "extended"),
        ("Horizant (gabapentin enacarbil) 600 mg", "gabapentin enacarbil", "extended"),
        ("24 HR pregabalin 165 MG Extended Release Oral Tablet", "pregabalin", "extended"),
        ("OxyContin 20 mg", "oxycodone", "extended"),
        ("Depakote 500 mg tablet", "valproate", ""),
        ("Depakote ER 500 mg", "valproate", "extended"),
        ("gabapentin", "gabapentin", ""),
    ],
)
def test_releases_are_told_apart_and_once_daily_is_never_inferred(text: str, ingredient: str, release: str) -> None:
    product = named(text)
    assert (product.ingredients, product.release) == ((ingredient,), release)


@pytest.mark.parametrize(
    ("text", "percent", "form"),
    [
        ("lidocaine 5 % patch", Fraction(5), "Medicated Patch"),
        ("lidocaine 0.05 MG/MG Medicated Patch [Lidoderm]", Fraction(5), "Medicated Patch"),
        ("lidocaine 1.8 % patch", Fraction(9, 5), "Medicated Patch"),
        ("capsaicin 8 % patch", Fraction(8), "Medicated Patch"),
        ("capsaicin 0.025 % cream", Fraction(1, 40), "Topical Cream"),
    ],
)
def test_topical_strengths_are_percentages(text: str, percent: Fraction, form: str) -> None:
    product = named(text)
    assert (product.percent, product.form) == (percent, form)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "gabapentinn 300", "gabapent 300 mg", "penicillin-like", "cough syrup without codeine", "no gabapentin",
     "codeine free linctus", "gabapentin allergy", "!!! ///", "300 mg", "1/2 tab"],
)  # fmt: skip
def test_what_only_looks_similar_or_is_denied_is_no_match(text: str) -> None:
    assert PRODUCTS.named(text) is None


@pytest.mark.parametrize(
    "text",
    ["gabapentin 300 mg 600 mg capsule", "gabapentin 300", "gabapentin #90", "acetaminophen 160 mg oral solution",
     "gabapentin 1/2 tab", "morphine 10 mg/h injection"],
)  # fmt: skip
def test_a_strength_that_is_not_plain_is_not_given(text: str) -> None:
    assert named(text).strengths == (None,)


def test_the_sentence_about_taking_it_is_not_the_name() -> None:
    text = "Gabapentin 300 mg capsule take 2 capsules (600 mg) three times daily with ibuprofen 400 mg"
    assert short(named(text)) == "gabapentin | 300 | capsule | Oral Capsule | immediate"


def test_salts_are_dropped_and_names_of_one_drug_are_one() -> None:
    for text in ("divalproex sodium", "valproic acid", "Valproate Sodium", "Depakene", "sodium valproate"):
        assert named(text).ingredients == ("valproate",)
    for text in ("DESVENLAFAXINE SUCCINATE", "dihydrocodeine", "eslicarbazepine acetate", "levomilnacipran"):
        assert len(named(text).ingredients) == 1
        assert named(text).ingredients[0] == text.lower().split()[0]


def test_a_long_text_is_cut_and_then_gives_no_strength() -> None:
    product = named("gabapentin 300 mg capsule " + "x" * LONGEST)
    assert (product.ingredients, product.strengths) == (("gabapentin",), (None,))


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text: str) -> None:
    PRODUCTS.named(text)


WORDS = st.sampled_from(
    ["gabapentin", "300", "mg", "/", "-", "5", "mL", "%", "per", "hr", "tablet", "patch", "ER", "oxycodone", "Percocet",
     "(", ")", "24", ".5", "1,000", "no", "free", "take", "mcg", "#", "once daily"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=25))
def test_any_order_of_known_words_is_read_or_refused(words: list[str]) -> None:
    product = PRODUCTS.named(" ".join(words))
    assert product is None or len(product.strengths) == len(product.ingredients)


@given(
    st.sampled_from(["gabapentin", "pregabalin", "tramadol", "amitriptyline", "oxycodone"]),
    st.integers(1, 2000),
    st.sampled_from(["mg", "MG", "mcg", "g"]),
    st.sampled_from(["{d} {n} {u} tablet", "{d} tab {n}{u}", "{n} {u} {d} tab", "TAB {d} {n} {u}", "({d}) {n}{u} tab"]),
)  # fmt: skip
def test_one_strength_however_it_is_written(drug: str, number: int, unit: str, shape: str) -> None:
    factor = {"mg": Fraction(1), "mcg": Fraction(1, 1000), "g": Fraction(1000)}[unit.lower()]
    product = named(shape.format(d=drug.upper(), n=number, u=unit))
    assert product.strengths == (number * factor,)
    assert product.per == "tablet"


# --- the tables -----------------------------------------------------------------------------------------------------


def test_every_rxnorm_product_is_read_back_from_its_own_name() -> None:
    """All columns; but an unmarked name of a retired row may leave the release open where today's product has one."""
    differ = []
    for row in (row for row in rows("rxnorm") if row["level"] in {"SCD", "SBD"}):
        coded, read = PRODUCTS.find(RXNORM, row["code"]), named(row["display"])
        assert coded is not None
        odd = {field for field in FIELDS if getattr(coded, field) != getattr(read, field)}
        if odd or coded.brand.lower() != read.brand.lower():
            assert odd == {"release"}, row["display"]
            assert read.release == "", row["display"]
            assert not row["verified"] or row["brand"], row["display"]
            differ.append(row["code"])
    assert len(differ) <= 8


def test_every_row_has_a_source_and_is_its_codes_only_row() -> None:
    for name in ("rxnorm", "rxnorm_ingredients", "atc", "snomed", "names"):
        assert all(row["source"] for row in rows(name)), name
    for name in ("rxnorm", "rxnorm_ingredients", "rxnorm_others", "ndc", "atc", "dmd", "snomed"):
        codes = [row["code"] for row in rows(name)]
        assert len(codes) == len(set(codes)), name
    everything = [row["code"] for name in ("rxnorm", "rxnorm_ingredients", "rxnorm_others") for row in rows(name)]
    assert len(everything) == len(set(everything))


def test_verified_rxnorm_rows_have_two_sources() -> None:
    for name in ("rxnorm", "rxnorm_ingredients", "atc"):
        assert all("+" in row["source"] for row in rows(name) if row["verified"]), name


def test_every_uk_and_snomed_id_passes_its_check_digit() -> None:
    verhoeff = runpy.run_path(str(HERE.parent / "scripts" / "build_products.py"))["verhoeff"]
    assert all(verhoeff(row["code"]) for name in ("dmd", "snomed") for row in rows(name))
    assert not verhoeff("323014009")


def test_no_name_of_a_licensed_terminology_is_shipped() -> None:
    assert set(rows("dmd")[0]) == {
        "code",
        "ingredients",
        "strengths",
        "per",
        "percent",
        "form",
        "release",
        "brand",
        "verified",
    }
    assert set(rows("snomed")[0]) == {"code", "ingredients", "verified", "source"}
    assert not any(row["brand"] for row in rows("dmd"))


def test_no_code_whose_name_was_not_seen_is_shipped() -> None:
    assert not any("not seen" in row["display"] for row in rows("rxnorm"))
    assert all(PRODUCTS.find(RXNORM, code) is None for code in ("141868", "577395", "1039679", "833150"))


def test_every_name_stands_for_ingredients_that_are_names_themselves() -> None:
    table = rows("names")
    known = {row["name"] for row in table if row["kind"] == "ingredient"}
    for row in table:
        assert set(row["ingredients"].split("+")) <= known, row["name"]


def test_rows_are_in_the_units_the_facts_promise() -> None:
    per = {
        "",
        "tablet",
        "capsule",
        "mL",
        "patch",
        "h",
        "g",
        "spray",
        "film",
        "lozenge",
        "suppository",
        "implant",
        "pad",
    }
    for name in ("rxnorm", "rxnorm_others", "ndc", "dmd"):
        for row in rows(name):
            assert row["per"] in per, row
            assert row["release"] in {"", "immediate", "delayed", "extended", "once-daily"}, row
            strengths = row["strengths"].split("+") if row["strengths"] else []
            assert len(strengths) in {0, len(row["ingredients"].split("+"))}, row
            assert all(Fraction(strength) > 0 for strength in strengths), row


def test_the_openfda_pairs() -> None:
    """RxCUI, ingredient and strength as openFDA labels had them in autumn 2026: 84 facts that must not move."""
    with (HERE / "data" / "openfda_pairs.csv").open(encoding="utf-8", newline="") as lines:
        pairs = list(csv.DictReader(lines))
    assert len(pairs) == 84
    for pair in pairs:
        product = PRODUCTS.find(RXNORM, pair["rxcui"])
        assert product is not None
        assert product.ingredients == (pair["ingredient"],), pair
        shown = Fraction(pair["strength"]) * (100 if pair["unit"] == "mg/mg" else 1)
        assert shown == (product.percent if pair["unit"] == "mg/mg" else product.strengths[0]), pair


# --- codes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "says"),
    [
        (RXNORM, "310431", "gabapentin | 300 | capsule | Oral Capsule | immediate"),
        ("urn:oid:2.16.840.1.113883.6.88", "310431", "gabapentin | 300 | capsule | Oral Capsule | immediate"),
        (RXNORM + "/", "310431", "gabapentin | 300 | capsule | Oral Capsule | immediate"),
        (RXNORM, "105029", "gabapentin | 300 | capsule | Oral Capsule | immediate"),
        (RXNORM, "25480", "gabapentin | ? |  |  | "),
        (RXNORM, "483447", "pregabalin | 50 |  |  | "),
        (RXNORM, "1049221", "acetaminophen+oxycodone | 325+5 | tablet | Oral Tablet | immediate"),
        (RXNORM, "214183", "acetaminophen+oxycodone | ?+? |  |  | "),
        (RXNORM, "266856", "valproate | ? |  |  | "),
        (RXNORM, "751139", "lamotrigine | 25 | tablet | Pack | immediate"),
        (RXNORM, "900866", "lamotrigine | ? | tablet | Pack | extended"),
        (RXNORM, "312938", "sertraline | 100 | tablet | Oral Tablet | immediate"),
        (ATC, "N03AX12", "gabapentin | ? |  |  | "),
        (ATC, "N02BF01", "gabapentin | ? |  |  | "),
        (ATC, "n03ax16", "pregabalin | ? |  |  | "),
        (ATC, "N02BF02", "pregabalin | ? |  |  | "),
        (DMD, "323014008", "gabapentin | 300 | capsule | Oral Capsule | immediate"),
        (SNOMED, "42129711000001109", "gabapentin | 300 | capsule | Oral Capsule | immediate"),
        (SNOMED, "415167006", "pregabalin | 75 | capsule | Oral Capsule | immediate"),
        (SNOMED, "42135711000001109", "pregabalin | 75 | capsule | Oral Capsule | immediate"),
    ],
)
def test_a_code_is_looked_up(system: str, code: str, says: str) -> None:
    product = PRODUCTS.find(system, code)
    assert product is not None
    assert short(product) == says


@pytest.mark.parametrize(
    "code",
    ["0002-3240", "0002-3240-30", "00002-3240", "00002-3240-30", "00002324030", "0002324030", "000023240", "00023240"],
)
@pytest.mark.parametrize("system", [NDC, "urn:oid:2.16.840.1.113883.6.69"])
def test_an_ndc_in_every_way_it_is_written(system: str, code: str) -> None:
    product = PRODUCTS.find(system, code)
    assert product is not None
    assert short(product) == "duloxetine | 30 | capsule | Delayed Release Oral Capsule | delayed"
    assert not product.verified


@pytest.mark.parametrize(
    ("system", "code"),
    [(RXNORM, "0"), (RXNORM, ""), ("", "310431"), (NDC, "12-34-56"), (NDC, "x"), (NDC, "٣٣٣٣٣٣٣٣٣"), (ATC, "N99"),
     (SNOMED, "323014009"), ("http://example.org", "310431")],
)  # fmt: skip
def test_an_unknown_code_is_none(system: str, code: str) -> None:
    assert PRODUCTS.find(system, code) is None
    assert PRODUCTS.ingredients(system, code) == ()


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_code_is_found_or_not(system: str, code: str) -> None:
    assert PRODUCTS.find(system, code) is None or code


def test_the_prodrug_is_its_own_ingredient() -> None:
    for code in ("1482820", "1101338", "1482821", "1101339"):
        assert PRODUCTS.ingredients(RXNORM, code) == ("gabapentin enacarbil",)


def test_once_daily_and_plain_are_told_apart_by_code() -> None:
    for code, release in (("1806382", "once-daily"), ("1115013", "once-daily"), ("310433", "immediate")):
        product = PRODUCTS.find(RXNORM, code)
        assert product is not None
        assert (product.strengths, product.release) == ((600,), release)


def test_the_rebased_and_renamed_rows_say_what_the_current_release_says() -> None:
    clonidine = PRODUCTS.find(RXNORM, "885880")
    assert clonidine is not None
    assert clonidine.strengths == (Fraction("0.17"),)
    patch = PRODUCTS.find(RXNORM, "577057")
    assert patch is not None
    assert (patch.strengths, patch.per) == ((Fraction("0.012"),), "h")


# --- suggestions ----------------------------------------------------------------------------------------------------


def test_offered_products_are_current_verified_and_plain() -> None:
    offered = PRODUCTS.offered("gabapentin", ("Oral Capsule", "Oral Tablet"), ("immediate",))
    assert [(o.form, o.strength) for o in offered] == [
        ("Oral Capsule", 100), ("Oral Capsule", 300), ("Oral Capsule", 400), ("Oral Tablet", 600), ("Oral Tablet", 800)
    ]  # fmt: skip
    assert offered[1].code == "310431"
    assert offered[1].display == "gabapentin 300 MG Oral Capsule"
    assert PRODUCTS.offered("gabapentin", ("Oral Solution",))[0].per == "mL"
    assert PRODUCTS.offered("no such drug", ("Oral Tablet",)) == ()


def test_a_product_told_in_full_has_one_code() -> None:
    assert PRODUCTS.code_of(named("gabapentin 300 MG Oral Capsule")) == "310431"
    assert PRODUCTS.code_of(named("gabapentin 299 MG Oral Capsule")) == ""
    assert PRODUCTS.rxnorm_of("gabapentin") == "25480"
    assert PRODUCTS.rxnorm_of("gabapentin enacarbil") == ""


def test_strengths_within_rounding_are_one() -> None:
    assert near(Fraction("0.012"), Fraction("0.0125"))
    assert not near(Fraction(300), Fraction(400))
