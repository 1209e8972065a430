"""
Gather what the agents' files say is not certain into the section "Agents" of docs/open-questions.md.

    python scripts/open_questions.py [--check]

Every `doubt` of a file, every limit that rests on a machine-written page alone, and every limit stated from knowledge
that no page was seen for. What stands in that section before the first of these is written by hand and kept. `--check`
writes nothing and exits 1 where the section is stale.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
AGENTS = ROOT / "cards" / "knowledge" / "agents"
DOCUMENT = ROOT / "docs" / "open-questions.md"
FIRST = "### Doubts, as the files state them"
LIMITS = ("start", "titration", "maximum", "renal", "dialysis", "hepatic")  # tables whose figures decide a card

Row = Mapping[str, Any]


def files() -> dict[str, Row]:
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(AGENTS.glob("*.toml"))}


def rows(file: Row) -> Iterator[tuple[str, Row]]:
    for table, value in file.items():
        if table not in ("source", "formulation", "review"):
            yield from (
                (table, row) for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)
            )


def doubts(there: Mapping[str, Row]) -> Iterator[str]:
    """Each doubt once, with the files and rows it is about."""
    about: dict[str, dict[str, list[str]]] = {}
    for name, file in there.items():
        for table, row in rows(file):
            if row.get("doubt"):
                about.setdefault(row["doubt"], {}).setdefault(name, []).append(
                    f"{table}.{row.get('id', '')}".rstrip(".")
                )
    for doubt, found in sorted(about.items()):
        yield f"- {doubt}: " + "; ".join(f"`{name}` {', '.join(keys)}" for name, keys in found.items())


def qualities(file: Row, row: Row) -> set[str]:
    by_id = {source["id"]: source["quality"] for source in file["source"]}
    return {by_id[source] for source in row.get("sources", ()) if source != "second-reading"}


def resting_on(there: Mapping[str, Row], wanted: Iterable[set[str]]) -> Iterator[str]:
    """The limits of each file whose sources are all of these kinds."""
    kinds = list(wanted)
    for name, file in there.items():
        found = [f"{t}.{r['id']}" for t, r in rows(file) if t in LIMITS and "id" in r and qualities(file, r) in kinds]
        if found:
            yield f"- `{name}`: {', '.join(found)}"


def gathered() -> str:
    there = files()
    parts = (
        FIRST,
        "Made from the files by `scripts/open_questions.py`.",
        "\n".join(doubts(there)),
        "### Limits that rest on a machine-written page",
        "\n".join(resting_on(there, ({"ai_secondary"}, {"ai_secondary", "knowledge"}))),
        "### Limits stated from knowledge of the named source, no page seen",
        "\n".join(resting_on(there, ({"knowledge"}, set()))),
    )
    return "\n\n".join(parts) + "\n"


def renewed(text: str) -> str:
    before, _, rest = text.partition("## Agents\n")
    by_hand, _, old = rest.partition(FIRST)
    _, heading, after = (old or rest).partition("\n## ")
    kept = by_hand.partition("\n## ")[0].strip()
    return f"{before.rstrip()}\n\n## Agents\n\n{kept}\n\n{gathered()}{heading}{after}"


def main() -> int:
    old = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else "# Open questions\n"
    if "--check" in sys.argv:
        return 0 if renewed(old) == old else 1
    DOCUMENT.write_text(renewed(old), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
