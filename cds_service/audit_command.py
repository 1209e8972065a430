"""
`audit`: is a trail whole, and what does it say as FHIR?
"""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from .audit import as_fhir, broken, digest
from .config import Config


def run(given: str | None, *, fhir: bool) -> int:
    """Returns the exit code: 1 if the trail is broken."""
    file = given or Config.from_environment().audit
    if not file:
        click.echo("No audit trail is kept: see the setting `audit`.", err=True)
        return 0
    lines = Path(file).read_bytes().splitlines(keepends=True) if Path(file).exists() else []
    problems = list(broken(lines))
    if fhir and not problems:
        for line in lines:
            click.echo(orjson.dumps(as_fhir(orjson.loads(line))).decode())
    for problem in problems:
        click.echo(f"{file}: {problem}")
    if not problems and not fhir:
        click.echo(f"{file}: {len(lines)} records, unbroken; the last is {digest(lines[-1]) if lines else '(none)'}")
    return 1 if problems else 0
