"""
How a finding is put to a clinician: a CDS Hooks card, verdict first, its reasons in short lines, traceable in its last.

Every card of every rule is framed here and nowhere else. What does not apply is left out: no null, no empty value.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from msgspec import Struct

from .facts import Facts, KidneyFunction
from .fhir.order import medication_request
from .finding import Finding, Proposal
from .in_force import Knowledge
from .override_reasons import override_reasons
from .wording import capital, fits, interval, number, tenth

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
EXTENSION = "org.neuropathic-pain-cds.basis"
TOPICS = "https://neuropathic-pain-cds.org/card-topic"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, TOPICS)
METHODS = {
    "cockcroft-gault": "CrCl, Cockcroft-Gault",
    "egfr": "eGFR",
    "egfr-deindexed": "eGFR times body surface area",
    "ckd-stage": "CrCl, by CKD stage",
}

BRIEF = 90
MOST_SOURCES = 2  # on the card; the extension names every one

Json = dict[str, Any]


class Frame(Struct, frozen=True):
    """What a card needs to know of the call that is not medicine: the parts of its uuid."""

    service: str
    hook_instance: str


def to_card(
    finding: Finding,
    facts: Facts,
    knowledge: Knowledge,
    frame: Frame,
    not_shown: tuple[str, ...] = (),
    said_before: frozenset[str] = frozenset(),
) -> Json:
    """One card as CDS Hooks 2.0.1 has it. `said_before`: what was not checked, as the cards above it say already."""
    identity = _uuid(finding, frame)
    card: Json = {
        "uuid": identity,
        "summary": fits(finding.summary),
        "indicator": str(finding.indicator),
        "detail": detail(finding, facts, said_before),
        "source": _source(finding),
    }
    suggestions = [_suggestion(proposal, facts, identity) for proposal in finding.proposals]
    if suggestions:
        card["suggestions"] = suggestions
        card["selectionBehavior"] = "at-most-one"
    card["overrideReasons"] = override_reasons(finding.rule)
    card["extension"] = {EXTENSION: _basis(finding, facts, knowledge, not_shown)}
    return card


# --- what a clinician reads -----------------------------------------------------------------------------------------


def detail(finding: Finding, facts: Facts, said_before: frozenset[str] = frozenset()) -> str:
    """Markdown that reads as well unrendered: short lines, bullets, no tables, no HTML."""
    lines = list(finding.detail)
    if finding.on_kidneys:
        lines += kidneys_in_words(facts.kidneys)
    sources = list(dict.fromkeys(brief(source) for source in _best(finding)))[:MOST_SOURCES]
    lines += [f"Source: {'; '.join(sources)}"] if sources else []
    lines += _overdue(finding)
    lines += [f"Not checked: {what}" for what in finding.not_checked if what not in said_before]
    lines.append(_trace(finding))
    return "\n".join(f"- {line}" for line in lines)


def kidneys_in_words(kidneys: KidneyFunction) -> list[str]:
    """ "CrCl 22 mL/min (Cockcroft-Gault, 2026-11-01): creatinine ..." and what was noticed on the way."""
    if not kidneys.known:
        return [*kidneys.notes]
    name, _, method = METHODS.get(kidneys.method, kidneys.method).partition(", ")
    day = kidneys.day.isoformat() if kidneys.day else ""
    how = ", ".join(part for part in (method, day) if part)
    inputs = f": {'; '.join(kidneys.inputs)}" if kidneys.inputs else ""
    unit = kidneys.unit.replace("{1.73_m2}", "1.73 m2")
    return [f"{name} {interval(kidneys)} {unit}" + (f" ({how})" if how else "") + inputs, *kidneys.notes]


def _cited(finding: Finding) -> list[str]:
    return list(dict.fromkeys(source for statement in finding.because for source in statement.sources))


def _best(finding: Finding) -> list[str]:
    return [source for statement in finding.because for source in statement.best] or _cited(finding)[:1]


def brief(source: str) -> str:
    """A source in one line of a narrow panel: its subtitle is left out, its authors and year are kept."""
    if len(source) <= BRIEF:
        return source
    title, colon, subtitle = source.partition(": ")
    tail = re.search(r"( \([^()]*\))?( [0-9]{4}[^:;()]{0,40})?$", subtitle)
    short = f"{title}{tail.group() if tail else ''}" if colon else source.partition(";")[0]
    return fits(short)


def _overdue(finding: Finding) -> list[str]:
    """The oldest due date of what the card rests on, once it is past."""
    due = min((s.overdue_since for s in finding.because if s.overdue_since), default=None)
    return (
        [f"Overdue: this content was to be reviewed by {due.isoformat()}; check it before relying on it"] if due else []
    )


def _trace(finding: Finding) -> str:
    places = [statement.address for statement in finding.because[:2]] + list(finding.orders[:2])
    standing = capital(_reviewed(finding)) or "Draft content, not clinically reviewed"
    return "Why you see this: " + ", ".join([f"rule {finding.rule}", *places]) + f". {standing}."


def _reviewed(finding: Finding) -> str:
    """By whom and when; empty unless everything that the card rests on was signed off."""
    if not finding.because or not all(statement.reviewed_by for statement in finding.because):
        return ""
    return "reviewed by " + "; ".join(dict.fromkeys(who for s in finding.because for who in s.reviewed_by))


def _source(finding: Finding) -> Json:
    cited = _cited(finding)
    standing = _reviewed(finding) or "draft, not clinically reviewed"
    source: Json = {"label": f"{cited[0] if cited else 'Neuropathic pain CDS'} ({standing})"}
    url = next((statement.url for statement in finding.because if statement.url), "")
    if url:
        source["url"] = url
    source["topic"] = {"system": TOPICS, "code": topic(finding), "display": capital(finding.rule.replace("-", " "))}
    return source


def topic(finding: Finding) -> str:
    """One alphanumeric word: rule, agents, severity, limit. Clients mute on it, so another limit is another word."""
    limit = [_in_letters(finding.limit.value) + finding.limit.unit] if finding.limit else []
    words = [finding.rule, *sorted(finding.agents), str(finding.indicator), *limit]
    word = "".join(capital(part) for text in words for part in re.split(r"[^A-Za-z0-9]+", text))
    word = word[:1].lower() + word[1:]
    if len(word) <= 100:
        return word
    return word[:88] + hashlib.sha256(word.encode()).hexdigest()[:12]


def _in_letters(value: Fraction) -> str:
    """37.5 is not 375."""
    return number(value).replace(".", "Point")


# --- what may be accepted -------------------------------------------------------------------------------------------


def _suggestion(proposal: Proposal, facts: Facts, identity: str) -> Json:
    verb = "update" if proposal.updates else "create"
    removes = [
        {"type": "delete", "description": "Remove this draft order", "resourceId": reference}
        for reference in proposal.removes
    ]
    action = {"type": verb, "description": proposal.description, "resource": medication_request(proposal, facts)}
    return {
        "label": proposal.label,
        "uuid": str(uuid.uuid5(uuid.UUID(identity), proposal.label)),
        "isRecommended": proposal.recommended,
        "actions": [*removes, action],
    }


# --- what a machine reads -------------------------------------------------------------------------------------------


def _uuid(finding: Finding, frame: Frame) -> str:
    limit = f"{finding.limit.value} {finding.limit.unit} {finding.limit.kind}" if finding.limit else ""
    parts = [
        frame.service,
        frame.hook_instance,
        finding.rule,
        *finding.orders,
        *finding.agents,
        *(statement.address for statement in finding.because),
        limit,
        str(finding.daily_dose),
    ]
    return str(uuid.uuid5(NAMESPACE, "\n".join(parts)))


def _basis(finding: Finding, facts: Facts, knowledge: Knowledge, not_shown: tuple[str, ...]) -> Json:
    basis = {
        "rule": finding.rule,
        "alsoRules": list(finding.also_rules),
        "orders": [reference for reference in finding.orders if reference],
        "conditions": list(finding.conditions),
        "agents": [_agent(name, knowledge) for name in sorted(finding.agents)],
        "dailyDose": _quantity(finding.daily_dose, finding.dose_unit),
        "limit": {**_quantity(finding.limit.value, finding.limit.unit), "kind": finding.limit.kind}
        if finding.limit
        else {},
        "kidneyFunction": _kidneys(facts.kidneys) if finding.on_kidneys else {},
        "approval": finding.approval,
        "because": [
            _present({"knowledge": s.address, "sources": list(s.sources), "reviewedBy": list(s.reviewed_by)})
            for s in finding.because
        ],
        "knowledge": {"version": knowledge.version, "day": knowledge.day.isoformat()},
        "notChecked": list(finding.not_checked),
        "notShown": list(not_shown),
    }
    return _present(basis)


def _agent(name: str, knowledge: Knowledge) -> Json:
    display = knowledge.name(name)
    code = knowledge.products.rxnorm_of(display)
    return {"system": RXNORM, "code": code, "display": display} if code else {"display": display}


def _quantity(value: Fraction | None, unit: str) -> Json:
    return {} if value is None else {"value": _number(value), "unit": unit}


def _kidneys(kidneys: KidneyFunction) -> Json:
    value = kidneys.value
    evidence = {
        "value": None if value is None else _number(tenth(value)),
        "low": _number(kidneys.low) if value is None and kidneys.low is not None else None,
        "high": _number(kidneys.high) if value is None and kidneys.high is not None else None,
        "unit": kidneys.unit if kidneys.known else "",
        "method": kidneys.method,
        "date": kidneys.day.isoformat() if kidneys.day else "",
    }
    return _present(evidence)


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else round(float(value), 3)


def _present(members: Json) -> Json:
    """What does not apply is left out."""
    return {name: value for name, value in members.items() if value not in _EMPTY}


_EMPTY: tuple[Any, ...] = (None, "", [], {})


def as_lines(cards: Iterable[Json]) -> str:
    """Cards as plain text, for a terminal."""
    return "\n\n".join(f"[{card['indicator'].upper()}] {card['summary']}\n{card.get('detail', '')}" for card in cards)
