"""HealthChain's client, from its own environment, against the service as it runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.demo import server
from fhir_fixtures import Story, stories

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
PYTHON = HERE.parent.parent / ".venv" / "healthchain" / "bin" / "python"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with server() as url:
        yield url


def sent(base: str, hook: str, files: list[Path]) -> list[Any]:
    command = [PYTHON, HERE / "healthchain_client.py", f"{base}/cds-services/neuropathic-pain-{hook}", hook, *files]
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True, text=True)  # noqa: S603
    answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def of_hook(hook: str) -> list[Story]:
    return [story for story in stories() if story.request["hook"] == hook]


def test_it_reads_every_card_at_patient_view(base: str) -> None:
    told = of_hook("patient-view")
    answers = sent(base, "patient-view", [story.folder / "request.json" for story in told])
    assert [[card["summary"] for card in answer["cards"]] for answer in answers] == [
        [card["summary"] for card in story.response["cards"]] for story in told
    ]


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_it_drops_the_drafts_and_gets_a_refusal_it_can_read(base: str, hook: str) -> None:
    answers = sent(base, hook, [story.folder / "request.json" for story in of_hook(hook)[:3]])
    assert all(answer is None or "cards" in answer for answer in answers)
