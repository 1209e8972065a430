"""The value sets: their codes exist, they are as narrow as their statements, and words are not believed too easily."""

from __future__ import annotations

import csv
import re
import warnings
from fractions import Fraction
from typing import Any

import pytest

from cards.products import Products
from cards.statements import Agent, Range, ValueSet
from cards.value_sets import ICD10, ICD10CM, LOINC, SNOMED, ValueSets, medicine_key, seed_snomed
from tests.knowledge.knowledge_files import KNOWLEDGE, refused, tables, typed

with warnings.catch_warnings():  # it reads its own data by a deprecated call
    warnings.simplefilter("ignore", DeprecationWarning)
    import simple_icd_10_cm as icd10cm

SETS: dict[str, ValueSet] = typed("value_sets", ValueSet)
VALUE_SETS = ValueSets(SETS)
CM = "http://hl7.org/fhir/sid/icd-10-cm"
WHO = "http://hl7.org/fhir/sid/icd-10"
SCT = "http://snomed.info/sct"


# --- the files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", SETS)
def test_a_file_keeps_to_the_schema(stem: str) -> None:
    assert refused("value_sets", tables("value_sets")[stem]) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"kind": "disease"}, "is not one of", id="a kind that does not exist"),
        pytest.param({"colour": "red"}, "Additional properties", id="a key nobody reads"),
        pytest.param({"icd10cm": ["E11-42"]}, "does not match", id="no ICD code"),
        pytest.param({"icd10cm": ["e11.42"]}, "does not match", id="an ICD code in small letters"),
        pytest.param({"text": ["Diabetic neuropathy"]}, "does not match", id="a phrase with capitals"),
        pytest.param({"loinc": ["2951-2"]}, "is not one of", id="a condition with a LOINC code"),
        pytest.param({"title": ""}, "non-empty|too short", id="no title"),
        pytest.param({"source": []}, "non-empty|too short", id="no source"),
    ],
)
def test_the_schema_refuses(change: dict[str, Any], why: str) -> None:
    messages = refused("value_sets", {**tables("value_sets")["painful-diabetic-neuropathy"], **change})
    assert any(re.search(why, message) for message in messages), messages


def test_every_parent_class_and_implication_is_a_set() -> None:
    named = {name for s in SETS.values() for name in (*s.parents, *(n for row in s.implied_by for n in row))}
    assert named <= SETS.keys()


def test_no_meaning_is_also_the_id_of_a_file() -> None:
    assert not {s.meaning for s in SETS.values()} & SETS.keys()


def test_every_meaning_is_explained() -> None:
    readme = (KNOWLEDGE / "README.md").read_text("utf-8")
    missing = {s.meaning for s in SETS.values() if s.meaning and f"| `{s.meaning}` |" not in readme}
    assert not missing


# --- codes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", [id_ for id_, s in SETS.items() if s.icd10cm or s.icd10cm_exclude])
def test_every_american_code_exists(stem: str) -> None:
    value_set = SETS[stem]
    assert [c for c in (*value_set.icd10cm, *value_set.icd10cm_exclude) if not icd10cm.is_valid_item(c)] == []


def test_no_prefix_is_both_in_and_out() -> None:
    for value_set in SETS.values():
        assert not set(value_set.icd10cm) & set(value_set.icd10cm_exclude), value_set.id
        assert not set(value_set.icd10who) & set(value_set.icd10who_exclude), value_set.id


def verhoeff(code: str) -> bool:
    """The check digit of a SNOMED CT identifier."""
    five = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    turn = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    rows = [five]
    for _ in range(7):
        rows.append([rows[-1][turn[i]] for i in five])
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = _times(check, rows[place % 8][int(digit)])
    return check == 0


def _times(left: int, right: int) -> int:
    """The dihedral group of the pentagon."""
    if left < 5:
        return (left + right) % 5 if right < 5 else 5 + (left + right) % 5
    return 5 + (left - right) % 5 if right < 5 else (left - right) % 5


def mod_10(code: str) -> bool:
    """The check digit of a LOINC code."""
    digits, check = code.split("-")
    odd = str(int(digits[::-1][::2][::-1]) * 2)
    total = sum(map(int, odd)) + sum(map(int, digits[::-1][1::2]))
    return (10 - total % 10) % 10 == int(check)


def test_the_check_digits_are_checked_rightly() -> None:
    assert verhoeff("2177002")
    assert not verhoeff("2177003")
    assert mod_10("2951-2")
    assert not mod_10("2951-3")


def test_every_snomed_code_has_its_check_digit() -> None:
    codes = {*seed_snomed(), *(code for s in SETS.values() for code in s.snomed)}
    assert len(codes) > 2000
    assert [code for code in codes if not verhoeff(code)] == []


def test_every_row_of_the_snomed_table_names_a_condition_set() -> None:
    with (KNOWLEDGE / "value_sets" / "snomed.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["value_set"] for row in rows} <= {id_ for id_, s in SETS.items() if s.kind == "condition"}
    assert len({(row["code"], row["value_set"]) for row in rows}) == len(rows)


def test_every_loinc_code_has_its_check_digit_and_one_set() -> None:
    codes = [code for s in SETS.values() for code in s.loinc]
    assert len(codes) == len(set(codes))
    assert [code for code in codes if not mod_10(code)] == []


# Sets of which one code may be in only one, and codes that tempt one to put them in the first.
EXCLUSIVE = [
    ("neuropathic-pain", "musculoskeletal-pain"),
    ("angle-closure", "no-allergy-known"),
    ("severe-hepatic", "fatty-liver"),
    ("severe-hepatic", "chronic-liver"),
    ("chronic-liver", "fatty-liver"),
    ("asthma-severe", "asthma-any"),
    ("av-block-2-3", "minor-conduction"),
    ("av-block-2-3", "bifascicular-block"),
    ("pregnancy", "pregnancy-ended"),
    ("postherpetic-neuralgia", "acute-herpes-zoster"),
    ("postherpetic-neuralgia", "trigeminal-neuralgia"),
    ("painful-diabetic-neuropathy", "autonomic-neuropathy"),
    ("atrial-fibrillation", "ventricular-arrhythmia"),
    ("sickle-cell", "cancer"),
    ("kidney-disease-stage-3", "kidney-disease-stage-4"),
    ("kidney-disease-stage-3a", "kidney-disease-stage-3b"),
    ("kidney-disease-stage-4", "kidney-disease-stage-5"),
    ("depression", "bipolar-disorder"),
    ("menopause-or-hysterectomy", "childbearing"),
]


@pytest.mark.parametrize(("one", "other"), EXCLUSIVE)
def test_no_code_is_in_both(one: str, other: str) -> None:
    snomed = [code for code, ids in seed_snomed().items() if {one, other} <= VALUE_SETS.with_parents(ids)]
    cm = [c for c in (*SETS[one].icd10cm, *SETS[other].icd10cm) if {one, other} <= VALUE_SETS.conditions_of(CM, c)]
    who = [c for c in (*SETS[one].icd10who, *SETS[other].icd10who) if {one, other} <= VALUE_SETS.conditions_of(WHO, c)]
    phrases = set(SETS[one].text) & set(SETS[other].text)
    assert (snomed, cm, who, phrases) == ([], [], [], set())


@pytest.mark.parametrize(
    ("system", "code", "within", "outside"),
    [
        pytest.param(CM, "E11.42", "painful-diabetic-neuropathy", "autonomic-neuropathy", id="diabetic polyneuropathy"),
        pytest.param(CM, "E11.43", "autonomic-neuropathy", "painful-diabetic-neuropathy", id="autonomic"),
        pytest.param(WHO, "E11.43", "autonomic-neuropathy", "painful-diabetic-neuropathy", id="US code in WHO system"),
        pytest.param(WHO, "E11.4", "painful-diabetic-neuropathy", "autonomic-neuropathy", id="WHO diabetic"),
        pytest.param(CM, "E11.9", "diabetes", "neuropathic-pain", id="diabetes alone"),
        pytest.param(CM, "K76.0", "fatty-liver", "any-liver", id="fatty liver is not cirrhosis"),
        pytest.param(CM, "K74.60", "severe-hepatic", "chronic-liver", id="cirrhosis"),
        pytest.param(CM, "K74.01", "chronic-liver", "any-liver", id="early fibrosis"),
        pytest.param(CM, "J45.909", "asthma-any", "asthma-severe", id="plain asthma"),
        pytest.param(CM, "J45.902", "asthma-severe", "asthma-any", id="status asthmaticus"),
        pytest.param(CM, "H40.20X1", "angle-closure", "", id="angle closure, with its stage"),
        pytest.param(CM, "H40.033", "angle-closure", "", id="narrow angles"),
        pytest.param(CM, "H40.11X2", "", "angle-closure", id="open-angle glaucoma"),
        pytest.param(CM, "H40.9", "", "angle-closure", id="glaucoma, unspecified"),
        pytest.param(CM, "G89.4", "", "neuropathic-pain", id="chronic pain syndrome"),
        pytest.param(CM, "G89.29", "", "neuropathic-pain", id="other chronic pain"),
        pytest.param(CM, "G89.0", "central-pain", "central-post-stroke-pain", id="central pain alone"),
        pytest.param(CM, "G89.3", "cancer-related-pain", "cancer-neuropathic-pain", id="neoplasm-related pain"),
        pytest.param(CM, "C44.91", "cancer", "cancer-related-pain", id="a skin cancer silences nothing"),
        pytest.param(CM, "Z85.3", "", "cancer", id="past cancer"),
        pytest.param(CM, "D57.3", "", "sickle-cell", id="sickle cell trait"),
        pytest.param(CM, "D57.1", "sickle-cell", "", id="sickle cell disease"),
        pytest.param(CM, "B02.24", "", "postherpetic-neuralgia", id="postherpetic myelitis"),
        pytest.param(CM, "B02.22", "postherpetic-neuralgia", "trigeminal-neuralgia", id="postherpetic trigeminal"),
        pytest.param(CM, "B02.9", "acute-herpes-zoster", "neuropathic-pain", id="shingles"),
        pytest.param(CM, "G54.7", "", "phantom-limb-pain", id="phantom without pain"),
        pytest.param(CM, "G57.71", "complex-regional-pain-syndrome", "mononeuropathy", id="causalgia"),
        pytest.param(CM, "G56.01", "", "neuropathic-pain", id="carpal tunnel"),
        pytest.param(CM, "N18.31", "kidney-disease-stage-3a", "kidney-disease-stage-3b", id="stage 3a"),
        pytest.param(CM, "N18.6", "esrd", "kidney-disease-stage-5", id="end-stage"),
        pytest.param(CM, "I44.0", "minor-conduction", "av-block-2-3", id="first-degree block"),
        pytest.param(CM, "I44.2", "av-block-2-3", "minor-conduction", id="complete block"),
        pytest.param(CM, "I49.8", "", "brugada", id="other specified arrhythmia"),
        pytest.param(CM, "N40.0", "", "urinary-retention", id="prostate without symptoms"),
        pytest.param(CM, "N40.1", "prostate-obstruction", "", id="prostate with symptoms"),
        pytest.param(CM, "F11.90", "", "opioid-use-disorder", id="opioid use, unspecified"),
        pytest.param(CM, "F11.20", "opioid-dependence", "", id="opioid dependence"),
        pytest.param(CM, "F10.21", "", "alcohol-heavy", id="alcohol, in remission"),
        pytest.param(CM, "O24.03", "", "pregnancy", id="diabetes in the puerperium"),
        pytest.param(CM, "O24.011", "pregnancy", "", id="diabetes in pregnancy"),
        pytest.param(CM, "O80", "", "pregnancy", id="delivery"),
        pytest.param(CM, "Z33.2", "", "pregnancy", id="elective termination"),
        pytest.param(CM, "Z90.712", "", "menopause-or-hysterectomy", id="the uterus remains"),
        pytest.param(CM, "Z80.3", "", "cancer", id="family history of cancer"),
        pytest.param(CM, "Z82.0", "", "epilepsy", id="family history of epilepsy"),
        pytest.param(CM, "Z81.8", "", "depression", id="family history of mental disorder"),
        pytest.param(CM, "E66.3", "", "obesity", id="overweight"),
        pytest.param(CM, "T40.2X5A", "", "opioid-overdose", id="adverse effect of an opioid"),
        pytest.param(CM, "T40.2X1A", "opioid-overdose", "", id="opioid poisoning"),
        pytest.param(CM, "G35.B1", "multiple-sclerosis", "", id="multiple sclerosis, new codes"),
        pytest.param(WHO, "G63.2", "painful-diabetic-neuropathy", "polyneuropathy", id="WHO diabetic polyneuropathy"),
        pytest.param(WHO, "J46", "asthma-severe", "asthma-any", id="WHO status asthmaticus"),
        pytest.param(SCT, "2177002", "postherpetic-neuralgia", "acute-herpes-zoster", id="SNOMED postherpetic"),
        pytest.param(SCT, "31681005", "trigeminal-neuralgia", "", id="SNOMED trigeminal neuralgia"),
        pytest.param(SCT, "277286006", "central-post-stroke-pain", "", id="SNOMED central post-stroke pain"),
        pytest.param(SCT, "22298006", "mi-acute-recovery", "", id="SNOMED infarction"),
        pytest.param(SCT, "716186003", "no-allergy-known", "", id="SNOMED no known allergy"),
    ],
)
def test_a_set_is_as_narrow_as_its_statement(system: str, code: str, within: str, outside: str) -> None:
    found = VALUE_SETS.conditions_of(system, code)
    assert not within or within in found
    assert not outside or outside not in found


@pytest.mark.parametrize("code", ["E11.42", "e1142", "E1142", " e11.42 "])
@pytest.mark.parametrize("system", sorted([*ICD10CM, *ICD10]))
def test_a_code_is_read_with_or_without_its_dot(system: str, code: str) -> None:
    assert "painful-diabetic-neuropathy" in VALUE_SETS.conditions_of(system, code)


def test_parents_come_with_their_children() -> None:
    assert {"neuropathic-pain", "diabetes"} <= VALUE_SETS.conditions_of(CM, "E11.42")
    assert {"severe-renal", "chronic-kidney-disease"} <= VALUE_SETS.conditions_of(CM, "N18.4")
    assert {"any-liver", "severe-hepatic"} <= VALUE_SETS.conditions_of(CM, "K74.60")
    assert "substance-use-disorder" in VALUE_SETS.parents("opioid-dependence")


def test_a_system_or_code_that_is_not_known_is_in_nothing() -> None:
    assert VALUE_SETS.conditions_of("http://example.org/codes", "E11.42") == frozenset()
    assert VALUE_SETS.conditions_of(CM, "") == frozenset()
    assert VALUE_SETS.conditions_of(CM, "ZZZ") == frozenset()


def test_every_neuropathic_condition_is_neuropathic_pain() -> None:
    conditions = [
        "painful-diabetic-neuropathy",
        "postherpetic-neuralgia",
        "trigeminal-neuralgia",
        "central-post-stroke-pain",
        "spinal-cord-injury-pain",
        "multiple-sclerosis-central-pain",
        "hiv-polyneuropathy",
        "chemotherapy-induced-neuropathy",
        "radiculopathy-sciatica",
        "small-fiber-neuropathy",
        "post-surgical-traumatic-neuropathic-pain",
        "phantom-limb-pain",
        "complex-regional-pain-syndrome",
        "cancer-neuropathic-pain",
    ]
    assert all("neuropathic-pain" in VALUE_SETS.parents(id_) for id_ in conditions)


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", [id_ for id_, s in SETS.items() if s.text])
def test_every_phrase_names_its_set(stem: str) -> None:
    named = VALUE_SETS.classes_named if SETS[stem].kind == "medicine" else VALUE_SETS.conditions_named
    assert [phrase for phrase in SETS[stem].text if stem not in named(phrase)] == []


@pytest.mark.parametrize(
    ("text", "within"),
    [
        pytest.param("Type 2 diabetes mellitus with diabetic neuropathy", "painful-diabetic-neuropathy", id="inside"),
        pytest.param("POST-HERPETIC NEURALGIA, left T5", "postherpetic-neuralgia", id="capitals"),
        pytest.param("3-year history of sciatica", "radiculopathy-sciatica", id="a running history"),
        pytest.param("No fever. Sciatica.", "radiculopathy-sciatica", id="denial ends with its sentence"),
        pytest.param("Diabetic neuropathy, no ulcer", "painful-diabetic-neuropathy", id="denied afterwards"),
        pytest.param("Diabetic neuropathy without gangrene", "painful-diabetic-neuropathy", id="without another"),
        pytest.param("Neuralgia, not otherwise specified", "neuropathic-pain", id="not otherwise specified"),
        pytest.param("history of kidney stones", "kidney-stone-history", id="history where history counts"),
        pytest.param("Past suicide attempt", "suicidality", id="past where history counts"),
        pytest.param("Ménière; trigeminal neuralgia", "trigeminal-neuralgia", id="accents"),
    ],
)
def test_words_that_name_a_condition(text: str, within: str) -> None:
    assert within in VALUE_SETS.conditions_named(text)


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        pytest.param("No diabetic neuropathy", "painful-diabetic-neuropathy", id="no"),
        pytest.param("Denies depression, anxiety or suicidal ideation", "suicidality", id="denies, with a list"),
        pytest.param("Denies depression, anxiety or suicidal ideation", "depression", id="denies, the first"),
        pytest.param("Family history of epilepsy", "epilepsy", id="family history"),
        pytest.param("FH: breast cancer", "cancer", id="family history, short"),
        pytest.param("Mother with multiple sclerosis", "multiple-sclerosis", id="the mother"),
        pytest.param("Rule out trigeminal neuralgia", "trigeminal-neuralgia", id="rule out"),
        pytest.param("r/o sciatica", "radiculopathy-sciatica", id="r/o"),
        pytest.param("Sciatica ruled out", "radiculopathy-sciatica", id="ruled out"),
        pytest.param("Screening for depression", "depression", id="screening for"),
        pytest.param("Depression screening", "depression", id="screening, afterwards"),
        pytest.param("Shingles vaccine", "acute-herpes-zoster", id="vaccine"),
        pytest.param("At risk for falls", "falls", id="at risk"),
        pytest.param("Diabetes without neuropathic pain", "neuropathic-pain", id="without"),
        pytest.param("negative for HIV", "hiv", id="negative for"),
        pytest.param("History of depression", "depression", id="history where it does not count"),
        pytest.param("Depression, resolved", "depression", id="resolved"),
        pytest.param("Non-diabetic neuropathy", "painful-diabetic-neuropathy", id="non-"),
        pytest.param("Pre-diabetes", "diabetes", id="pre-"),
        pytest.param("Diabetes insipidus", "diabetes", id="another disease of that name"),
        pytest.param("Postherpetic trigeminal neuralgia", "trigeminal-neuralgia", id="the longer phrase wins"),
        pytest.param("Respiratory depression", "depression", id="another depression"),
        pytest.param("Pulmonary hypertension", "hypertension", id="another hypertension"),
        pytest.param("Diabetic autonomic neuropathy", "painful-diabetic-neuropathy", id="autonomic"),
        pytest.param("Chronic pain syndrome", "neuropathic-pain", id="chronic pain syndrome"),
        pytest.param("Sickle cell trait", "sickle-cell", id="trait"),
        pytest.param("Open-angle glaucoma", "angle-closure", id="open-angle glaucoma"),
        pytest.param("", "neuropathic-pain", id="nothing"),
    ],
)
def test_words_that_do_not(text: str, outside: str) -> None:
    assert outside not in VALUE_SETS.conditions_named(text)


# --- what sets mean together ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "meant"),
    [
        (["central-pain", "stroke"], "central-post-stroke-pain"),
        (["central-pain", "spinal-cord-injury"], "spinal-cord-injury-pain"),
        (["central-pain", "multiple-sclerosis"], "multiple-sclerosis-central-pain"),
        (["polyneuropathy", "hiv"], "hiv-polyneuropathy"),
        (["polyneuropathy", "diabetes"], "painful-diabetic-neuropathy"),
    ],
)
def test_sets_that_together_mean_another(there: list[str], meant: str) -> None:
    assert VALUE_SETS.implied(there)[meant] == {there[0]}
    assert meant not in VALUE_SETS.implied(there[:1])
    assert meant not in VALUE_SETS.implied(there[1:])


# --- results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", [id_ for id_, s in SETS.items() if s.kind == "result"])
def test_a_result_is_found_by_its_codes(stem: str) -> None:
    for system in sorted(LOINC):
        assert all(VALUE_SETS.results_of(system, code) is SETS[stem] for code in SETS[stem].loinc)
    assert all(VALUE_SETS.results_of(SCT, code) is None for code in SETS[stem].loinc)


def test_a_day_before_dialysis_is_no_steady_state() -> None:
    assert VALUE_SETS.results_of("http://loinc.org", "11042-9") is None


def test_units_are_exact() -> None:
    assert SETS["serum-creatinine"].units["umol/L"] == Fraction(10, 884)
    assert SETS["body-weight"].units["[lb_av]"] == Fraction("0.45359237")


@pytest.mark.parametrize("stem", [id_ for id_, s in SETS.items() if s.plausible])
def test_a_plausible_range_is_a_range(stem: str) -> None:
    plausible = SETS[stem].plausible
    assert isinstance(plausible, Range)
    assert plausible.low is not None
    assert plausible.high is not None
    assert plausible.low < plausible.high


# --- medicines ------------------------------------------------------------------------------------------------------


def test_an_agent_belongs_to_the_parents_of_its_classes() -> None:
    sets = {**SETS, "above": _medicine("above"), "middle": _medicine("middle", parents=("above",))}
    found = ValueSets(sets, {"some-agent": ("middle",)})
    assert found.classes_of("some-agent") == found.classes_of("Some agent") == {"middle", "above"}
    assert found.classes_of("another") == frozenset()


def test_a_class_can_take_in_other_classes() -> None:
    sets = {"wide": _medicine("wide", classes=("narrow",)), "narrow": _medicine("narrow", ingredients=("one thing",))}
    assert ValueSets(sets).classes_of("one-thing") == {"narrow", "wide"}


def test_a_circle_of_parents_ends() -> None:
    sets = {"a": _medicine("a", parents=("b",)), "b": _medicine("b", parents=("a",), ingredients=("x",))}
    assert ValueSets(sets).classes_of("x") == {"a", "b"}


def _medicine(id_: str, **fields: Any) -> ValueSet:
    review = SETS["neuropathic-pain"].review
    return ValueSet(id=id_, title=id_, kind="medicine", review=review, source=(), **fields)


# --- questions ------------------------------------------------------------------------------------------------------


def test_the_sets_answer_for_themselves() -> None:
    assert VALUE_SETS.title("heart-failure") == "heart failure"
    assert VALUE_SETS.title("no-such-set") == "no such set"
    assert VALUE_SETS.value_set("hiv") is SETS["hiv"]
    assert "hiv" in VALUE_SETS
    assert VALUE_SETS.history("kidney-stone-history")
    assert not VALUE_SETS.history("depression")
    assert not VALUE_SETS.history("no-such-set")
    assert VALUE_SETS.with_meaning("dialysis") == {"esrd"}
    assert "2951-2" in VALUE_SETS.loinc()


def test_a_set_that_is_not_in_force_is_in_nothing() -> None:
    without = ValueSets({id_: s for id_, s in SETS.items() if id_ != "trigeminal-neuralgia"})
    assert without.conditions_of(SCT, "31681005") == frozenset()
    assert sorted(SNOMED)[0] == SCT


def test_names_and_ids_of_medicines_are_one() -> None:
    assert medicine_key("Gabapentin Enacarbil") == "gabapentin-enacarbil"


def test_an_ingredient_is_either_known_by_code_or_named_only() -> None:
    with (KNOWLEDGE / "products" / "rxnorm_ingredients.csv").open(encoding="utf-8", newline="") as lines:
        coded = {row["ingredients"] for row in csv.DictReader(lines)}
    for value_set in SETS.values():
        named_only = set(value_set.name_only)
        assert named_only == set(value_set.ingredients) - coded, value_set.id


def test_every_ingredient_can_be_read_from_its_name() -> None:
    products = Products.load(KNOWLEDGE / "products")
    unread = [name for name in VALUE_SETS.medicines() if products.ingredient_named(name) != name]
    assert unread == []


@pytest.mark.parametrize(
    ("ingredient", "classes"),
    [
        ("clomipramine", {"tca", "serotonergic", "cns-active", "anticholinergic"}),
        ("fluoxetine", {"ssri", "cyp2d6-inhibitor-strong", "cyp2d6-inhibitor", "cns-active"}),
        ("linezolid", {"maoi", "maoi-brief", "serotonergic"}),
        ("phenelzine", {"maoi", "maoi-lasting"}),
        ("apixaban", {"doac", "anticoagulant", "bleeding-risk"}),
        ("ritonavir", {"antiretroviral", "antiretroviral-boosted", "cyp3a4-inhibitor"}),
        ("hydrochlorothiazide", {"diuretic", "diuretic-thiazide"}),
        ("lorazepam", {"benzodiazepine", "cns-active", "cns-depressant"}),
    ],
)
def test_a_medicine_has_its_classes(ingredient: str, classes: set[str]) -> None:
    assert classes <= VALUE_SETS.classes_of(ingredient)


@pytest.mark.parametrize(
    ("ingredient", "not_in"),
    [
        ("linezolid", "maoi-lasting"),
        ("naloxone", "opioid-antagonist"),
        ("mirtazapine", "cns-active"),
        ("diphenhydramine", "cns-active"),
        ("bupropion", "serotonergic"),
        ("aspirin", "nsaid"),
        ("paracetamol", "nsaid"),
    ],
)
def test_a_class_is_as_narrow_as_its_name(ingredient: str, not_in: str) -> None:
    assert not_in not in VALUE_SETS.classes_of(ingredient)


def test_a_medicine_set_lists_no_agent_but_for_groups_of_allergies() -> None:
    agents = typed("agents", Agent)
    groups = {group for agent in agents.values() for group in agent.allergy_groups}
    listed = {id_ for id_, s in SETS.items() if {medicine_key(name) for name in s.ingredients} & agents.keys()}
    assert listed <= groups


def test_every_class_and_group_of_an_agent_is_a_set() -> None:
    agents = typed("agents", Agent)
    named = {name for agent in agents.values() for name in (*agent.classes, *agent.allergy_groups)}
    assert named <= {id_ for id_, s in SETS.items() if s.kind == "medicine"}
