"""Which drafts are judged, and which Medication an order means: however the references are written."""

from __future__ import annotations

from typing import Any

import pytest

from cards import Call, Hook, Knowledge
from cards.facts import Known
from cards.fhir.medications import read_orders
from fhir_fixtures import STORY_DAY

BASE = "https://ehr.example.org/fhir"
UUID = "6f0c0a9e-0b1f-4f6e-9a3e-2f1d5b7c8d9e"


def draft(identity: str | None, drug: str, **members: Any) -> dict[str, Any]:
    named = {"medicationCodeableConcept": {"text": drug}} if drug else {}
    resource = {"resourceType": "MedicationRequest", "status": "draft"} | named | members
    return resource | ({"id": identity} if identity else {})


GABAPENTIN, DULOXETINE = draft("a", "gabapentin 300 mg capsule"), draft("b", "duloxetine 30 mg capsule")


def judged(knowledge: Knowledge, *selections: str, drafts: tuple[Any, ...], urls: tuple[str, ...] = ()) -> set[str]:
    call = Call(Hook.ORDER_SELECT, STORY_DAY, "p", drafts=drafts, draft_urls=urls, selections=selections)
    orders, _ = read_orders(call, knowledge)
    return {order.ingredients[0] for order in orders if order.selected}


@pytest.mark.parametrize(
    "selection",
    [
        "MedicationRequest/a",
        "MedicationRequest/a/_history/3",
        f"{BASE}/MedicationRequest/a",
        f"{BASE}/MedicationRequest/a/_history/3",
        f"urn:uuid:{UUID}",
        UUID,
        f"MedicationRequest/{UUID}",
        "a",
        "urn:uuid:a",
        "MedicationOrder/a",
        " MedicationRequest/a ",
    ],
)
def test_a_selection_is_matched_however_it_is_written(selection: str, knowledge: Knowledge) -> None:
    urls = (f"urn:uuid:{UUID}", f"{BASE}/MedicationRequest/b")
    assert judged(knowledge, selection, drafts=(GABAPENTIN, DULOXETINE), urls=urls) == {"gabapentin"}


def test_a_draft_without_an_id_is_known_by_its_entry(knowledge: Knowledge) -> None:
    drafts = draft(None, "gabapentin 300 mg capsule"), draft(None, "duloxetine 30 mg capsule")
    urls = ("urn:uuid:one", f"{BASE}/MedicationRequest/two")
    assert judged(knowledge, "urn:uuid:one", drafts=drafts, urls=urls) == {"gabapentin"}
    assert judged(knowledge, "MedicationRequest/two", drafts=drafts, urls=urls) == {"duloxetine"}


def test_several_selections_are_matched_each_in_its_own_way(knowledge: Knowledge) -> None:
    urls = (f"urn:uuid:{UUID}", "")
    both = judged(knowledge, f"urn:uuid:{UUID}", "MedicationRequest/b", drafts=(GABAPENTIN, DULOXETINE), urls=urls)
    assert both == {"gabapentin", "duloxetine"}


@pytest.mark.parametrize("selections", [(), ("MedicationRequest/none",), ("ServiceRequest/none",)])
def test_a_selection_that_matches_nothing_selects_all(selections: tuple[str, ...], knowledge: Knowledge) -> None:
    assert judged(knowledge, *selections, drafts=(GABAPENTIN, DULOXETINE)) == {"gabapentin", "duloxetine"}


def test_a_selected_order_of_another_kind_selects_no_medication(knowledge: Knowledge) -> None:
    service = {"resourceType": "ServiceRequest", "id": "a", "status": "draft"}
    assert judged(knowledge, "ServiceRequest/a", drafts=(service, GABAPENTIN)) == set()


def test_fewer_addresses_than_drafts_do_no_harm(knowledge: Knowledge) -> None:
    assert judged(knowledge, "MedicationRequest/b", drafts=(GABAPENTIN, DULOXETINE), urls=("x",)) == {"duloxetine"}


@pytest.mark.parametrize(
    ("reference", "medication", "url"),
    [
        ("Medication/m", "m", ""),
        ("Medication/m/_history/2", "m", ""),
        (f"{BASE}/Medication/m", "m", ""),
        (f"urn:uuid:{UUID}", "m", f"urn:uuid:{UUID}"),
        (f"urn:uuid:{UUID}", UUID, ""),
        (f"{BASE}/Medication/m", "other", f"{BASE}/Medication/m"),
    ],
)
def test_a_medication_is_found_by_reference_or_address(
    reference: str, medication: str, url: str, knowledge: Knowledge
) -> None:
    order = draft("a", "", medicationReference={"reference": reference})
    drug = {"resourceType": "Medication", "id": medication, "code": {"text": "gabapentin 300 mg capsule"}}
    assert judged(knowledge, "MedicationRequest/a", drafts=(order, drug), urls=("", url)) == {"gabapentin"}


def roles(knowledge: Knowledge, *drafts: Any, listed: tuple[Any, ...] = (), known: bool = True) -> list[str]:
    known_parts = frozenset({Known.MEDICATIONS}) if known else frozenset()
    call = Call(Hook.ORDER_SIGN, STORY_DAY, "p", drafts=drafts, medications=listed, known=known_parts)
    return [str(order.role) for order in read_orders(call, knowledge)[0]]


ACTIVE = {**GABAPENTIN, "status": "active"}
AFTER = [{"reference": "MedicationRequest/a"}]


@pytest.mark.parametrize("status", ["stopped", "cancelled"])
def test_an_order_that_is_stopped(status: str, knowledge: Knowledge) -> None:
    """Of an order on the list by its id, or by the order it was written after; of any where no list came."""
    stop = {**GABAPENTIN, "status": status}
    other = {**stop, "id": "z"}
    assert roles(knowledge, stop, listed=(ACTIVE,)) == ["stop"]
    assert roles(knowledge, {**other, "priorPrescription": AFTER}, listed=(ACTIVE,)) == ["stop"]
    assert roles(knowledge, other, listed=(ACTIVE,)) == ["active"]
    assert roles(knowledge, stop) == []
    assert roles(knowledge, stop, known=False) == ["stop"]


NOT_SENT = "the Medication it refers to did not come with the request"
NAMELESS = {**draft("n", ""), "status": "active", "medicationReference": {"reference": "Medication/gone"}}


@pytest.mark.parametrize(
    ("listed", "unread"),
    [
        (NAMELESS, [("MedicationRequest/n", "medicine", NOT_SENT)]),
        ({**NAMELESS, "status": "on-hold"}, [("MedicationRequest/n", "medicine", NOT_SENT)]),
        ({**NAMELESS, "status": "completed"}, []),
        ({**NAMELESS, "subject": {"reference": "Patient/other"}}, []),
        ({**draft("n", "vitamin K2 drops of her own"), "status": "active"}, []),
        ({**draft("n", "lisinopril 10 mg tablet"), "status": "active"}, []),
    ],
)
def test_a_medicine_on_the_list_that_names_none_may_be_any(listed: Any, unread: Any, knowledge: Knowledge) -> None:
    call = Call(Hook.ORDER_SIGN, STORY_DAY, "p", drafts=(GABAPENTIN,), medications=(listed,))
    assert [(one.reference, one.what, one.why) for one in read_orders(call, knowledge)[1]] == unread
