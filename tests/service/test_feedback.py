"""Feedback: both spellings, batches, repeats, strangers; kept before the 200, and never the words of a clinician."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.acceptance import harmless
from cds_service.recorder import Recorder
from cds_service.store import CardRow, migrate, open_store
from fhir_fixtures import STORY_DAY, stories

STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))
ADDRESS = f"{STORY.path_of_service}/feedback"
WHEN = "2026-11-22T10:00:00Z"
REASON = {"code": "expert-contradicts", "system": "urn:x", "display": "A specialist advised this"}
COMMENT = "CANARY comment about Mr Smith"


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    migrate(url)
    return url


@pytest.fixture
def app(url: str, base: KnowledgeBase) -> Iterator[Flask]:
    audit = url.removeprefix("sqlite:///") + ".audit"
    app = create_app(Config(day=STORY_DAY, database=url, log=True, audit=audit), base)
    yield app
    app.extensions["house"].close()


def item(card: str = "c-1", outcome: str = "overridden", **members: Any) -> dict[str, Any]:
    return {"card": card, "outcome": outcome, "outcomeTimestamp": WHEN, **members}


def send(app: Flask, *items: Any, service: str = ADDRESS) -> Any:
    return app.test_client().post(service, json={"feedback": list(items)})


def kept(url: str) -> list[dict[str, Any]]:
    return open_store(url).feedback_rows()


def issued(app: Flask) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = app.test_client().post(STORY.path_of_service, json=STORY.request).json["cards"]  # type: ignore[index]
    app.extensions["house"].recorder.flush()
    return cards


# ---- what arrives ---------------------------------------------------------------------------------------------------

SPELLINGS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "no reason": ({}, ("", "")),
    "a reason": ({"overrideReason": {"reason": REASON}}, ("expert-contradicts", "A specialist advised this")),
    "a comment": ({"overrideReason": {"userComment": COMMENT}}, ("", "")),
    "both": ({"overrideReason": {"reason": REASON, "userComment": COMMENT}}, ("expert-contradicts", REASON["display"])),
    "plural, an object": ({"overrideReasons": {"reason": REASON}}, ("expert-contradicts", REASON["display"])),
    "plural, a list": ({"overrideReasons": [{"reason": REASON}]}, ("expert-contradicts", REASON["display"])),
    "in extensions": (
        {
            "overrideReasons": {
                "extension": {
                    "com.epic.cdshooks.feedback.overrideReason.reasonCategory": "45",
                    "com.epic.cdshooks.feedback.overrideReason.reasonTitle": "Does not meet criteria",
                },
                "userComment": COMMENT,
            }
        },
        ("45", "Does not meet criteria"),
    ),
    "without display": ({"overrideReason": {"reason": {"code": "a", "system": "b"}}}, ("a", "")),
    "nulls": ({"overrideReason": None, "acceptedSuggestions": None}, ("", "")),
}


@pytest.mark.spec("F1", "F2", "F3", "F4", "F6", "F7")
@pytest.mark.parametrize("how", SPELLINGS)
def test_spellings_of_a_reason(app: Flask, url: str, how: str) -> None:
    members, (code, display) = SPELLINGS[how]
    answer = send(app, item(**members))
    assert (answer.status_code, answer.data) == (200, b"")
    assert [(row["reason_code"], row["reason_display"], row["comment"]) for row in kept(url)] == [(code, display, "")]


@pytest.mark.spec("F5")
@pytest.mark.parametrize("suggestions", [{"acceptedSuggestions": [{"id": "s-1"}, {"id": "s-2"}]}, {}])
def test_accepted(app: Flask, url: str, suggestions: dict[str, Any]) -> None:
    assert send(app, item(outcome="accepted", **suggestions)).status_code == 200
    assert [row["suggestions"] for row in kept(url)] == ["s-1,s-2" if suggestions else ""]


@pytest.mark.spec("F7")
@pytest.mark.parametrize("when", ["2026-11-22T10:00:00Z", "2026-11-22T12:00:00.000+02:00", "2026-11-22T10:00:00.0Z"])
def test_moments(app: Flask, url: str, when: str) -> None:
    send(app, item(outcomeTimestamp=when))
    assert str(kept(url)[0]["outcome_at"]).startswith("2026-11-22 10:00:00")


@pytest.mark.spec("F2")
def test_a_batch_with_a_repeat_and_sent_again(app: Flask, url: str) -> None:
    batch = [item("a"), item("b", "accepted"), item("a"), item("a", outcomeTimestamp="2026-11-22T11:00:00Z")]
    assert [send(app, *batch).status_code for _ in range(3)] == [200] * 3
    assert sorted(row["card"] for row in kept(url)) == ["a", "a", "b"]


def test_without_a_moment_a_repeat_is_still_one(app: Flask, url: str) -> None:
    said = {"card": "a", "outcome": "overridden"}
    send(app, said)
    send(app, said)
    assert len(kept(url)) == 1


BAD: list[Any] = [{"card": "x", "outcome": "ignored"}, {"outcome": "accepted"}, {"card": 7, "outcome": "accepted"}, "x"]


@pytest.mark.spec("F10")
def test_a_bad_item_never_loses_the_good_ones(app: Flask, url: str) -> None:
    assert send(app, *BAD, item("good"), None).status_code == 200
    assert [row["card"] for row in kept(url)] == ["good"]


@pytest.mark.spec("F4", "F10")
@pytest.mark.parametrize("bad", BAD)
def test_nothing_usable_is_400_and_names_the_item(app: Flask, url: str, bad: Any) -> None:
    answer = send(app, bad)
    assert answer.status_code == 400
    assert answer.json["issue"][0]["expression"][0].startswith("feedback[0]")
    assert kept(url) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"feedback": []}', b'{"feedback": 7}', b"no"])
def test_what_is_no_feedback(app: Flask, body: bytes) -> None:
    answer = app.test_client().post(ADDRESS, data=body)
    assert (answer.status_code, answer.json["resourceType"]) == (400, "OperationOutcome")  # type: ignore[index]


def test_too_many_items(app: Flask) -> None:
    assert send(app, *[item(str(n)) for n in range(1001)]).status_code == 413


def test_an_unknown_service(app: Flask) -> None:
    assert send(app, item(), service="/cds-services/other/feedback").status_code == 404


def test_text_that_a_database_would_refuse_is_cleaned(app: Flask, url: str) -> None:
    reason = {"code": "a\x00b", "system": "s", "display": "d\n" * 5000}
    assert send(app, item("\x00card" * 200, overrideReason={"reason": reason})).status_code == 200
    row = kept(url)[0]
    assert row["reason_code"] == "ab"
    assert len(row["card"]) <= 256
    assert len(row["reason_display"]) <= 2000


# ---- what it adds up to ---------------------------------------------------------------------------------------------


@pytest.mark.spec("F3", "F8", "C2", "S2")
def test_feedback_meets_the_cards_that_were_issued(app: Flask, url: str) -> None:
    cards = issued(app)
    rule = cards[0]["extension"]["org.neuropathic-pain-cds.basis"]["rule"]
    accepted = item(cards[0]["uuid"], "accepted", acceptedSuggestions=[{"id": cards[0]["suggestions"][0]["uuid"]}])
    send(app, accepted, item("never-issued"), service="/cds-services/neuropathic-pain-order-sign/feedback")
    rows = {row.rule: row for row in open_store(url).acceptance()}
    assert (rows[rule].issued, rows[rule].accepted, rows[rule].acceptance) == (1, 1, 1.0)
    assert (rows[""].issued, rows[""].overridden) == (0, 1)


def test_what_was_said_last_counts(app: Flask, url: str) -> None:
    card = issued(app)[0]["uuid"]
    send(app, item(card, overrideReason={"reason": REASON}))
    send(app, item(card, "accepted", outcomeTimestamp="2026-11-22T11:00:00Z"))
    assert [(row.accepted, row.overridden) for row in open_store(url).acceptance() if row.issued] == [(1, 0)]


def test_reasons_are_counted_and_feedback_may_come_before_the_card_is_written(app: Flask, url: str) -> None:
    card = STORY.response["cards"][0]["uuid"]
    send(app, item(card, overrideReason={"reason": REASON}))
    assert open_store(url).acceptance()[0].rule == ""
    issued(app)
    assert [row.reasons for row in open_store(url).acceptance()] == ["expert-contradicts 1"]


def test_the_same_call_again_is_the_same_card(app: Flask, url: str) -> None:
    issued(app)
    issued(app)
    assert sum(row.issued for row in open_store(url).acceptance()) == len(STORY.response["cards"])


def test_acceptance_over_http_on_this_machine(app: Flask) -> None:
    issued(app)
    client = app.test_client()
    assert client.get("/feedback/acceptance").json["acceptance"][0]["issued"] == 1  # type: ignore[index]
    table = list(csv.reader(io.StringIO(client.get("/feedback/acceptance?format=csv").text)))
    assert table[0][:3] == ["tenant", "rule", "issued"]
    assert client.get("/feedback/acceptance", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 403


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\tx"])
def test_a_table_runs_nothing(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert (harmless("x"), harmless(-1)) == ("x", -1)


# ---- what is kept, and what is not ----------------------------------------------------------------------------------


@pytest.mark.spec("F12", "A1", "J18")
def test_nothing_about_a_patient_is_kept_logged_or_counted(
    app: Flask, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call = orjson.loads(orjson.dumps(STORY.request).replace(b'"Patient/', b'"Patient/CANARY-'))
    patient = f"CANARY-{call['context']['patientId']}"
    call["context"] |= {"patientId": patient, "userId": "Practitioner/CANARY-user"}
    call["prefetch"]["patient"] |= {"id": patient, "name": [{"family": "CANARY-name"}]}
    call |= {"fhirServer": "https://127.0.0.1:1/CANARY-fhir", "extension": {"CANARY": "CANARY"}}
    call["fhirAuthorization"] = {"access_token": "CANARY-token", "token_type": "Bearer", "expires_in": 300}
    client = app.test_client()
    headers = {"Authorization": "Bearer CANARY-jwt.a.b", "X-Request-Id": "CANARY?"}
    answer = client.post(STORY.path_of_service, json=call, headers=headers)
    assert answer.status_code == 200
    for bad in (b"CANARY", b'{"CANARY": 1}', b'{"hook": "CANARY", "hookInstance": "CANARY!"}'):
        assert b"CANARY" not in client.post(STORY.path_of_service, data=bad, headers=headers).data
    send(app, item("CANARYless", overrideReason={"userComment": COMMENT}), item(outcome=COMMENT))
    app.extensions["house"].recorder.flush()
    app.extensions["house"].trail.flush()
    trail = Path(app.extensions["house"].config.audit).read_text()
    assert trail.count("\n") == 5
    everything = [trail, capsys.readouterr().out, client.get("/metrics").text, dump(url), str(dict(answer.headers))]
    assert "answered" in everything[1]
    for place in everything:
        assert "CANARY" not in place.replace("CANARYless", "")


def dump(url: str) -> str:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return "\n".join(connection.iterdump())
    finally:
        connection.close()


def test_comments_are_kept_where_a_tenant_says_so(tmp_path: Path, url: str, base: KnowledgeBase) -> None:
    tenants = tmp_path / "tenants.toml"
    tenants.write_text("[tenants.default]\nkeep_comments = true\n")
    app = create_app(Config(database=url, tenants=str(tenants)), base)
    send(app, item(overrideReason={"userComment": COMMENT}))
    assert kept(url)[0]["comment"] == COMMENT


# ---- trouble --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database", ["", "sqlite:////proc/nowhere/store.sqlite3"])
def test_without_a_store_calls_are_answered_and_feedback_is_sent_again(base: KnowledgeBase, database: str) -> None:
    app = create_app(Config(day=STORY_DAY, database=database), base)
    assert app.test_client().post(STORY.path_of_service, json=STORY.request).status_code == 200
    answer = send(app, item())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    ready = app.test_client().get("/health/ready").json
    assert ready is not None
    assert ready["store"] == ("unreachable" if database else "off")
    if database:
        app.extensions["house"].recorder.flush()
        assert 'cds_recorder_dropped_total{what="cards"} 1.0' in app.test_client().get("/metrics").text


ROW = CardRow("u", "t", "s", "r", "", "a", "info", "v", "2026-11-22")


def test_a_full_queue_drops_and_counts_and_never_waits() -> None:
    import threading

    gate, dropped = threading.Event(), []

    recorder: Recorder[CardRow] = Recorder(lambda _: gate.wait(30), dropped.append, most=5)
    for _ in range(200):
        recorder.record([ROW])
    assert sum(dropped) >= 90
    gate.set()
    recorder.flush()
    recorder.close()


def test_what_is_waiting_is_written_at_the_end(url: str) -> None:
    store = open_store(url)
    recorder = Recorder(store.add_cards, lambda _: None)
    recorder.record(CardRow(str(n), "t", "s", "r", "", "a", "info", "v", "2026-11-22") for n in range(250))
    recorder.close()
    assert len(store.card_rows()) == 250
