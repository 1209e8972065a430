"""What ends, how long it was taken, how slowly it is let out, and when a schedule may be accepted."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from msgspec.structs import replace

from cards import seed
from cards.facts import Dose, DoseStep, Hook, Known, Product, Role
from cards.finding import Indicator, Tablet
from cards.tapering import falling
from tests.rules.dose_patients import DAY, EVERYTHING, ago, allergy, step

RULE = "taper-before-stopping"


def signing(ward, *orders, **more):
    return ward.facts(*orders, hook=Hook.ORDER_SIGN, **more)


def stopped(ward, name="gabapentin", *steps, days=200, **more):
    return ward.taken(name, *(steps or (step(300, 3),)), role=Role.STOP, starts=ago(days) if days else None, **more)


def one(ward, facts):
    found = ward.said(RULE, facts)
    assert len(found) == 1
    assert found[0].indicator is Indicator.WARNING
    return found[0]


# --- how long it was taken ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mg", "days"),
    [
        ("gabapentin", 300, 14),
        ("pregabalin", 75, 14),
        ("duloxetine", 60, 28),
        ("amitriptyline", 25, 28),
        ("carbamazepine", 200, 14),
        ("venlafaxine", 75, 28),
        ("tramadol", 50, 7),
    ],
)
def test_a_shorter_use_needs_no_taper(us, name, mg, days):
    assert us.said(RULE, signing(us, stopped(us, name, step(mg), days=days - 1))) == []
    assert one(us, signing(us, stopped(us, name, step(mg), days=days)))


def test_earlier_orders_count_where_the_supply_reached_the_next(us):
    late = stopped(us, days=10)
    joined = us.taken("gabapentin", step(300, 3), role=Role.PAST, key="p", starts=ago(100), supply_ends=ago(24))
    apart = replace(joined, supply_ends=ago(25))
    assert one(us, signing(us, late, joined))
    assert us.said(RULE, signing(us, late, apart)) == []


def test_without_a_date_it_speaks_with_a_condition_and_offers_nothing(us):
    found = one(us, signing(us, stopped(us, days=None)))
    assert found.summary.startswith("If taken for 14 days or more: taper gabapentin 900 mg a day")
    assert found.not_checked
    assert found.proposals == ()


def test_a_short_order_may_be_a_renewal_where_the_history_is_not_known(us):
    facts = signing(us, stopped(us, days=3), known=EVERYTHING - {Known.HISTORY})
    assert one(us, facts).summary.startswith("If taken for 14 days or more")


# --- what ends ------------------------------------------------------------------------------------------------------


def test_replaced_by_another_agent(us):
    taken = us.taken("gabapentin", step(300, 3), starts=ago(200))
    for draft in (
        us.order("duloxetine", step(30), replaces=(taken.reference,)),
        us.order("duloxetine", step(30), key="old"),
    ):
        found = one(us, signing(us, draft, taken))
        assert (found.agents, found.orders) == (("gabapentin",), (taken.reference,))
        assert "Replaced by duloxetine: taper the old one all the same" in found.detail


def test_an_active_order_beside_a_draft_does_not_end(us):
    assert us.said(RULE, signing(us, us.order("duloxetine", step(30)), us.taken("gabapentin", step(300, 3)))) == []


@pytest.mark.parametrize("other", ["a draft", "an active order"])
def test_the_same_agent_in_another_order_goes_on(us, other):
    more = us.order("gabapentin", step(100)) if other == "a draft" else us.taken("gabapentin", step(100), key="b")
    assert us.said(RULE, signing(us, stopped(us), more)) == []


def test_two_orders_of_one_agent_both_stopped(us):
    found = us.said(RULE, signing(us, stopped(us), stopped(us, key="b")))
    assert found


def test_only_at_signing(us):
    assert us.said(RULE, us.facts(stopped(us))) == []


@pytest.mark.parametrize("name", ["lidocaine", "naproxen"])
def test_what_needs_no_taper(us, name):
    assert us.said(RULE, signing(us, stopped(us, name, step(500)))) == []


def test_an_allergy_on_record_may_be_why_it_is_stopped(us):
    assert us.said(RULE, signing(us, stopped(us), allergies=(allergy("gabapentin"),))) == []
    assert us.said(RULE, signing(us, stopped(us), allergies=(allergy("gabapentin", intolerance=True),)))


# --- opioids --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "pace"), [(365, "10 % less a week"), (366, "10 % less a month"), (None, "a month")])
def test_an_opioid_goes_by_percentage_and_never_by_days(us, days, pace):
    found = one(us, signing(us, stopped(us, "morphine", step(15, 4), days=days)))
    assert pace in found.summary
    assert "The next step: about 54 mg a day; go on only if it was borne well" in found.detail
    assert found.proposals == ()
    assert not any(line.startswith("Days ") for line in found.detail)


def test_the_treatment_of_opioid_use_disorder_is_left_alone(us):
    methadone = stopped(us, "methadone", step(60))
    assert us.said(RULE, signing(us, methadone, conditions=("opioid-dependence",))) == []
    assert us.said(RULE, signing(us, methadone))
    assert us.said(RULE, signing(us, stopped(us, "morphine", step(60)), conditions=("opioid-dependence",)))


# --- the schedule ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mg", "times", "least"),
    [
        ("gabapentin", 600, 3, 7),
        ("pregabalin", 150, 2, 7),
        ("duloxetine", 60, 1, 14),
        ("amitriptyline", 50, 1, 28),
        ("nortriptyline", 75, 1, 28),
        ("carbamazepine", 200, 4, 14),
    ],
)
def test_the_doses_fall_and_last_as_long_as_the_file_asks(us, name, mg, times, least):
    steps = one(us, signing(us, stopped(us, name, step(mg, times)))).proposals[0].steps
    doses = [each.mg_per_day for each in steps]
    assert doses == sorted(set(doses), reverse=True)
    assert doses[0] < mg * times
    assert sum(each.days for each in steps) >= least


def test_the_taper_is_a_new_order_and_then_the_rule_is_silent(us):
    ending = stopped(us)
    proposal = one(us, signing(us, ending)).proposals[0]
    assert (proposal.updates, proposal.tapers) == ("", ending.reference)
    accepted = us.order("gabapentin", step(200, 3, 7), step(100, 3, 7))
    assert us.said(RULE, signing(us, ending, accepted)) == []
    assert us.said("start-low-go-slow", signing(us, ending, accepted)) == []


@pytest.mark.parametrize("doubt", [{"sure": False}, {"reference": ""}])
def test_what_was_not_read_for_sure_is_not_tapered_by_a_button(us, doubt):
    assert one(us, signing(us, replace(stopped(us), **doubt))).proposals == ()


def test_what_is_forbidden_now_is_not_tapered_by_a_button(us):
    facts = signing(us, stopped(us, "amitriptyline", step(50)), conditions=("neuropathic-pain", "av-block-2-3"))
    assert one(us, facts).proposals == ()


def tablet(mg):
    return Tablet("", str(mg), "", "sample", Fraction(mg), "Oral Tablet", "tablet")


@pytest.mark.parametrize(
    ("strengths", "dose", "times", "least", "steps"),
    [
        ((100,), 400, 1, 7, [(300, 7), (200, 7), (100, 7)]),
        ((100,), 400, 1, 28, [(300, 10), (200, 10), (100, 10)]),
        ((30,), 60, 1, 14, [(30, 14)]),
        ((100,), 100, 1, 7, []),
        ((100,), 200, 2, 7, [(100, 14)]),  # what no tablet makes twice a day is made once
        ((300,), 600, 2, 30, [(300, 30)]),
    ],
)
def test_equal_parts_in_tablets_that_exist(strengths, dose, times, least, steps):
    made = falling([tablet(mg) for mg in strengths], Fraction(dose), Fraction(times), 4, 7, least)
    assert [(each.mg_per_day, each.days) for each in made] == steps


TAPERED = [
    pytest.param(agent.id, formulation.id, id=f"{agent.id}-{formulation.id}")
    for agent in seed().on(DAY).agents.values()
    for formulation in agent.formulation
    if seed().on(DAY).tablets(agent, formulation) and any(row.days for row in agent.taper)
]


@pytest.mark.parametrize(("name", "formulation"), TAPERED)
def test_a_taper_is_one_product_that_falls_and_never_more_at_once(us, name, formulation):
    """For each strength, one to four times a day: an order is filled with one product."""
    agent = us.knowledge.agents[name]
    shape = next(f for f in agent.formulation if f.id == formulation)
    strengths = [tablet.strength for tablet in us.knowledge.tablets(agent, shape)]
    assert strengths
    for mg, times in ((mg, times) for mg in strengths for times in (1, 2, 3, 4)):
        found = us.said(RULE, signing(us, stopped(us, name, step(mg, times), formulation=formulation)))
        if mg * times <= min(strengths):
            assert found == []
        for steps in (proposal.steps for finding in found for proposal in finding.proposals):
            doses = [mg * times, *(each.mg_per_day for each in steps)]
            assert len({each.tablet.code for each in steps}) == 1
            assert all(low < high for high, low in pairwise(doses))
            assert all(each.tablet.strength * each.units <= mg and each.days for each in steps)


@pytest.mark.parametrize(
    ("name", "taken", "doses"),
    [
        ("carbamazepine", (200, 4), [600, 400, 200]),  # less often where no tablet makes the part as often
        ("gabapentin", (300, 3), [600, 400, 200]),
        ("pregabalin", (75, 2), [100, 75, 25]),
        ("duloxetine", (60, 1), [40, 20]),
        ("nortriptyline", (50, 1), [30, 20, 10]),
    ],
)
def test_down_by_about_equal_parts(us, name, taken, doses):
    (proposal,) = one(us, signing(us, stopped(us, name, step(*taken)))).proposals
    assert [each.mg_per_day for each in proposal.steps] == doses


def test_venlafaxine_falls_by_75_mg_a_week_at_the_most(us):
    (proposal,) = one(us, signing(us, stopped(us, "venlafaxine", step(225), formulation="extended"))).proposals
    assert [(each.mg_per_day, each.days) for each in proposal.steps] == [(150, 7), (75, 7)]


# --- the card, to the word --------------------------------------------------------------------------------------------


def test_the_whole_card(us):
    found = one(us, signing(us, stopped(us)))
    assert found.summary == "Taper gabapentin 900 mg a day, do not stop it at once: over 7 days or more"
    assert found.detail == (
        "300 mg x 3 = 900 mg a day",
        "Taken for 200 days",
        "Stopped at once: withdrawal: anxiety, insomnia, sweating, pain; seizures",
        "Over at least 1 week",
        "Days 1 to 7: Take 2 capsules (200 mg) by mouth three times daily",
        "Days 8 to 14: Take 2 capsules (200 mg) by mouth twice daily",
        "Days 15 to 21: Take 1 capsule (100 mg) by mouth twice daily",
        "Then stop",
    )
    assert (found.agents, found.orders, found.daily_dose) == (("gabapentin",), ("MedicationRequest/old",), 900)
    assert [each.address for each in found.because] == ["agents/gabapentin.toml#taper.usual"]
    assert found.not_checked == ()
    (proposal,) = found.proposals
    assert proposal.label == "Taper gabapentin over 21 days"
    assert proposal.description == (
        "A new order that tapers gabapentin: Take 2 capsules (200 mg) by mouth three times daily for 7 days, then take "
        "2 capsules (200 mg) by mouth twice daily for 7 days, then take 1 capsule (100 mg) by mouth twice daily for "
        "7 days, then stop."
    )
    assert (proposal.ingredient, proposal.route, proposal.recommended) == ("gabapentin", "oral", True)


def test_the_whole_card_of_an_opioid(us):
    found = one(us, signing(us, stopped(us, "morphine", step(15, 4), days=None)))
    assert found.summary == (
        "If taken for 7 days or more: taper morphine 60 mg a day, do not stop it at once: about 10 % less a month"
    )
    never = "never abruptly, no number of days is safe for all"
    assert found.detail == (
        "15 mg x 4 = 60 mg a day",
        "Stopped at once: withdrawal; pain returns; distress and suicide after a fast taper",
        f"After a year about 10 % a month, after weeks or months about 10 % a week; {never}",
        "The next step: about 54 mg a day; go on only if it was borne well",
    )
    assert found.not_checked == ("how long morphine was taken: not known",)


def test_a_dose_by_the_hour_is_no_dose_a_day(us):
    """A patch of fentanyl: 25 ug an hour are not 25 mg a day, and no next step is worked out of them."""
    rate = Dose(Fraction("0.6"), Fraction(25), "ug/h")
    patch = stopped(us, "fentanyl", DoseStep(rate, rate, Fraction(1), None), route="transdermal")
    found = one(us, signing(us, patch))
    assert found.summary == "Taper fentanyl, do not stop it at once: about 10 % less a week"
    assert (found.daily_dose, found.detail[0]) == (None, "25 ug/h x 24 h = 0.6 mg a day")
    assert not any(line.startswith("The next step") for line in found.detail)


def test_a_dose_that_was_not_read_is_tapered_in_words_alone(us):
    found = one(us, signing(us, us.taken("gabapentin", role=Role.STOP, starts=ago(200))))
    assert found.summary == "Taper gabapentin, do not stop it at once: over 7 days or more"
    assert found.detail[0] == "Taken for 200 days"
    assert (found.daily_dose, found.proposals) == (None, ())


def test_every_draft_that_takes_the_place_is_named_once(us):
    taken = us.taken("amitriptyline", step(75), starts=ago(100))
    first = us.order("gabapentin", step(300), replaces=(taken.reference,))
    second = us.order("duloxetine", step(30), key="second", replaces=(taken.reference,))
    again = us.order("gabapentin", step(100), key="third", replaces=(taken.reference,))
    found = one(us, signing(us, first, second, again, taken))
    assert "Replaced by gabapentin and duloxetine: taper the old one all the same" in found.detail


def test_what_follows_one_that_goes_on_is_still_judged(us):
    """One agent goes on in another order: the next that ends is tapered."""
    goes_on = stopped(us, "gabapentin", key="a")
    more = us.order("gabapentin", step(100))
    assert one(us, signing(us, goes_on, more, stopped(us, "duloxetine", step(60), key="b"))).agents == ("duloxetine",)


def test_each_ingredient_of_a_combination_is_judged(us):
    """Paracetamol with tramadol, stopped: tramadol is what must be let out slowly."""
    both = replace(stopped(us, "acetaminophen", step(325, 4)), ingredients=("acetaminophen", "tramadol"))
    assert one(us, signing(us, both)).agents == ("tramadol",)


def test_an_earlier_order_does_not_go_on(us):
    past = us.taken("gabapentin", step(300, 3), role=Role.PAST, key="p", starts=ago(400), supply_ends=ago(300))
    assert one(us, signing(us, stopped(us), past))


def test_one_active_order_of_two_replaced_goes_on_in_the_other(us):
    first, second = us.taken("gabapentin", step(300), starts=ago(90)), us.taken("gabapentin", step(300), key="b")
    draft = us.order("duloxetine", step(30), replaces=(first.reference,))
    assert us.said(RULE, signing(us, draft, first, second)) == []
    both = replace(draft, replaces=(first.reference, second.reference))
    assert us.said(RULE, signing(us, both, first, second))


@pytest.mark.parametrize("doubt", [{"conflict": "two readings"}, {"unread": "as directed"}])
def test_a_dosage_in_doubt_is_not_tapered_by_a_button(us, doubt):
    ending = stopped(us)
    unsure = replace(ending, dosage=replace(ending.dosage, **doubt))
    assert one(us, signing(us, ending)).proposals
    assert one(us, signing(us, unsure)).proposals == ()


@pytest.mark.parametrize(("mg", "speaks"), [(100, False), (101, True)])
def test_at_the_weakest_tablet_a_taper_is_over(us, mg, speaks):
    """Of gabapentin 100 mg a day."""
    assert bool(us.said(RULE, signing(us, stopped(us, "gabapentin", step(mg))))) is speaks


def test_a_route_that_is_not_said_is_by_mouth_and_one_that_is_stays(us):
    for route, words in ((None, "by mouth"), ("oral", "by mouth"), ("by tube", "by tube")):
        found = one(us, signing(us, stopped(us, route=route)))
        (proposal,) = found.proposals
        assert proposal.route == (route or "oral")
        assert f" {words} three times daily for 7 days" in proposal.description
        assert any(line.startswith("Days 1 to 7:") and f" {words} three times daily" in line for line in found.detail)


def test_how_often_it_is_taken_may_not_be_known(us):
    """Then each step is one dose a day."""
    often = replace(step(900), doses_per_day=None)
    (proposal,) = one(us, signing(us, stopped(us, "gabapentin", often))).proposals
    assert {each.doses_per_day for each in proposal.steps} == {1}


def test_a_short_order_whose_history_is_not_known_is_no_count_of_days(us):
    found = one(us, signing(us, stopped(us, days=3), known=EVERYTHING - {Known.HISTORY}))
    assert found.not_checked == ("how long gabapentin was taken: not known",)
    assert not any(line.startswith("Taken for") for line in found.detail)


def test_of_a_combination_the_agents_own_share_is_said(us):
    """Two tablets a day of 2 mg perphenazine with 25 mg amitriptyline: 50 mg of amitriptyline, and no order for it."""
    both = ("perphenazine", "amitriptyline")
    tablet = Product(both, (Fraction(2), Fraction(25)), "tablet", "Oral Tablet")
    order = replace(stopped(us, "amitriptyline", step(2, 2)), ingredients=both, product=tablet)
    found = one(us, signing(us, order))
    assert found.summary.startswith("Taper amitriptyline 50 mg a day, do not stop it at once")
    assert found.detail[0] == "25 mg x 2 = 50 mg a day"
    assert found.proposals == ()


# --- no list of medicines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "mg", "days"), [("gabapentin", 900, 14), ("duloxetine", 60, 28), ("morphine", 60, 7)])
def test_without_a_list_of_medicines_a_taper_that_may_be_due_is_said(us, name, mg, days):
    facts = signing(us, stopped(us, name, step(mg)), known=EVERYTHING - {Known.MEDICATIONS, Known.HISTORY})
    (found,) = us.said(RULE, facts)
    assert found.summary.startswith(f"If taken for {days} days or more: taper {name} {mg} mg a day, do not stop it")
    assert found.indicator is Indicator.INFO
    assert found.proposals == ()
    assert found.not_checked == (
        f"other medicines: not known, so whether {name} was taken, or goes on in another order, was not checked",
        f"how long {name} was taken: not known",
    )


def test_without_a_list_what_needs_no_taper_is_silent(us):
    facts = signing(us, stopped(us, "lidocaine", step(10)), known=EVERYTHING - {Known.MEDICATIONS, Known.HISTORY})
    assert us.said(RULE, facts) == []
