"""
When something was written down, as FHIR says it: a year, a month, a day or an instant, compared as far as both say.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def day_of(text: Any) -> date | None:
    """The day of a full date or an instant; None for less."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def is_later(text: Any, moment: str) -> bool:
    """Whether `text` is certainly after `moment`. What has no date, or too little of one, is not."""
    if not isinstance(text, str) or not _DATE.match(text):
        return False
    if "T" in text and "T" in moment:
        return instant(text) > instant(moment)
    length = min(len(text), len(moment), 10)
    return text[:length] > moment[:length]


def instant(text: Any) -> datetime:
    """An instant, a day its beginning; what cannot be read is long past, what has no zone is taken as UTC."""
    try:
        found = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
