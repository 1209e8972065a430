"""
Prefetched or fetched, the chart is the same: against a FHIR server that really searches (Medplum's engine in Node).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

import fhir_fixtures
from cards import seed
from cds_service import Config, engine
from cds_service.answer import Engine
from cds_service.fhir_access import FhirAccess
from cds_service.fhir_client import FhirClient
from cds_service.hook_request import Authorization, HookRequest, parse
from cds_service.part import Failed
from cds_service.prefetch import KEYS, Chart, complete, resolve
from cds_service.services import SERVICES
from fhir_fixtures import STORY_DAY

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent / "fhir-server"
TOKEN = "integration-token"  # noqa: S105 - of a test
HOOKS = frozenset({"order-select", "order-sign", "patient-view"})
TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}&_count=3",
    "medications": "MedicationRequest?patient={{context.patientId}}&status=active,on-hold,completed,stopped&_count=500",
    "observations": "Observation?patient={{context.patientId}}"
    "&code=http://loinc.org|2160-0,http://loinc.org|29463-7&_sort=-date&_count=4",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}&_count=200",
}


# ---- the server -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FhirServer:
    origin: str

    def fill(self, world: str, resources: Iterable[Mapping[str, Any]]) -> tuple[str, set[str]]:
        """A world of its own with these resources: its base URL, and which it took in."""
        kept = {_name(each): dict(each) for each in resources}
        answer = requests.post(f"{self.origin}/{world}", data=json.dumps(list(kept.values())), timeout=60)
        return f"{self.origin}/{world}", set(answer.json())


def _name(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


@pytest.fixture(scope="module")
def server() -> Iterator[FhirServer]:
    assert (HERE / "node_modules").is_dir(), "make test-integrations installs the server first"
    with subprocess.Popen(
        ["node", "server.mjs"],  # noqa: S607 - whichever Node there is
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TOKEN": TOKEN},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield FhirServer(f"http://127.0.0.1:{int(process.stdout.readline())}")
        process.stdin.close()  # it ends with its input
        process.wait(60)


@pytest.fixture(scope="module")
def client() -> Iterator[FhirClient]:
    made = FhirClient(FhirAccess(networks=("127.0.0.0/8",), deadline=60))
    yield made
    made.close()


def fetched(client: FhirClient, request: HookRequest, base: str, token: str = TOKEN) -> Chart:
    """The chart of a call that brings nothing but the way to the server."""
    bare = replace(request, prefetch={}, fhir_server=base, authorization=Authorization(token))
    return complete(bare, TEMPLATES, client.for_call(bare))


# ---- one patient, on purpose difficult ------------------------------------------------------------------------------


def about(kind: str, resource_id: str, patient: str = "p1", **more: Any) -> dict[str, Any]:
    member = "patient" if kind == "AllergyIntolerance" else "subject"
    return {"resourceType": kind, "id": resource_id, member: {"reference": f"Patient/{patient}"}, **more}


def an_order(resource_id: str, status: str, **more: Any) -> dict[str, Any]:
    return about("MedicationRequest", resource_id, status=status, intent="order", **more)


def a_result(number: int, loinc: str = "2160-0") -> dict[str, Any]:
    code = {"coding": [{"system": "http://loinc.org", "code": loinc}]}
    day = f"2026-01-{number:02}"
    return about("Observation", f"o{number}", status="final", code=code, effectiveDateTime=day)


CONDITIONS = [about("Condition", f"c{number}", code={"text": "pain"}) for number in range(8)]
ORDERS = [
    an_order("m1", "active", medicationCodeableConcept={"text": "gabapentin 300 mg capsule"}),
    an_order("m2", "stopped", medicationReference={"reference": "Medication/d1"}),
    an_order("m3", "on-hold", medicationReference={"reference": "Medication/d2", "display": "duloxetine 30 mg"}),
]
RESULTS = [a_result(number) for number in range(1, 7)]
ALLERGIES = [about("AllergyIntolerance", "a1", code={"text": "carbamazepine"})]
DRUG = {"resourceType": "Medication", "id": "d1", "code": {"text": "pregabalin 75 mg capsule"}}
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1950-05"}
OF_OTHERS = [
    {"resourceType": "Patient", "id": "p2"},
    about("Condition", "x1", "p2", code={"text": "other"}),
    an_order("x2", "cancelled", medicationCodeableConcept={"text": "cancelled"}),
    a_result(20, "9999-9"),
]
WORLD = [PATIENT, *CONDITIONS, *ORDERS, *RESULTS, *ALLERGIES, DRUG, *OF_OTHERS]
CALL = HookRequest("order-sign", "instance", "p1", {})


def ids(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(resource["id"]) for resource in resources]


def test_the_server_takes_in_the_whole_world(server: FhirServer) -> None:
    assert server.fill("check", WORLD)[1] == set(map(_name, WORLD))


def test_everything_that_belongs_to_the_chart_and_nothing_else(server: FhirServer, client: FhirClient) -> None:
    chart = fetched(client, CALL, server.fill("whole", WORLD)[0])
    assert ids([chart.patient or {}]) == ["p1"]
    assert sorted(ids(chart.conditions)) == [f"c{number}" for number in range(8)]  # three pages of three
    assert sorted(ids(chart.medications)) == ["d1", "m1", "m2", "m3"]  # d1: its order says nothing but where
    assert ids(chart.observations) == ["o6", "o5", "o4", "o3"]  # the newest of those asked for
    assert ids(chart.allergies) == ["a1"]
    assert chart.known == {*KEYS, "history"}
    assert chart.not_checked == ()


def test_a_record_with_nothing_in_it_is_known_to_be_empty(server: FhirServer, client: FhirClient) -> None:
    chart = fetched(client, CALL, server.fill("empty", [PATIENT])[0])
    assert chart.states == {**dict.fromkeys(KEYS, "empty"), "patient": "known"}


def test_the_rest_of_a_prefetched_page_is_read(server: FhirServer, client: FhirClient) -> None:
    base, _ = server.fill("pages", WORLD)
    link = [{"relation": "next", "url": f"{base}/Condition?patient=p1&_count=3&_offset=3"}]
    page = {"resourceType": "Bundle", "link": link, "entry": [{"resource": each} for each in CONDITIONS[:3]]}
    prefetch = {**dict.fromkeys(KEYS), "conditions": page}
    request = replace(CALL, prefetch=prefetch, fhir_server=base, authorization=Authorization(TOKEN))
    chart = complete(request, TEMPLATES, client.for_call(request))
    assert sorted(ids(chart.conditions)) == [f"c{number}" for number in range(8)]


def test_a_wrong_token_leaves_everything_unknown(server: FhirServer, client: FhirClient) -> None:
    base, _ = server.fill("locked", WORLD)
    request = replace(CALL, prefetch={"patient": PATIENT}, fhir_server=base, authorization=Authorization("wrong"))
    chart = complete(request, TEMPLATES, client.for_call(request))
    assert chart.known == {"patient"}
    assert {type(part) for key, part in chart.parts.items() if key != "patient"} == {Failed}


# ---- our own stories ------------------------------------------------------------------------------------------------

STORIES = sorted(Path(fhir_fixtures.__file__).parent.glob("*/*/request.json"))


ASKED = {"active", "on-hold", "completed", "stopped"}


@pytest.mark.parametrize("story", STORIES, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_every_story_reads_the_same_from_a_server(server: FhirServer, client: FhirClient, story: Path) -> None:
    """Of the parts a story brings, all that a strict server takes in and that the query asks for."""
    request = parse(story.read_bytes(), "application/json", HOOKS)
    supplied = complete(request, TEMPLATES, None)
    resources = [resource for key in KEYS for resource in supplied.resources(key) if resource.get("id")]
    base, taken = server.fill(story.parent.name, resources)
    read = fetched(client, request, base)
    brought = {key: listed(supplied, key, taken) for key in SEARCHED if key in supplied.known}
    assert {key: listed(read, key, taken) for key in brought} == brought


SEARCHED = ("patient", "conditions", "medications", "allergies")  # results are asked for by code


def listed(chart: Chart, key: str, taken: set[str]) -> list[dict[str, Any]]:
    """The resources of a part as the server has them, without what it adds."""
    found = [each for each in chart.resources(key) if each["resourceType"] == KEYS[key] and each.get("id")]
    asked = [each for each in found if _name(each) in taken and (key != "medications" or each["status"] in ASKED)]
    bare = ({name: value for name, value in each.items() if name != "meta"} for each in asked)
    return sorted(bare, key=lambda each: str(each["id"]))


# ---- the cards ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def decide() -> Engine:
    return engine(Config(day=STORY_DAY), seed())


@pytest.mark.parametrize("story", STORIES, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_every_story_gets_the_same_cards_either_way(
    server: FhirServer, client: FhirClient, decide: Engine, story: Path
) -> None:
    """An EHR that fills in our templates for prefetch, and one that only lends its server."""
    request = parse(story.read_bytes(), "application/json", HOOKS)
    supplied = complete(request, TEMPLATES, None)
    resources = [resource for key in KEYS for resource in supplied.resources(key) if resource.get("id")]
    base, _ = server.fill(f"cards-{story.parent.name}", resources)
    service = next(service for service in SERVICES.values() if service.hook == request.hook)
    prefetched = replace(request, prefetch=prefetch_by(base, decide.templates, request))
    bare = replace(request, prefetch={}, fhir_server=base, authorization=Authorization(TOKEN))
    by_prefetch = decide.answer(prefetched, service, STORY_DAY)
    by_server = decide.answer(bare, service, STORY_DAY, client.for_call(bare))
    assert by_server.cards == by_prefetch.cards
    assert by_prefetch.chart is None or by_prefetch.chart.fetched == ()


def prefetch_by(base: str, templates: Mapping[str, str], request: HookRequest) -> dict[str, Any]:
    """What an honest client sends: the answers to our own queries; what is not found is null."""
    queries = {key: f"{base}/{resolve(template, request)}" for key, template in templates.items()}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answers = {key: requests.get(query, headers=headers, timeout=60) for key, query in queries.items()}
    return {key: answer.json() if answer.status_code == 200 else None for key, answer in answers.items()}
