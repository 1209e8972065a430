"""
A Bulk FHIR export, where one patient's resources lie in several files: brought together by patient, in shards.

Each byte range of each file is dealt out over the shards by a hash of the patient's id, by as many processes as there
are; then each shard is read as a whole, patient by patient. What is about nobody (a Medication, a Location) goes to
every shard.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import orjson

from .asked import Item, Unreadable
from .inputs import NOBODY, patient_of
from .patients import NOBODYS, TYPES, asked_of, record_of
from .settings import Settings
from .sources import Partition, lines_of


def deal_out(partition: Partition, folder: str, shards: int) -> str:
    """Writes a folder of its own with a file for each shard that got something; there when done."""
    done = Path(folder, f"dealt-{partition.name}")
    if done.exists():
        return str(done)
    draft = Path(folder, f".{done.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
    draft.mkdir()
    with ExitStack() as open_files:
        files: dict[str, BinaryIO] = {}
        for number, line in lines_of(partition):
            for name, row in _dealt(line, f"{partition.paths[0]}:{number}", shards):
                if name not in files:
                    files[name] = open_files.enter_context((draft / name).open("wb"))
                files[name].write(row)
    draft.rename(done)
    return str(done)


def _dealt(line: bytes, place: str, shards: int) -> Iterator[tuple[str, bytes]]:
    try:
        resource = orjson.loads(line)
    except orjson.JSONDecodeError:
        resource = None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(resource, dict) or not isinstance(kind, str):
        why = "not JSON" if resource is None else "not a FHIR resource"
        yield _broken(place, why, shards)
    elif kind in TYPES:
        patient_id = patient_of(resource)
        if not patient_id and kind not in NOBODYS:
            yield _broken(place, NOBODY, shards)
            return
        row = b"%b\t%b\n" % (orjson.dumps(patient_id), line.strip())
        for shard in [_shard(patient_id, shards)] if patient_id else range(shards):
            yield _name(shard), row


def _broken(place: str, why: str, shards: int) -> tuple[str, bytes]:
    row = b"null\t%b\n" % orjson.dumps({"place": place, "why": why})
    return _name(_shard(place, shards)), row


def _shard(text: str, shards: int) -> int:
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:4]) % shards


def _name(shard: int) -> str:
    return f"{shard:06d}.ndjson"


def shard_of(number: int, dealt: tuple[str, ...], shard: int, supplied: tuple[str, ...], size: int) -> Partition:
    """The partition of one shard: the same file name in every folder of what was dealt out."""
    return Partition(number, "shard", tuple(f"{folder}/{_name(shard)}" for folder in dealt), 0, size, 1, supplied)


def in_shard(partition: Partition, settings: Settings) -> Iterator[Item]:
    """The orders of every patient of a shard, patients by id; first what could not be read. The lines of a shard are
    held as they are, and one patient's at a time as objects, which take ten times the room."""
    patients: dict[str | None, list[bytes]] = {}
    for patient, _, resource in _rows(partition):
        patients.setdefault(orjson.loads(patient), []).append(resource)
    for broken in map(orjson.loads, patients.pop(None, [])):
        yield Unreadable(broken["place"], broken["why"])
    common = list(map(orjson.loads, patients.pop("", [])))
    for patient_id in sorted(filter(None, patients)):
        resources = map(orjson.loads, patients.pop(patient_id))
        record = record_of(patient_id, (*resources, *common), partition.supplied)
        yield from asked_of(record, f"Patient/{patient_id}", settings)


def _rows(partition: Partition) -> Iterator[tuple[bytes, bytes, bytes]]:
    for path in partition.paths:
        if Path(path).exists():
            with Path(path).open("rb") as lines:
                yield from (line.partition(b"\t") for line in lines)
