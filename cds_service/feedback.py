"""
What clinicians did with cards: the body of a feedback call -> rows to keep. One bad item never loses the good ones.

Two spellings are read: CDS Hooks', and that of a large EHR (`overrideReasons`, an object, its reason in `extension`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from .errors import BadRequest, Problem, TooLarge
from .json_body import read_json
from .store import FeedbackRow
from .validation import validate

MOST_ITEMS: Final = 1000
MOST_BYTES: Final = 2**20
MOST_TEXT: Final = 2000
EXTENSION_REASON: Final = re.compile(r"overrideReason\.reason(Category|Title|Display)$")
WHERE: Final = re.compile(r"feedback\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Heard:
    rows: list[FeedbackRow]
    problems: list[Problem]  # of items that could not be used


def heard(
    body: bytes, content_type: str | None, tenant: str, service: str, now: datetime, *, keep_comments: bool = False
) -> Heard:
    """The rows of a call. Raises BadRequest if no item of it can be used."""
    document = read_json(body, content_type, MOST_BYTES)
    items = document.get("feedback") if isinstance(document, dict) else None
    if isinstance(items, list) and len(items) > MOST_ITEMS:
        raise TooLarge(f"More than {MOST_ITEMS} items in one call.", "feedback")
    problems = validate(_timed(document), "feedback")
    bad = {int(place[1]) for problem in problems if (place := WHERE.match(problem.path))}
    good = [item for index, item in enumerate(items or ()) if index not in bad] if isinstance(items, list) else []
    if not good:
        raise _refused(problems)
    rows = [_row(item, tenant, service, now, keep_comments) for item in good]
    return Heard(rows, problems)


def _refused(problems: list[Problem]) -> BadRequest:
    if not problems:
        return BadRequest("No feedback in this call.", "feedback")
    first, *others = problems
    return BadRequest(first.message, first.path, code=first.code, also=others[:10])


def _timed(document: Any) -> Any:
    """Without members that say nothing: some clients send null for what they leave out."""
    items = document.get("feedback") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return document
    return {**document, "feedback": [_without_nulls(item) for item in items]}


def _without_nulls(item: Any) -> Any:
    return {name: value for name, value in item.items() if value is not None} if isinstance(item, dict) else item


def _row(item: Mapping[str, Any], tenant: str, service: str, now: datetime, keep_comments: bool) -> FeedbackRow:
    system, code, display, comment = _reason(item)
    card, outcome = _clean(item["card"])[:256], item["outcome"]
    suggestions = ",".join(_clean(suggestion["id"]) for suggestion in item.get("acceptedSuggestions") or ())
    said = (card, outcome, str(item.get("outcomeTimestamp")), suggestions, system, code, display)
    return FeedbackRow(
        key=hashlib.sha256("\n".join(said).encode()).hexdigest(),
        tenant=tenant,
        service=service,
        card=card,
        outcome=outcome,
        suggestions=suggestions,
        reason_system=system,
        reason_code=code,
        reason_display=display,
        comment=comment if keep_comments else "",
        outcome_at=_moment(item.get("outcomeTimestamp"), now),
        received_at=now,
    )


def _reason(item: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """System, code, display and comment, whichever way they are spelt."""
    given = item.get("overrideReason") or item.get("overrideReasons") or {}
    given = next(iter(given), {}) if isinstance(given, list) else given
    if not isinstance(given, dict):
        return "", "", "", ""
    reason = given.get("reason") or {}
    reason = reason if isinstance(reason, dict) else {}
    said = {**dict(_from_extension(given.get("extension"))), **reason}
    system, code, display = (_clean(said.get(name)) for name in ("system", "code", "display"))
    return system, code, display, _clean(given.get("userComment"))


def _from_extension(extension: Any) -> Iterator[tuple[str, Any]]:
    for name, value in extension.items() if isinstance(extension, dict) else ():
        found = EXTENSION_REASON.search(name)
        if found:
            yield ("code" if found[1] == "Category" else "display"), value


def _clean(value: Any) -> str:
    """Text as it may be kept: bounded, without control characters."""
    text = "" if value is None or isinstance(value, (dict, list)) else str(value)
    return "".join(letter for letter in text[:MOST_TEXT] if letter.isprintable())


def _moment(text: Any, now: datetime) -> datetime:
    """When it happened; if that is not said or cannot be, the moment of receipt."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return now
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
