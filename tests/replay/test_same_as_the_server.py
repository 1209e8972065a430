"""What replay makes of a chart in this process is what the server answers to the same calls, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from charts import RXNORM, bundle, chart, neuropathy, order, patient

from benchmarks import reference_set
from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.replay.asked import Asked
from cds_service.replay.inputs import in_bundle
from cds_service.replay.judge import judge
from cds_service.replay.partition import items_of
from cds_service.replay.run import Run, _partitions
from cds_service.replay.settings import Settings

Json = dict[str, Any]


def served(call: Asked, base: KnowledgeBase) -> tuple[int, list[Json]]:
    """The answer of a server on the call's own day, to the bytes that would be sent to it."""
    client = create_app(Config(day=call.day), base).test_client()
    hook = orjson.loads(call.raw)["hook"]
    answer = client.post(f"/cds-services/neuropathic-pain-{hook}", data=call.raw, content_type="application/json")
    return answer.status_code, answer.json["cards"]  # type: ignore[index]


def assert_same(calls: list[Asked], settings: Settings, base: KnowledgeBase) -> int:
    """How many cards there were."""
    cards = 0
    for call in calls:
        record = judge(call, settings, date.max)
        assert (record["status"], record["cards"]) == served(call, base), call.place
        cards += len(record["cards"])
    return cards


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_on_the_reference_set(hook: str, tmp_path: Path, base: KnowledgeBase) -> None:
    reference_set.write(tmp_path / "export", patients=6, orders=90, seed=3)
    settings = Settings(hook=hook)
    partitions = _partitions(Run((str(tmp_path / "export"),), settings), tmp_path, lambda *_: None)
    calls = [item for part in partitions for item in items_of(part, settings) if isinstance(item, Asked)]
    assert len(calls) == 90
    assert assert_same(calls, settings, base) > 10


def tricky() -> Iterator[Json]:
    """A chart in which the same resources say something else on another day, or are nobody's, or have no id."""
    yield from chart()
    yield {**neuropathy("2025-01-01"), "id": "over", "abatementDateTime": "2025-06-01"}
    yield {**neuropathy("2025-01-01"), "id": "strange", "subject": {"reference": "Group/p1"}}
    yield order("supplied", "2025-02-01", status="completed", dispenseRequest={"validityPeriod": {"end": "2025-11-15"}})
    yield {key: value for key, value in order("", "2025-11-02").items() if key != "id"}
    yield {"resourceType": "Medication", "id": "m1", "code": {"coding": [{"system": RXNORM, "code": "310434"}]}}
    for day in ("2025-03-03", "2025-11-20T08:00:00+02:00"):
        named = {"medicationReference": {"reference": "Medication/m1"}}
        plain = order(f"named-{day[:10]}", day)
        yield {**{key: value for key, value in plain.items() if key != "medicationCodeableConcept"}, **named}


@pytest.mark.parametrize("settings", [Settings(), Settings(hook="order-sign"), Settings(complete=True)])
def test_on_a_tricky_chart(settings: Settings, base: KnowledgeBase) -> None:
    calls = [item for item in in_bundle(bundle(tricky()), "x", settings) if isinstance(item, Asked)]
    assert len(calls) == 6
    assert assert_same(calls, settings, base) > 3


def test_without_a_patient_and_without_the_rest(base: KnowledgeBase) -> None:
    for resources in ([order("a", "2025-01-01")], [patient(), order("a", "2025-01-01")]):
        calls = [item for item in in_bundle(bundle(resources), "x", Settings()) if isinstance(item, Asked)]
        assert assert_same(calls, Settings(), base) > 0
