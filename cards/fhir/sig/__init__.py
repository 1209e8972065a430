"""
Free-text sigs: "Take 1-2 capsules by mouth every 4 to 6 hours as needed, max 8/day".

    text --tokens--> words with a meaning --grammar--> parts --assemble--> lines

`words` is the vocabulary, `tokens` finds it in the text, `grammar` (with `numbers`, `dose`, `frequency`) reads parts
from it, `assemble` (with `often`) puts them together. The law of them all: what is not understood is never skipped. A
text is read whole, or refused with the reason. The work is linear in a length that has a bound. docs/sigs.md has it in
words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from cards.fhir.lines import SigReading
from cards.fhir.sig.assemble import assemble
from cards.fhir.sig.cursor import Cursor
from cards.fhir.sig.grammar import parts
from cards.fhir.sig.parts import Refusal
from cards.fhir.sig.tokens import scan

LONGEST = 512


def read_sig(text: str, names: Iterable[str] = ()) -> SigReading:
    """What the text says, or why it cannot be read. Never raises. `names` are names of the medicine ordered, such as
    the label of the product: their words may stand in the text, "gabapentin 300 mg tid", and say nothing more."""
    return read_counted(text, names)[0]


def read_counted(text: str, names: Iterable[str] = ()) -> tuple[SigReading, int]:
    """The reading, and how many tokens were looked at for it."""
    if len(text) > LONGEST:
        return SigReading(refused=f"longer than {LONGEST} characters", text=text), 0
    plain = _from_json(text) if text.lstrip().startswith("{") else text
    if not plain.strip():
        return SigReading(refused="empty", text=text), 0
    return _read(plain, text, _words_of(frozenset(names)))


@lru_cache(maxsize=1024)
def _words_of(names: frozenset[str]) -> frozenset[str]:
    return frozenset(word for name in names for word in name.lower().split())


def _read(plain: str, text: str, names: frozenset[str]) -> tuple[SigReading, int]:
    scanned = scan(plain)
    cursor = Cursor(scanned.tokens, names)
    try:
        lines = assemble(parts(cursor), scanned.text)
    except Refusal as refusal:
        return SigReading(refused=str(refusal), text=text), cursor.steps
    return SigReading(lines=lines, text=text), cursor.steps


def _from_json(text: str) -> str:
    """Some EHRs put an object of strings where the text belongs: its strings, as sentences."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return " ; ".join(value for value in said.values() if isinstance(value, str)) if isinstance(said, dict) else ""
