"""What the card on the limit of the kidneys says, to the word, and how grave it is."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards.facts import KidneyFunction
from cards.finding import Indicator
from tests.rules.dose_patients import DAY, step

RULE = "daily-dose-above-renal-maximum"
WARNING, CRITICAL = Indicator.WARNING, Indicator.CRITICAL


def one(ward, facts):
    (found,) = ward.said(RULE, facts)
    return found


def test_the_whole_card(us):
    found = one(us, us.facts(us.order("gabapentin", step(300, 3)), us.taken("gabapentin", step(300, 2)), crcl=22))
    both = "if both continue: 1,500 mg a day; the new order alone: 900 mg a day"
    assert found.summary == "Gabapentin 900 mg a day is above the limit of 700 mg at CrCl 22"
    assert found.detail == (
        f"300 mg x 3 = 900 mg a day, with 300 mg x 2 = 600 mg a day: {both}",
        "For 15 < CrCl <= 30: at most 700 mg a day (label: once daily)",
        "Label range: from 200 mg",
        "Highest dose within the limits: Take 1 tablet (600 mg) by mouth once daily (600 mg a day)",
    )
    assert (found.indicator, found.agents, found.conditions) == (WARNING, ("gabapentin",), ("Condition/c0",))
    assert found.orders == ("MedicationRequest/new", "MedicationRequest/old")
    assert (found.daily_dose, found.dose_unit, found.limit.value, found.on_kidneys) == (900, "mg/d", 700, True)
    assert [each.address for each in found.because] == ["agents/gabapentin.toml#renal.us"]
    assert [(p.label, p.updates) for p in found.proposals] == [("Change to 600 mg a day", "MedicationRequest/new")]


def test_only_the_sum_is_too_much(us):
    found = one(us, us.facts(us.order("gabapentin", step(600)), us.taken("gabapentin", step(300)), crcl=22))
    assert found.summary == "Gabapentin 900 mg a day if both orders continue is above the limit of 700 mg at CrCl 22"
    assert found.proposals == ()


def test_orders_that_add_up_for_sure_are_no_doubt_to_name(us):
    """Two drafts of one signature are both given: no "if"."""
    facts = us.facts(us.order("gabapentin", step(600)), us.order("gabapentin", step(300), key="second"), crcl=22)
    assert one(us, facts).summary == "Gabapentin 900 mg a day is above the limit of 700 mg at CrCl 22"


def test_what_is_not_to_be_used_at_all(us):
    found = one(us, us.facts(us.order("duloxetine", step(60)), crcl=22))
    assert found.summary == "Duloxetine 60 mg a day: not to be used at CrCl 22"
    assert found.detail == ("60 mg x 1 = 60 mg a day", "For CrCl < 30: do not use")
    assert (found.indicator, found.limit.kind, found.proposals) == (WARNING, "avoid", ())


@pytest.mark.parametrize(
    ("kidneys", "where", "line"),
    [
        (KidneyFunction(dialysis="Condition/hd"), "on dialysis", "On dialysis: at most 300 mg a day"),
        (
            KidneyFunction(Fraction(0), Fraction(15), method="ckd-stage", stage_five=True),
            "in stage 5 kidney disease",
            "In stage 5 kidney disease: at most 300 mg a day",
        ),
    ],
)
def test_where_no_clearance_counts_none_is_named(us, kidneys, where, line):
    found = one(us, us.facts(us.order("gabapentin", step(300, 2)), kidneys=kidneys))
    assert found.summary == f"Gabapentin 600 mg a day is above the limit of 300 mg {where}"
    assert line in found.detail


@pytest.mark.parametrize(("times", "indicator"), [(1, WARNING), (2, WARNING), (3, CRITICAL), (4, CRITICAL)])
def test_many_times_the_limit_is_critical(us, times, indicator):
    """Pregabalin for diabetic neuropathy below a clearance of 30: at most 75 mg a day; critical from three times."""
    chart = {"conditions": ("painful-diabetic-neuropathy",), "crcl": 22}
    assert us.knowledge.critical_multiple == 3
    facts = us.facts(us.order("pregabalin", step(75, times)), **chart)
    found = us.said(RULE, facts)
    assert [f.indicator for f in found] == ([indicator] if times > 1 else [])


def test_an_order_without_an_id_is_not_named(us):
    facts = us.facts(replace(us.order("gabapentin", step(300, 3)), reference=""), crcl=22)
    found = one(us, facts)
    assert (found.orders, found.proposals) == ((), ())


def test_the_label_may_make_it_critical(us, uk):
    """Duloxetine below a clearance of 30: to be avoided in the US, contraindicated in the UK."""
    for ward, indicator in ((us, WARNING), (uk, CRITICAL)):
        assert one(ward, ward.facts(ward.order("duloxetine", step(60)), crcl=22)).indicator is indicator


@pytest.mark.parametrize(
    ("low", "high", "limit", "band"),
    [
        (None, 60, 300, "CrCl <= 15"),
        (16, 60, 700, "15 < CrCl <= 30"),
        (31, 60, 1400, "30 < CrCl < 60"),
        (31, 90, 1400, "30 < CrCl < 60"),
    ],
)
def test_of_the_bands_that_a_result_leaves_open_the_strictest_holds(us, low, high, limit, band):
    """An eGFR reported as "below 60" may be of any band below it."""
    between = KidneyFunction(None if low is None else Fraction(low), Fraction(high), method="egfr", day=DAY)
    found = one(us, us.facts(us.order("gabapentin", step(800, 3)), kidneys=between))
    assert found.limit.value == limit
    assert found.detail[1].startswith(f"For {band}: at most {limit:,} mg a day")


@pytest.mark.parametrize(("crcl", "limit"), [(15, 300), (10, 200), (5, 100)])
def test_below_the_last_edge_the_limit_shrinks_with_the_clearance(us, crcl, limit):
    assert one(us, us.facts(us.order("gabapentin", step(800)), crcl=crcl)).limit.value == limit


def test_each_of_two_orders_too_high_is_said(us):
    first, second = us.order("gabapentin", step(800, 3)), us.order("topiramate", step(200, 2), key="second")
    found = us.said(RULE, us.facts(first, second, crcl=22))
    assert sorted(f.agents[0] for f in found) == ["gabapentin", "topiramate"]


def test_above_a_figure_of_practice_nothing_is_put_as_the_dose(us):
    """Baclofen at a clearance of 45: 40 mg a day in practice; the label's ceiling is everyone's."""
    taken = us.taken("baclofen", step(20, 3))
    facts = us.facts(us.order("baclofen", step(20, 3), replaces=(taken.reference,)), taken, crcl=45)
    found = one(us, facts)
    assert (found.indicator, found.limit.kind, found.limit.value) == (Indicator.INFO, "practice", 40)
    assert (found.proposals, found.detail[0]) == ((), "20 mg x 3 = 60 mg a day")
    assert not any(line.startswith(("Highest dose within the limits", "Now:", "No dose")) for line in found.detail)
