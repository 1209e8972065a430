"""
Write every story's response.json anew, and the rulebook, from what the service says now. Then read the diff: it is the
change of the cards that clinicians will see.

    .venv/bin/python scripts/update_stories.py
"""

from __future__ import annotations

import json
from pathlib import Path

from cards.rulebook import rulebook
from cds_service import Config, create_app
from fhir_fixtures import FOLDER, STORY_DAY, stories, without_version


def main() -> None:
    client = create_app(Config(day=STORY_DAY)).test_client()
    for story in stories():
        answer = client.post(story.path_of_service, json=story.request)
        text = json.dumps(without_version(answer.json), indent=2, ensure_ascii=False)
        (story.folder / "response.json").write_text(f"{text}\n", encoding="utf-8")
    Path(FOLDER.parent, "cards", "RULEBOOK.md").write_text(rulebook(FOLDER), encoding="utf-8")


if __name__ == "__main__":
    main()
