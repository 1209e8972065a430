"""What must never be offered or said, by number, as far as the conditions, modifiers and pairs alone can show it."""

from __future__ import annotations

import re

import pytest

from tests.knowledge.knowledge_files import tables
from tests.knowledge.offering import (
    CLASSES,
    CONDITIONS,
    GABAPENTINOIDS,
    JURISDICTIONS,
    MODIFIERS,
    TOPICALS,
    TRICYCLICS,
    Patient,
    all_offered,
    concerns,
    in_words,
    offers,
    patient,
    sentences,
)

EVERY = pytest.mark.parametrize("stem", CONDITIONS)

NEVER_OFFERED = {
    "tramadol", "tapentadol", "oxycodone", "morphine", "methadone", "hydromorphone", "hydrocodone", "fentanyl",
    "buprenorphine", "codeine", "cannabinoids", "levetiracetam", "mexiletine", "valproate", "lacosamide", "topiramate",
    "ketamine", "diazepam", "clonazepam", "flecainide", "lamotrigine", "phenytoin",
}  # fmt: skip


@EVERY
def test_never_01_an_agent_no_one_may_suggest(stem: str) -> None:
    assert not all_offered(CONDITIONS[stem]) & NEVER_OFFERED
    assert all_offered(CONDITIONS[stem]) <= CLASSES.keys()


@EVERY
def test_never_02_a_second_serotonergic_beside_one(stem: str) -> None:
    for medicine in ("ssri", "snri", "maoi", "tramadol", "tapentadol"):
        assert not set(offers(stem, patient(medicines=(medicine,)))) & {"duloxetine", *TRICYCLICS}
    assert "duloxetine" not in offers(stem, patient(medicines=("tca",)))


@pytest.mark.parametrize("medicine", ["opioid", "benzodiazepine", "z-drug"])
@EVERY
def test_never_03_a_gabapentinoid_suggested_beside_an_opioid_or_sedative(stem: str, medicine: str) -> None:
    who = patient(medicines=(medicine,))
    assert all(in_words(stem, agent, who) for agent in offers(stem, who) if agent in GABAPENTINOIDS)


def test_never_04_one_ladder_for_all() -> None:
    generic = set(offers("neuropathic-pain"))
    for stem in (
        "trigeminal-neuralgia",
        "radiculopathy-sciatica",
        "chemotherapy-induced-neuropathy",
        "complex-regional-pain-syndrome",
        "hiv-polyneuropathy",
    ):
        assert not generic <= set(offers(stem))
    assert not all_offered(CONDITIONS["radiculopathy-sciatica"])
    assert "pregabalin" not in all_offered(CONDITIONS["hiv-polyneuropathy"])
    assert all_offered(CONDITIONS["chemotherapy-induced-neuropathy"]) == {"duloxetine"}


@EVERY
def test_never_04_a_topical_for_central_pain(stem: str) -> None:
    condition = CONDITIONS[stem]
    if condition.nature == "central" or stem == "phantom-limb-pain":
        assert not all_offered(condition) & TOPICALS
        assert {a for row in condition.against for a in row.agents} >= TOPICALS


def test_never_04_pregabalin_for_hiv_or_a_gabapentinoid_for_sciatica_goes_unopposed() -> None:
    pregabalin = next(row for row in CONDITIONS["hiv-polyneuropathy"].against if "pregabalin" in row.agents)
    assert (pregabalin.strength, pregabalin.unless_value_set) == ("against", ("postherpetic-neuralgia",))
    sciatica = next(row for row in CONDITIONS["radiculopathy-sciatica"].against if "gabapentinoid" in row.classes)
    assert sciatica.strength == "against"
    assert {"painful-diabetic-neuropathy", "postherpetic-neuralgia", "epilepsy"} <= set(sciatica.unless_value_set)


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
@pytest.mark.parametrize("who", [patient(results=(("hlab1502", "positive"),)), patient("hlab1502-carrier")])
@EVERY
def test_never_05_carbamazepine_for_a_carrier(stem: str, who: Patient, jurisdiction: str) -> None:
    assert not set(offers(stem, who, jurisdiction)) & {"carbamazepine", "oxcarbazepine"}


def test_never_05_the_allele_inferred_or_taken_as_absent() -> None:
    said = " ".join(say.text for say in CONDITIONS["trigeminal-neuralgia"].say)
    assert "untested allele is not a negative one" in said
    assert "ancestry does not replace the test" in said
    assert "hlab1502" not in str([row.unless_value_sets for m in MODIFIERS.values() for row in m.when])


@pytest.mark.parametrize(
    "who",
    [
        patient(crcl=29),
        patient(crcl=10),
        patient("esrd"),
        patient("severe-hepatic"),
        patient("alcohol-heavy"),
        patient("angle-closure"),
        patient("uncontrolled-htn"),
        patient(medicines=("tamoxifen",)),
    ],
)
@EVERY
def test_never_06_duloxetine(stem: str, who: Patient) -> None:
    assert "duloxetine" not in offers(stem, who)


def test_never_06_only_an_untreated_narrow_angle() -> None:
    assert "duloxetine" in offers("neuropathic-pain", patient("angle-closure", "iridotomy"))
    assert "duloxetine" in offers("neuropathic-pain", patient("fatty-liver"))


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
@pytest.mark.parametrize(
    "who",
    [
        patient(age=65),
        *(
            patient(name)
            for name in (
                "mi-acute-recovery",
                "ischaemic-heart",
                "heart-block-any",
                "long-qt",
                "arrhythmia-any",
                "heart-failure",
                "angle-closure",
                "urinary-retention",
                "suicidality",
                "falls",
                "dementia",
            )
        ),
    ],
)
@EVERY
def test_never_07_a_tricyclic(stem: str, who: Patient, jurisdiction: str) -> None:
    assert not set(offers(stem, who, jurisdiction)) & TRICYCLICS


@EVERY
def test_never_07_a_tricyclic_above_75_mg(stem: str) -> None:
    for row in CONDITIONS[stem].target:
        if set(row.agents) & TRICYCLICS:
            assert all(dose is None or dose.value <= 75 for dose in (row.dose, row.upper))


@pytest.mark.parametrize("folder", ["conditions", "modifiers", "combinations"])
def test_never_08_rank_by_figures_or_claim_one_is_better(folder: str) -> None:
    for stem, table in tables(folder).items():
        text = " ".join(sentences(table))
        assert not re.search(r"works better|more effective|superior|most effective|\bNN[TH]\b", text), stem


@pytest.mark.parametrize("folder", ["conditions", "modifiers", "combinations", "guidelines"])
def test_never_09_say_stop_without_taper(folder: str) -> None:
    allowed = r"never( an abrupt| a)? stop|no abrupt stop|stop the breathing|help to stop|Do not stop|stop what harms"
    for stem, table in tables(folder).items():
        text = re.sub(allowed, "", " ".join(sentences(table)))
        text = re.sub(r"when tramadol stops acting", "", text)
        assert not re.search(r"\bstop", text), f"{stem}: {re.search('.{40}stop.{20}', text)}"


@EVERY
def test_never_10_call_it_failed_before_twelve_weeks(stem: str) -> None:
    for sentence in sentences(tables("conditions")[stem]):
        if re.search(r"\b[Ff]ailed\b", sentence) and "effective drugs have failed" not in sentence:
            assert "12 weeks" in sentence


def test_never_11_read_what_is_missing_as_normal() -> None:
    nothing_known = {when.result for m in MODIFIERS.values() for when in m.when if when.result}
    assert nothing_known  # a result speaks only when it is there
    assert not any(concerns(when, patient()) for m in MODIFIERS.values() for when in m.when if when.result)


@pytest.mark.parametrize("stem", ["cancer-neuropathic-pain", "chemotherapy-induced-neuropathy"])
def test_never_12_an_opioid_disapproved_of_in_cancer(stem: str) -> None:
    spoken = [row for row in CONDITIONS[stem].against if "opioid" in row.classes]
    assert all(row.strength in ("specialist", "not offered") for row in spoken)


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
@EVERY
def test_never_13_a_drug_offered_in_pregnancy(stem: str, jurisdiction: str) -> None:
    who = patient("pregnancy", "focal-peripheral-pain", "depression", age=30)
    assert all(in_words(stem, agent, who) for agent in offers(stem, who, jurisdiction))


def test_never_13_fertility_inferred() -> None:
    assert not any(when.sex for m in MODIFIERS.values() for when in m.when)
    assert any("Ask" in say.text for say in MODIFIERS["child-bearing-potential"].say)


@EVERY
def test_never_15_a_red_flag_or_the_referral_behind_the_list(stem: str) -> None:
    condition = CONDITIONS[stem]
    assert condition.say[0].red_flag
    assert re.search(r"[Rr]efer|oncology", condition.if_nothing_left)
    flags = [say.red_flag for say in condition.say]
    assert flags == sorted(flags, reverse=True)


@pytest.mark.parametrize("stem", [*CONDITIONS, *MODIFIERS])
def test_never_16_uk_guidance_shown_as_american(stem: str) -> None:
    file = CONDITIONS.get(stem) or MODIFIERS[stem]
    table = tables("conditions" if stem in CONDITIONS else "modifiers")[stem]
    for name, value in table.items():
        for row in value if isinstance(value, list) and name != "source" else ():
            if row.get("jurisdiction") == ["UK"]:
                continue
            text = " ".join(sentences(row))
            if any(source.startswith("nice-") for source in row.get("sources", ())):
                assert "UK guidance" in text, (file.id, row.get("id"))
            assert not re.search(r"NICE|CG173|NG59", text.replace("UK guidance NG59", "")), (file.id, row.get("id"))


@EVERY
def test_never_16_an_overtaken_opioid_line_cited(stem: str) -> None:
    for row in CONDITIONS[stem].against:
        if "opioid" in row.classes or "tramadol" in row.agents:
            assert (
                not set(row.sources) & {"efns-2010", "cps-2014", "aan-phn-2004", "neupsig-2015"}
                or row.strength == "caution"
            )
