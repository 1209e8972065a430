"""
The rulebook: every rule in words, every story, every card, made from the rules' docstrings and the stories.

    python -m cards.rulebook fhir_fixtures > cards/RULEBOOK.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from .rules import RULES

HEAD = """# Rulebook

Every rule, when it speaks and when it is silent, with its stories and the cards they give. Made from the rules and the
stories by `python -m cards.rulebook fhir_fixtures`; `make test` fails when it is stale. The figures stand in
`cards/knowledge/`. Nothing here has been clinically reviewed.
"""


def rulebook(folder: Path) -> str:
    """The whole book as Markdown."""
    return "\n".join([HEAD, *(line for rule in RULES for line in _chapter(rule, folder))])


def _chapter(rule: str, folder: Path) -> Iterator[str]:
    module = import_module(f".rules.{rule.replace('-', '_')}", __package__)
    _, _, law = (module.__doc__ or "").strip().partition("\n\n")
    yield f"## {rule}\n"
    yield f"```text\n{law.rstrip()}\n```\n"
    for story in sorted((folder / rule).glob("*/README.md")):
        yield from _story(story.parent)


def _story(folder: Path) -> Iterator[str]:
    title, _, text = (folder / "README.md").read_text(encoding="utf-8").partition("\n")
    yield f"### {title.removeprefix('# ')}\n"
    yield f"[{folder.parent.name}/{folder.name}](../fhir_fixtures/{folder.parent.name}/{folder.name}). {text.strip()}\n"
    cards = json.loads((folder / "response.json").read_text(encoding="utf-8"))["cards"]
    if not cards:
        yield "> No card.\n"
    for card in cards:
        yield f"> **{card['indicator']}: {card['summary']}**\n>"
        yield "\n".join(f"> {line}" for line in card["detail"].splitlines()) + "\n"
        yield from (f"> [{suggestion['label']}]\n" for suggestion in card.get("suggestions", []))


if __name__ == "__main__":
    sys.stdout.write(rulebook(Path(sys.argv[1])))
