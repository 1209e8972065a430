"""The audit trail: a line a call however it ends, a chain that shows what was done to it, and nothing of a patient."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fhir.resources.R4B.auditevent import AuditEvent

from cards import KnowledgeBase
from cds_service import Config, create_app, server
from cds_service.audit import Trail, broken
from cds_service.cli import main
from fhir_fixtures import STORY_DAY, stories

STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log" / "audit.ndjson"


@pytest.fixture
def written(file: Path, base: KnowledgeBase) -> list[dict[str, Any]]:
    """The records of a day's calls."""
    app = create_app(Config(day=STORY_DAY, audit=str(file)), base)
    client = app.test_client()
    client.get("/cds-services")
    client.options(STORY.path_of_service)
    client.post(STORY.path_of_service, json=STORY.request)
    client.post(STORY.path_of_service, json={"hook": "order-select", "hookInstance": "CANARY"})
    client.post("/cds-services/CANARY", json=STORY.request)
    client.post(f"{STORY.path_of_service}/feedback", json={"feedback": [{"card": "CANARY", "outcome": "accepted"}]})
    client.get("/health/ready")
    app.extensions["house"].close()
    return [json.loads(line) for line in file.read_text().splitlines()]


def audited(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["audit", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


def test_every_call_is_a_line_however_it_ended(written: list[dict[str, Any]], base: KnowledgeBase) -> None:
    assert [(line["event"], line["status"]) for line in written] == [
        ("discovery", 200),
        ("call", 200),
        ("call", 400),
        ("call", 404),
        ("feedback", 503),  # no store here
    ]
    call, told = written[1], STORY.response["cards"]
    assert call["hookInstance"] == STORY.request["hookInstance"]
    assert call["cards"] == [card["uuid"] for card in told]
    assert call["rules"][0] == STORY.rule
    assert call["tenant"] == "default"
    assert {line["knowledge"] for line in written} == {base.version}


def test_nothing_a_caller_made_up_is_in_it(written: list[dict[str, Any]], file: Path) -> None:
    text = file.read_text()
    assert written
    assert "CANARY" not in text
    for of_the_patient in (STORY.request["context"]["patientId"], STORY.request["context"]["userId"]):
        assert of_the_patient not in text


def test_a_refused_token_is_a_line_with_its_reason(file: Path, tmp_path: Path, base: KnowledgeBase) -> None:
    (tmp_path / "tenants.toml").write_text('[tenants.a]\nissuer = "https://e"\njwks_url = "https://e/k"\n')
    config = Config(auth="required", tenants=str(tmp_path / "tenants.toml"), audit=str(file))
    app = create_app(config, base)
    app.test_client().post(STORY.path_of_service, json=STORY.request, headers={"Authorization": "Bearer CANARY"})
    app.extensions["house"].close()
    line = json.loads(file.read_text())
    assert (line["status"], line["reason"]) == (401, "malformed")
    assert "tenant" not in line


@pytest.mark.usefixtures("written")
def test_a_whole_trail_says_so(file: Path) -> None:
    code, text = audited(str(file))
    assert (code, "5 records, unbroken" in text) == (0, True)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("place", "becomes", "says"),
    [
        (1, lambda line: [line.replace(b'"status":200', b'"status":201')], "line 3: does not follow"),
        (1, lambda _: [], "line 2: does not follow"),
        (1, lambda line: [line, line], "line 3: does not follow"),
        (1, lambda _: [b"rubbish\n"], "line 2: no record"),
        (0, lambda _: [], "line 1: does not follow"),
        (4, lambda line: [line[:-9]], "line 5: no record"),
    ],
    ids=["changed", "taken out", "put in", "overwritten", "beheaded", "cut short"],
)
def test_what_was_done_to_a_trail_is_found(file: Path, place: int, becomes: Any, says: str) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:place], *becomes(lines[place]), *lines[place + 1 :]]))
    code, text = audited(str(file))
    assert (code, says in text) == (1, True), text


@pytest.mark.usefixtures("written")
def test_every_record_is_an_audit_event(file: Path) -> None:
    code, text = audited("--fhir", str(file))
    events = [AuditEvent.model_validate_json(line) for line in text.splitlines()]
    assert (code, [event.outcome for event in events]) == (0, ["0", "0", "4", "4", "8"])


def test_workers_write_one_chain(file: Path) -> None:
    def write(worker: int) -> None:
        for number in range(20):
            Trail(str(file)).write([{"worker": worker, "number": number, "half": half} for half in (1, 2)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    lines = file.read_bytes().splitlines(keepends=True)
    assert (len(lines), list(broken(lines))) == (160, [])


def test_a_trail_that_cannot_be_written_slows_nothing_and_is_counted(tmp_path: Path, base: KnowledgeBase) -> None:
    app = create_app(Config(day=STORY_DAY, audit=str(tmp_path)), base)  # a folder
    assert app.test_client().post(STORY.path_of_service, json=STORY.request).status_code == 200
    app.extensions["house"].trail.flush()
    assert 'cds_recorder_dropped_total{what="audit"} 1.0' in app.test_client().get("/metrics").text


def test_nothing_starts_without_the_trail_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"audit: .* cannot be written"):
        server._begin_audit(Config(audit=str(tmp_path)))
