"""
`audit`: is a trail whole, and what does it say as FHIR?
"""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from .audit import as_fhir, broken, digest


def run(file: str, *, fhir: bool) -> int:
    """Returns the exit code: 1 if the trail is broken."""
    lines = Path(file).read_bytes().splitlines(keepends=True)
    problems = list(broken(lines))
    if fhir and not problems:
        for line in lines:
            click.echo(orjson.dumps(as_fhir(orjson.loads(line))).decode())
    for problem in problems:
        click.echo(f"{file}: {problem}")
    if not problems and not fhir:
        click.echo(f"{file}: {len(lines)} records, unbroken; the last is {digest(lines[-1]) if lines else '(none)'}")
    return 1 if problems else 0
