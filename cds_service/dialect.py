"""
The same advice in the words a client understands: what it does with suggestions, ids and links differs from EHR to EHR.

Pure functions from cards to cards. Whatever a client cannot be told as a click stays in words; no advice is lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

Json = dict[str, Any]

BASIS: Final = "org.neuropathic-pain-cds.basis"
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://neuropathic-pain-cds.org/stable-card")
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
OIDS: Final = {
    RXNORM: "urn:oid:2.16.840.1.113883.6.88",
    "http://hl7.org/fhir/sid/ndc": "urn:oid:2.16.840.1.113883.6.69",
}
PREFERENCE_LIST: Final = "urn:com.epic.cdshooks.action.code.system.preference-list-item"


class Dialect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    one_action: bool = False  # one action a suggestion: the new order, with what to remove in its description
    any_selection: bool = False  # knows `any` only; then one suggestion a card, since two must not both be taken
    no_updates: bool = False  # knows create and delete only
    no_preselection: bool = False  # takes isRecommended as already ticked
    old_delete: bool = False  # CDS Hooks 1.0: the id of what to delete stands in `resource`
    oid_systems: bool = False  # coding systems also as OIDs
    narrow: bool = False  # a panel too narrow for tables and long cards
    bare_bundle: bool = False  # POSTs a Bundle without a hook around it, and wants a list of cards
    stable_uuids: bool = False  # remembers cards by uuid over repeated calls


PRESETS: Final[Mapping[str, dict[str, bool]]] = {
    "": {},
    "epic": {
        "one_action": True,
        "any_selection": True,
        "no_updates": True,
        "no_preselection": True,
        "oid_systems": True,
    },
    "oracle": {"narrow": True},
    "bahmni": {"bare_bundle": True, "stable_uuids": True, "narrow": True},
    "cds-hooks-1.0": {"old_delete": True},
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How one tenant is spoken to, and what of the call that needs."""

    dialect: Dialect = field(default_factory=Dialect)
    preference_list: Mapping[str, str] = field(default_factory=dict)
    override_reasons: Mapping[str, str] = field(default_factory=dict)
    link_hosts: tuple[str, ...] | None = None
    about: str = ""  # tenant and patient: what stable uuids are made of
    drafts: Mapping[str, Json] = field(default_factory=dict, repr=False)  # reference -> draft
    conditions: Mapping[str, Json] = field(default_factory=dict, repr=False)  # reference -> condition

    @property
    def is_plain(self) -> bool:
        return self.dialect == PLAIN and not (self.preference_list or self.override_reasons) and self.link_hosts is None


PLAIN: Final = Dialect()


def rewrite(cards: list[Json], manner: Manner) -> list[Json]:
    """The cards as this client is to get them; the given ones stay as they are."""
    if manner.is_plain:
        return cards
    told = [_card(card, manner) for card in cards]
    return list(_told_apart(told)) if manner.dialect.stable_uuids else told


def _card(card: Json, manner: Manner) -> Json:
    said = manner.dialect
    card = _with_suggestions(card, manner)
    if manner.override_reasons and "overrideReasons" in card:
        card = {**card, "overrideReasons": list(_reasons(card["overrideReasons"], manner.override_reasons))}
    if manner.link_hosts is not None:
        card = _with_links(card, manner.link_hosts)
    if said.narrow:
        card = {**card, "detail": without_tables(card.get("detail", ""))}
    if said.stable_uuids:
        card = _stable(card, manner.about)
    return _placed(card, manner) if said.bare_bundle else card


# ---- suggestions ----------------------------------------------------------------------------------------------------


def _with_suggestions(card: Json, manner: Manner) -> Json:
    given = card.get("suggestions")
    if not given:
        return card
    said = manner.dialect
    suggestions = [_suggestion(suggestion, manner) for suggestion in given]
    if said.any_selection and len(suggestions) > 1:
        first = max(suggestions, key=lambda suggestion: bool(suggestion.get("isRecommended")))
        others = [f"- Or: {suggestion['label']}" for suggestion in given if suggestion["uuid"] != first["uuid"]]
        card = {**card, "detail": "\n".join([card.get("detail", ""), *others]).strip()}
        suggestions = [first]
    if said.no_preselection:
        suggestions = [{**suggestion, "isRecommended": False} for suggestion in suggestions]
    return {**card, "suggestions": suggestions, "selectionBehavior": "any" if said.any_selection else "at-most-one"}


def _suggestion(suggestion: Json, manner: Manner) -> Json:
    actions: list[Json] = suggestion.get("actions", [])
    if manner.dialect.no_updates:
        actions = [step for action in actions for step in _without_update(action)]
    if manner.dialect.one_action and len(actions) > 1:
        actions = [_one(actions, manner.drafts)]
    return {**suggestion, "actions": [_action(action, manner) for action in actions]}


def _without_update(action: Json) -> Iterator[Json]:
    """A mended draft as the draft removed and a new one made."""
    if action["type"] != "update":
        yield action
        return
    resource = action["resource"]
    reference = f"{resource['resourceType']}/{resource.get('id', '')}"
    yield {"type": "delete", "description": "Remove this draft order", "resourceId": reference}
    yield {**action, "type": "create", "resource": {name: value for name, value in resource.items() if name != "id"}}


def _one(actions: list[Json], drafts: Mapping[str, Json]) -> Json:
    """The new order alone, saying what has to be removed by hand."""
    kept = next((action for action in actions if action["type"] != "delete"), actions[0])
    removed = [_named(action, drafts) for action in actions if action["type"] == "delete" and action is not kept]
    if not removed:
        return kept
    return {**kept, "description": f"{kept['description']}. Then remove: {', '.join(removed)}"}


def _named(action: Json, drafts: Mapping[str, Json]) -> str:
    draft = drafts.get(action.get("resourceId", ""), {})
    concept = draft.get("medicationCodeableConcept") or {}
    codings = concept.get("coding") or [{}]
    reference = draft.get("medicationReference") or {}
    return str(concept.get("text") or codings[0].get("display") or reference.get("display") or "the draft order")


def _action(action: Json, manner: Manner) -> Json:
    if action["type"] == "delete" and manner.dialect.old_delete:
        return {"type": "delete", "description": action["description"], "resource": action["resourceId"]}
    concept = (action.get("resource") or {}).get("medicationCodeableConcept")
    if not isinstance(concept, dict) or not (manner.dialect.oid_systems or manner.preference_list):
        return action
    codings = list(_codings(concept.get("coding", []), manner))
    resource = {**action["resource"], "medicationCodeableConcept": {**concept, "coding": codings}}
    return {**action, "resource": resource}


def _codings(codings: Iterable[Json], manner: Manner) -> Iterator[Json]:
    """The site's own entry first, since some clients read only that one; then ours, then ours as OIDs."""
    ours = list(codings)
    entries = (manner.preference_list.get(coding.get("code", "")) for coding in ours if coding.get("system") == RXNORM)
    yield from ({"system": PREFERENCE_LIST, "code": entry} for entry in entries if entry)
    yield from ours
    if manner.dialect.oid_systems:
        yield from ({**coding, "system": OIDS[coding["system"]]} for coding in ours if coding.get("system") in OIDS)


# ---- the rest of a card ---------------------------------------------------------------------------------------------


def _reasons(reasons: Iterable[Json], codes: Mapping[str, str]) -> Iterator[Json]:
    for reason in reasons:
        code = codes.get(reason["code"])
        yield {**reason, "code": code} if code else reason


def _with_links(card: Json, hosts: tuple[str, ...]) -> Json:
    """Without the links a client would take away, or refuse the card for."""
    kept = [link for link in card.get("links", []) if urlsplit(link["url"]).hostname in hosts]
    rest = {name: value for name, value in card.items() if name != "links"}
    return {**rest, "links": kept} if kept else rest


def without_tables(text: str) -> str:
    """Table rows as lines of their own: "a: b, c"."""
    return "\n".join(_row(line) for line in text.splitlines() if not _is_ruler(line))


def _is_ruler(line: str) -> bool:
    return line.strip().startswith("|") and not line.strip("|:- \t")


def _row(line: str) -> str:
    if not line.strip().startswith("|"):
        return line
    first, *others = [cell.strip() for cell in line.strip().strip("|").split("|")]
    return f"- {first}: {', '.join(others)}" if others else f"- {first}"


def _stable(card: Json, about: str) -> Json:
    """The same uuid for the same rule about the same orders of the same patient, call after call."""
    basis = card.get("extension", {}).get(BASIS, {})
    agents = [agent.get("display", "") for agent in basis.get("agents", [])]
    parts = [about, basis.get("rule", ""), *basis.get("orders", []), *agents]
    return {**card, "uuid": _uuid_of(*parts, *(address.partition("#")[0] for address in _addresses(card)[:1]))}


def _told_apart(cards: Iterable[Json]) -> Iterator[Json]:
    """Two of one answer that rest on the same file: by the rows."""
    seen: set[str] = set()
    for card in cards:
        own = card["uuid"] if card["uuid"] not in seen else _uuid_of(card["uuid"], *_addresses(card))
        seen.add(own)
        yield {**card, "uuid": own}


def _addresses(card: Json) -> list[str]:
    """What a card rests on: "agents/x.toml#maximum.label"."""
    return [each.get("knowledge", "") for each in card.get("extension", {}).get(BASIS, {}).get("because", [])]


def _uuid_of(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\n".join(map(str, parts))))


def _placed(card: Json, manner: Manner) -> Json:
    """With what places the alert beside its drug where no hook is known: the medicines and conditions themselves."""
    basis = card.get("extension", {}).get(BASIS, {})
    drafts = (
        manner.drafts.get(reference, {}).get("medicationCodeableConcept") for reference in basis.get("orders", [])
    )
    conditions = (manner.conditions.get(reference, {}).get("code") for reference in basis.get("conditions", []))
    places = {"referenceMedications": list(filter(None, drafts)), "referenceConditions": list(filter(None, conditions))}
    alert = str(basis.get("rule", "")).replace("-", " ").title()
    return {**card, "alertType": alert, **{name: found for name, found in places.items() if found}}
