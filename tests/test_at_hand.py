"""What an order is for, where its own reason is read, is another, or cannot be read."""

from __future__ import annotations

import pytest

from cards import KnowledgeBase
from tests.clinic import medicine, patient
from tests.made_up import Json, Ward, basis, condition, ward

CAME = condition("gout", "M10.9")
JUDGED = "not-recommended-for-condition"
NOWHERE = {"reference": "Condition/nowhere"}
GOUT = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M10.9"}]}
CARRIED = {"id": "c", "code": GOUT}


@pytest.fixture(scope="module")
def here(base: KnowledgeBase) -> Ward:
    return ward(base)


def cards_for(here: Ward, product: str, **reason: object) -> list[Json]:
    who = patient("58 f; diabetic neuropathy").with_(conditions=[CAME])
    return here.ask(who, [{**medicine(product, "draft"), **reason}])


def rules(cards: list[Json]) -> set[str]:
    return {basis(card)["rule"] for card in cards}


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param({"reasonReference": [{"reference": "Condition/gout"}]}, id="a condition that came"),
        pytest.param({"reasonCode": [GOUT]}, id="a code"),
        pytest.param({"reasonReference": [{**NOWHERE, "display": "Gout"}]}, id="the words of a reference"),
        pytest.param(
            {"contained": [{"id": "c", "code": GOUT}], "reasonReference": [{"reference": "#c"}]}, id="carried"
        ),
    ],
)
def test_another_reason_silences_what_is_about_nerve_pain(here: Ward, reason: Json) -> None:
    cards = cards_for(here, "tramadol 50", **reason)
    assert not rules(cards) & {JUDGED, "recommended-agents", "could-not-be-checked"}


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param({"reasonReference": [NOWHERE]}, id="a reference that leads nowhere"),
        pytest.param({"reasonCode": [{"coding": [{"system": "urn:x", "code": "7"}]}]}, id="a code of nobody's"),
        pytest.param({"reasonCode": [GOUT], "reasonReference": [NOWHERE]}, id="another, and one not read"),
    ],
)
def test_a_reason_that_is_not_read_is_no_other_reason(here: Ward, reason: Json) -> None:
    [card] = [
        c for c in cards_for(here, "tramadol 50", **reason) if basis(c)["rule"] == "not-recommended-for-condition"
    ]
    assert card["summary"].startswith("If for painful diabetic neuropathy: ")
    assert card["indicator"] == "info"
    [line] = basis(card)["notChecked"]
    assert line.startswith("reason: not read (")
    assert line.endswith("so the conditions on record decided")


def test_one_reason_that_is_read_as_nerve_pain_is_enough(here: Ward) -> None:
    reason = {"reasonReference": [NOWHERE, {"reference": "Condition/r0-0"}]}
    [card] = [
        c for c in cards_for(here, "tramadol 50", **reason) if basis(c)["rule"] == "not-recommended-for-condition"
    ]
    assert card["indicator"] == "warning"
    assert "notChecked" not in basis(card)
