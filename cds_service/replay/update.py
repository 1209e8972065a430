"""
What the service says now becomes what is expected: after somebody has read the difference.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fhir_fixtures import without_version

from .inputs import is_story


def rewrite_stories(records: Iterable[Mapping[str, Any]]) -> int:
    """Each story's response.json that differs. How many did."""
    return sum(_rewrite(Path(record["place"]), record) for record in records if record["status"] == 200)


def _rewrite(request: Path, record: Mapping[str, Any]) -> bool:
    if not is_story(request):
        return False
    answer, file = without_version({"cards": record["cards"]}), request.parent / "response.json"
    if without_version(json.loads(file.read_text(encoding="utf-8"))) == answer:
        return False
    file.write_text(f"{json.dumps(answer, indent=2, ensure_ascii=False)}\n", encoding="utf-8")
    return True


def rewrite_run(parts: Iterable[Path], former: Path) -> None:
    """The records of this run in place of a former run's."""
    draft = former.with_name(f".{former.name}.new")
    with draft.open("wb") as whole:
        for part in parts:
            with part.open("rb") as records:
                shutil.copyfileobj(records, whole)
    draft.replace(former)
