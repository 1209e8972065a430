"""The calls that are measured are what the tables say they are."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from benchmarks.bodies import INSTANCE, LARGE, QUIET, SIZES, SMALL, Body
from cds_service import strict
from fhir_fixtures import without_version

PATH = "/cds-services/neuropathic-pain-order-select"


def prefetched(body: bytes) -> int:
    parts = orjson.loads(body)["prefetch"].values()
    return sum(len(part["entry"]) if part["resourceType"] == "Bundle" else 1 for part in parts)


@pytest.mark.parametrize("body", [SMALL, QUIET, LARGE, *SIZES], ids=lambda body: body.name)
def test_a_body_has_as_many_resources_as_it_says_and_one_place_for_its_instance(body: Body) -> None:
    content = body.of(0)
    assert prefetched(content) == body.resources
    assert content.count(INSTANCE.encode()) == 1


def test_the_sizes_are_those_of_the_tables() -> None:
    assert [len(content) for content in SMALL.variants()] == pytest.approx([18_000] * 6, rel=0.03)
    assert [len(content) for content in LARGE.variants()] == pytest.approx([1_500_000] * 6, rel=0.03)


@pytest.mark.parametrize("body", [SMALL, SIZES[1]], ids=lambda body: body.name)
def test_what_is_sent_is_fhir(body: Body) -> None:
    assert list(strict.problems(orjson.loads(body.of(0)))) == []


def test_the_bytes_are_always_the_same() -> None:
    assert SMALL.variants() == Body("another name", 30).variants()


def answered(client: FlaskClient, body: Body, patient: int) -> list[Any]:
    answer = client.post(PATH, data=body.of(patient), content_type="application/json")
    assert answer.status_code == 200
    cards: list[Any] = without_version(answer.json)["cards"]
    return cards


@pytest.mark.parametrize("patient", range(len(SMALL.ordered)))
def test_every_order_has_cards_and_a_longer_past_does_not_change_them(client: FlaskClient, patient: int) -> None:
    cards = answered(client, SIZES[1], patient)
    assert cards
    assert answered(client, SIZES[2], patient) == cards


@pytest.mark.parametrize("patient", range(len(QUIET.ordered)))
def test_an_order_with_nothing_to_say_gets_no_card(client: FlaskClient, patient: int) -> None:
    assert answered(client, QUIET, patient) == []
