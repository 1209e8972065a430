"""
`explain`: what was understood of whatever FHIR JSON is given, in words or as JSON lines.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import click
import orjson

from cards import Knowledge, explain_order, facts_in_words, is_order, laid_over, order_in_words

from . import explain_tally
from .config import Config
from .hook_request import parse
from .services import SERVICES

Resource = Mapping[str, Any]


def run(file: BinaryIO, as_json: bool, config: Config | None = None) -> None:
    """Raises click.ClickException where the input is no JSON."""
    settings = config or Config.from_environment()
    knowledge = _knowledge(settings)
    if as_json:
        for line in json_lines(file, knowledge):
            click.echo(line)
        return
    for text in in_words(file.read(), knowledge, settings):
        click.echo(text)


def count(paths: Iterable[str], as_json: bool) -> int:
    settings = Config.from_environment()
    return explain_tally.run(paths, as_json, _knowledge(settings), settings.today())


def _knowledge(settings: Config) -> Knowledge:
    return laid_over(settings.overlay).on(settings.today(), settings.jurisdiction, settings.guidelines)


def json_lines(lines: Iterable[bytes], knowledge: Knowledge) -> Iterator[str]:
    """A line out for every line in, in order; one that is no JSON object is a line that says so."""
    for line in lines:
        if line.strip():
            yield orjson.dumps(_explained(line, knowledge)).decode()


def _explained(line: bytes, knowledge: Knowledge) -> dict[str, Any]:
    try:
        document = orjson.loads(line.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError:
        return {"unread": ["line: not JSON"]}
    if not isinstance(document, dict):
        return {"unread": ["line: not a JSON object"]}
    if isinstance(kind := document.get("resourceType"), str) and kind != "MedicationRequest":
        return {"unread": ["line: another resource than a MedicationRequest"]}
    return explain_order(document, knowledge).to_json(knowledge)


def in_words(body: bytes, knowledge: Knowledge, settings: Config) -> Iterator[str]:
    """Sentences on a hook request, a Bundle or a single resource."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"not JSON: {error}") from None
    if isinstance(document, dict) and "hook" in document:
        yield from _call_in_words(body, settings)
        return
    resources = list(_resources(document))
    others = tuple(resource for resource in resources if resource.get("resourceType") == "Medication")
    for resource in resources:
        if is_order(resource):
            yield from order_in_words(explain_order(resource, knowledge, others), knowledge)


def _call_in_words(body: bytes, settings: Config) -> Iterator[str]:
    from . import engine

    services = {service.hook: service for service in SERVICES.values()}
    request = parse(body, "application/json", frozenset(services))
    answer = engine(settings, laid_over(settings.overlay)).answer(request, services[request.hook], settings.today())
    if answer.facts is None:
        yield "No draft order concerns neuropathic pain: answered with no card, and nothing read."
        return
    yield from facts_in_words(answer.facts)
    yield from (f"Card, {card['indicator']}: {card['summary']}" for card in answer.cards)
    if not answer.cards:
        yield "No card."


def _resources(document: Any) -> Iterator[Resource]:
    """The resource itself, or every entry of a Bundle, or of a list."""
    if isinstance(document, list):
        for item in document:
            yield from _resources(item)
    elif isinstance(document, dict) and document.get("resourceType") == "Bundle":
        yield from _resources(
            [entry.get("resource") for entry in document.get("entry") or () if isinstance(entry, dict)]
        )
    elif isinstance(document, dict):
        yield document
