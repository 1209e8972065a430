"""Run the command as a user does, and read its records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner, Result

from cds_service.cli import main


def replay(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, arguments)])


def records(*arguments: object) -> list[dict[str, Any]]:
    result = replay(*arguments, "--json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def rules(record: dict[str, Any]) -> list[str]:
    return [card["extension"]["org.neuropathic-pain-cds.basis"]["rule"] for card in record["cards"]]


def write(path: Path, document: Any) -> Path:
    path.write_bytes(document if isinstance(document, bytes) else orjson.dumps(document))
    return path
