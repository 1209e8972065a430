"""
One call answered, in this process or by a service at a URL, as a record: what was asked, what was said.

A record holds the cards whole and of the chart only what is counted: agents, conditions by the names of our own files,
the clinic. What could not be answered is a record too, with its status and why.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from cards import Facts, Knowledge

from ..answer import Answer
from ..errors import HookError
from ..hook_request import parse
from ..services import SERVICES, Service
from . import remote
from .as_of import Resource
from .asked import Asked, key_of
from .made import Made
from .own_words import own_words, words_of_call
from .settings import Settings, engine_of

Record = dict[str, Any]

OWN_WORDS: Final = "ownWords"  # says them when an example is made: never written down

BY_HOOK = {service.hook: service for service in SERVICES.values()}


def judge(asked: Asked, settings: Settings, today: date) -> Record:
    """The record of one call. Raises nothing that comes from the call."""
    day = settings.day or asked.day or today
    record: Record = {"place": asked.place, "key": key_of(asked.place), "day": day.isoformat()}
    if asked.clinic:
        record["clinic"] = asked.clinic
    if settings.url:
        answer = remote.answered(asked, settings)
        words = functools.partial(words_of_call, asked.raw)
        return {**record, **answer, "agents": agents_named(answer["cards"]), OWN_WORDS: words}
    return {**record, **_here(asked, settings, day)}


# ---- in this process ------------------------------------------------------------------------------------------------


def _here(asked: Asked, settings: Settings, day: date) -> Record:
    try:
        service, answer = _answered(asked, settings, day)
    except HookError as error:
        return {"status": error.status, "why": error.text, "at": error.expression, "cards": []}
    except Exception as error:  # noqa: BLE001 - a fault of ours on one order is a line of the report, not its end
        return {"status": 500, "why": f"the service failed: {type(error).__name__}", "cards": []}
    return {"hook": service.hook, "status": 200, **_said(answer, engine_of(settings).knowledge(day))}


def _answered(asked: Asked, settings: Settings, day: date) -> tuple[Service, Answer]:
    """A call that replay made itself is answered as it is; one that was found is read as the server reads it."""
    engine, made = engine_of(settings), asked.body
    if isinstance(made, Made):
        service = BY_HOOK[made.hook]
        return service, engine.answer_with(made.request(), service, day, made.chart, made.record.readings)
    request = parse(asked.raw, "application/json", frozenset(BY_HOOK))
    return BY_HOOK[request.hook], engine.answer(request, BY_HOOK[request.hook], day)


def _said(answer: Answer, knowledge: Knowledge) -> Record:
    if answer.facts is None or answer.advice is None:
        return {"inScope": False, "cards": answer.cards}
    record: Record = {
        "inScope": True,
        "agents": _agents(answer.facts, knowledge),
        "conditions": _conditions(answer.facts, knowledge),
        "cards": answer.cards,
        OWN_WORDS: functools.partial(own_words, answer.facts, _patient(answer), knowledge),
    }
    troubles = [f"{trouble.rule}: {trouble.error}" for trouble in answer.advice.troubles]
    unread = sorted({unread.what for unread in answer.facts.unread})
    return {**record, **({"troubles": troubles} if troubles else {}), **({"unread": unread} if unread else {})}


def _patient(answer: Answer) -> Resource | None:
    return answer.chart.patient if answer.chart else None


def _agents(facts: Facts, knowledge: Knowledge) -> list[str]:
    """The ingredients of the orders judged, by their names."""
    return sorted({knowledge.name(name) for order in facts.selected() for name in order.ingredients})


def _conditions(facts: Facts, knowledge: Knowledge) -> list[str]:
    """The neuropathic conditions of the patient, by the titles of their files: never in the chart's own words."""
    ladders = (ladder for condition in facts.conditions for ladder in knowledge.ladders_of(condition.value_sets))
    return sorted({ladder.title for ladder in ladders})


# ---- what a card says of itself --------------------------------------------------------------------------------------


def agents_named(cards: Iterable[Resource]) -> list[str]:
    """The agents that cards of our own say they are about."""
    named = (agent.get("display") for card in cards for agent in basis_of(card).get("agents", ()))
    return sorted({name for name in named if isinstance(name, str)})


def basis_of(card: Resource) -> dict[str, Any]:
    """What a card of our own says of itself; empty for anyone else's."""
    extension = card.get("extension")
    basis = extension.get("org.neuropathic-pain-cds.basis") if isinstance(extension, dict) else None
    return basis if isinstance(basis, dict) else {}
