"""Interactions at their edges: the day of a wash-out, both directions, what is selected, what is not known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from cards import Knowledge
from cards.advise import advise
from cards.facts import Known, Role
from cards.finding import Finding, Indicator
from cards.rules.interaction import check
from tests.rules.orders import DAY, EVERYTHING, Orders, daily, facts

CRITICAL, WARNING, INFO = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO


@pytest.fixture
def order(knowledge: Knowledge) -> Orders:
    return Orders(knowledge)


def said(found: list[Finding]) -> list[tuple[Indicator, set[str]]]:
    return [(finding.indicator, set(finding.agents)) for finding in found]


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


# --- together -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drafted", "taken", "indicator"),
    [
        pytest.param("duloxetine", "linezolid", CRITICAL, id="MAO inhibitor that is an antibiotic"),
        pytest.param("linezolid", "duloxetine", CRITICAL, id="the same, the other way round"),
        pytest.param("methylene blue", "amitriptyline", CRITICAL, id="methylene blue"),
        pytest.param("duloxetine", "tamoxifen", WARNING, id="less tamoxifen is activated"),
        pytest.param("carbamazepine", "apixaban", WARNING, id="an inducer"),
        pytest.param("apixaban", "carbamazepine", WARNING, id="what is induced, drafted second"),
        pytest.param("carbamazepine", "rilpivirine", CRITICAL, id="an antiviral that fails"),
        pytest.param("gabapentin", "lorazepam", WARNING, id="sedatives"),
        pytest.param("lamotrigine", "valproate", WARNING, id="two of ours by their levels"),
        pytest.param("pregabalin", "lisinopril", INFO, id="moderate"),
    ],
)
def test_two_taken_together(
    drafted: str, taken: str, indicator: Indicator, order: Orders, knowledge: Knowledge
) -> None:
    found = list(check(facts(order(drafted), order.taken(taken)), knowledge))
    assert said(found) == [(indicator, {drafted, taken})]
    assert all(len(finding.summary) < 140 and finding.because for finding in found)


@pytest.mark.parametrize(
    ("drafted", "taken"),
    [
        pytest.param("gabapentin", "gabapentin", id="itself"),
        pytest.param("gabapentin", "metoprolol", id="nothing known of the two"),
        pytest.param("nortriptyline", "gabapentin", id="minor"),
        pytest.param("amitriptyline", "duloxetine", id="effects of two of ours: their levels alone are left"),
        pytest.param("oxycodone", "gabapentin", id="effects of two of ours"),
        pytest.param("pregabalin", "gabapentin", id="one kind twice"),
    ],
)
def test_what_is_not_said(drafted: str, taken: str, order: Orders, knowledge: Knowledge) -> None:
    found = check(facts(order(drafted), order.taken(taken)), knowledge)
    assert [f for f in found if "cyp2d6" not in f.because[0].address] == []


def test_the_dose_that_a_statement_starts_from(order: Orders, knowledge: Knowledge) -> None:
    def at(mg: int) -> list[Finding]:
        drafted = order("topiramate", dosage=daily(mg))
        return list(check(facts(drafted, order.taken("ethinyl estradiol")), knowledge))

    assert at(199) == []
    assert said(at(200)) == [(WARNING, {"topiramate", "ethinyl estradiol"})]


def test_the_infusion_is_told_from_the_patch(order: Orders, knowledge: Knowledge) -> None:
    patch = order("lidocaine", formulation="patch-5-percent", route="topical")
    infusion = order("lidocaine", formulation="infusion", route="intravenous")
    assert said(list(check(facts(patch, order.taken("amiodarone")), knowledge)))[0][0] is INFO
    assert said(list(check(facts(infusion, order.taken("amiodarone")), knowledge)))[0][0] is WARNING


def test_on_the_skin_a_class_counts_one_step_less(order: Orders, knowledge: Knowledge) -> None:
    gel = order("diclofenac", route="topical")
    assert said(list(check(facts(gel, order.taken("warfarin")), knowledge))) == [(INFO, {"diclofenac", "warfarin"})]
    swallowed = order("diclofenac")
    assert said(list(check(facts(swallowed, order.taken("warfarin")), knowledge)))[0][0] is WARNING


# --- which of the orders --------------------------------------------------------------------------------------------


def test_a_pair_is_judged_if_one_of_it_is_selected(order: Orders, knowledge: Knowledge) -> None:
    aside = order("linezolid", selected=False)
    assert said(list(check(facts(order("duloxetine"), aside), knowledge))) == [(CRITICAL, {"duloxetine", "linezolid"})]
    assert list(check(facts(order("duloxetine", selected=False), aside, order("levetiracetam")), knowledge)) == []


def test_two_selected_drafts_are_one_pair(order: Orders, knowledge: Knowledge) -> None:
    assert len(list(check(facts(order("duloxetine"), order("linezolid")), knowledge))) == 1


def test_two_orders_of_the_other_medicine_are_one_pair(order: Orders, knowledge: Knowledge) -> None:
    twice = (order.taken("warfarin", reference="MedicationRequest/w5"), order.taken("warfarin"))
    assert len(list(check(facts(order("carbamazepine"), *twice), knowledge))) == 1


def test_of_a_draft_and_an_active_order_the_one_being_taken_is_named(order: Orders, knowledge: Knowledge) -> None:
    aside = order("warfarin", selected=False, reference="MedicationRequest/a-draft")
    taken = order.taken("warfarin", reference="MedicationRequest/taken")
    (found,) = check(facts(order("carbamazepine"), aside, taken), knowledge)
    assert "MedicationRequest/taken" in found.orders
    assert "MedicationRequest/a-draft" not in found.orders


def test_what_is_being_taken_stands_above_what_was_stopped(order: Orders, knowledge: Knowledge) -> None:
    stopped = order.past("phenelzine", ended=ago(3), reference="MedicationRequest/a-past")
    taken = order.taken("phenelzine", reference="MedicationRequest/taken")
    for orders in ((stopped, taken), (taken, stopped)):
        (found,) = check(facts(order("duloxetine"), *orders), knowledge)
        assert "MedicationRequest/taken" in found.orders


def test_each_of_two_drafts_of_one_medicine_meets_the_other(order: Orders, knowledge: Knowledge) -> None:
    drafts = [order("duloxetine", reference=f"MedicationRequest/{key}") for key in "ab"]
    found = list(check(facts(*drafts, order.taken("linezolid")), knowledge))
    assert {each.orders[0] for each in found} == {"MedicationRequest/a", "MedicationRequest/b"}


def test_two_ingredients_of_one_product_are_no_pair(order: Orders, knowledge: Knowledge) -> None:
    assert list(check(facts(order("amitriptyline"), order.taken("fluoxetine")), knowledge)) != []
    assert list(check(facts(order("amitriptyline+fluoxetine")), knowledge)) == []
    assert list(check(facts(order("amitriptyline+fluoxetine", reference="")), knowledge)) == []


def test_moderate_ones_of_an_order_are_one_card(order: Orders, knowledge: Knowledge) -> None:
    found = list(check(facts(order("duloxetine"), order.taken("naproxen"), order.taken("furosemide")), knowledge))
    assert said(found) == [(INFO, {"duloxetine", "naproxen", "furosemide"})]


def test_moderate_and_taken_together_already_is_not_said_again(order: Orders, knowledge: Knowledge) -> None:
    both = (order.taken("duloxetine"), order.taken("naproxen"))
    assert list(check(facts(order("duloxetine"), *both), knowledge)) == []


def test_moderate_ones_of_two_orders_are_two_cards(order: Orders, knowledge: Knowledge) -> None:
    """One card would tie the diuretic's risk to the wrong order."""
    mild = [order.taken("furosemide"), order.taken("lisinopril")]
    found = list(check(facts(order("duloxetine"), order("pregabalin"), *mild), knowledge))
    assert [(finding.agents[0], finding.orders[0]) for finding in found] == [
        ("duloxetine", "MedicationRequest/duloxetine-draft"),
        ("pregabalin", "MedicationRequest/pregabalin-draft"),
    ]


def test_a_minor_one_met_first_hides_no_grave_one_after_it(order: Orders, knowledge: Knowledge) -> None:
    """Several medicines are being taken: the patient is harmed by the last as much as by the first."""
    minor, grave = order.taken("gabapentin"), order.taken("linezolid")
    assert said(list(check(facts(order("nortriptyline"), minor, grave), knowledge))) == [
        (CRITICAL, {"nortriptyline", "linezolid"})
    ]


def test_levels_of_a_pair_to_avoid_are_said_at_a_renewal_too(order: Orders, knowledge: Knowledge) -> None:
    """Morphine raises gabapentin in a patient whose breathing both slow: one card tells both, each time."""
    both = (order.taken("gabapentin"), order.taken("morphine"))
    (found,) = check(facts(order("gabapentin"), *both), knowledge)
    assert found.pair
    assert "raises gabapentin" in found.summary


def test_a_grave_one_is_said_at_a_renewal_too(order: Orders, knowledge: Knowledge) -> None:
    both = (order.taken("carbamazepine"), order.taken("apixaban"))
    assert said(list(check(facts(order("carbamazepine"), *both), knowledge)))[0][0] is WARNING


# --- wash-outs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drafted", "stopped", "days"),
    [
        pytest.param("duloxetine", "phenelzine", 14, id="after an MAO inhibitor"),
        pytest.param("phenelzine", "duloxetine", 5, id="an MAO inhibitor after duloxetine"),
        pytest.param("phenelzine", "venlafaxine", 7, id="an MAO inhibitor after venlafaxine"),
        pytest.param("phenelzine", "amitriptyline", 14, id="an MAO inhibitor after a tricyclic"),
        pytest.param("duloxetine", "linezolid", 1, id="after linezolid: a day"),
        pytest.param("linezolid", "duloxetine", 5, id="linezolid after duloxetine"),
        pytest.param("phenelzine", "fluoxetine", 35, id="the tail of fluoxetine"),
    ],
)
def test_a_wash_out_ends_on_its_last_day(
    drafted: str, stopped: str, days: int, order: Orders, knowledge: Knowledge
) -> None:
    def after(gone: int) -> list[Finding]:
        return list(check(facts(order(drafted), order.past(stopped, ended=ago(gone))), knowledge))

    (before,) = after(days - 1)
    assert before.indicator is CRITICAL
    assert str(DAY + timedelta(days=1)) in before.summary
    assert after(days) == []
    assert after(days + 1) == []


def test_what_is_stopped_or_replaced_now_counts_from_today(order: Orders, knowledge: Knowledge) -> None:
    stopping = order("phenelzine", Role.STOP)
    replaced = order.taken("phenelzine")
    replacing = order("duloxetine", replaces=(replaced.reference,))
    for found in (
        check(facts(order("duloxetine"), stopping), knowledge),
        check(facts(replacing, replaced), knowledge),
    ):
        (one,) = found
        assert one.indicator is CRITICAL
        assert "stopped today: not before 2026-12-06" in one.summary


def test_the_end_of_the_supply_counts_where_no_stop_is_said(order: Orders, knowledge: Knowledge) -> None:
    (found,) = check(facts(order("duloxetine"), order.past("phenelzine", supply_ends=ago(3))), knowledge)
    assert found.indicator is CRITICAL
    assert "supply ended 3 days ago" in found.summary
    assert list(check(facts(order("duloxetine"), order.past("phenelzine", supply_ends=ago(14))), knowledge)) == []


def test_a_stop_without_a_date_is_a_warning_and_says_so(order: Orders, knowledge: Knowledge) -> None:
    undated = order.past("phenelzine", authored=ago(100))
    (found,) = check(facts(order("duloxetine"), undated), knowledge)
    assert found.indicator is WARNING
    assert "not on record" in found.summary


def test_an_order_of_long_ago_does_not_count(order: Orders, knowledge: Knowledge) -> None:
    old = order.past("phenelzine", authored=ago(knowledge.recent_days + 1))
    assert list(check(facts(order("duloxetine"), old), knowledge)) == []
    recent = replace(old, authored=ago(knowledge.recent_days))
    assert len(list(check(facts(order("duloxetine"), recent), knowledge))) == 1


def test_what_was_taken_before_without_a_wash_out_is_nothing(order: Orders, knowledge: Knowledge) -> None:
    assert list(check(facts(order("carbamazepine"), order.past("apixaban", ended=ago(0))), knowledge)) == []


# --- what is not known ----------------------------------------------------------------------------------------------


def test_unknown_history_is_said_where_a_wash_out_could_matter(order: Orders, knowledge: Knowledge) -> None:
    known = EVERYTHING - {Known.HISTORY}
    (with_maoi,) = check(facts(order("duloxetine"), order.taken("tamoxifen"), known=known), knowledge)
    (without,) = check(facts(order("pregabalin"), order.taken("lisinopril"), known=known), knowledge)
    assert any("lately" in line for line in with_maoi.not_checked)
    assert without.not_checked == ()
    (nothing_past,) = check(facts(order("duloxetine"), order.taken("tamoxifen")), knowledge)
    stopped = order.past("naproxen", ended=ago(400))
    (something_past,) = check(facts(order("duloxetine"), order.taken("tamoxifen"), stopped, known=known), knowledge)
    assert (nothing_past.not_checked, something_past.not_checked) == ((), ())


def test_an_unknown_age_is_every_age(order: Orders, knowledge: Knowledge) -> None:
    pair = (order("amitriptyline"), order.taken("hydrochlorothiazide"))
    assert list(check(facts(*pair, age=64), knowledge)) == []
    assert len(list(check(facts(*pair, age=65), knowledge))) == 1
    assert len(list(check(facts(*pair, age=None), knowledge))) == 1


# --- one pair, one card ---------------------------------------------------------------------------------------------


def test_effects_and_levels_of_one_pair_are_one_card(order: Orders, knowledge: Knowledge) -> None:
    found = advise(facts(order("duloxetine"), order.taken("tramadol")), knowledge).findings
    (card,) = (finding for finding in found if finding.pair)
    assert card.rule == "combination-to-avoid"
    assert card.also_rules == ("interaction",)


def test_a_child_hears_only_of_what_is_forbidden(order: Orders, knowledge: Knowledge) -> None:
    rules = {"interaction": check}
    assert advise(facts(order("gabapentin"), order.taken("lorazepam"), age=12), knowledge, rules).findings == ()
    assert len(advise(facts(order("duloxetine"), order.taken("linezolid"), age=12), knowledge, rules).findings) == 1
