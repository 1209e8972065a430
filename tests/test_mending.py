"""A dose that is mended, step by step: what a regimen becomes where it is too high, and what is then not offered."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards import Knowledge, advise
from cards.facts import Dosage, Dose, DoseStep, KidneyFunction, Known
from tests.rules.dose_patients import Ward, kidneys, step

MAXIMA = ("daily-dose-above-maximum", "daily-dose-above-renal-maximum")
INJURED = replace(kidneys(90), acute_injury="Condition/aki")


@pytest.fixture(scope="module")
def us(knowledge: Knowledge) -> Ward:
    return Ward(knowledge)


def offered(us, facts):
    """Each order to accept as (mg a day, doses a day, days) a step."""
    found = advise(facts, us.knowledge)
    assert not found.troubles
    return [
        [(float(each.mg_per_day), int(each.doses_per_day), each.days) for each in proposal.steps]
        for finding in found.findings
        for proposal in finding.proposals
        if proposal.updates
    ]


def said(us, facts):
    found = advise(facts, us.knowledge)
    assert not found.troubles
    return [line for finding in found.findings if finding.rule in MAXIMA for line in finding.detail]


def raised(us, name, now, *steps, **more):
    """The order taken, raised by the draft that replaces it."""
    taken = us.taken(name, now)
    return us.facts(us.order(name, *steps, replaces=(taken.reference,)), taken, **more)


# --- a regimen of several steps ---------------------------------------------------------------------------------------


def test_a_regimen_keeps_its_steps_and_how_often_up_to_the_limit(us):
    """From 600 mg at 70: 900 mg for a week, then 4,800 mg, at a clearance that allows 1,400: held at 1,200,
    twice a day as the kidney table has it."""
    facts = raised(us, "gabapentin", step(300, 2), step(300, 3, 7), step(1600, 3), crcl=40, age=70)
    assert offered(us, facts) == [[(900, 3, 7), (1200, 2, None)]]


def test_a_step_at_the_limit_is_kept_as_it_is(us):
    """150 mg of amitriptyline in two doses is the most in depression, 100 mg the most at once."""
    depressed = {"conditions": ("neuropathic-pain", "depression")}
    halves = raised(us, "amitriptyline", step(150), step(75, 2, 14), step(300), **depressed)
    assert offered(us, halves) == [[(150, 2, None)]]
    fifths = raised(us, "amitriptyline", step(125), step(25, 5, 14), step(300), **depressed)
    assert offered(us, fifths) == [[(125, 5, 14), (150, 2, None)]]


def test_how_often_is_once_where_no_step_says_it(us):
    once = replace(step(300, 1, 7), doses_per_day=None)
    facts = raised(us, "gabapentin", step(300), once, step(4800), crcl=22, age=50)
    assert offered(us, facts) == [[(300, 1, 7), (600, 1, None)]]


def test_what_no_tablet_makes_or_nobody_read_is_not_mended(us):
    for first in (step(310, 3, 7), DoseStep(Dose(None, Fraction(3), "scoop"), days=7)):
        assert offered(us, raised(us, "gabapentin", step(300, 2), first, step(1600, 3), crcl=40, age=70)) == []


def test_a_rise_from_a_dose_that_was_not_read_is_not_offered_in_steps_either(us):
    unread = us.taken("gabapentin", dosage=Dosage(unread="the sig says 'as directed'"))
    draft = us.order("gabapentin", step(300, 3, 7), step(1600, 3), replaces=(unread.reference,))
    assert offered(us, us.facts(draft, unread, crcl=40, age=70)) == []


# --- kidneys that leave it open ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mg", "none"),
    [
        pytest.param("amitriptyline", 400, True, id="a table without a figure"),
        pytest.param("gabapentin", 4800, True, id="a figure for each clearance"),
        pytest.param("duloxetine", 180, True, id="not to be used below an edge"),
        pytest.param("carbamazepine", 3200, False, id="one figure for all"),
    ],
)
def test_in_acute_injury_no_dose_is_named_that_the_kidneys_may_change(us, name, mg, none):
    lines = said(us, us.facts(us.order(name, step(mg)), conditions=("neuropathic-pain",), kidneys=INJURED))
    assert ("No dose to accept in acute kidney injury: dose it once the kidneys are steady" in lines) is none
    assert any(line.startswith("Highest dose within the limits") for line in lines) is not none


def test_on_dialysis_and_in_stage_five_the_same(us):
    for state in (KidneyFunction(dialysis="Condition/hd"), KidneyFunction(stage_five=True)):
        lines = said(us, us.facts(us.order("amitriptyline", step(400)), kidneys=state))
        assert any(line.startswith("No dose to accept") for line in lines)
        assert not any(line.startswith("Highest dose within the limits") for line in lines)


# --- one dose, mended -------------------------------------------------------------------------------------------------


def test_once_a_day_where_the_order_does_not_say_how_often(us):
    unsaid = replace(step(200), doses_per_day=None)
    assert offered(us, raised(us, "amitriptyline", step(150), unsaid)) == [[(100, 1, None)]]


def test_a_rise_by_one_step_is_offered_at_once(us):
    """From 900 mg at 70 by 300 mg a week: 1,200 mg is the next step."""
    facts = raised(us, "gabapentin", step(300, 3), step(1600, 3), crcl=40, age=70)
    assert offered(us, facts) == [[(1200, 2, None)]]


def test_with_unknown_kidneys_what_is_taken_is_kept_and_never_cut(us):
    assert offered(us, raised(us, "gabapentin", step(300), step(1600, 3), crcl=None)) == [[(300, 3, None)]]
    assert offered(us, raised(us, "gabapentin", step(400), step(1600, 3), crcl=None)) == []


def test_an_order_beside_another_is_not_mended_alone(us):
    draft, other = us.order("gabapentin", step(800, 6)), us.order("gabapentin", step(300), key="other")
    assert offered(us, us.facts(draft, us.taken("gabapentin", step(1200, 3)))) != []
    assert offered(us, us.facts(draft, other)) == []
    assert offered(us, us.facts(draft, us.taken("gabapentin", step(300), route="rectal"))) == []


@pytest.mark.parametrize(
    ("name", "draft", "taken"), [("gabapentin", step(1200, 3), step(300)), ("amitriptyline", step(100), step(100))]
)
def test_an_order_at_the_limit_is_not_the_one_at_fault(us, name, draft, taken):
    """Too much only if both continue: the card says so, and leaves the order as it is."""
    facts = us.facts(us.order(name, draft), us.taken(name, taken), conditions=("neuropathic-pain", "depression"))
    assert any("if both continue" in line for line in said(us, facts))
    assert offered(us, facts) == []


def test_no_more_at_once_than_is_usual(us):
    """Gabapentin is absorbed up to 1,200 mg at once: 3,600 mg a day are three doses, however often was ordered."""
    assert offered(us, raised(us, "gabapentin", step(1200, 3), step(4800))) == [[(3600, 3, None)]]


def test_what_is_best_avoided_is_not_mended(us):
    for more, count in (((), 1), (("long-qt",), 0), (("av-block-2-3",), 0)):
        facts = raised(us, "amitriptyline", step(150), step(200), conditions=("neuropathic-pain", *more))
        assert len(offered(us, facts)) == count
        assert any(line.startswith("Highest dose within the limits") for line in said(us, facts)) is bool(count)


@pytest.mark.parametrize(
    ("known", "count"),
    [
        ({Known.MEDICATIONS, Known.CONDITIONS}, 1),
        ({Known.MEDICATIONS}, 0),
        ({Known.CONDITIONS}, 0),
    ],
)
def test_what_must_be_known_to_mend_a_dose(us, known, count):
    facts = raised(us, "gabapentin", step(1200, 3), step(1600, 3), known=frozenset(known))
    assert len(offered(us, facts)) == count


def test_a_route_that_is_not_said_is_by_mouth(us):
    lines = said(us, us.facts(us.order("gabapentin", step(1200, 4), route=None)))
    assert any(line.startswith("Highest dose within the limits: Take ") and " by mouth " in line for line in lines)


# --- the way there, in words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "words"),
    [
        pytest.param(
            200,
            (
                "Not at once, but step by step:",
                "Days 1 to 7: Take 1 tablet (100 mg) by mouth three times daily",
                "From day 8: Take 2 tablets (200 mg) by mouth twice daily",
            ),
            id="two steps",
        ),
        pytest.param(300, ("Now: Take 2 tablets (200 mg) by mouth twice daily (400 mg a day)",), id="one step"),
    ],
)
@pytest.mark.parametrize("route", ["oral", None])
def test_the_way_is_said_from_what_is_taken_now(us, now, words, route):
    """Carbamazepine in trigeminal neuralgia, at most 1,200 mg a day, by 100 mg a week."""
    taken = us.taken("carbamazepine", step(now), route=route)
    draft = us.order("carbamazepine", step(2000, 3), replaces=(taken.reference,), route=route)
    facts = us.facts(draft, taken, conditions=("trigeminal-neuralgia",))
    assert tuple(said(us, facts)[3:]) == (*words, "Beyond 400 mg a day: only on review, in the same small steps")
    (proposal,) = [p for finding in advise(facts, us.knowledge).findings for p in finding.proposals]
    assert (proposal.ingredient, proposal.route) == ("carbamazepine", "oral")
