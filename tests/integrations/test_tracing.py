"""OpenTelemetry's own SDK and exporter in the service as it runs, and a collector that reads what they send."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from cds_service.tracing import Tracing
from fhir_fixtures import stories
from tests.service.bad_fhir_server import bad_server
from tests.service.served import served

pytestmark = pytest.mark.integration

STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))
PATIENT = "CANARY-patient"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@dataclass(frozen=True)
class Seen:
    """One span, as the collector got it."""

    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    failed: bool
    whole: str  # everything of it, in words


class Collector(ThreadingHTTPServer):
    """OTLP over HTTP: keeps every span it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Seen] = []
        self.resources: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        for each in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.server.resources.append(_read(each.resource.attributes))
            self.server.spans += [_seen(span) for scope in each.scope_spans for span in scope.spans]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _read(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


def _seen(span: Any) -> Seen:
    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
    return Seen(span.name, *ids, _read(span.attributes), span.status.code == 2, str(span))


@contextmanager
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def bare(fhir: str) -> Any:
    """The story with nothing prefetched, everything that could identify somebody marked."""
    call = json.loads(json.dumps(STORY.request).replace(STORY.request["context"]["patientId"], PATIENT))
    call["context"]["userId"] = "Practitioner/CANARY-user"
    token = {"access_token": "CANARY-token", "token_type": "Bearer", "expires_in": 300}
    return {**call, "hookInstance": "CANARY-hook", "prefetch": {}, "fhirServer": fhir, "fhirAuthorization": token}


@pytest.fixture(scope="module")
def told() -> Iterator[Collector]:
    """What a collector was told of three calls: one that reads the EHR, one about which the EHR fails, one broken."""
    with collector() as heard, bad_server() as fhir:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{heard.server_port}"}
        settings = {"tracing": "true", "fhir_seconds": "20", "fhir_networks": "127.0.0.0/8"}
        with served("--database", "none", environment=environment, **settings) as base:
            url, headers = f"{base}{STORY.path_of_service}", {"traceparent": f"00-{TRACE}-{CALLER}-01"}
            read = requests.post(url, json=bare(fhir.base(f"of-{PATIENT}")), headers=headers, timeout=60)
            assert read.status_code == 200
            assert requests.post(url, json=bare(fhir.base("status-500")), timeout=60).status_code == 412
            assert requests.post(url, json={"hook": "CANARY"}, timeout=60).status_code == 400
        yield heard  # the service has ended, and has sent what was waiting


def test_a_call_is_a_span_under_the_callers(told: Collector) -> None:
    mine = [span for span in told.spans if span.trace == TRACE]
    call = next(span for span in mine if span.name == "call neuropathic-pain-order-select")
    assert call.parent == CALLER
    assert call.attributes["cds.hook"] == "order-select"
    assert {span.parent for span in mine if span is not call} == {call.id}


def test_every_part_that_is_read_is_a_span_and_the_advice_is_one(told: Collector) -> None:
    mine = {span.name: span for span in told.spans if span.trace == TRACE}
    kinds = ("Patient", "Condition", "MedicationRequest", "Observation", "AllergyIntolerance")
    assert {f"read {kind}" for kind in kinds} <= mine.keys()
    assert mine["read Condition"].attributes == {"server.address": "127.0.0.1", "cds.pages": 1, "cds.outcome": "ok"}
    assert mine["advise"].attributes["cds.cards"] >= 0


def test_what_failed_is_told_by_its_kind(told: Collector) -> None:
    others = [span for span in told.spans if span.trace != TRACE]
    errors = sorted(span.attributes["error.type"] for span in others if "error.type" in span.attributes)
    assert errors == ["BadRequest", "PreconditionFailed"]
    outcomes = {span.attributes["cds.outcome"] for span in others if span.name.startswith("read ")}
    assert outcomes == {"the FHIR server failed (500)"}
    assert not any(span.failed for span in told.spans)  # nothing of this was the service's fault


def test_who_tells_it(told: Collector) -> None:
    assert {resource["service.name"] for resource in told.resources} == {"neuropathic-pain-cds"}


def test_nothing_of_a_patient_is_told(told: Collector) -> None:
    assert len(told.spans) == 14  # seven, six and one
    everything = " ".join([span.whole for span in told.spans] + [str(resource) for resource in told.resources])
    assert "CANARY" not in everything
    for value in STORY.request["context"]["draftOrders"]["entry"][0]["resource"]["medicationCodeableConcept"].values():
        assert str(value) not in everything


def test_a_fault_of_ours_is_told_by_its_kind_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as heard:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{heard.server_port}")
        tracing = Tracing(enabled=True)
        with pytest.raises(KeyError), tracing.call("call", {}, {}), tracing.within("advise", {}):
            raise KeyError("CANARY chart")
        tracing.close()
    assert [(span.name, span.failed, span.attributes["error.type"]) for span in heard.spans] == [
        ("advise", True, "KeyError"),
        ("call", True, "KeyError"),
    ]
    assert "CANARY" not in " ".join(span.whole for span in heard.spans)
