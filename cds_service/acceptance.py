"""
How each rule's cards fared, as a table that spreadsheets open without running anything.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import Any

from .store import AcceptanceRow


def as_csv(rows: Iterable[AcceptanceRow]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(field.name for field in fields(AcceptanceRow))
    writer.writerows([harmless(value) for value in astuple(row)] for row in rows)
    return out.getvalue()


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
