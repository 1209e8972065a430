"""
Who has reviewed a knowledge file, and when: a deployment's signature under the exact bytes that were read.

A file of signoffs/ names one knowledge file and the SHA-256 of what was reviewed: the package's file, then the
deployment's change to it, then its codes in value_sets/snomed.csv, one after the other. Any edit to any of them breaks
the signature, and a broken signature refuses to start: nobody is told "reviewed" about words the reviewer never saw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

import msgspec

from .knowledge_files import Raw, parsed
from .statements import File, Table


class Signature(Table, frozen=True, kw_only=True):
    """One review. It counts from its date on."""

    path: str  # "agents/gabapentin.toml"
    sha256: str
    reviewer: str
    role: str
    date: date
    note: str = ""

    def __str__(self) -> str:
        return f"{self.reviewer}, {self.role}, {self.date.isoformat()}"


Signatures = Mapping[str, tuple[Signature, ...]]  # by the path of the file


def digest(parts: list[bytes]) -> str:
    """The SHA-256 of what a reviewer reads."""
    return hashlib.sha256(b"".join(parts)).hexdigest()


def read_signoffs(
    raws: Mapping[str, Raw], files: Mapping[str, File], reviewed: Mapping[str, str], problems: list[str]
) -> Signatures:
    """The signatures that hold. `reviewed`: the digest of each file as it stands now."""
    found: dict[str, tuple[Signature, ...]] = {}
    for raw in raws.values():
        table = parsed(raw, problems)
        signature = _signature(raw, table, problems) if table is not None else None
        if signature is None:
            continue
        wrong = _wrong(signature, files, reviewed)
        problems += [f"{raw.name}: {wrong}"] if wrong else []
        found[signature.path] = (*found.get(signature.path, ()), signature)
    return found


def _signature(raw: Raw, table: object, problems: list[str]) -> Signature | None:
    try:
        signature = msgspec.convert(table, Signature)
    except msgspec.ValidationError as error:
        problems.append(f"{raw.name}: {error}")
        return None
    empty = [name for name in ("reviewer", "role") if not getattr(signature, name).strip()]
    problems += [f"{raw.name}: {name}: must not be empty" for name in empty]
    return None if empty else signature


def _wrong(signature: Signature, files: Mapping[str, File], reviewed: Mapping[str, str]) -> str:
    """What is wrong with a signature and what to do; "" where it holds."""
    path = signature.path
    if path not in reviewed:
        return f"path: there is no {path!r}: delete this sign-off"
    if signature.sha256.lower() != reviewed[path]:
        return (
            f"{path} is not what {signature.reviewer} reviewed on {signature.date.isoformat()}: review it and sign it "
            f"again (neuropathic-pain-cds knowledge sign), or delete this sign-off"
        )
    author = files[path].review.author if path in files else ""
    if author and author.strip().casefold() == signature.reviewer.strip().casefold():
        return f"{path} was written by {author}: another person must review it"
    return ""
