"""
Does a document have the shape it should? Every problem at once, as path: message.

The messages are our own: a library's would carry the value it complains about, which is the chart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from .errors import Problem, path_of

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

KINDS: Final = ("request", "response", "discovery", "feedback")

# Where CDS Hooks lets an empty array stand; anywhere else null, "", [] and {} are forbidden.
MAY_BE_EMPTY: Final = {"response": {"cards"}, "discovery": {"services"}}


def validate(document: Any, kind: str) -> list[Problem]:
    """Every problem of a "request", "response", "discovery" or "feedback" document; [] when it is sound."""
    if kind == "request":
        document = _without_prefetch(document)
    errors = sorted(validator(kind).iter_errors(document), key=lambda error: path_of(error.absolute_path))
    found: dict[str, Problem] = {}
    for problem in _empties(document, MAY_BE_EMPTY.get(kind)):
        found.setdefault(problem.path, problem)
    for error in errors:
        for problem in _problems(error):
            found.setdefault(problem.path, problem)
    return list(found.values())


@cache
def schema(kind: str) -> Mapping[str, Any]:
    """The JSON Schema (2020-12) of a kind of document."""
    text = resources.files(__package__).joinpath("schemas", f"{kind}.schema.json").read_bytes()
    read: Mapping[str, Any] = orjson.loads(text)
    return read


@cache
def validator(kind: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # calls that are sound need none of it

    return Draft202012Validator(schema(kind))


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document with the four schemas in it, as it is served."""
    text = resources.files(__package__).joinpath("schemas", "openapi.json").read_bytes()
    document: dict[str, Any] = orjson.loads(text)
    document["components"]["schemas"] |= {kind: _embedded(schema(kind), kind) for kind in KINDS}
    return document


def _embedded(node: Any, kind: str) -> Any:
    """A schema as part of a larger document: without an identity of its own, its references lengthened."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if key not in ("$id", "$schema")}
        return {key: _embedded(value, kind) for key, value in kept.items()}
    if isinstance(node, list):
        return [_embedded(item, kind) for item in node]
    return node.replace("#/$defs/", f"#/components/schemas/{kind}/$defs/") if isinstance(node, str) else node


def _without_prefetch(document: Any) -> Any:
    """The envelope alone: the chart is large, and none of the schema's business."""
    prefetch = document.get("prefetch") if isinstance(document, dict) else None
    return {**document, "prefetch": type(prefetch)()} if prefetch else document


def _problems(error: ValidationError) -> Iterator[Problem]:
    at, wanted = path_of(error.absolute_path), error.validator_value
    if error.validator == "required" and isinstance(wanted, list):
        missing = (name for name in wanted if name not in cast(dict[str, Any], error.instance))
        yield from (Problem(_join(at, name), "is required and missing", "required") for name in missing)
    else:
        yield Problem(at, _message(str(error.validator), wanted, error.schema))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _message(rule: str, wanted: Any, schema: Any) -> str:
    if rule in {"pattern", "maxContains"}:  # the schema's title says what such a rule wants
        return f"must be {schema['title']}" if "title" in schema else f"must match {wanted}"
    if rule == "type":
        kinds = [wanted] if isinstance(wanted, str) else [kind for kind in wanted if kind != "null"]
        return f"must be {' or '.join(_ARTICLE[kind] for kind in kinds)}"
    value = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    return _MESSAGES.get(rule, f"breaks the rule {rule!r} of the schema").format(value)


_ARTICLE: Final = {"object": "an object", "array": "an array", "string": "a string", "boolean": "true or false",
                   "number": "a number", "integer": "a whole number", "null": "null"}  # fmt: skip

_MESSAGES: Final = {
    "not": "does not belong here",
    "enum": "must be one of {}",
    "const": "must be {}",
    "minLength": "must not be empty",
    "maxLength": "must be at most {} characters",
    "minItems": "must not be empty",
    "maxItems": "must hold at most {}",
    "minProperties": "must not be empty",
    "additionalProperties": "has a member that does not belong here",
    "propertyNames": "has a member whose name is not allowed here",
    "dependentRequired": "lacks a member that another one calls for",
}


def _empties(node: Any, allowed: set[str] | None, path: tuple[str | int, ...] = ()) -> Iterator[Problem]:
    """CDS Hooks: no member of what a service sends may be null, "", [] or {}."""
    if allowed is None:
        return
    if node in (None, "", [], {}) and path and path[-1] not in allowed:
        yield Problem(path_of(path), "must be left out when it has no value")
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in pairs:
        yield from _empties(child, allowed, (*path, step))
