"""
What one prefetch value means: the fourteen things that arrive, as five answers.

    Known       the record was looked at and this is in it
    KnownEmpty  the record was looked at and there is nothing
    Missing     nobody looked, or what came is of no use: worth asking for
    Failed      somebody looked and it went wrong: not asked again, and said
    Partial     some of it came: the rest is worth asking for, and said if it cannot be had

Unknown is never taken for empty. docs/prefetch.md says the same in plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

Resource = Mapping[str, Any]


MORE: Final = "not all of it was supplied"


class Known(Struct, frozen=True):
    resources: tuple[Resource, ...]
    asked: str = ""  # Bundle.link self: the search that was really made


class KnownEmpty(Struct, frozen=True):
    asked: str = ""


class Missing(Struct, frozen=True):
    reason: str = "not supplied"


class Failed(Struct, frozen=True):
    reason: str = "the EHR reported an error"


class Partial(Struct, frozen=True):
    resources: tuple[Resource, ...]
    next_link: str | None = None
    reason: str = MORE
    asked: str = ""


Part = Known | KnownEmpty | Missing | Failed | Partial

ABSENT: Final = object()  # the value of a key that is not there


@lru_cache(maxsize=256)
def resource_type(template: str) -> str:
    """The type a query reads: "Condition?patient=1", "Patient/1" and "https://ehr/fhir/Condition?..."."""
    return re.split(r"[?/]", template.split("?")[0].rsplit("/", 1)[-1] if "?" in template else template)[0]


@lru_cache(maxsize=256)
def page_size(template: str) -> int:
    """How many of the newest a query asks for; 0 if it asks for all, in pages of whatever size."""
    if "_sort=-" not in template:
        return 0
    asked = re.search(r"[?&]_count=(\d+)", template)
    return int(asked[1]) if asked else 0


def resources_of(part: Part) -> tuple[Resource, ...]:
    return part.resources if isinstance(part, (Known, Partial)) else ()


def asked_of(part: Part) -> str:
    return part.asked if isinstance(part, (Known, KnownEmpty, Partial)) else ""


# ---- one value ------------------------------------------------------------------------------------------------------


def classify(value: Any, template: str) -> Part:
    """What a prefetch value, or a page from the FHIR server, says about the query in `template`."""
    if value is ABSENT:
        return Missing()
    if value is None:
        return KnownEmpty()
    if isinstance(value, list) and value:
        return _bundle({"entry": value}, template)
    if not isinstance(value, dict):
        return Missing("what was supplied is no FHIR resource")
    return _object(value, template)


def _object(value: Resource, template: str) -> Part:
    wanted = resource_type(template)
    match value.get("resourceType"):
        case "OperationOutcome":
            return Failed()
        case "Bundle":
            return _bundle(value, template)
        case kind if kind == wanted:
            return Known((value,))
        case None if "resource" in value or "response" in value:
            return _wrapped(value, template)
        case _:
            return Missing(f"what was supplied is no {wanted}")


def _wrapped(value: Mapping[str, Any], template: str) -> Part:
    """The {response, resource} of 2018: the resource if there is one, else what the status says."""
    if isinstance(value.get("resource"), dict):
        return classify(value["resource"], template)
    response = value.get("response")
    status = str(response.get("status", "")) if isinstance(response, dict) else ""
    if status.startswith(("4", "5")):
        return Failed()
    return KnownEmpty() if status.startswith("2") else Missing()


def _bundle(bundle: Mapping[str, Any], template: str) -> Part:
    entries = bundle.get("entry") or []
    if not isinstance(entries, list):
        return Missing("what was supplied is no Bundle")
    found = _held(entries)
    wanted = resource_type(template)
    matches = tuple([resource for resource in found if resource.get("resourceType") == wanted])
    return _something_in(bundle, found, matches, template) if matches else _nothing_in(bundle, found, wanted)


def of_type(value: Any, kind: str) -> list[Resource]:
    """The resources of one type in a prefetch value or a page, whatever else is in it."""
    if isinstance(value, dict) and "resourceType" not in value:  # wrapped, as in 2018
        value = value.get("resource")
    if isinstance(value, dict):
        value = value.get("entry") if value.get("resourceType") == "Bundle" else [value]
    return [each for each in _held(value) if each.get("resourceType") == kind] if isinstance(value, list) else []


def _held(entries: list[Any]) -> list[Resource]:
    """The resource of each entry; in a bare list the entry itself."""
    held = [each if "resourceType" in each else each.get("resource") for each in entries if isinstance(each, dict)]
    return [resource for resource in held if isinstance(resource, dict)]


def _nothing_in(bundle: Mapping[str, Any], found: Sequence[Resource], wanted: str) -> Part:
    asked, following = _link(bundle, "self"), _link(bundle, "next")
    if any(map(_is_error, found)):
        return Failed()
    if following:
        return Partial((), following, asked=asked)
    if any(resource.get("resourceType") != "OperationOutcome" for resource in found):
        return Missing(f"what was supplied is no {wanted}")
    if _total(bundle) > 0:
        return Missing("the search results were left out")
    return KnownEmpty(asked)


def _something_in(
    bundle: Mapping[str, Any], found: Sequence[Resource], matches: tuple[Resource, ...], template: str
) -> Part:
    asked, following, page = _link(bundle, "self"), _link(bundle, "next"), page_size(template)
    if len(found) > len(matches) and any(map(_is_error, found)):
        return Partial(matches, following, "the EHR reported an error in the middle of it", asked)
    if page and len(matches) >= page:
        return Known(matches, asked)  # as many as were asked for, newest first
    if following:
        return Partial(matches, following, asked=asked)
    if not page and _total(bundle) > len(matches):
        return Partial(matches, None, "not all of the search results were supplied", asked)
    return Known(matches, asked)


def _is_error(resource: Resource) -> bool:
    """An OperationOutcome among the entries: a note ("no results") unless it says error or fatal."""
    issues = resource.get("issue")
    return (
        resource.get("resourceType") == "OperationOutcome"
        and isinstance(issues, list)
        and any(isinstance(issue, dict) and issue.get("severity") in ("error", "fatal") for issue in issues)
    )


def _link(bundle: Mapping[str, Any], relation: str) -> str:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == relation and isinstance(link.get("url"), str):
            return str(link["url"])
    return ""


def _total(bundle: Mapping[str, Any]) -> int:
    total = bundle.get("total")
    return total if isinstance(total, int) else 0


# ---- several values -------------------------------------------------------------------------------------------------


def combine(parts: Iterable[Part]) -> Part:
    """Several answers about one query. What nobody supplied says nothing beside what somebody did."""
    given = list(parts)
    said = [part for part in given if not isinstance(part, Missing)]
    if len(said) <= 1:
        return (said or given or [Missing()])[0]
    resources = once(resource for part in said for resource in resources_of(part))
    asked = next(filter(None, map(asked_of, said)), "")
    lacking = [part for part in said if isinstance(part, (Failed, Partial))]
    if all(isinstance(part, Failed) for part in said):
        return said[0]
    if lacking:
        following = next((part.next_link for part in lacking if isinstance(part, Partial)), None)
        return Partial(resources, following, lacking[0].reason, asked)
    return Known(resources, asked) if resources else KnownEmpty(asked)


def pages_of(pages: Sequence[Any], template: str, *, continued: bool = False) -> Part:
    """The pages of one search as one answer: a page with a next link is whole if the next page is here.
    `continued`: the first page of all came before these."""
    single = len(pages) == 1 and not continued
    parts = [classify(page if single else _uncounted(page), template) for page in pages]
    turned = [_turned(part) for part in parts[:-1]]
    return combine([*turned, *parts[-1:]])


def _uncounted(page: Any) -> Any:
    """A page of several: its total counts the results on all of them."""
    return {name: value for name, value in page.items() if name != "total"} if isinstance(page, dict) else page


def _turned(part: Part) -> Part:
    if not isinstance(part, Partial) or part.reason != MORE:
        return part
    return Known(part.resources, part.asked) if part.resources else KnownEmpty(part.asked)


def once(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Each resource once: the first of those with the same type and id."""
    seen: dict[Any, Resource] = {}
    for resource in resources:
        identity = resource.get("id")
        seen.setdefault(
            (resource.get("resourceType"), identity) if isinstance(identity, str) else id(resource), resource
        )
    return tuple(seen.values())


def of_patient(part: Part, patient_id: str) -> Part:
    """The part without what is about somebody else."""
    resources = resources_of(part)
    kept = tuple([resource for resource in resources if is_about(resource, patient_id)])
    if len(kept) == len(resources) or not isinstance(part, (Known, Partial)):
        return part
    if kept or isinstance(part, Partial):
        return replace(part, resources=kept)
    return Missing("what was supplied is about another patient")


def is_about(resource: Resource, patient_id: str) -> bool:
    """False only for what names another subject. Bases are not compared: an EHR has several names for itself."""
    if resource.get("resourceType") == "Patient":
        return resource.get("id") in (None, patient_id)
    subject = resource.get("subject") or resource.get("patient")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    if reference == f"Patient/{patient_id}" or not isinstance(reference, str) or reference.startswith(("#", "urn:")):
        return True
    *before, identity = reference.split("/_history/")[0].split("/")
    return identity == patient_id and (before[-1:] or ["Patient"]) == ["Patient"]
