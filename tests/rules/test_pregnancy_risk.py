"""On record and certain, not excluded and asked, or excluded: each side, for each strength."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from cards.facts import Patient
from cards.offers import offers
from tests.rules.dose_patients import step
from tests.rules.safety_patients import verdicts

RULE = "pregnancy-risk"
POSSIBLE = frozenset({"childbearing"})


def ask(ward, agent, *conditions, possible=False, mg=50, taken=()):
    facts = ward.facts(ward.order(agent, step(mg)), *taken, conditions=("neuropathic-pain", *conditions))
    return verdicts(ward, RULE, replace(facts, not_excluded=POSSIBLE if possible else frozenset()))


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        pytest.param("valproate", ["critical"], id="forbidden"),
        pytest.param("carbamazepine", ["warning"], id="best avoided"),
        pytest.param("duloxetine", ["info"], id="care"),
        pytest.param("lidocaine", [], id="no statement"),
    ],
)
def test_on_record(us, agent, verdict):
    assert ask(us, agent, "pregnancy") == verdict


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        pytest.param("valproate", ["warning"], id="forbidden, but asked: never critical"),
        pytest.param("topiramate", ["warning"], id="best avoided"),
        pytest.param("carbamazepine", ["info"], id="care"),
        pytest.param("duloxetine", [], id="only a pregnancy matters"),
    ],
)
def test_not_excluded(us, agent, verdict):
    assert ask(us, agent, possible=True) == verdict


@pytest.mark.parametrize("agent", ["valproate", "topiramate", "carbamazepine", "duloxetine"])
def test_excluded(us, agent):
    assert ask(us, agent) == []


def test_a_stated_wish_is_certain(us):
    assert ask(us, "valproate", "childbearing") == ["critical"]


def test_while_pregnant_only_the_pregnancy_is_said(us):
    facts = us.facts(us.order("valproate", step(250)), conditions=("pregnancy", "childbearing"))
    (found,) = us.said(RULE, facts)
    assert "pregnancy" in found.summary
    assert len([line for line in found.detail if line.startswith("Contraindicated")]) == 1


@pytest.mark.parametrize(("agent", "verdict"), [("tramadol", ["warning"]), ("morphine", ["info"]), ("naproxen", [])])
def test_breast_feeding(us, agent, verdict):
    assert ask(us, agent, "breastfeeding") == verdict


def test_a_provisional_pregnancy_counts(us):
    assert ask(us, "valproate", us.condition("pregnancy", key="p", provisional=True)) == ["critical"]


def test_each_jurisdiction_has_its_own_words(us, uk):
    assert ask(us, "topiramate", "pregnancy") == ["warning"]
    assert ask(uk, "topiramate", "pregnancy") == ["critical"]
    assert ask(us, "pregabalin", possible=True) == []
    assert ask(uk, "pregabalin", possible=True) == ["info"]


def test_what_is_taken_already_is_not_cautioned_again(us):
    taken = [us.taken("carbamazepine", step(200)), us.taken("valproate", step(250), key="val")]
    assert ask(us, "carbamazepine", possible=True, taken=taken) == []
    assert ask(us, "valproate", possible=True, taken=taken) == ["warning"]
    assert ask(us, "carbamazepine", "pregnancy", taken=taken) == ["warning"]


# --- contraception --------------------------------------------------------------------------------------------------


def lines(ward, agent, *conditions, mg, others=()):
    facts = ward.facts(ward.order(agent, step(mg)), *others, conditions=("neuropathic-pain", *conditions))
    (found,) = ward.said(RULE, replace(facts, not_excluded=POSSIBLE))
    return found, "\n".join(found.detail)


@pytest.mark.parametrize(("mg", "fails"), [("199", False), ("200", True)])
def test_topiramate_from_200_mg(us, mg, fails):
    assert ("Hormonal contraception:" in lines(us, "topiramate", mg=mg)[1]) is fails


def test_contraception_on_record_excludes_nothing_and_may_fail(us):
    found, text = lines(us, "carbamazepine", "contraception", mg=200)
    assert str(found.indicator) == "warning"
    assert "excludes no pregnancy" in text
    assert "Condition/c1" in found.conditions


def test_a_contraceptive_on_the_list_is_the_interactions(us):
    pill = us.taken("drospirenone", key="pill")
    assert "Hormonal contraception:" not in lines(us, "carbamazepine", mg=200, others=[pill])[1]


def test_what_may_harm_a_child_is_never_offered(us):
    """The offers ask the same: in pregnancy none comes with an order to accept."""
    facts = us.facts(conditions=("neuropathic-pain", "pregnancy"))
    found = offers(us.knowledge.conditions["neuropathic-pain"], facts, us.knowledge)
    assert [each.agent.id for each in found.offered if each.steps] == []


# --- the words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "conditions", "summary"),
    [
        ("valproate", ("pregnancy",), "Valproate is contraindicated: pregnancy (pregnancy)"),
        ("carbamazepine", ("pregnancy",), "Carbamazepine is best avoided: pregnancy (pregnancy)"),
        ("duloxetine", ("pregnancy",), "Duloxetine needs care: pregnancy (pregnancy)"),
        (
            "valproate",
            (),
            "Valproate: ask about pregnancy first; it is not excluded, and an unborn child may be harmed",
        ),
        (
            "carbamazepine",
            ("contraception",),
            "Carbamazepine can make hormonal contraception fail, and may harm an unborn child: ask which method",
        ),
    ],
)
def test_the_headline_says_what_to_do(us, agent, conditions, summary):
    """Forbidden, avoided, care, a question: a word less and a woman is not asked."""
    found, _ = lines(us, agent, *conditions, mg=50)
    assert found.summary == summary
    assert (found.agents, found.orders) == ((agent,), ("MedicationRequest/new",))


NOT_KNOWN = "and nothing on record rules a pregnancy out"


@pytest.mark.parametrize(
    ("patient", "line"),
    [
        (Patient("p", "female", date(1990, 1, 1), date(1990, 1, 1)), f"Not excluded: female, age 36, {NOT_KNOWN}"),
        (
            Patient("p", None, date(1990, 1, 1), date(1991, 12, 31)),
            f"Not excluded: sex not known, age 34 to 36, {NOT_KNOWN}",
        ),
        (Patient("p", "female"), f"Not excluded: female, age not known, {NOT_KNOWN}"),
    ],
)
def test_why_it_is_not_excluded(us, patient, line):
    facts = us.facts(us.order("valproate", step(250)), patient=patient)
    (found,) = us.said(RULE, replace(facts, not_excluded=POSSIBLE))
    assert line in found.detail
    (certain,) = us.said(RULE, us.facts(us.order("valproate", step(250)), conditions=("pregnancy",)))
    assert not any(each.startswith("Not excluded") for each in certain.detail)


def test_contraception_is_no_comfort_in_a_pregnancy(us):
    """A method on record beside a pregnancy on record: the pregnancy alone is said, by its own reference."""
    found, text = lines(us, "carbamazepine", "pregnancy", "contraception", mg=200)
    assert "excludes no pregnancy" not in text
    assert "Hormonal contraception:" not in text
    assert found.conditions == ("Condition/c1",)


def test_each_statement_of_a_card_is_cited_once(us):
    found, text = lines(us, "carbamazepine", "contraception", mg=200)
    assert "On record: contraception; it excludes no pregnancy" in text
    assert [statement.address for statement in found.because] == [
        "agents/carbamazepine.toml#pregnancy.child-bearing",
        "interactions/enzyme-induction.toml#pair.contraceptive",
    ]
    assert found.conditions == ("Condition/c1",)
