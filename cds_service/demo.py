"""
The demonstration: a real server, real calls, and the cards as a clinician would read them.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel

from fhir_fixtures import STORY_DAY, Story, same_cards, stories

from .fhir_client import post_json

COLOURS = {"info": "cyan", "warning": "yellow", "critical": "red"}
PATIENCE = 120.0  # seconds until the server must answer


def run(plain: bool = False) -> int:
    """Returns the exit code: 0 if every story was answered as written."""
    console = Console(no_color=plain or None, highlight=False)
    wrong = 0
    with server() as base:
        console.print(f"Service at {base}/cds-services, every story as on {STORY_DAY}.\n")
        for story in stories():
            status, answer = post_json(f"{base}{story.path_of_service}", story.request)
            wrong += status != 200 or not same_cards(answer, story)
            show(console, story, answer.get("cards", []))
    console.print(f"{sum(1 for _ in stories())} stories, {wrong} not as written.")
    return 1 if wrong else 0


@contextmanager
def server() -> Iterator[str]:
    """This product, served on a free loopback port until the block ends."""
    port = _free_port()
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port)]
    command += ["--day", STORY_DAY.isoformat(), "--database", "none"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command line
    try:
        _wait(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the service did not start; run `neuropathic-pain-cds serve` to see why")


def show(console: Console, story: Story, cards: list[dict[str, Any]]) -> None:
    console.rule(f"{story.rule}: {story.title}", align="left")
    console.print(f"{' '.join(story.text.splitlines()[1:]).strip()}\n")
    if not cards:
        console.print("No card: checked, and nothing to say.\n")
    for card in cards:
        body = card["detail"] if not console.is_terminal else Markdown(card["detail"])
        title = f"{card['indicator'].upper()}: {card['summary']}"
        if console.is_terminal:
            console.print(Panel(body, title=title, title_align="left", border_style=COLOURS[card["indicator"]]))
        else:
            console.print(f"{title}\n{body}", soft_wrap=True, markup=False)
        for suggestion in card.get("suggestions", []):
            console.print(
                f"  [ {suggestion['label']} ]  {suggestion['actions'][-1]['description']}", markup=False, soft_wrap=True
            )
        console.print()
