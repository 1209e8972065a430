"""The Beers list from its age on: the age alone, conditions, medicines, doses and the count; one card an order."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from msgspec import structs
from msgspec.structs import replace

from cards.facts import Patient
from cards.finding import Beside, Indicator
from cards.pairs import pair_of
from cards.rules.older_adult_risk import check
from tests.rules.dose_patients import step

RULE = "older-adult-risk"
WARNING, INFO = Indicator.WARNING, Indicator.INFO


def one(ward, facts):
    found = ward.said(RULE, facts)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("name", "conditions", "indicator"),
    [
        ("amitriptyline", (), WARNING),
        ("nortriptyline", (), WARNING),
        ("gabapentin", ("falls",), WARNING),
        ("duloxetine", ("falls",), WARNING),
        ("tramadol", ("dementia",), WARNING),
        ("baclofen", ("falls",), INFO),
    ],
)
def test_from_65_on_and_not_before(us, name, conditions, indicator):
    chart = {"conditions": ("neuropathic-pain", *conditions)}
    order = us.order(name, step(10))
    assert us.said(RULE, us.facts(order, age=64, **chart)) == []
    assert one(us, us.facts(order, age=65, **chart)).indicator is indicator


@pytest.mark.parametrize("name", ["gabapentin", "duloxetine", "pregabalin", "carbamazepine", "venlafaxine", "tramadol"])
def test_without_a_reason_of_its_own_it_is_silent(us, name):
    assert us.said(RULE, us.facts(us.order(name, step(10)), age=80)) == []


def test_an_unknown_age_is_not_old_and_a_doubtful_one_may_be(us):
    order = us.order("amitriptyline", step(10))
    assert us.said(RULE, us.facts(order, age=None)) == []
    born_in_1961 = Patient("Patient/p", "female", date(1961, 1, 1), date(1961, 12, 31))
    found = one(us, us.facts(order, patient=born_in_1961))
    assert found.summary.startswith("Amitriptyline at age 64 or 65 is best avoided")


def test_a_dose_of_its_own(us):
    assert us.said(RULE, us.facts(us.order("doxepin", step(6)), age=70)) == []
    assert one(us, us.facts(us.order("doxepin", step("6.1")), age=70)).indicator is WARNING


def test_beside_an_opioid_it_is_one_pair(us):
    order, opioid = us.order("gabapentin", step(100)), us.taken("morphine", step(15))
    found = one(us, us.facts(order, opioid, age=70))
    assert found.pair == frozenset({order.reference, opioid.reference})
    assert us.said(RULE, us.facts(order, age=70)) == []


@pytest.mark.parametrize("count", [2, 3, 4])
def test_three_cns_active_medicines_are_one_too_many(us, count):
    beside = ["duloxetine", "carbamazepine", "baclofen"][: count - 1]
    others = [us.taken(name, step(5), key=name) for name in beside]
    found = us.said(RULE, us.facts(us.order("gabapentin", step(100)), *others, age=70))
    assert [f.summary[:51] for f in found] == (
        [f"Gabapentin at age 70: {count} CNS-active medicines together"[:51]] if count > 2 else []
    )


def test_the_count_is_of_medicines_and_not_of_orders(us):
    more = [us.taken("gabapentin", step(100), key=key) for key in "ab"]
    assert us.said(RULE, us.facts(us.order("gabapentin", step(100)), *more, age=70)) == []


def test_what_the_draft_replaces_does_not_count(us):
    others = [us.taken(name, step(5), key=name) for name in ("duloxetine", "carbamazepine")]
    order = us.order("gabapentin", step(100), replaces=(others[0].reference,))
    assert us.said(RULE, us.facts(order, *others, age=70)) == []


def test_what_is_not_cns_active_is_not_judged_by_the_count(us):
    others = [us.taken(name, step(5), key=name) for name in ("duloxetine", "carbamazepine", "gabapentin")]
    assert us.said(RULE, us.facts(us.order("lidocaine", step(1, unit="patch")), *others, age=70)) == []


def test_one_card_an_order(us):
    others = [us.taken(name, step(5), key=name) for name in ("duloxetine", "carbamazepine")]
    facts = us.facts(us.order("amitriptyline", step(10)), *others, age=70, conditions=("neuropathic-pain", "falls"))
    found = one(us, facts)
    assert len([line for line in found.detail if line.startswith("Avoid:")]) >= 3


def test_hospice_care_silences_it_and_cancer_does_not(us):
    order = us.order("amitriptyline", step(10))
    assert us.said(RULE, us.facts(order, age=70, conditions=("neuropathic-pain", "hospice-care"))) == []
    assert one(us, us.facts(order, age=70, conditions=("neuropathic-pain", "cancer")))


@pytest.mark.parametrize("crcl", [29, 30])
def test_what_the_limit_of_the_kidneys_says_is_no_second_card(us, crcl):
    assert us.said(RULE, us.facts(us.order("duloxetine", step(30)), age=70, crcl=crcl)) == []
    assert bool(us.said(RULE, us.facts(us.order("baclofen", step(5)), age=70, crcl=crcl + 30))) is (crcl == 29)


def test_the_order_need_not_have_a_reference(us):
    assert one(us, us.facts(replace(us.order("amitriptyline", step(10)), reference=""), age=70)).orders == ()


# --- the words ------------------------------------------------------------------------------------------------------


def test_every_reason_has_its_line_with_what_it_is_about(us):
    """Who falls and forgets is harmed by both: the second reason must not hide behind the first."""
    conditions = ("neuropathic-pain", "falls", "dementia")
    found = one(us, us.facts(us.order("amitriptyline", step(10)), age=70, conditions=conditions))
    age = "strongly anticholinergic, sedating, lowers blood pressure on standing"
    assert found.summary == f"Amitriptyline at age 70 is best avoided: {age}"
    assert found.detail == (
        f"Avoid: {age}",
        "Avoid: more falls and fractures (falls)",
        "Avoid: anticholinergic: worsens dementia and delirium (dementia)",
    )
    assert found.conditions == ("Condition/c1", "Condition/c2")
    assert [s.address.rpartition(".")[2] for s in found.because] == ["age", "falls", "dementia"]
    assert (found.agents, found.orders) == (("amitriptyline",), ("MedicationRequest/new",))


def test_care_is_not_to_avoid(us):
    found = one(us, us.facts(us.order("baclofen", step(5)), age=70, conditions=("neuropathic-pain", "falls")))
    assert found.summary == "Baclofen at age 70 needs care: falls"
    assert found.detail[0].startswith("Caution: ")


def test_a_dose_above_what_the_list_allows_is_named(us):
    found = one(us, us.facts(us.order("doxepin", step(10)), age=70))
    assert found.summary == "Doxepin at age 70 is best avoided: 10 mg a day"
    assert found.detail[0].endswith("(10 mg a day)")


def test_where_the_kidneys_speak_the_advice_is_the_headline(us):
    found = one(us, us.facts(us.order("baclofen", step(5)), age=70, crcl=59))
    assert found.summary == (
        "Baclofen at age 70 is best avoided: encephalopathy; if unavoidable the lowest dose, watched"
    )


def test_the_first_five_of_too_many_are_named_and_all_are_counted(us):
    beside = ["duloxetine", "carbamazepine", "baclofen", "nortriptyline", "lorazepam"]
    others = [us.taken(name, step(5), key=name) for name in beside]
    found = us.said(RULE, us.facts(us.order("gabapentin", step(100)), *others, age=70))[-1]
    named = "gabapentin, duloxetine, carbamazepine, baclofen and nortriptyline"
    assert found.summary.startswith("Gabapentin at age 70: 6 CNS-active medicines together (gabapentin, duloxetine, ")
    assert found.detail == (f"Avoid: three or more CNS-active medicines: falls and fractures. Here: {named}",)
    assert set(found.agents) == {"gabapentin", *beside}
    assert found.indicator is WARNING


def test_of_two_drafts_the_first_alone_has_the_count(us):
    """One subject, one card: the same six medicines told twice are clicked away twice."""
    others = [us.taken(name, step(5), key=name) for name in ("carbamazepine", "baclofen")]
    drafts = (us.order("gabapentin", step(100)), us.order("duloxetine", step(30), key="second"))
    found = [f for f in us.said(RULE, us.facts(*drafts, *others, age=70)) if "together (" in f.summary]
    assert [f.orders for f in found] == [("MedicationRequest/new",)]


def test_two_on_the_list_together_are_one_pair_that_names_both(us):
    """Gabapentin beside morphine at seventy: both names, both orders, and what stands beside the reason."""
    order, morphine = us.order("gabapentin", step(100)), us.taken("morphine", step(15))
    (found,) = check(us.facts(order, morphine, age=70, crcl=40), us.knowledge)
    why = "severe sedation and respiratory depression; except when replacing or sparing an opioid"
    lead = "Gabapentin at age 70 is best avoided beside"
    assert found.summary == f"{lead} morphine: {why}"
    assert found.beside == Beside(lead, "morphine", why, "Morphine: being taken")
    assert found.detail == ("Morphine: being taken", f"Avoid: {why}", "Caution: reduce the dose below 60 mL/min")
    assert (found.agents, found.indicator) == (("gabapentin", "morphine"), WARNING)
    assert found.orders == ("MedicationRequest/new", "MedicationRequest/old")
    assert found.pair == pair_of(order, morphine)
    nameless = us.facts(replace(order, reference=""), morphine, age=70)
    assert [f.orders for f in check(nameless, us.knowledge)] == [("MedicationRequest/old",)]


def test_what_goes_along_is_said_on_the_first_card_alone(us):
    order = us.order("gabapentin", step(100))
    twice = [us.taken("morphine", step(15), key=key) for key in ("day", "night")]
    first, second = check(us.facts(order, *twice, age=70, crcl=40), us.knowledge)
    assert first.detail[-1] == "Caution: reduce the dose below 60 mL/min"
    assert second.detail[-1].startswith("Avoid: ")
    beside = [us.taken("gabapentin", step(300), key="g"), us.taken("lorazepam", step(1), key="l")]
    tramadol = us.order("tramadol", step(50))
    own, *pairs = check(us.facts(tramadol, *beside, age=70, crcl=20), us.knowledge)
    assert own.detail[1:] == ("Caution: can lower sodium (SIADH): check it", "Caution: reduce the dose")
    assert [pair.detail[1:] for pair in pairs] == [
        ("Avoid: overdose and respiratory depression",),
        ("Avoid: severe sedation and respiratory depression; except when moving from the opioid",),
    ]


def test_what_is_to_be_avoided_is_the_headline_before_what_needs_care(us):
    """Care on the headline and "avoid" beneath it is read as care."""
    others = [us.taken(name, step(5), key=name) for name in ("duloxetine", "carbamazepine")]
    found = us.facts(us.order("baclofen", step(5)), *others, age=70, conditions=("falls",))
    (card,) = check(found, us.knowledge)
    assert card.summary.startswith("Baclofen at age 70: 3 CNS-active medicines together")
    assert [line.partition(":")[0] for line in card.detail] == ["Avoid", "Caution"]


@pytest.mark.parametrize("name", ["gabapentin", "pregabalin"])
def test_a_dose_by_the_kidneys_alone_is_another_rules_to_say(us, name):
    assert us.said(RULE, us.facts(us.order(name, step(25)), age=70, crcl=40)) == []


def test_the_extended_tablet_that_the_kidneys_forbid_is_no_second_card(us):
    order = us.order("tramadol", step(100), formulation="extended")
    assert list(check(us.facts(order, age=70, crcl=20), us.knowledge)) == []


def as_of(us, name, **changes):
    """The agent as if the one row on a medicine beside it read otherwise."""
    agent = us.knowledge.agents[name]
    rows = tuple(structs.replace(row, **changes) for row in agent.beers if row.classes)
    agents = {**us.knowledge.agents, name: structs.replace(agent, beers=rows)}
    return dataclasses.replace(us.knowledge, agents=agents, remembered={})


def test_care_beside_another_is_information(us):
    facts = us.facts(us.order("gabapentin", step(100)), us.taken("morphine", step(15)), age=70)
    (found,) = check(facts, as_of(us, "gabapentin", strength="caution"))
    assert found.summary.startswith("Gabapentin at age 70 needs care beside morphine: ")
    assert found.indicator is INFO


def test_no_medicine_is_beside_itself(us):
    facts = us.facts(us.order("gabapentin", step(100)), age=70)
    assert list(check(facts, as_of(us, "gabapentin", classes=("gabapentinoid",)))) == []


def test_what_is_not_cns_active_counts_neither_beside_nor_within(us):
    """Two and a beta blocker are two: an alert at every third medicine is read by nobody."""
    order, duloxetine = us.order("gabapentin", step(100)), us.taken("duloxetine", step(30))
    assert us.said(RULE, us.facts(order, duloxetine, us.taken("metoprolol", step(50), key="m"), age=70)) == []
    tablet = replace(us.order("tramadol", step(37)), ingredients=("tramadol", "acetaminophen"))
    assert list(check(us.facts(tablet, duloxetine, age=70), us.knowledge)) == []


def test_the_count_begins_at_the_age_of_its_list(us):
    others = [us.taken(name, step(5), key=name) for name in ("duloxetine", "carbamazepine")]
    found = [len(us.said(RULE, us.facts(us.order("gabapentin", step(100)), *others, age=age))) for age in (64, 65)]
    assert found == [0, 1]


def test_each_of_two_drafts_is_judged_beside_the_other(us):
    drafts = us.order("gabapentin", step(100)), us.order("oxycodone", step(5), key="second")
    found = check(us.facts(*drafts, age=70), us.knowledge)
    assert [f.summary.partition(":")[0] for f in found] == [
        "Gabapentin at age 70 is best avoided beside oxycodone",
        "Oxycodone at age 70 is best avoided beside gabapentin",
    ]


def test_the_tablet_is_judged_by_the_rows_of_its_own_form(us):
    order = us.order("tramadol", step(100), formulation="extended")
    (found,) = check(us.facts(order, age=70, crcl=20, conditions=("falls",)), us.knowledge)
    assert "Caution: reduce the dose" not in found.detail
    assert found.summary == "Tramadol at age 70 is best avoided: falls"


def test_a_long_record_is_cut_and_two_of_several_are_named(us):
    """The headline is read at a glance; the line beneath has them all."""
    labels = ("f" * 50, "g" * 51, "h")
    recorded = [replace(us.condition("falls", key=label[0]), label=label) for label in labels]
    (found,) = check(us.facts(us.order("gabapentin", step(100)), conditions=tuple(recorded), age=70), us.knowledge)
    cut = "g" * 49 + "…"
    names = f"{labels[0]} and {cut}"
    assert found.summary == f"Gabapentin at age 70 is best avoided: {names[:89]}…"
    assert f"({labels[0]}, {cut} and h)" in found.detail[0]


def test_the_names_of_too_many_are_cut_in_the_headline(us):
    beside = ["carbamazepine", "desvenlafaxine", "oxcarbazepine", "nortriptyline", "lorazepam"]
    others = [us.taken(name, step(5), key=name) for name in beside]
    found = next(check(us.facts(us.order("baclofen", step(5)), *others, age=70), us.knowledge))
    within = found.summary.partition("(")[2].removesuffix(")")
    assert (len(within), within[-1]) == (70, "…")
