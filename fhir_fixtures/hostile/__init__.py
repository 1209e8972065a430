"""
Tricky and hostile calls: what any CDS Hooks service may be sent, and the statuses with which it may answer.

    from fhir_fixtures.hostile import hostile
    for call in hostile("order-select"):
        status = requests.post(url, data=call.body, headers={"Content-Type": call.content_type}).status_code
        assert status in call.statuses, call.why

Every call is made from one plain order-select, order-sign or patient-view, so that what is wrong with it is one thing.
200 says that an order must not be held up by this; 4xx that it is no call. Never 5xx, never an answer that repeats what
was sent, never one that takes seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

ANY: Final = (200, 400, 404, 406, 412, 413, 414, 415, 422)  # no crash is all that is asked
REFUSED: Final = (400, 413, 415, 422)
ANSWERED: Final = (200,)
NOT_KNOWN: Final = (200, 412)
MARK: Final = "Zzyzx"  # stands in calls where a service might repeat it; no answer to a refused call may hold it


@dataclass(frozen=True, slots=True)
class Hostile:
    name: str
    why: str
    statuses: tuple[int, ...]
    body: bytes
    content_type: str = "application/json"


def plain(hook: str = "order-select") -> Json:
    """A call with nothing wrong with it."""
    order = {
        "resourceType": "MedicationRequest",
        "id": "a",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": {"text": "gabapentin 300 mg capsule"},
        "dosageInstruction": [{"text": "1 capsule 3 times a day"}],
    }
    empty = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    context: Json = {"userId": "Practitioner/d", "patientId": "p"}
    if hook != "patient-view":
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]}
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/a"]
    chart = dict.fromkeys(("conditions", "medications", "observations", "allergies"), empty)
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1960-05-05"}
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": {"patient": patient, **json.loads(json.dumps(chart))},
    }


def hostile(hook: str = "order-select") -> Iterator[Hostile]:
    """Every call there is for a hook. README.md has a line for each."""
    for name, (why, statuses, change) in {**_calls(), **(_orders() if hook != "patient-view" else {})}.items():
        call = plain(hook)
        change(call)
        yield Hostile(name, why, statuses, json.dumps(call).encode())
    yield from _bodies(json.dumps(plain(hook)).encode())


Change = Callable[[Json], object]
Table = dict[str, tuple[str, tuple[int, ...], Change]]


def _put(*steps: str | int, value: Any) -> Change:
    """A change that puts a value at a place."""

    def change(call: Any) -> None:
        for step in steps[:-1]:
            call = call[step]
        call[steps[-1]] = value

    return change


def _drop(*steps: str | int) -> Change:
    def change(call: Any) -> None:
        for step in steps[:-1]:
            call = call[step]
        del call[steps[-1]]

    return change


def _order(value: Any, *steps: str | int) -> Change:
    return _put("context", "draftOrders", "entry", 0, "resource", *steps, value=value)


def _sig(text: str) -> Change:
    return _order([{"text": text}], "dosageInstruction")


def _calls() -> Table:
    return {
        "no-hook": ("`hook` is missing", REFUSED, _drop("hook")),
        "no-hook-instance": ("`hookInstance` is missing", REFUSED, _drop("hookInstance")),
        "no-context": ("`context` is missing", REFUSED, _drop("context")),
        "context-is-a-list": ("`context` as in drafts before 1.0", REFUSED, _put("context", value=[])),
        "hook-is-a-number": ("`hook` is no string", REFUSED, _put("hook", value=7)),
        "another-hook": ("a hook that this service id does not answer", REFUSED, _put("hook", value=f"{MARK}-hook")),
        "no-patient-id": ("`context.patientId` is missing", REFUSED, _drop("context", "patientId")),
        "patient-id-escapes": (
            "a patient id that would leave a URL's path",
            ANY,
            _put("context", "patientId", value="p/../../admin?x=1&_count=9999#"),
        ),
        "no-prefetch": ("no prefetch and no FHIR server", (412, 200), _drop("prefetch")),
        "prefetch-null": ("every prefetch value is null: known to be empty", NOT_KNOWN, _nulls),
        "prefetch-empty": ("an empty prefetch object", NOT_KNOWN, _put("prefetch", value={})),
        "prefetch-is-a-string": ("prefetch is no object", REFUSED, _put("prefetch", value=MARK)),
        "prefetch-outcome": (
            "a prefetch value is an OperationOutcome: the EHR's own failure",
            NOT_KNOWN,
            _put("prefetch", "conditions", value={"resourceType": "OperationOutcome", "issue": []}),
        ),
        "prefetch-entry-null": (
            "null among a Bundle's entries",
            ANSWERED,
            _put("prefetch", "conditions", "entry", value=[None, {}, {"resource": None}, {"resource": 3}]),
        ),
        "prefetch-of-another-patient": (
            "the patient in the prefetch is another one",
            NOT_KNOWN,
            _put("prefetch", "patient", "id", value="somebody-else"),
        ),
        "birth-date-nonsense": ("31 February", ANSWERED, _put("prefetch", "patient", "birthDate", value="1960-02-31")),
        "birth-date-in-future": (
            "born tomorrow",
            ANSWERED,
            _put("prefetch", "patient", "birthDate", value="2999-01-01"),
        ),
        "fhir-server-local": (
            "a FHIR server on the service's own machine, with nothing prefetched",
            (412, 200, 400),
            _forging,
        ),
        "extension-is-a-list": ("`extension` is no object", (200, 400), _put("extension", value=[1])),
        "unknown-members": ("members nobody knows", ANSWERED, _put("x-vendor", value={"deep": [MARK]})),
        "deep": ("nested a thousand levels deep", REFUSED, _put("extension", value=_nested(900))),
    }


def _orders() -> Table:
    long = "take " + "1 capsule and then " * 5_000
    return {
        "no-drafts": ("`draftOrders` is missing", REFUSED, _drop("context", "draftOrders")),
        "drafts-without-entry": ("an empty Bundle of drafts", ANSWERED, _drop("context", "draftOrders", "entry")),
        "draft-null": ("null among the drafts", ANSWERED, _put("context", "draftOrders", "entry", 0, value=None)),
        "draft-is-a-string": (
            "a draft as text, as some clients send it",
            (200, 400),
            _put("context", "draftOrders", "entry", 0, "resource", value=MARK),
        ),
        "draft-of-another-kind": ("a draft that is no medication", ANSWERED, _order("ServiceRequest", "resourceType")),
        "draft-without-id": ("a draft without an id", ANSWERED, _drop(*_AT, "id")),
        "draft-without-drug": ("a draft that names no drug", ANSWERED, _drop(*_AT, "medicationCodeableConcept")),
        "two-drugs": (
            "both choices of medication[x]",
            ANSWERED,
            _order({"reference": "Medication/none"}, "medicationReference"),
        ),
        "drug-of-nowhere": (
            "a code of a system nobody knows",
            ANSWERED,
            _order({"coding": [{"system": "urn:x", "code": "'; DROP TABLE x; --"}]}, "medicationCodeableConcept"),
        ),
        "drug-null": ("codings that are null", ANSWERED, _order({"coding": [None]}, "medicationCodeableConcept")),
        "dosage-is-a-string": ("dosageInstruction is no array", ANSWERED, _order("daily", "dosageInstruction")),
        "dosage-null": ("null among the dosages", ANSWERED, _order([None], "dosageInstruction")),
        "dose-enormous": ("a dose of 1e300 mg", ANSWERED, _order([_dose(1e300)], "dosageInstruction")),
        "dose-negative": ("a dose below nought", ANSWERED, _order([_dose(-5)], "dosageInstruction")),
        "dose-is-text": ("a dose whose value is a word", ANSWERED, _order([_dose("many")], "dosageInstruction")),
        "period-nought": ("every nought days", ANSWERED, _order([_dose(300, period=0)], "dosageInstruction")),
        "sig-very-long": ("a sig of 90 000 characters", ANSWERED, _sig(long)),
        "sig-regex-bomb": ("a sig made to keep a pattern busy", ANSWERED, _sig("1-" * 4_000)),
        "sig-markup": ("a sig with markup", ANSWERED, _sig(f"<script>{MARK}</script>")),
        "sig-right-to-left": ("a sig with direction marks and nulls", ANSWERED, _sig("1\u202e daily\x00")),
        "reason-in-a-circle": (
            "a reason that is the order itself",
            ANSWERED,
            _order([{"reference": "MedicationRequest/a"}], "reasonReference"),
        ),
        "twice-the-same": ("the same draft a hundred times", ANSWERED, _repeated),
        "selection-of-nothing": (
            "a selection that matches no draft",
            ANSWERED,
            _put("context", "selections", value=["MedicationRequest/none"]),
        ),
        "selections-are-numbers": (
            "selections that are no references",
            (200, 400),
            _put("context", "selections", value=[1, None]),
        ),
    }


_AT: Final = ("context", "draftOrders", "entry", 0, "resource")


def _bodies(body: bytes) -> Iterator[Hostile]:
    """Bodies that are no JSON document of a call at all."""
    twice = body.replace(b'"patientId": "p"', b'"patientId": "q", "patientId": "p"')
    yield Hostile("empty", "an empty body", REFUSED, b"")
    yield Hostile("not-json", "no JSON", REFUSED, f"{{{MARK}".encode())
    yield Hostile("cut-off", "JSON that ends in the middle", REFUSED, body[: len(body) // 2])
    yield Hostile("a-list", "a JSON array", REFUSED, b"[" + body + b"]")
    yield Hostile("null", "JSON null", REFUSED, b"null")
    yield Hostile("nan", "NaN, which is no JSON", REFUSED, body.replace(b'"total": 0', b'"total": NaN'))
    yield Hostile("utf-16", "UTF-16", REFUSED, body.decode().encode("utf-16"))
    yield Hostile("bad-utf-8", "bytes that are no UTF-8", REFUSED, body.replace(b"female", b"\xff\xfe"))
    yield Hostile("byte-order-mark", "a byte order mark", (200, 400), b"\xef\xbb\xbf" + body)
    yield Hostile("member-twice", "a member given twice: which patient?", (200, 400), twice)
    yield Hostile("brackets", "a million opening brackets", REFUSED, b"[" * 1_000_000)
    yield Hostile("six-megabytes", "a body of six megabytes", ANY, body[:-1] + b', "x": "' + b"x" * 6_000_000 + b'"}')
    yield Hostile("a-form", "a web form's content type", (200, *REFUSED), body, "application/x-www-form-urlencoded")


def _nulls(call: Json) -> None:
    call["prefetch"] = dict.fromkeys(call["prefetch"])


def _forging(call: Json) -> None:
    del call["prefetch"]
    call["fhirServer"] = "http://169.254.169.254/latest"
    call["fhirAuthorization"] = {"access_token": MARK, "token_type": "Bearer", "expires_in": 300, "scope": "x"}


def _repeated(call: Json) -> None:
    call["context"]["draftOrders"]["entry"] *= 100


def _nested(depth: int) -> Json:
    value: Json = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def _dose(value: Any, period: int = 1) -> Json:
    quantity = {"value": value, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    repeat = {"frequency": 3, "period": period, "periodUnit": "d"}
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": quantity}]}
