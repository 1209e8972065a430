"""The service as it is run: `serve` in a process of its own, on a port of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cds_service.demo import _free_port, _wait
from fhir_fixtures import STORY_DAY


@contextmanager
def served(*options: str, environment: dict[str, str] | None = None, **settings: str) -> Iterator[str]:
    """Its address, until the block ends. `settings` by their names in small letters, `environment` as it is."""
    port = _free_port()
    said = {"DAY": STORY_DAY.isoformat(), **{name.upper(): v for name, v in settings.items()}}
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "cds_service", "serve", "--port", str(port), *options],
        env={**os.environ, **(environment or {}), **{f"NEUROPATHIC_PAIN_CDS_{name}": v for name, v in said.items()}},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
