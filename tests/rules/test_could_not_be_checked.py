"""What could not be checked, by name: an order nobody could read, kidneys that are not known, dialysis."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards import KnowledgeBase
from cards.facts import Dosage, Facts, Hook, KidneyFunction, Known, MedicationOrder, Product, Unread
from cards.rules.could_not_be_checked import check
from tests.knowledge.test_expiry import named, past
from tests.rules.dose_patients import DAY, EVERYTHING, Ward, ago, step
from tests.rules.safety_patients import result

ON_DIALYSIS = KidneyFunction(dialysis="Condition/hd")
DPN, FIBROMYALGIA = "painful-diabetic-neuropathy", "fibromyalgia"


def lines(us: Ward, facts: Facts) -> list[str]:
    return [line for found in check(facts, us.knowledge) for line in found.not_checked]


# --- orders that could not be read ----------------------------------------------------------------------------------


def unread(us: Ward, label: str, reference: str = "MedicationRequest/new") -> Facts:
    order = MedicationOrder(reference, us.order("gabapentin").role, label, (), selected=True)
    return us.facts(order, unread=(Unread(reference, "drug", "drug: 'the usual' names none"),))


@pytest.mark.parametrize(
    ("label", "name"),
    [
        pytest.param("the usual", "The usual", id="as the order calls it"),
        pytest.param("m" * 41, "M" + "m" * 38 + "…", id="cut where it is long"),
        pytest.param("m" * 40, "M" + "m" * 39, id="not before"),
        pytest.param("", "An order", id="without a name"),
    ],
)
def test_an_order_that_names_no_medicine_is_called_as_it_calls_itself(us: Ward, label: str, name: str) -> None:
    """Else nobody would know which of ten drafts was not judged."""
    (found,) = check(unread(us, label), us.knowledge)
    assert found.summary == f"{name}: not fully checked (drug)"
    assert found.not_checked == ("drug: 'the usual' names none",)
    assert (found.orders, found.agents) == (("MedicationRequest/new",), ())


def test_what_could_not_be_read_of_another_order_is_not_said_of_this_one(us: Ward) -> None:
    other = Unread("MedicationRequest/old", "dose", "dose: the sig says 'as directed'")
    nowhere = Unread("", "drug", "drug: of an order without an id")
    assert lines(us, us.facts(us.order("gabapentin", step(100)), unread=(other,))) == []
    nameless = replace(us.order("gabapentin", step(100)), reference="")
    assert lines(us, us.facts(nameless, unread=(nowhere,))) == []


def test_the_dose(us: Ward) -> None:
    conflict = Dosage((step(100),), conflict="the sig says 200 mg, the fields 100 mg")
    for dosage, hook, expected in (
        (Dosage(absent=True), Hook.ORDER_SELECT, []),
        (Dosage(absent=True), Hook.ORDER_SIGN, ["dose: the order has none"]),
        (Dosage(unread="the sig says 'as directed'"), Hook.ORDER_SELECT, ["dose: the sig says 'as directed'"]),
        (conflict, Hook.ORDER_SELECT, ["dose: the sig says 200 mg, the fields 100 mg; the higher was used"]),
    ):
        assert lines(us, us.facts(us.order("gabapentin", dosage=dosage), hook=hook)) == expected


def test_which_product_is_meant(us: Ward) -> None:
    order = replace(us.order("gabapentin", step(100)), formulation=None)
    assert lines(us, us.facts(order)) == ["which gabapentin product is meant: no limit was applied"]


# --- kidneys --------------------------------------------------------------------------------------------------------


def of_kidneys(us: Ward, agent: str, mg: float, *at_hand: str, formulation: str | None = None, **more: object) -> str:
    order = us.order(agent, step(mg), formulation=formulation)
    (line,) = lines(us, us.facts(order, conditions=at_hand, **{"crcl": None, **more})) or ("",)
    return line


def test_the_limits_are_those_of_what_the_order_is_for(us: Ward) -> None:
    """In diabetic neuropathy half of what epilepsy allows: the higher figure would be read as permission."""
    assert "CrCl > 60: 300 mg a day" in of_kidneys(us, "pregabalin", 150, DPN)
    assert "CrCl > 60: 600 mg a day" in of_kidneys(us, "pregabalin", 150, "epilepsy")
    order = us.with_reason(us.order("pregabalin", step(150)), "epilepsy")
    (line,) = lines(us, us.facts(order, conditions=(DPN,), crcl=None))
    assert "CrCl > 60: 600 mg a day" in line


def test_where_it_must_be_avoided_is_said_with_the_limits(us: Ward) -> None:
    """30 mg of baclofen in kidney failure: encephalopathy. The figure of healthy kidneys alone would reassure."""
    limits = of_kidneys(us, "baclofen", 30).partition("Limits: ")[2]
    assert limits == "CrCl > 80: 80 mg a day; CrCl <= 30: avoid"


def test_a_dose_that_no_kidney_function_makes_a_rule_speak_of_needs_none(us: Ward) -> None:
    """3 g of paracetamol: a card at every such order would be clicked away, and the next one with it."""
    assert of_kidneys(us, "acetaminophen", 3000) == ""
    assert of_kidneys(us, "gabapentin", 300) == ""
    assert of_kidneys(us, "gabapentin", 301) != ""


def test_why_the_kidneys_are_not_known(us: Ward) -> None:
    known = EVERYTHING - {Known.OBSERVATIONS}
    gone = Unread("", Known.OBSERVATIONS.value, "the server did not answer")
    elsewhere = Unread("Observation/x", Known.OBSERVATIONS.value, "a unit nobody knows")
    no_results = KidneyFunction(missing=("weight: none", "creatinine: none", "eGFR: none"))
    no_weight = KidneyFunction(missing=("weight: none recorded in 12 months", "eGFR: none"))
    for kidneys, missed, expected in (
        (KidneyFunction(), (gone, elsewhere), "the server did not answer"),
        (KidneyFunction(), (), "no result on record"),
        (no_results, (), "creatinine: none; eGFR: none"),
        (no_weight, (), "weight: none recorded in 12 months; eGFR: none"),
    ):
        said = of_kidneys(us, "gabapentin", 900, kidneys=kidneys, unread=missed, known=known)
        assert said.startswith(f"kidney function: {expected}. Limits: ")


@pytest.mark.parametrize(
    ("agent", "mg", "at_hand", "advice"),
    [
        pytest.param("pregabalin", 75, (DPN,), "25 to 50 mg a day and one dose", id="of this pain alone"),
        pytest.param("pregabalin", 75, ("epilepsy",), "25 to 75 mg a day and one dose", id="of any other use"),
        pytest.param("flecainide", 200, (), "No dialysis dose is in this content", id="none in the file"),
    ],
)
def test_the_advice_on_dialysis(us: Ward, agent: str, mg: float, at_hand: tuple[str, ...], advice: str) -> None:
    """The dose of another disease, up to half as much again, would be taken by patients who cannot clear it."""
    (detail,) = advised_on_dialysis(us, agent, mg, *at_hand)
    assert detail.startswith(advice)
    assert detail.count("a day") <= 1


def test_two_uses_on_dialysis_are_two_pieces_of_advice(us: Ward) -> None:
    found = advised_on_dialysis(us, "pregabalin", 75, DPN, FIBROMYALGIA)
    assert [line[:11] for line in found] == ["25 to 50 mg", "50 to 75 mg"]


def advised_on_dialysis(us: Ward, agent: str, mg: float, *at_hand: str) -> tuple[str, ...]:
    facts = us.facts(us.order(agent, step(mg)), conditions=at_hand, crcl=None, kidneys=ON_DIALYSIS)
    (finding,) = check(facts, us.knowledge)
    return tuple(finding.detail)


def test_what_was_computed_on_dialysis_is_what_the_rule_on_the_limit_says(us: Ward) -> None:
    """A card that denies the limit that the card above it applies would cost both their credit."""
    head = "dialysis or stage 5 kidney disease: no"
    assert of_kidneys(us, "flecainide", 200, kidneys=ON_DIALYSIS) == f"{head} limit was computed"
    expected = f"{head} clearance was computed; the limit of 50 mg a day is the one for dialysis"
    assert of_kidneys(us, "pregabalin", 75, DPN, kidneys=ON_DIALYSIS) == expected


def test_what_must_be_avoided_on_dialysis_is_another_rules_to_say(us: Ward) -> None:
    assert of_kidneys(us, "duloxetine", 60, kidneys=ON_DIALYSIS) == ""


def test_an_acute_injury_makes_no_clearance_a_steady_state(us: Ward) -> None:
    kidneys = replace(us.facts().kidneys, acute_injury="Condition/aki")
    expected = "kidney function: acute kidney injury on record, so no clearance is a steady state"
    assert of_kidneys(us, "gabapentin", 900, kidneys=kidneys) == expected


def test_the_headline_names_what_is_missing(us: Ward) -> None:
    """Read in a second, or not at all: the headline alone must say whether to look for a dose or a creatinine."""
    gabapentin = us.order("gabapentin", step(900))
    injured = replace(us.facts().kidneys, acute_injury="Condition/aki")
    conflict = Dosage((step(100),), conflict="two readings")
    for facts, missing in (
        (us.facts(replace(us.order("gabapentin", step(100)), formulation=None)), "product"),
        (us.facts(us.order("gabapentin", dosage=Dosage(absent=True)), hook=Hook.ORDER_SIGN), "dose"),
        (us.facts(us.order("gabapentin", dosage=conflict)), "dose"),
        (us.facts(gabapentin, crcl=None), "kidney function"),
        (us.facts(gabapentin, kidneys=injured), "kidney injury"),
    ):
        (found,) = check(facts, us.knowledge)
        assert found.summary == f"Gabapentin: not fully checked ({missing})"
        assert found.of_the_record is False


def test_a_gap_of_the_record_is_said_of_our_agents_alone(us: Ward) -> None:
    known = EVERYTHING - {Known.ALLERGIES}
    assert list(check(us.facts(us.order("metoprolol", step(50)), known=known), us.knowledge)) == []
    (found,) = check(us.facts(us.order("gabapentin", step(100)), known=known), us.knowledge)
    assert found.of_the_record is True


# --- records that could not be read ---------------------------------------------------------------------------------


def of_records(us: Ward, *unread: Unread) -> list[str]:
    return lines(us, us.facts(us.order("gabapentin", step(100)), unread=unread))


def test_a_condition_that_was_not_read_may_be_any(us: Ward) -> None:
    nameless = Unread("Condition/c", "condition", "it has neither a code nor words")
    assert of_records(us, nameless) == [
        "conditions: a record was not read (Condition/c: it has neither a code nor words)"
    ]


def test_many_are_one_line_and_no_markup_comes_through(us: Ward) -> None:
    many = [Unread(f"Condition/{n}", "condition", "its code <b>7</b> is not known") for n in range(5)]
    [line] = of_records(us, *many, Unread("AllergyIntolerance/a", "allergy", "unreadable"))[1:]
    assert line.startswith("conditions: 5 records were not read (Condition/0: its code b 7 /b is not known; ")
    assert line.endswith("; and 2 more)")


def test_a_result_that_was_not_read_is_not_of_the_record_as_a_whole(us: Ward) -> None:
    assert of_records(us, Unread("Observation/o", "sodium", "its unit is not known")) == []


# --- results that could not be read ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "what", "days_ago", "said"),
    [
        pytest.param("nortriptyline", "QTc", 5, True, id="it may forbid the agent"),
        pytest.param("carbamazepine", "HLA-B*15:02", 5, True, id="a genotype"),
        pytest.param("gabapentin", "QTc", 5, False, id="it says nothing of this agent"),
        pytest.param("nortriptyline", "QTc", 35, False, id="one that was read is newer"),
        pytest.param("nortriptyline", "QTc", -2, False, id="of a day to come"),
    ],
)
def test_a_result_that_was_not_read_is_not_a_normal_one(
    us: Ward, name: str, what: str, days_ago: int, said: bool
) -> None:
    unread = Unread("Observation/o", what, "its unit is not known", ago(days_ago))
    older = result("qtc", 410, days_ago=30)
    found = lines(us, us.facts(us.order(name, step(25)), results=(older,), unread=(unread,)))
    expected = f"{what}: not read (Observation/o, {ago(days_ago)}: its unit is not known)"
    assert (expected in found) is said


def test_a_creatinine_passed_over_is_said_where_the_kidneys_matter(us: Ward) -> None:
    kidneys = KidneyFunction(Fraction(100), Fraction(100), passed_over=("a newer creatinine was not read",))
    line = "kidney function: a newer creatinine was not read; what came before was used"
    assert lines(us, us.facts(us.order("gabapentin", step(600, 3)), kidneys=kidneys)) == [line]
    assert lines(us, us.facts(us.order("gabapentin", step(100)), kidneys=kidneys)) == []


# --- what is judged by the order's own form and reason ----------------------------------------------------------------


def test_the_form_decides_what_is_avoided(us: Ward) -> None:
    """Once-daily gabapentin is not to be used below a clearance of 30, nor on dialysis: another rule says that."""
    form = {"formulation": "once-daily"}
    assert of_kidneys(us, "gabapentin", 1800, kidneys=ON_DIALYSIS, **form) == ""
    assert of_kidneys(us, "gabapentin", 1800, kidneys=ON_DIALYSIS) != ""
    assert of_kidneys(us, "gabapentin", 1800, **form).endswith("CrCl < 30: avoid")
    assert "avoid" not in of_kidneys(us, "gabapentin", 1800)


def test_the_figure_for_dialysis_is_that_of_the_reason(us: Ward) -> None:
    order = us.with_reason(us.order("pregabalin", step(300)), "epilepsy")
    (line,) = lines(us, us.facts(order, conditions=(DPN,), kidneys=ON_DIALYSIS))
    assert line.endswith("the limit of 75 mg a day is the one for dialysis")


def test_a_child_with_another_reason_is_not_this_contents_patient(us: Ward) -> None:
    under_18 = "age: under 18, and this content is for adults: dose, tests and choice were not checked"
    order = us.order("gabapentin", step(100))
    for_pain, for_seizures = us.with_reason(order, DPN), us.with_reason(order, "epilepsy")
    assert lines(us, us.facts(for_pain, conditions=(), age=12)) == [under_18]
    assert lines(us, us.facts(for_seizures, conditions=(DPN,), age=12)) == []


def test_of_an_order_that_names_no_medicine_only_that_is_said(us: Ward) -> None:
    facts = replace(unread(us, "the usual"), known=EVERYTHING - {Known.ALLERGIES})
    assert lines(us, facts) == ["drug: 'the usual' names none"]


def test_a_reason_without_a_reference_is_said_by_why(us: Ward) -> None:
    for reference, words in (("Condition/x", "Condition/x: it is gone"), ("", "it is gone")):
        order = replace(us.order("gabapentin", step(100)), reason_given=True)
        order = replace(order, reason_unread=(Unread(reference, "reason", "it is gone"),))
        said = lines(us, us.facts(order))
        assert said == [f"reason: not read ({words}), so the conditions on record decided"]


def test_an_agent_whose_file_expired_was_not_judged(base: KnowledgeBase) -> None:
    ward = Ward(past(base, named("agents/gabapentin.toml")).on(DAY))
    order = replace(ward.order("gabapentin", step(100)), ingredients=("gabapentin",))
    (found,) = check(ward.facts(order), ward.knowledge)
    assert found.not_checked == ("gabapentin: this content expired on 2026-11-21, so it was not judged",)
    assert found.summary == "Gabapentin: not fully checked (content expired)"


def test_a_file_that_expired_is_said_where_it_concerns_the_order(base: KnowledgeBase) -> None:
    ward = Ward(past(base, named("value_sets/serum-creatinine.toml")).on(DAY))
    (line,) = lines(ward, ward.facts(ward.order("gabapentin", step(600, 3))))
    assert line.startswith("creatinine: this content expired on 2026-11-21, so it was not taken into account")


@pytest.mark.parametrize(
    ("name", "mg", "more", "elsewhere"),
    [
        pytest.param("gabapentin", 900, {}, True, id="above the figure: the card on the dose says it"),
        pytest.param("flecainide", 200, {}, False, id="no figure in the file"),
        pytest.param("gabapentin", 900, {"conflict": "two readings"}, False, id="a doubt about the dose as well"),
    ],
)
def test_dialysis_is_a_card_of_its_own_unless_the_dose_is_above_its_figure(
    us: Ward, name: str, mg: int, more: dict[str, str], elsewhere: bool
) -> None:
    order = us.order(name, dosage=Dosage((step(mg),), **more))
    (found,) = check(us.facts(order, kidneys=ON_DIALYSIS), us.knowledge)
    assert found.of_the_record is elsewhere


def test_the_figure_is_the_one_for_the_reason(us: Ward) -> None:
    """75 mg of pregabalin: above the 50 mg of diabetic neuropathy, and at the 75 mg of epilepsy."""
    order = us.order("pregabalin", step(75))
    for reason, on_record, elsewhere in ((DPN, "epilepsy", True), ("epilepsy", DPN, False)):
        facts = us.facts(us.with_reason(order, reason), conditions=(on_record,), kidneys=ON_DIALYSIS)
        assert [found.of_the_record for found in check(facts, us.knowledge)] == [elsewhere]


def test_one_part_of_a_known_combination_is_no_open_question(us: Ward) -> None:
    open_ = ["which gabapentin product is meant: no limit was applied"]
    order = replace(us.order("gabapentin", step(100)), formulation=None)
    both = replace(order, ingredients=("gabapentin", "mecobalamin"))
    product = Product(both.ingredients, (Fraction(100), Fraction(1)), "tablet")
    assert lines(us, us.facts(both)) == open_
    assert lines(us, us.facts(replace(both, product=product))) == []
    assert lines(us, us.facts(replace(order, product=Product(order.ingredients)))) == open_
