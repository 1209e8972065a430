"""
Patient stories: each a folder with README.md (the story), request.json (a whole hook call) and response.json (the exact
cards). They are the tests, the demonstration and the documentation.

    from fhir_fixtures import stories
    for story in stories(rule="recommended-agents"):
        requests.post(f"{base}{story.path_of_service}", json=story.request)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

# All stories happen on this day: a fixed one, so that none of them ages.
STORY_DAY = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Story:
    folder: Path

    @property
    def rule(self) -> str:
        return self.folder.parent.name

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def fires(self) -> bool:
        return self.name.startswith("fires_")

    @property
    def text(self) -> str:
        """The story in plain words."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def title(self) -> str:
        return self.text.splitlines()[0].removeprefix("# ")

    @property
    def request(self) -> dict[str, Any]:
        return _object(self.folder / "request.json")

    @property
    def response(self) -> dict[str, Any]:
        return _object(self.folder / "response.json")

    @property
    def path_of_service(self) -> str:
        """Where to POST the request."""
        return f"/cds-services/neuropathic-pain-{self.request['hook']}"


def same_cards(answer: Any, story: Story) -> bool:
    """Whether an answer is the story's, whatever version of the knowledge files gave it: the version changes with any
    edit of any file, the cards must not."""
    return bool(without_version(answer) == without_version(story.response))


def without_version(answer: Any) -> Any:
    """An answer with the version of the knowledge left open."""
    if isinstance(answer, dict):
        inner = {key: without_version(value) for key, value in answer.items()}
        return {**inner, "version": "any"} if set(inner) == {"version", "day"} else inner
    return [without_version(item) for item in answer] if isinstance(answer, list) else answer


def _object(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise TypeError(f"{path.name}: not a JSON object")
    return content


def stories(rule: str = "", agent: str = "", condition: str = "") -> Iterator[Story]:
    """Every story, or those of a rule, or those whose cards name an agent or whose text names a condition."""
    for path in sorted(FOLDER.glob("*/*/request.json")):
        story = Story(path.parent)
        if (not rule or story.rule == rule) and _is_about(story, agent) and condition.lower() in story.text.lower():
            yield story


def _is_about(story: Story, agent: str) -> bool:
    return not agent or agent.lower() in json.dumps(story.response).lower() or agent.lower() in story.text.lower()
