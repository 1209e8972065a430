"""
`stories`: the catalogue of patient stories, found by what they are about, or one of them as a call to POST.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

import click

from fhir_fixtures import Story, stories


def run(name: str, rule: str, agent: str, condition: str, today: date) -> int:
    """Returns the exit code: 1 if there is no such story."""
    found = [story for story in stories(rule, agent, condition, today) if not name or _path(story) == name.strip("/")]
    if name and found:
        click.echo(json.dumps(found[0].request, indent=2, ensure_ascii=False))
    else:
        _list(found)
    return 0 if found else 1


def _list(found: Iterable[Story]) -> None:
    for story in found:
        indicators = ", ".join(card["indicator"] for card in story.response["cards"])
        click.echo(f"{_path(story)}\n    {story.title}: {indicators or 'no card'}")


def _path(story: Story) -> str:
    return f"{story.rule}/{story.name}"
