"""
Fire hook requests found in files at the service, in this process or at a URL, and tally the answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from . import create_app
from .fhir_client import post_json


def run(paths: tuple[str, ...], url: str | None, quiet: bool) -> int:
    """Returns the exit code: 1 if any answer was a server error."""
    tally: Counter[str] = Counter()
    post = _over_http(url) if url else _in_process()
    for place, request in found(paths):
        status, answer = post(f"/cds-services/neuropathic-pain-{request.get('hook', '')}", request)
        tally[f"{status}"] += 1
        for card in answer.get("cards", []):
            tally[card["extension"]["org.neuropathic-pain-cds.basis"]["rule"]] += 1
            if not quiet:
                print(f"{place}: {card['indicator']}: {card['summary']}")
    for name, count in sorted(tally.items()):
        print(f"{count:6} {name}")
    return 1 if any(name.startswith("5") for name in tally) else 0


Post = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]]


def _in_process() -> Post:
    client = create_app().test_client()

    def post(path: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = client.post(path, json=request)
        return answer.status_code, answer.json or {}

    return post


def _over_http(url: str) -> Post:
    return lambda path, request: post_json(f"{url.rstrip('/')}{path}", request)


def found(paths: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON object that looks like a hook request, in files and folders, NDJSON lines too."""
    for name in paths:
        top = Path(name)
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.suffix == ".json":
                yield from _requests(str(path), path.read_bytes())
            elif path.suffix == ".ndjson":
                for number, line in enumerate(path.read_bytes().splitlines(), start=1):
                    yield from _requests(f"{path}:{number}", line)


def _requests(place: str, text: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return
    wrapped = document.get("request", document) if isinstance(document, dict) else None
    if isinstance(wrapped, dict) and "hook" in wrapped:
        yield place, wrapped
