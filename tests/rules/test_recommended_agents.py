"""What is offered instead, in which words, to be accepted in which way; and which order needs no list."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cards.facts import Facts, Hook, KidneyFunction, Known, Role
from cards.finding import Finding, Indicator
from cards.rules.recommended_agents import check
from tests.rules.dose_patients import EVERYTHING, Ward, step

DPN, PHN, TN = "painful-diabetic-neuropathy", "postherpetic-neuralgia", "trigeminal-neuralgia"
FLAG = "Rapid, one-sided or motor loss is not ordinary diabetic neuropathy: look for another cause first."
PLAIN = "No drug is proven best: choose by kidneys, heart, weight, mood and sleep."
GABAPENTIN = "start with 1 capsule (300 mg) by mouth once daily at night for 3 days"


def said(us: Ward, *orders: object, conditions: tuple[object, ...] = (DPN,), **more: object) -> list[Finding]:
    return list(check(us.facts(*orders, conditions=conditions, **more), us.knowledge))


def one(us: Ward, *orders: object, **more: object) -> Finding:
    (found,) = said(us, *orders, **more)
    return found


def at_view(us: Ward, *taken: object, **more: object) -> list[Finding]:
    return said(us, *taken, hook=Hook.PATIENT_VIEW, **more)


def without_reference(us: Ward, facts: Facts) -> Finding:
    bare = tuple(replace(condition, reference="") for condition in facts.conditions)
    (found,) = check(replace(facts, conditions=bare), us.knowledge)
    return found


# --- the card, word for word ----------------------------------------------------------------------------------------


def test_the_whole_card_on_opening_the_chart(us: Ward) -> None:
    """Red flags first: a cord that is being pressed on is not treated with duloxetine. What is off-label says so."""
    (found,) = at_view(us)
    agents = "duloxetine, pregabalin, gabapentin, nortriptyline and capsaicin cream"
    assert found.summary == f"Painful diabetic neuropathy: consider {agents}"
    assert found.detail == (
        FLAG,
        PLAIN,
        "Duloxetine: start with 1 capsule (30 mg) by mouth once daily for 14 days",
        "Pregabalin: start with 1 capsule (75 mg) by mouth once daily at night for 7 days",
        f"Gabapentin (off-label): {GABAPENTIN}",
        (
            "Nortriptyline (off-label): test first, none recent on record: ECG; start with 1 capsule (10 mg) by mouth"
            " once daily at night for 7 days. The tricyclic trials were of amitriptyline; nortriptyline is the one"
            " better tolerated"
        ),
        (
            "Capsaicin cream (off-label): for those who prefer a topical or cannot take the others (AAN 2022, Level C)."
            " Burns at first; wash hands"
        ),
        "Check B12 (metformin lowers it) and other causes; bring glucose down steadily, not fast.",
        "Examine the feet; ask about mood and sleep and treat them.",
        (
            'Review at 2-4 weeks; change after 6-8 weeks without benefit. "Failed" means about 12 weeks at an effective'
            " dose."
        ),
    )
    assert found.must_say == (FLAG,)
    assert found.indicator is Indicator.INFO
    assert found.agents == ("duloxetine", "pregabalin", "gabapentin", "nortriptyline", "capsaicin")
    assert (found.orders, found.conditions, found.not_checked) == ((), ("Condition/c0",), ())
    file = "conditions/painful-diabetic-neuropathy.toml#offer"
    assert [s.address for s in found.because] == [f"{file}.first", f"{file}.first-tca-us", f"{file}.topical"]


def test_what_may_be_accepted_is_a_whole_schedule(us: Ward) -> None:
    (found,) = at_view(us)
    assert [proposal.ingredient for proposal in found.proposals] == ["duloxetine", "pregabalin", "gabapentin"]
    first = found.proposals[0]
    assert first.label == "Start duloxetine"
    assert first.description == (
        "Start duloxetine: Take 1 capsule (30 mg) by mouth once daily for 14 days, then take 2 capsules (60 mg) by"
        " mouth once daily."
    )
    assert (first.route, first.removes, first.reason, len(first.steps)) == ("oral", (), "Condition/c0", 2)


def test_in_place_of_an_order_it_says_what_that_one_does_and_takes_it_away(us: Ward) -> None:
    """Who accepts gabapentin in place of naproxen must not go home with both."""
    found = one(us, us.order("naproxen", step(500, 2)))
    assert found.detail[:3] == (FLAG, "Naproxen: not effective for neuropathic pain: no good trial supports it.", PLAIN)
    assert found.detail[-2:] == (
        "Check B12 (metformin lowers it) and other causes; bring glucose down steadily, not fast.",
        "Examine the feet; ask about mood and sleep and treat them.",
    )
    assert found.orders == ("MedicationRequest/new",)
    assert {proposal.removes for proposal in found.proposals} == {("MedicationRequest/new",)}
    assert all(proposal.description.endswith(" once daily. Remove naproxen.") for proposal in found.proposals[:1])


def test_the_files_words_on_the_ordered_agent_stand_above_its_own(us: Ward) -> None:
    found = one(us, us.order("mexiletine", step(150)), conditions=(PHN,))
    against = "NeuPSIG 2015 recommends strongly against: negative trials, and for mexiletine harm to the heart as well."
    assert found.detail[1] == against
    assert found.detail[2].startswith("Lidocaine 5 % patch: start with 1 patch on the skin once daily 12 hours on, ")
    assert found.proposals[0].description == (
        "Start lidocaine: Apply 1 patch on the skin once daily 12 hours on, 12 off. Remove mexiletine."
    )
    assert found.proposals[0].route == "topical"


def test_who_has_nothing_left_gets_the_reasons_and_what_is_left_without_drugs(us: Ward) -> None:
    found = one(us, us.order("oxycodone", step(5, 2)), conditions=(DPN, "pregnancy"))
    assert found.summary == "Painful diabetic neuropathy: no medicine to offer this patient; see the reasons"
    assert (found.agents, found.proposals) == (("oxycodone",), ())
    assert found.detail[0] == FLAG
    assert "offer a slow taper, never a stop" in found.detail[1]
    assert found.detail[2:] == (
        (
            "Left out: duloxetine, pregabalin, gabapentin, nortriptyline and capsaicin (pregnancy: no drug is offered"
            " without specialist review)"
        ),
        (
            "No agent is left to offer here. Foot care, activity and exercise, help with sleep and mood; refer to a"
            " pain or neurology clinic (8 % capsaicin patch, spinal cord stimulation)."
        ),
        "Pregnancy: treatment without drugs and specialist review first. Do not stop what is taken without a plan.",
        "Check B12 (metformin lowers it) and other causes; bring glucose down steadily, not fast.",
    )
    assert [s.address for s in found.because] == [
        "modifiers/pregnancy.toml#effect.out",
        "conditions/painful-diabetic-neuropathy.toml",
    ]


def test_what_is_only_named_gives_two_reasons_and_no_order_to_accept(us: Ward) -> None:
    """Gabapentin beside oxycodone in one who falls and stops breathing at night: never with a click."""
    taken = us.taken("oxycodone", step(5, 2))
    (found,) = at_view(us, taken, conditions=(DPN, "sleep-apnea", "falls"), age=70)
    assert found.summary.endswith("consider capsaicin cream, duloxetine, pregabalin and gabapentin")
    assert found.proposals == ()
    assert (
        "Gabapentin (off-label): falls: raises the risk too; one drug, lowest dose; never suggested beside an opioid,"
        " benzodiazepine or Z-drug; if chosen, lowest start; more falls and fractures; except for seizures or mood"
        " disorder"
    ) in found.detail
    assert (
        "Duloxetine: falls: raises the risk too; one drug, lowest dose; more falls and fractures; only if nothing safer"
        " can be used"
    ) in found.detail
    assert (
        "Left out: nortriptyline (65 or older: tricyclics are on the Beers list (falls, confusion, retention, heart)."
        " Only by the clinician's own choice, nortriptyline 10 mg)"
    ) in found.detail
    assert found.detail[-3:] == (
        "One drug at the lowest dose, no combination; review balance, footwear, vision and the other sedatives.",
        "Naloxone at home for anyone on an opioid; warn of drowsiness and slow breathing.",
        "Check B12 (metformin lowers it) and other causes; bring glucose down steadily, not fast.",
    )
    assert "modifiers/age-65-or-older.toml#effect.tca" in [s.address for s in found.because]


def test_on_an_order_the_patient_and_the_pain_have_a_line_each(us: Ward) -> None:
    """The card is about the order: of a long list of advice the last line is the one that nobody reads."""
    oxycodone = us.taken("oxycodone", step(5, 2))
    found = one(us, us.order("naproxen", step(500)), oxycodone, conditions=(DPN, "sleep-apnea", "falls"), age=70)
    assert found.detail[-2:] == (
        "One drug at the lowest dose, no combination; review balance, footwear, vision and the other sedatives.",
        "Check B12 (metformin lowers it) and other causes; bring glucose down steadily, not fast.",
    )


def test_one_line_for_each_reason_of_those_left_out(us: Ward) -> None:
    order, taken = us.order("pregabalin", step(75)), us.taken("duloxetine", step(60))
    found = one(us, order, taken, conditions=(DPN, "heart-failure"))
    assert [line for line in found.detail if line.startswith("Left out: ")] == [
        "Left out: duloxetine (already being taken)",
        "Left out: pregabalin (heart failure: can worsen it)",
        "Left out: nortriptyline (heart failure: sudden death and low blood pressure on standing)",
    ]
    # alone in its group here, the words of the group are its own
    assert any(line.startswith("Gabapentin") and line.endswith(PLAIN.rstrip(".")) for line in found.detail)


def test_before_a_test_that_is_due_nothing_is_accepted(us: Ward) -> None:
    """Carbamazepine before HLA-B*15:02: the skin comes off."""
    (found,) = at_view(us, conditions=(TN,))
    assert found.proposals == ()
    assert (
        "Oxcarbazepine (off-label): test first, none recent on record: HLA-B*15:02 and sodium; start with 1 tablet"
        " (150 mg) by mouth twice daily for 7 days"
    ) in found.detail


def test_what_is_not_known_is_named_on_the_list(us: Ward) -> None:
    known = EVERYTHING - {Known.ALLERGIES}
    found = one(us, us.order("naproxen", step(500)), crcl=None, known=known)
    assert found.not_checked == ("allergies: not supplied, so none was looked for", "kidney function: not known")
    assert [proposal.ingredient for proposal in found.proposals] == ["pregabalin", "gabapentin"]
    why = "kidney function first: for some kidneys it is not to be used at all"
    assert f"Duloxetine: {why}" in found.detail, "no start is said where none is right for any kidneys"
    (dialysed,) = at_view(us, kidneys=KidneyFunction(dialysis="Condition/hd"))
    assert dialysed.not_checked == ()


def test_an_order_that_may_be_for_something_else_is_asked_about(us: Ward) -> None:
    found = one(us, us.order("amitriptyline", step(25)), conditions=(TN, "depression"))
    assert found.summary == "If for trigeminal neuralgia: consider carbamazepine and oxcarbazepine"


def test_what_has_no_identity_is_not_pointed_at(us: Ward) -> None:
    """A delete of nothing would fail the whole suggestion."""
    nameless = replace(us.order("naproxen", step(500)), reference="")
    found = without_reference(us, us.facts(nameless, conditions=(DPN,)))
    assert (found.orders, found.conditions) == ((), ())
    assert {(proposal.removes, proposal.reason) for proposal in found.proposals} == {((), "")}
    assert not any("Remove" in proposal.description for proposal in found.proposals)


# --- which order needs no list --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "conditions", "speaks"),
    [
        pytest.param("duloxetine", (DPN,), False, id="an offer that suits"),
        pytest.param("venlafaxine", (DPN,), False, id="left to the prescriber"),
        pytest.param("venlafaxine", (DPN, "long-qt"), False, id="the same, with care"),
        pytest.param("amitriptyline", (DPN, "av-block-2-3"), True, id="forbidden for this patient"),
        pytest.param("nortriptyline", (DPN, "av-block-2-3"), True, id="an offer that is forbidden"),
        pytest.param("oxycodone", (DPN,), True, id="an opioid"),
        pytest.param("oxycodone", (DPN, "palliative-care"), False, id="an opioid in palliative care"),
        pytest.param("naproxen", (DPN, "palliative-care"), True, id="what is no opioid there"),
        pytest.param("metoprolol", (DPN,), False, id="no agent of ours"),
        pytest.param("naproxen", ("hypertension",), False, id="no neuropathic pain"),
    ],
)
def test_which_order_gets_a_list(us: Ward, name: str, conditions: tuple[str, ...], speaks: bool) -> None:
    assert bool(said(us, us.order(name, step(10)), conditions=conditions)) is speaks


def test_one_order_that_needs_no_list_does_not_silence_the_next(us: Ward) -> None:
    first, second = us.order("metoprolol", step(50), key="first"), us.order("naproxen", step(500))
    assert one(us, first, second).orders == ("MedicationRequest/new",)


def test_an_order_for_something_else_gets_no_list(us: Ward) -> None:
    order = us.with_reason(us.order("naproxen", step(500)), "musculoskeletal-pain")
    assert said(us, order) == []


def test_a_condition_that_is_only_suspected_gets_no_list(us: Ward) -> None:
    suspected = us.condition(DPN, provisional=True)
    assert said(us, us.order("naproxen", step(500)), conditions=(suspected,)) == []
    both = said(us, us.order("naproxen", step(500)), conditions=(suspected, PHN))
    assert [found.summary.partition(":")[0] for found in both] == ["Postherpetic neuralgia"]


def test_what_the_order_replaces_is_not_held_against_it(us: Ward) -> None:
    """Duloxetine beside sertraline: serotonin syndrome. In place of it: the treatment that the list names first."""
    sertraline = us.taken("sertraline", step(50))
    duloxetine = us.order("duloxetine", step(30))
    assert said(us, duloxetine, sertraline)
    assert said(us, replace(duloxetine, replaces=(sertraline.reference,)), sertraline) == []
    assert said(us, duloxetine, replace(sertraline, reference=duloxetine.reference)) == []
    nameless = replace(sertraline, reference="")
    assert said(us, replace(duloxetine, reference=""), nameless), "two that have no identity are not one order"


def test_an_earlier_order_of_the_same_medicine_is_not_held_against_it(us: Ward) -> None:
    both = {"ingredients": ("duloxetine", "sertraline"), "classes": us.taken("sertraline").classes}
    assert said(us, us.order("duloxetine", step(60)), us.taken("duloxetine", step(30))) == []
    assert said(us, us.order("duloxetine", step(60)), replace(us.taken("duloxetine", step(30)), **both)) == []


def test_what_is_offered_in_place_of_an_order_is_weighed_without_it(us: Ward) -> None:
    """Duloxetine in place of tramadol is no serotonin syndrome."""
    found = one(us, us.order("tramadol", step(50, 3)))
    assert found.agents[:2] == ("duloxetine", "pregabalin")
    assert not any("tramadol" in line for line in found.detail)


def test_each_of_two_drafts_gets_the_list_without_itself(us: Ward) -> None:
    """Tramadol bars duloxetine from the list in place of naproxen, not from the list in place of tramadol."""
    drafts = us.order("naproxen", step(500)), us.order("tramadol", step(50), key="second")
    of_naproxen, of_tramadol = said(us, *drafts)
    assert "duloxetine" not in of_naproxen.agents
    assert of_tramadol.agents[0] == "duloxetine"


def test_of_an_offer_that_is_forbidden_its_benefit_is_not_praised(us: Ward) -> None:
    found = one(us, us.order("nortriptyline", step(10)), conditions=(DPN, "av-block-2-3"))
    assert found.detail[1] == PLAIN


# --- on opening the chart -------------------------------------------------------------------------------------------


def test_who_takes_an_offer_already_gets_no_list(us: Ward) -> None:
    assert at_view(us, us.taken("gabapentin", step(300))) == []
    assert at_view(us, us.taken("naproxen", step(500)))
    assert at_view(us, us.taken("gabapentin", step(300), role=Role.PAST))


def test_an_unknown_list_of_medicines_is_not_an_empty_one(us: Ward) -> None:
    assert at_view(us, known=EVERYTHING - {Known.MEDICATIONS}) == []


def test_what_forbids_this_form_of_an_agent_brings_the_list(us: Ward) -> None:
    """The 5 % patch on broken skin; an infusion in heart block, though the file leaves it to specialists."""
    patch = us.order("lidocaine", step(1, unit="patch"), formulation="patch-5-percent", route="topical")
    assert said(us, patch, conditions=(PHN,)) == []
    assert len(said(us, patch, conditions=(PHN, "skin-broken"))) == 1
    infusion = us.order("lidocaine", step(300), formulation="infusion", route="intravenous")
    chemotherapy = "chemotherapy-induced-neuropathy"
    assert said(us, infusion, conditions=(chemotherapy,)) == []
    assert len(said(us, infusion, conditions=(chemotherapy, "av-block-2-3"))) == 1
    assert len(said(us, patch, conditions=(chemotherapy,))) == 1
