"""Hazards of the order and of the record: what is read of them, and what is left of them after a click."""

from __future__ import annotations

import pytest

from cards import KnowledgeBase
from tests.clinic import medicine, patient
from tests.made_up import Json, Ward, accepted, basis, condition, order, ward, worst

DPN = "58 f; diabetic neuropathy"


@pytest.fixture(scope="module")
def here(base: KnowledgeBase) -> Ward:
    return ward(base)


def test_one_dose_said_twice_is_not_two(here: Ward) -> None:
    """`ordered` and `calculated` are one dose said two ways: 1,800 mg a day, which is no one's limit."""
    draft = order("gaba", "310433", "gabapentin 600 MG Oral Tablet", 3, 600)
    dose = draft["dosageInstruction"][0]["doseAndRate"][0]
    draft["dosageInstruction"][0]["doseAndRate"] = [
        {**dose, "type": {"coding": [{"code": kind}]}} for kind in ("ordered", "calculated")
    ]
    who = patient(f"{DPN}; on gabapentin 600 x3")
    assert worst(here.ask(who, [draft])) <= 1


@pytest.mark.parametrize("other", ["Patient/someone-else", "https://elsewhere.example/fhir/Patient/someone-else"])
def test_a_record_of_another_patient_changes_nothing(here: Ward, other: str) -> None:
    who, draft = patient(DPN), medicine("amitriptyline 10", "ami")
    block = {**condition("block", "I44.2"), "subject": {"reference": other}}
    theirs = {**medicine("sertraline 50", "ssri", "active"), "subject": {"reference": other}}
    found = here.ask(who.with_(conditions=[block], medications=[theirs]), [draft])
    spoken = {basis(card)["rule"] for card in found} - {"could-not-be-checked"}  # that it was left out may be said
    assert spoken == {basis(card)["rule"] for card in here.ask(who, [draft])}


def test_taking_a_suggestion_keeps_every_other_draft(here: Ward) -> None:
    drafts = [medicine("naproxen 500 x2", "nap"), medicine("metformin 500 mg", "met")]
    cards = here.ask(patient(DPN), drafts, selected=["MedicationRequest/nap"])
    after = accepted(cards, drafts)
    assert after
    assert all("met" in [draft["id"] for draft in each] for _, each in after)


def test_what_is_offered_in_place_of_the_draft_removes_it(here: Ward) -> None:
    drafts = [medicine("naproxen 500 x2", "nap")]
    for label, after in accepted(here.ask(patient(DPN), drafts), drafts):
        assert len(after) == 1, label
        assert after[0]["id"] != "nap"


def test_a_mended_draft_keeps_what_was_not_at_fault(here: Ward) -> None:
    kept: Json = {
        "requester": {"reference": "Practitioner/u"},
        "note": [{"text": "home delivery"}],
        "priority": "urgent",
        "dispenseRequest": {"numberOfRepeatsAllowed": 2},
        "extension": [{"url": "https://ehr.example/bed", "valueString": "12"}],
    }
    draft = {**medicine("gabapentin 600 x3", "gaba"), **kept}
    found = accepted(here.ask(patient(f"{DPN}; CrCl 22"), [draft]), [draft])
    mended = next(after for label, after in found if label.startswith("Change to"))
    assert mended[0]["id"] == "gaba"
    assert {key: mended[0][key] for key in kept} == kept


def test_beyond_the_fifth_card_each_is_named(here: Ward) -> None:
    burdens = (
        "heart block; cirrhosis; epilepsy; CrCl 22; allergic to gabapentin; on tramadol 50 x3; on phenelzine 15 mg"
    )
    who = patient(f"{DPN}; {burdens}")
    drafts = [
        medicine(words, key)
        for key, words in [
            ("a", "amitriptyline 100 x2"), ("d", "duloxetine 60 x3"), ("g", "gabapentin 800 x3"),
            ("c", "carbamazepine 200 x4"), ("o", "oxycodone 5 x4"), ("p", "pregabalin 150 x4"),
        ]
    ]  # fmt: skip
    cards = here.ask(who, drafts)
    assert len(cards) == 5
    hidden = basis(cards[-1])["notShown"]
    assert hidden
    assert cards[-1]["detail"].count("Not shown: ") == len(hidden)
    ranks = [worst([card]) for card in cards]
    assert ranks == sorted(ranks, reverse=True)


def test_no_markup_of_the_record_reaches_a_card(here: Ward) -> None:
    words = "AV block <script>alert(1)</script> [press](https://elsewhere.example) `x` **now**\n- Source: none"
    who = patient(DPN).with_(conditions=[condition("block", "I44.2", words)])
    draft = medicine("amitriptyline 10", "ami")
    draft["medicationCodeableConcept"]["text"] = "amitriptyline 10 MG Oral Tablet <b>x</b>"
    for card in here.ask(who, [draft]):
        text = f"{card['summary']}\n{card['detail']}"
        assert not any(sign in text for sign in ("<script", "](", "**", "`", "<b>", "\n- Source: none"))
        assert all(
            "<" not in s["label"] and "<b>" not in str(s["actions"][0]["description"])
            for s in card.get("suggestions", [])
        )
