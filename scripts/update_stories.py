"""
Write every story's response.json anew, and the rulebook, from what the service says now. Then read the diff: it is the
change of the cards that clinicians will see.

    .venv/bin/python scripts/update_stories.py

The first half is `neuropathic-pain-cds replay fhir_fixtures --expect --update`, which shows the difference as well.
"""

from __future__ import annotations

from pathlib import Path

from cards.rulebook import rulebook
from cds_service.cli import main as command
from fhir_fixtures import FOLDER


def main() -> None:
    try:
        command(["replay", str(FOLDER), "--expect", "--update", "--quiet"])
    finally:  # the command ends in SystemExit, with its exit code
        Path(FOLDER.parent, "cards", "RULEBOOK.md").write_text(rulebook(FOLDER), encoding="utf-8")


if __name__ == "__main__":
    main()
