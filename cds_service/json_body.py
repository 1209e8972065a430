"""
Bytes -> JSON, with bounds: kind, size, encoding, depth. What is not JSON as RFC 8259 has it is refused by name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from .errors import BadRequest, TooLarge, UnsupportedMediaType, path_of

MAX_BYTES: Final = 5 * 2**20
MAX_DEPTH: Final = 64  # FHIR resources reach 9, Bundles 16


def read_json(body: bytes, content_type: str | None, max_bytes: int = MAX_BYTES) -> Any:
    """The JSON document in a body. A byte order mark is let pass."""
    return _read(body, content_type, max_bytes)[0]


def read_strictly(body: bytes, content_type: str | None, max_bytes: int = MAX_BYTES) -> tuple[Any, list[str]]:
    """The document, and the paths of objects in which a member is given twice; of the document itself, the members."""
    document, again = _read(body, content_type, max_bytes)
    return document, [] if _has_all_of(body, again) else list(map(path_of, _twice(_with_twice(body))))


def _read(body: bytes, content_type: str | None, max_bytes: int) -> tuple[Any, bytes]:
    """The document, and the same document written again."""
    if not _is_json(content_type):
        raise UnsupportedMediaType("Send the call as application/json.")
    if len(body) > max_bytes:
        raise TooLarge(f"The body is larger than {max_bytes} bytes.")
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise BadRequest(_why_not_json(body), code="structure", diagnostics=_where(error)) from None
    again = _written(document)
    if again is None or _deeper_than(MAX_DEPTH, again, document):
        raise BadRequest(f"The body is nested more than {MAX_DEPTH} levels deep.", code="structure")
    return document, again


def _written(document: Any) -> bytes | None:
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # deeper than it writes
        return None


def _is_json(content_type: str | None) -> bool:
    """application/json, application/fhir+json, text/json; none at all is let pass, a web form never is."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return not kind or kind in {"application/json", "text/json"} or kind.endswith("+json")


def _why_not_json(body: bytes) -> str:
    if not body.strip():
        return "The body is empty; send a JSON object."
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "The body is not UTF-8; JSON between systems is UTF-8."
    if b"\x00" in body[:4]:
        return "The body looks like UTF-16 or UTF-32; JSON between systems is UTF-8."
    return "The body is not JSON."


def _where(error: Exception) -> str:
    """Line and column; orjson's own words may quote the body."""
    if isinstance(error, orjson.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}"
    return ""


_AS_BRACES: Final = bytes.maketrans(b"[]", b"{}")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def _deeper_than(limit: int, text: bytes, document: Any) -> bool:
    """Peels the brackets level by level, in C; only if brackets inside strings spoil that is the document walked.
    Strings made to hide a level get no further than what orjson writes, 254 levels, which hurts nobody after us."""
    braces = text.translate(_AS_BRACES, _NOT_BRACKETS)
    for _ in range(limit):
        if not braces:
            return False
        braces = braces.replace(b"{}", b"")
    return bool(braces) and _walk_is_deeper(limit, document)


def _walk_is_deeper(limit: int, document: Any) -> bool:
    level = [document]
    for _ in range(limit):
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
        if not level:
            return False
    return True


def _children(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node


# ---- members given twice --------------------------------------------------------------------------------------------


class _Twice(dict[str, Any]):
    """An object some of whose members were given twice: `names`."""

    names: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) == len(pairs):
        return read
    twice = _Twice(read)
    twice.names = tuple(name for name, many in Counter(name for name, _ in pairs).items() if many > 1)
    return twice


def _with_twice(body: bytes) -> Any:
    return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_object)


def _has_all_of(body: bytes, again: bytes) -> bool:
    """Did no member get lost between the body and the same document written again?

    Every string has two quotes. Other spellings of the same text (\\u0022, \\u005c) can only make the body's count the
    larger one, so equal counts are certain, and a difference is looked into."""
    return body == again or _quotes(body) == _quotes(again)


def _quotes(text: bytes) -> int:
    return text.count(b'"') - text.count(b'\\"')


def _twice(node: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The objects; of the document itself, which cannot be named, the members."""
    if isinstance(node, _Twice):
        yield from [path] if path else ((name,) for name in node.names)
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in pairs:
        yield from _twice(child, *path, step)
