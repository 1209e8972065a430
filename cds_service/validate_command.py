"""
`validate`: is this file, or what stands at this URL, as CDS Hooks has it?
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson

from . import strict
from .errors import Problem
from .fhir_client import get_document
from .to_the_letter import liberties
from .validation import validate


def run(sources: tuple[str, ...], deep: bool) -> int:
    """Returns the exit code: 1 if anything is wrong."""
    if deep and not strict.is_installed():
        raise click.ClickException("--strict needs fhir.resources: pip install 'fhir.resources>=8'")
    wrong = 0
    for name in (file for source in sources for file in _files(source)):
        document = _read(name)
        found = list(_problems(document, deep))
        kind, problems = found[0], found[1:]
        click.echo(f"{name}: {kind}: {'sound' if not problems else f'{len(problems)} problems'}")
        for problem in problems:
            click.echo(f"  {problem}")
        for liberty in liberties(document) if kind == "request" and not problems else ():
            click.echo(f"  let pass: {liberty}")
        wrong += bool(problems)
    return 1 if wrong else 0


def _files(source: str) -> list[str]:
    path = Path(source)
    if source.startswith(("http://", "https://")) or not path.is_dir():
        return [source]
    return [str(each) for each in sorted(path.rglob("*.json"))]


def _read(source: str) -> Any:
    try:
        if source.startswith(("http://", "https://")):
            return get_document(source)
        return orjson.loads(Path(source).read_bytes())
    except orjson.JSONDecodeError:
        raise click.ClickException(f"{source}: not JSON") from None
    except OSError as error:
        raise click.ClickException(f"{source}: {error.strerror or 'cannot be read'}") from None


def _problems(document: Any, deep: bool) -> Iterator[Any]:
    """The kind first, then what is wrong."""
    kind = kind_of(document)
    yield kind or "nothing of CDS Hooks"
    if not kind:
        yield Problem("", "has neither hook, cards, services nor feedback")
        return
    yield from validate(document, kind)
    if deep:
        yield from strict.problems(document)


def kind_of(document: Any) -> str:
    """By its one telling member."""
    telling = {"hook": "request", "cards": "response", "services": "discovery", "feedback": "feedback"}
    names = document if isinstance(document, dict) else {}
    return next((kind for name, kind in telling.items() if name in names), "")
