"""
Prefetch: the fourteen things that arrive (G1-G14), for each of the five keys; and how a chart is completed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from cds_service.errors import PreconditionFailed
from cds_service.hook_request import HookRequest
from cds_service.part import ABSENT, Failed, Known, KnownEmpty, Missing, Part, Partial, classify, combine, pages_of
from cds_service.prefetch import KEYS, Chart, Fetched, complete, resolve

PATIENT = "123"
SERVER = "https://ehr.example.org/fhir"
TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}&status=active,on-hold,completed,stopped",
    "observations": "Observation?patient={{context.patientId}}&code=http://loinc.org|2160-0&_sort=-date&_count=3",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
}
PARTS = list(KEYS)
LISTS = PARTS[1:]
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
NOTE = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "not-found"}]}
NEXT = {"relation": "next", "url": f"{SERVER}?page=2"}


def a_resource(key: str, patient: str | None = PATIENT, resource_id: str = "a", **more: Any) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": KEYS[key], "id": resource_id, **more}
    if key == "patient":
        return {**resource, "id": patient}
    about = "patient" if key == "allergies" else "subject"
    return resource if patient is None else {**resource, about: {"reference": f"Patient/{patient}"}}


def a_bundle(*resources: Any, kind: str = "searchset", **more: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": kind, **({"entry": entries} if entries else {}), **more}


def a_call(**prefetch: Any) -> HookRequest:
    given = {key: value for key, value in prefetch.items() if value is not ABSENT}
    return HookRequest("order-sign", "instance", PATIENT, {}, prefetch=given, fhir_server=SERVER)


class Server:
    """A FHIR server that answers from a table and remembers what it was asked."""

    def __init__(self, **answers: Fetched) -> None:
        self.answers = answers
        self.asked: list[dict[str, str]] = []

    def __call__(self, queries: Mapping[str, str]) -> dict[str, Fetched]:
        self.asked.append(dict(queries))
        return {name: self.answers.get(name, Fetched(failure="the FHIR server refused (403)")) for name in queries}


# ---- the matrix -----------------------------------------------------------------------------------------------------


def states(key: str) -> dict[str, tuple[Any, type]]:
    """Each thing that may arrive under a key, with what it means."""
    one, other = a_resource(key), a_resource(next(k for k in PARTS if k != key))
    return {
        "G2 absent": (ABSENT, Missing),
        "G3 null": (None, KnownEmpty),
        "G4 a resource": (one, Known),
        "G5 a searchset": (a_bundle(one), Known),
        "G5 with an included resource and a note": (a_bundle(one, other, NOTE), Known),
        "G6 an empty searchset, no entry": (a_bundle(total=0), KnownEmpty),
        "G6 an empty searchset, entry []": (a_bundle(total=0, entry=[]), KnownEmpty),
        "G7 OperationOutcome": (OUTCOME, Failed),
        "G7 OperationOutcome that only warns": (NOTE, Failed),
        "G8 a note inside, nothing else": (a_bundle(NOTE, total=0), KnownEmpty),
        "G8 an error inside, nothing else": (a_bundle(OUTCOME), Failed),
        "G8 an error inside, and data": (a_bundle(one, OUTCOME), Partial),
        "G9 a collection": (a_bundle(one, kind="collection"), Known),
        "G10 a bare resource, or a Bundle for a read": (one if key != "patient" else a_bundle(one), Known),
        "G11 a next link": (a_bundle(one, link=[NEXT]), Partial),
        "G11 a next link on an empty page": (a_bundle(link=[NEXT]), Partial),
        "G12 another type": (other, Missing),
        "G12 a Bundle of another type": (a_bundle(other), Missing),
        "G13 wrapped": ({"response": {"status": "200 OK"}, "resource": one}, Known),
        "G13 wrapped Bundle": ({"response": {}, "resource": a_bundle(one)}, Known),
        "G13 wrapped nothing": ({"response": {"status": "200 OK"}, "resource": None}, KnownEmpty),
        "G13 wrapped failure": ({"response": {"status": "404 Not Found"}}, Failed),
        "G13 wrapper alone": ({"response": {}}, Missing),
        "G13 a string": ("<html>sign in</html>", Missing),
        "G13 a number": (7, Missing),
        "G13 true": (True, Missing),
        "G13 an empty object": ({}, Missing),
        "G13 an empty list": ([], Missing),
        "a list of resources": ([one], Known),
        "entries that are none": (a_bundle(entry=[None, 5, {}, {"resource": "x"}, {"resource": one}]), Known),
        "an entry that is no list": ({"resourceType": "Bundle", "entry": {"resource": one}}, Missing),
        "results counted but left out": (a_bundle(total=4), Missing),
        "links that are none": (a_bundle(one, link=["x", {"relation": "next"}, {"relation": "next", "url": 4}]), Known),
    }


MATRIX = [
    pytest.param(key, value, meaning, id=f"{key}: {name}")
    for key in PARTS
    for name, (value, meaning) in states(key).items()
]


@pytest.mark.parametrize(("key", "value", "meaning"), MATRIX)
def test_what_a_value_means(key: str, value: Any, meaning: type) -> None:
    assert type(classify(value, TEMPLATES[key])) is meaning


@pytest.mark.parametrize(("key", "value", "meaning"), MATRIX)
def test_what_is_done_about_it(key: str, value: Any, meaning: type) -> None:
    """Missing and partial are fetched, failed is said and not asked again, known and empty are believed."""
    others = {other: None for other in PARTS if other != key}
    server = Server(**{key: Fetched((a_bundle(a_resource(key, resource_id="fetched")),))})
    chart = complete(a_call(**{**others, key: value}), TEMPLATES, server)
    assert [set(asked) for asked in server.asked] == ([{key}] if meaning in (Missing, Partial) else [])
    assert (key in chart.known) is (meaning is not Failed)
    assert [words.split(":")[0] for words in chart.not_checked] == ([key] if meaning is Failed else [])


@pytest.mark.parametrize(("key", "value", "meaning"), MATRIX)
def test_without_fhir_access_it_is_said(key: str, value: Any, meaning: type) -> None:
    others = {other: None for other in PARTS if other != key}
    chart = complete(a_call(**{**others, key: value}), TEMPLATES, None)
    unknown = meaning in (Missing, Failed, Partial)
    assert (key in chart.known) is not unknown
    assert [words.split(":")[0] for words in chart.not_checked] == ([key] if unknown else [])


@pytest.mark.parametrize("key", PARTS)
def test_g1_nothing_prefetched_is_fetched(key: str) -> None:
    server = Server(**{part: Fetched((a_bundle(a_resource(part)),)) for part in PARTS})
    chart = complete(a_call(), TEMPLATES, server)
    assert [set(asked) for asked in server.asked] == [set(PARTS)]
    assert [each["resourceType"] for each in chart.resources(key)] == [KEYS[key]]
    assert chart.known == {*PARTS, "history"}
    assert chart.not_checked == ()


# ---- G12: whose ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PARTS)
def test_what_is_about_another_patient_is_left_out_and_counted(key: str) -> None:
    mine, other = a_resource(key), a_resource(key, "999", "b")
    chart = complete(a_call(**{**dict.fromkeys(PARTS), key: a_bundle(mine, other)}), TEMPLATES, None)
    assert chart.resources(key) == (mine,)
    assert chart.ignored == 1


@pytest.mark.parametrize("key", PARTS)
def test_only_about_another_patient_is_not_known(key: str) -> None:
    value = a_resource(key, "999")
    chart = complete(a_call(**{**dict.fromkeys(PARTS), key: value}), TEMPLATES, None)
    assert chart.resources(key) == ()
    assert chart.not_checked == (f"{key}: what was supplied is about another patient",)


@pytest.mark.parametrize("key", PARTS)
def test_a_fetched_resource_of_another_patient_is_left_out_too(key: str) -> None:
    server = Server(**{key: Fetched((a_bundle(a_resource(key, "999")),))})
    prefetch = {part: None for part in PARTS if part != key}
    chart = complete(a_call(**prefetch), TEMPLATES, server)
    assert (chart.resources(key), chart.ignored, key in chart.known) == ((), 1, False)


@pytest.mark.parametrize(
    ("subject", "mine"),
    [
        ({"reference": f"Patient/{PATIENT}"}, True),
        ({"reference": f"{SERVER}/Patient/{PATIENT}"}, True),
        ({"reference": f"https://other-name.example.org/Patient/{PATIENT}/_history/3"}, True),
        ({"reference": PATIENT}, True),
        ({"reference": "urn:uuid:0c7b"}, True),
        ({"reference": "#p"}, True),
        ({"display": "Somebody"}, True),
        (None, True),
        ("Patient/999", True),
        ({"reference": "Patient/999"}, False),
        ({"reference": f"{SERVER}/Patient/999"}, False),
        ({"reference": f"Group/{PATIENT}"}, False),
        ({"reference": "999"}, False),
    ],
)
def test_g14_references_in_all_their_forms(subject: Any, mine: bool) -> None:
    condition = {"resourceType": "Condition", "id": "c", "subject": subject}
    chart = complete(a_call(conditions=a_bundle(condition), patient=None), TEMPLATES, None)
    assert (chart.resources("conditions") == (condition,)) is mine


# ---- pages -----------------------------------------------------------------------------------------------------------


def test_the_rest_of_a_partial_part_is_fetched_from_its_next_link() -> None:
    first, second = a_resource("conditions"), a_resource("conditions", resource_id="b")
    server = Server(conditions=Fetched((a_bundle(second),)))
    prefetch = {**dict.fromkeys(PARTS), "conditions": a_bundle(first, link=[NEXT])}
    chart = complete(a_call(**prefetch), TEMPLATES, server)
    assert server.asked == [{"conditions": NEXT["url"]}]
    assert chart.resources("conditions") == (first, second)
    assert "conditions" in chart.known


def test_a_part_stays_partial_and_is_said_if_the_rest_cannot_be_had() -> None:
    first = a_resource("conditions")
    prefetch = {**dict.fromkeys(PARTS), "conditions": a_bundle(first, link=[NEXT])}
    chart = complete(a_call(**prefetch), TEMPLATES, Server())
    assert chart.resources("conditions") == (first,)
    assert "conditions" not in chart.known
    assert chart.not_checked == ("conditions: not all of it was supplied, and the FHIR server refused (403)",)


def test_as_many_as_were_asked_for_is_all_that_was_asked_for() -> None:
    three = [a_resource("observations", resource_id=str(number)) for number in range(3)]
    assert type(classify(a_bundle(*three, link=[NEXT], total=90), TEMPLATES["observations"])) is Known


def test_a_full_page_of_what_was_not_sorted_is_only_a_page() -> None:
    three = [a_resource("conditions", resource_id=str(number)) for number in range(3)]
    template = "Condition?patient=1&_count=3"
    assert type(classify(a_bundle(*three, link=[NEXT]), template)) is Partial
    assert type(classify(a_bundle(*three), template)) is Known


def test_fewer_results_than_counted_is_partial() -> None:
    assert type(classify(a_bundle(a_resource("conditions"), total=2), TEMPLATES["conditions"])) is Partial


def test_pages_make_one_answer() -> None:
    pages = [a_bundle(a_resource("conditions", resource_id=str(n)), link=[NEXT]) for n in range(2)]
    last = a_bundle(a_resource("conditions", resource_id="2"), a_resource("conditions", resource_id="1"))
    whole = pages_of([*pages, last], TEMPLATES["conditions"])
    assert isinstance(whole, Known)
    assert [resource["id"] for resource in whole.resources] == ["0", "1", "2"]
    assert type(pages_of(pages, TEMPLATES["conditions"])) is Partial


def test_the_total_on_a_page_counts_all_pages() -> None:
    first = a_bundle(*(a_resource("conditions", resource_id=str(n)) for n in range(3)), link=[NEXT], total=4)
    last = a_bundle(a_resource("conditions", resource_id="3"), total=4)
    assert type(pages_of([first, last], TEMPLATES["conditions"])) is Known
    assert type(pages_of([first, a_bundle(total=4)], TEMPLATES["conditions"])) is Known
    assert type(pages_of([last], TEMPLATES["conditions"])) is Partial
    prefetch = {**dict.fromkeys(PARTS), "conditions": first}
    chart = complete(a_call(**prefetch), TEMPLATES, Server(conditions=Fetched((last,))))
    assert "conditions" in chart.known
    assert len(chart.conditions) == 4


def test_an_error_on_an_earlier_page_is_not_forgotten() -> None:
    broken = a_bundle(a_resource("conditions"), OUTCOME, link=[NEXT])
    assert type(pages_of([broken, a_bundle(total=0)], TEMPLATES["conditions"])) is Partial


# ---- other keys ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PARTS)
def test_a_clients_own_key_is_read_by_resource_type(key: str) -> None:
    prefetch = {**{part: None for part in PARTS if part != key}, "item7": a_bundle(a_resource(key), kind="collection")}
    chart = complete(a_call(**prefetch), TEMPLATES, None)
    assert len(chart.resources(key)) == 1
    assert key in chart.known


def test_one_bundle_with_everything() -> None:
    everything = a_bundle(*(a_resource(key) for key in PARTS), kind="collection")
    assert complete(a_call(everything=everything), TEMPLATES, None).known == set(PARTS)


@pytest.mark.parametrize("name", ["Condition", "condition", "Conditions"])
def test_null_under_the_name_of_the_type_is_believed(name: str) -> None:
    assert "conditions" in complete(a_call(patient=None, **{name: None}), TEMPLATES, None).known


@pytest.mark.parametrize("value", [None, a_bundle(total=0), OUTCOME], ids=["null", "empty", "outcome"])
def test_nothing_under_a_strange_key_says_nothing(value: Any) -> None:
    chart = complete(a_call(patient=None, item2=value), TEMPLATES, None)
    assert chart.not_checked[0] == "conditions: not supplied"


def test_an_empty_search_says_in_its_link_what_it_looked_for() -> None:
    empty = a_bundle(total=0, link=[{"relation": "self", "url": f"{SERVER}/Condition?patient={PATIENT}"}])
    assert "conditions" in complete(a_call(patient=None, item2=empty), TEMPLATES, None).known


def test_a_single_order_under_a_strange_key_is_no_list() -> None:
    chart = complete(a_call(patient=None, item3=a_resource("medications")), TEMPLATES, None)
    assert len(chart.resources("medications")) == 1
    assert "medications" not in chart.known


def test_drafts_sent_again_as_prefetch_are_no_medication_list() -> None:
    draft = a_resource("medications", status="draft")
    prefetch = {"patient": None, "medicationRequestBundle": a_bundle(draft)}
    request = HookRequest("order-sign", "i", PATIENT, {}, draft_orders=(draft,), prefetch=prefetch)
    chart = complete(request, TEMPLATES, None)
    assert chart.resources("medications") == ()
    assert "medications" not in chart.known


def test_resources_of_no_interest_are_ignored() -> None:
    encounter = {"resourceType": "Encounter", "id": "e"}
    with_it = complete(a_call(**dict.fromkeys(PARTS), encounter=encounter, zzz=1), TEMPLATES, None)
    assert with_it == complete(a_call(**dict.fromkeys(PARTS)), TEMPLATES, None)


# ---- 412 -------------------------------------------------------------------------------------------------------------

REQUIRED = ["patient", "conditions", "medications"]


@pytest.mark.parametrize("unknown", list(itertools.chain(*(itertools.combinations(REQUIRED, n) for n in range(4)))))
@pytest.mark.parametrize("value", [ABSENT, OUTCOME], ids=["absent", "failed"])
def test_412_only_if_patient_conditions_and_medications_are_all_unknown(unknown: tuple[str, ...], value: Any) -> None:
    request = a_call(**{key: value if key in unknown else None for key in REQUIRED})
    for fetch in (None, Server()):
        if len(unknown) == len(REQUIRED):
            with pytest.raises(PreconditionFailed) as caught:
                complete(request, TEMPLATES, fetch)
            assert all(key in caught.value.diagnostics for key in REQUIRED)
        else:
            assert complete(request, TEMPLATES, fetch).known >= set(REQUIRED) - set(unknown)


@pytest.mark.parametrize("value", [None, a_bundle(total=0)], ids=["null", "empty Bundle"])
def test_known_empty_is_never_412(value: Any) -> None:
    assert complete(a_call(patient=None, conditions=value, medications=value), TEMPLATES, None).known >= set(REQUIRED)


def test_412_names_no_patient() -> None:
    with pytest.raises(PreconditionFailed) as caught:
        complete(a_call(patient=a_resource("patient", "999")), TEMPLATES, None)
    assert PATIENT not in str(caught.value.to_outcome())
    assert "999" not in str(caught.value.to_outcome())


# ---- history ---------------------------------------------------------------------------------------------------------

ACTIVE = a_resource("medications", status="active")
STOPPED = a_resource("medications", resource_id="b", status="stopped")


def self_link(query: str) -> list[dict[str, str]]:
    return [{"relation": "self", "url": f"{SERVER}/MedicationRequest?patient={PATIENT}{query}"}]


@pytest.mark.parametrize(
    ("value", "known"),
    [
        pytest.param(a_bundle(ACTIVE), False, id="only active orders"),
        pytest.param(a_bundle(ACTIVE, STOPPED), True, id="a stopped order"),
        pytest.param(a_bundle(ACTIVE, link=[NEXT]), False, id="only a page"),
        pytest.param(None, True, id="looked, none"),
        pytest.param(a_bundle(total=0), True, id="searched, none"),
        pytest.param(a_bundle(total=0, link=self_link("&status=active")), False, id="searched the active, none"),
        pytest.param(a_bundle(ACTIVE, link=self_link("&status=active")), False, id="searched the active"),
        pytest.param(a_bundle(ACTIVE, link=self_link("")), True, id="searched all"),
        pytest.param(a_bundle(ACTIVE, link=self_link("&status=active,completed,stopped")), True, id="searched history"),
        pytest.param(a_bundle(ACTIVE, link=self_link("&status=completed&status=stopped")), True, id="said twice"),
        pytest.param(OUTCOME, False, id="failed"),
    ],
)  # fmt: skip
def test_history(value: Any, known: bool) -> None:
    chart = complete(a_call(patient=None, medications=value), TEMPLATES, None)
    assert chart.history_known is known
    assert ("history" in chart.known) is known


@pytest.mark.parametrize(
    ("template", "known"),
    [(TEMPLATES["medications"], True), ("MedicationRequest?patient={{context.patientId}}&status=active", False)],
)
def test_history_of_a_fetched_list_is_what_was_asked(template: str, known: bool) -> None:
    server = Server(medications=Fetched((a_bundle(ACTIVE),)))
    chart = complete(a_call(patient=None), {**TEMPLATES, "medications": template}, server)
    assert chart.history_known is known


# ---- drugs named by reference ----------------------------------------------------------------------------------------


def an_order(reference: str, display: str = "", **more: Any) -> dict[str, Any]:
    medication = {"reference": reference, **({"display": display} if display else {})}
    return a_resource("medications", resource_id=reference[-4:], medicationReference=medication, **more)


DRUG = {"resourceType": "Medication", "id": "m1"}


@pytest.mark.parametrize(
    ("reference", "reads"),
    [
        ("Medication/m1", ["Medication/m1"]),
        (f"{SERVER}/Medication/m1", ["Medication/m1"]),
        ("https://elsewhere.example.org/Medication/m1", []),
        ("#m1", []),
        ("urn:uuid:m1", []),
        ("Medication/../Patient/1", []),
        ("Medication/m1?x=1", []),
        ("Patient/m1", []),
    ],
)
def test_the_medication_of_a_draft_is_read(reference: str, reads: list[str]) -> None:
    request = HookRequest(
        "order-sign", "i", PATIENT, {}, draft_orders=(an_order(reference, "X"),),
        prefetch=dict.fromkeys(PARTS), fhir_server=SERVER,
    )  # fmt: skip
    server = Server(**{"Medication/m1": Fetched((DRUG,))})
    chart = complete(request, TEMPLATES, server)
    assert [name for asked in server.asked for name in asked] == reads
    assert chart.resources("medications") == ((DRUG,) if reads else ())


def test_a_medication_that_is_here_is_not_read() -> None:
    listed = a_bundle(an_order("Medication/m1"), DRUG)
    server = Server()
    chart = complete(a_call(**{**dict.fromkeys(PARTS), "medications": listed}), TEMPLATES, server)
    assert server.asked == []
    assert DRUG in chart.resources("medications")


def test_listed_orders_without_a_name_have_their_medication_read_in_a_second_round() -> None:
    listed = a_bundle(an_order("Medication/m1"), an_order("Medication/m2", "Gabapentin 300 MG"))
    server = Server(medications=Fetched((listed,)), **{"Medication/m1": Fetched((DRUG,))})
    chart = complete(a_call(**{key: None for key in PARTS if key != "medications"}), TEMPLATES, server)
    assert [list(asked) for asked in server.asked] == [["medications"], ["Medication/m1"]]
    assert DRUG in chart.resources("medications")


# ---- templates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("Patient/{{context.patientId}}", "Patient/a%2Fb%3Fc"),
        ("Condition?patient={{ context.patientId }}&x=1", "Condition?patient=a%2Fb%3Fc&x=1"),
        ("{{context.userId}}", "Practitioner/p"),
        ("Encounter/{{context.encounterId}}", None),
        ("Patient/{{%patient.id}}", None),
    ],
)
def test_tokens(template: str, query: str | None) -> None:
    assert resolve(template, HookRequest("patient-view", "i", "a/b?c", {}, user_id="Practitioner/p")) == query


def test_a_service_that_asks_for_less_is_not_told_about_more() -> None:
    chart = complete(a_call(patient=None), {"patient": TEMPLATES["patient"]}, None)
    assert chart.not_checked == ()


# ---- combining -------------------------------------------------------------------------------------------------------

ONE, TWO = a_resource("conditions"), a_resource("conditions", resource_id="b")


@pytest.mark.parametrize(
    ("parts", "meaning"),
    [
        ([], Missing()),
        ([Missing("a"), Missing("b")], Missing("a")),
        ([Missing(), Known((ONE,))], Known((ONE,))),
        ([Known((ONE,)), Known((TWO, ONE))], Known((ONE, TWO))),
        ([KnownEmpty(), Known((ONE,))], Known((ONE,))),
        ([KnownEmpty(), KnownEmpty()], KnownEmpty()),
        ([Failed("a"), Failed("b")], Failed("a")),
        ([Failed("a"), Known((ONE,))], Partial((ONE,), None, "a")),
        ([Failed("a"), KnownEmpty()], Partial((), None, "a")),
        ([Partial((ONE,), "next"), Known((TWO,))], Partial((ONE, TWO), "next")),
    ],
)
def test_combine(parts: list[Part], meaning: Part) -> None:
    assert combine(parts) == meaning


def test_the_chart_shows_no_record_in_its_repr() -> None:
    chart = complete(a_call(patient=a_resource("patient", name=[{"family": "CANARY"}])), TEMPLATES, None)
    assert "CANARY" not in repr(chart)
    assert isinstance(chart, Chart)
    assert chart.states == {**dict.fromkeys(LISTS, "missing"), "patient": "known"}


def test_the_parts_by_name() -> None:
    chart = complete(a_call(**{key: a_resource(key) for key in PARTS}), TEMPLATES, None)
    assert chart.patient == a_resource("patient")
    assert (chart.conditions, chart.medications) == ((a_resource("conditions"),), (a_resource("medications"),))
    assert (chart.observations, chart.allergies) == ((a_resource("observations"),), (a_resource("allergies"),))
    assert (Chart.empty().patient, Chart.empty().known) == (None, frozenset())
