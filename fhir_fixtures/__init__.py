"""
Patient stories: each a folder with README.md (the story), request.json (a whole hook call) and response.json (the exact
cards). They are the tests, the demonstration and the documentation.

    from fhir_fixtures import stories
    for story in stories(rule="recommended-agents"):
        requests.post(f"{base}{story.path_of_service}", json=story.request)

Found from the command line with `neuropathic-pain-cds stories --agent gabapentin`. `hostile/` holds what no service
should stumble over: `from fhir_fixtures.hostile import hostile`. See README.md in this folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

# All stories happen on this day: a fixed one, so that none of them ages.
STORY_DAY = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Story:
    folder: Path
    day: date = STORY_DAY  # when it happens: every date of the request and of the cards moves along

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
        return self._on_its_day("request.json")

    @property
    def response(self) -> dict[str, Any]:
        return self._on_its_day("response.json")

    @property
    def agents(self) -> tuple[str, ...]:
        """What its cards are about, by name."""
        bases = (card["extension"]["org.neuropathic-pain-cds.basis"] for card in self.response["cards"])
        return tuple(sorted({agent["display"] for basis in bases for agent in basis.get("agents", ())}))

    def _on_its_day(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = moved(_object(self.folder / name), self.day - STORY_DAY)
        return content

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


def moved(value: Any, by: timedelta) -> Any:
    """The same with every date in every string moved, birth dates too, so that nobody grows older."""
    if not by:
        return value
    if isinstance(value, dict):
        return {key: moved(inner, by) for key, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, by) for inner in value]
    return _DAY.sub(lambda day: _moved_day(day[0], by), value) if isinstance(value, str) else value


_DAY = re.compile(r"(?<![\d-])\d{4}-\d{2}-\d{2}(?!\d)")


def _moved_day(text: str, by: timedelta) -> str:
    try:
        return (date.fromisoformat(text) + by).isoformat()
    except ValueError:  # no day of the calendar
        return text


def _object(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise TypeError(f"{path.name}: not a JSON object")
    return content


def stories(rule: str = "", agent: str = "", condition: str = "", today: date = STORY_DAY) -> Iterator[Story]:
    """Every story, or those of a rule, or those that name an agent or a condition in their words, call or cards.

    `today`: the day they happen on. A service with a clock of its own needs today's; ours can be told the day."""
    for path in sorted(FOLDER.glob("*/*/request.json")):
        story = Story(path.parent, today)
        if (not rule or story.rule == rule) and _names(story, agent) and _names(story, condition):
            yield story


def _names(story: Story, word: str) -> bool:
    if not word or word.lower() in story.text.lower():
        return True
    return any(word.lower() in (story.folder / name).read_text().lower() for name in ("request.json", "response.json"))
