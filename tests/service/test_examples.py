"""Every command says by an example how it is used, and the example works as pasted in a fresh place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import requests

from cds_service.cli import main
from cds_service.demo import _free_port, _wait

ROOT = Path(__file__).parent.parent.parent
NAME = "neuropathic-pain-cds"


def commands(group: click.Command = main, path: str = NAME) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    if not isinstance(group, click.Group) or group.invoke_without_command:
        yield path, group
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(command, f"{path} {name}")


def example(command: click.Command) -> str:
    """In one line; the help may break it."""
    found = re.search(r"Example[^:]*: ((?:.+\n?)+)", command.help or "")
    return " ".join(found[1].split()) if found else ""


EXAMPLES = {path: example(command) for path, command in commands()}
SHORT = {path: text for path, text in EXAMPLES.items() if path != f"{NAME} serve"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the stories, a home in which nothing was ever run, and the command."""
    (tmp_path / "fhir_fixtures").symlink_to(ROOT / "fhir_fixtures")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / NAME).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cds_service "$@"\n')
    (tmp_path / "bin" / NAME).chmod(0o755)
    return tmp_path


def pasted(text: str, place: Path) -> tuple[list[str], dict[str, str]]:
    """For a shell, several examples one after another; and what surrounds it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEUROPATHIC_PAIN_CDS_")}
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    lines = re.sub(rf" (?=(?:[A-Z_]+=\S+ )?{NAME} )", "\n", text)
    return ["sh", "-e", "-c", lines], {**kept, "HOME": str(place / "home"), "PYTHONPATH": str(ROOT), "PATH": path}


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_is_of_its_own_command(path: str) -> None:
    words: Iterator[str] = iter(EXAMPLES[path].split())
    assert all(word in words for word in path.split())  # in this order, options between them


@pytest.mark.parametrize("path", SHORT)
def test_an_example_works_as_pasted(path: str, place: Path) -> None:
    words, environment = pasted(SHORT[path], place)
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, timeout=300)  # noqa: S603 - our own help
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_of_serve_serves(place: Path) -> None:
    port = _free_port()
    words, environment = pasted(EXAMPLES[f"{NAME} serve"].replace("8080", str(port)), place)
    words[-1] = f"exec {words[-1]}"  # so that it can be ended
    process = subprocess.Popen(words, cwd=place, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        _wait(port, process)
        assert len(requests.get(f"http://127.0.0.1:{port}/cds-services", timeout=60).json()["services"]) == 3
        assert requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=60).json()["store"] == "ok"
        address = f"http://127.0.0.1:{port}/cds-services"
        judged, environment = pasted(f"{NAME} validate {address}", place)
        told = subprocess.run(judged, env=environment, capture_output=True, text=True, timeout=60)  # noqa: S603
        assert (told.returncode, f"{address}: discovery: sound" in told.stdout) == (0, True), told.stdout + told.stderr
    finally:
        process.terminate()
        said = process.communicate(timeout=60)[0]
    assert f"http://127.0.0.1:{port}/cds-services" in said.splitlines()[0]
