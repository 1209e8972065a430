"""
The audit trail, when asked for: one line a call in a file that only grows, each with the digest of the line before.

It says who called (the tenant), when, which service, which rules spoke, what was not known, and the ids of the cards.
Of the patient and the user it says nothing: the EHR's own record does, under the same hookInstance.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from .answer import Answer
from .telemetry import rules_of

Record = dict[str, Any]

PREVIOUS: Final = "previous"
FIRST: Final = ""  # what the first line of a file has for the line before
LONGEST: Final = 2**20  # bytes of a line


class Trail:
    """One file, written by all workers."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def write(self, records: Iterable[Record]) -> None:
        """On the disk when this returns. Raises OSError if that cannot be done."""
        import fcntl  # not on every system

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
            file.write(b"".join(_chained(records, _last(file))))
            file.flush()
            os.fsync(file.fileno())


def _chained(records: Iterable[Record], last: bytes) -> Iterator[bytes]:
    for record in records:
        line = orjson.dumps({**record, PREVIOUS: digest(last)}) + b"\n"
        last = line
        yield line


def digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest() if line else FIRST


def _last(file: BinaryIO) -> bytes:
    """The last line there is, b"" in a new file."""
    end = file.seek(0, 2)
    file.seek(max(0, end - LONGEST))
    lines = file.read().splitlines(keepends=True)
    return lines[-1] if lines else b""


# ---- what is written ------------------------------------------------------------------------------------------------


def record(event: str, **members: Any) -> Record:
    """Members that say nothing are left out."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"recorded": now, "event": event, **{name: value for name, value in members.items() if value}}


def of_answer(answer: Answer) -> Record:
    """What is written of an answer: rules, parts of the chart by name, ids of cards."""
    advice, chart = answer.advice, answer.chart
    return {
        "rules": rules_of(advice.findings) if advice else [],
        "silent": rules_of(answer.unshown.findings) if answer.unshown else [],
        "failed": [trouble.rule for trouble in advice.troubles] if advice else [],
        "notKnown": [key for key, state in chart.states.items() if state not in ("known", "empty")] if chart else [],
        "fetched": list(chart.fetched) if chart else [],
        "cards": [card["uuid"] for card in answer.cards],
    }


# ---- what is read back ----------------------------------------------------------------------------------------------


def broken(lines: Iterable[bytes]) -> Iterator[str]:
    """Where the chain of a file is broken: a line that was changed, put in, or before which one was taken out."""
    before = b""
    for number, line in enumerate(lines, start=1):
        read = _read(line)
        if read is None:
            yield f"line {number}: no record"
        elif read.get(PREVIOUS) != digest(before):
            yield f"line {number}: does not follow the line before"
        before = line


def _read(line: bytes) -> Record | None:
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return read if isinstance(read, dict) and line.endswith(b"\n") else None


def as_fhir(read: Mapping[str, Any]) -> Record:
    """A record as an AuditEvent of FHIR R4."""
    status = int(read.get("status", 200))
    said = {name: value for name, value in read.items() if name not in ("recorded", "event", "tenant", "service")}
    return {
        "resourceType": "AuditEvent",
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "subtype": [{"system": "urn:neuropathic-pain-cds:audit", "code": read["event"]}],
        "action": "E",
        "recorded": read["recorded"],
        "outcome": "0" if status < 400 else "4" if status < 500 else "8",
        "agent": [{"requestor": True, "name": read.get("tenant") or "(not known)"}],
        "source": {"observer": {"display": "neuropathic-pain-cds"}},
        "entity": [{"name": read.get("service", "service"), "detail": list(_details(said))}],
    }


def _details(said: Mapping[str, Any]) -> Iterator[Record]:
    for name, value in said.items():
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        if text:
            yield {"type": name, "valueString": text}
