"""
Hold every knowledge file against its JSON Schema, and write the digests of those that pass to cards/knowledge/CHECKED,
so that a start need not do it again. A stale list makes a start slower, never wrong.

    make checked

`--check` writes nothing and exits 1 where the list is stale.
"""

from __future__ import annotations

import sys

from cards import SEED
from cards.knowledge_base import SHAPES
from cards.knowledge_files import CHECKED, Schemas, parsed, read_files


def checked() -> tuple[str, list[str]]:
    """The text of the list, and what the schemas have against the files."""
    schemas, problems = Schemas(SEED), list[str]()
    raws = read_files(SEED, tuple(SHAPES))
    for raw in raws.values():
        table = parsed(raw, problems)
        if table is not None:
            problems += [f"{raw.name}: {line}" for line in schemas.against(raw.folder, table)]
    return schemas.list_of(raws), problems


def main() -> int:
    text, problems = checked()
    path = SEED / CHECKED
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    if "--check" in sys.argv:
        return 0 if path.exists() and path.read_text(encoding="utf-8") == text else 1
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
