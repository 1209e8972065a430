"""
One call answered: request -> facts -> findings -> cards. The same path for the server, for replay and for `explain`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cards import (
    NONE_KEPT,
    RULES,
    Advice,
    Call,
    Check,
    Facts,
    Frame,
    Hook,
    Knowledge,
    KnowledgeBase,
    Known,
    Readings,
    advise,
    concerns_us,
    read_facts,
)

from .hook_request import HookRequest
from .prefetch import Chart, check_known, complete
from .services import Service
from .tracing import Tracer, unwatched

Fetch = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, with what it rests on: the cards for the client, the rest for the log and for replay."""

    cards: list[dict[str, Any]]
    advice: Advice | None = None
    facts: Facts | None = None
    chart: Chart | None = None
    unshown: Advice | None = None  # what the silent rules would have said


@dataclass(frozen=True)
class Engine:
    """Everything an answer needs that is not in the call."""

    knowledge_base: KnowledgeBase
    templates: Mapping[str, str]
    jurisdiction: str = "US"
    guidelines: tuple[str, ...] = ()
    rules: Mapping[str, Check] = field(default_factory=lambda: RULES)  # fewer where a deployment switches some off
    silent: Mapping[str, Check] = field(default_factory=dict)  # evaluated and counted, not shown
    most_cards: int = 5
    say_unknown: bool = False  # where nothing is known of a patient a card says so, if one can; else it is 412
    span: Tracer = unwatched

    def knowledge(self, day: date) -> Knowledge:
        return self.knowledge_base.on(day, self.jurisdiction, self.guidelines)

    def answer(self, request: HookRequest, service: Service, day: date, fetch: Fetch | None = None) -> Answer:
        """Cards for one call. Raises HookError (412) when required data can be had nowhere."""
        chart_of = functools.partial(complete, request, self.templates, fetch, refuse=not self.say_unknown)
        answer = self.answer_with(request, service, day, chart_of)
        if answer.chart is not None and not answer.cards:
            check_known(answer.chart.parts)  # silence would say "checked and fine"
        return answer

    def answer_with(
        self,
        request: HookRequest,
        service: Service,
        day: date,
        chart_of: Callable[[], Chart],
        readings: Readings = NONE_KEPT,
    ) -> Answer:
        """Cards for one call, its chart asked for only if the call concerns us."""
        knowledge = self.knowledge(day)
        if request.hook != Hook.PATIENT_VIEW and not concerns_us(_unread(request, day), knowledge):
            return Answer([])
        chart = chart_of()
        with self.span("advise", {}) as span:
            facts = read_facts(_call(request, service, day, chart, readings), knowledge)
            advice = advise(facts, knowledge, self.rules, self.most_cards)
            unshown = advise(facts, knowledge, self.silent) if self.silent else None
            cards = advice.cards(facts, knowledge, Frame(service.id, request.hook_instance))
            span.set_attribute("cds.cards", len(cards))
        return Answer(cards, advice, facts, chart, unshown)


def _unread(request: HookRequest, day: date) -> Call:
    """The drafts alone, before anything of the chart is looked at."""
    return Call(
        hook=Hook(request.hook),
        day=day,
        patient_id=request.patient_id,
        drafts=request.draft_orders,
        draft_urls=request.draft_urls,
        selections=request.selections,
    )


def _call(request: HookRequest, service: Service, day: date, chart: Chart, readings: Readings = NONE_KEPT) -> Call:
    return Call(
        hook=Hook(request.hook),
        day=day,
        patient_id=request.patient_id,
        user=request.user_id,
        encounter=request.encounter_id or "",
        hook_instance=request.hook_instance,
        service=service.id,
        drafts=request.draft_orders,
        draft_urls=request.draft_urls,
        selections=request.selections,
        patient=chart.patient,
        conditions=chart.conditions,
        medications=chart.medications,
        observations=chart.observations,
        allergies=chart.allergies,
        known=frozenset(map(Known, chart.known)),
        not_checked=chart.not_checked,
        readings=readings,
    )
