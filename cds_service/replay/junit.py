"""
A run as JUnit XML, as CI servers read it: an order a test case, what is not as expected a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .tally import Tally


def write(records: Iterable[Mapping[str, Any]], tally: Tally, file: Path) -> None:
    """Written as it is read, so that a long run needs no memory."""
    counts = tally.counts
    broken = tally.unread_examples
    with file.open("w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        out.write(
            f'<testsuite name="replay" tests="{counts["orders"] + len(broken)}" failures="{counts["different"]}" '
            f'errors="{counts["failed"]}" skipped="{len(broken)}">\n'
        )
        for record in records:
            out.write(_case(record["place"], _inside(record)))
        for one in broken:
            out.write(_case(one["place"], f"<skipped message={_attribute(one['why'])}/>"))
        out.write("</testsuite>\n")


def _case(place: str, inside: str) -> str:
    folder, _, name = place.removesuffix("/request.json").rpartition("/")
    return f"<testcase classname={_attribute(folder)} name={_attribute(name)}>{inside}</testcase>\n"


def _inside(record: Mapping[str, Any]) -> str:
    status = record["status"]
    if record.get("differences"):
        return f'<failure message="not as expected">{_text(chr(10).join(record["differences"]))}</failure>'
    if status >= 500 or not status:
        return f"<error message={_attribute(record.get('why', ''))}/>"
    cards = [f"{card.get('indicator')}: {card.get('summary')}" for card in record["cards"]]
    said = [f"{status}: {record.get('why', '')}"] if status != 200 else cards
    return f"<system-out>{_text(chr(10).join(said))}</system-out>"


def _text(text: str) -> str:
    return escape(_printable(text))


def _attribute(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    """XML has no control characters, however they are written."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
