"""
Which agents to offer this patient, in which order, and which not, each with its reason.

The order comes from the condition's file (equals share a group) and the modifiers: out beats last beats first. No
weights: every place in the list can be explained in a sentence. An agent outside the file never fills a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from .facts import Facts, Role
from .finding import PlannedStep, Statement
from .in_force import Knowledge
from .limits import lowest_anywhere, unsteady
from .objection import Objection
from .schedules import names, planned, standing_modifiers
from .situation import holds
from .statements import Against, Agent, Condition, Formulation, Modifier, Move, Offer
from .suitability import objections
from .tests_due import tests_due

PLACES = {"first": 0, "": 1, "last": 2}

Moved = tuple[str, Move, Statement]  # by which file, how, and where that stands


class Offered(Struct, frozen=True):
    """One agent that may be offered, with why it stands where it stands."""

    agent: Agent
    formulation: Formulation
    offer: Offer
    place: str  # "first" | "" | "last"
    reasons: tuple[str, ...]  # for and against, a line each
    because: tuple[Statement, ...]
    steps: tuple[PlannedStep, ...]  # a schedule in tablets that exist; () when none can be made, or it is only named
    in_words: tuple[str, ...] = ()  # why it is only named, never an order to accept
    due: tuple[str, ...] = ()  # tests that come first: the start is said, and no order to accept is made


class LeftOut(Struct, frozen=True):
    agent: Agent
    why: str
    because: Statement


class Offers(Struct, frozen=True):
    ladder: Condition
    offered: tuple[Offered, ...]
    left_out: tuple[LeftOut, ...]


def offers(ladder: Condition, facts: Facts, knowledge: Knowledge) -> Offers:
    """The condition's offers for this patient."""
    offered: list[Offered] = []
    left_out: dict[str, LeftOut] = {}
    for offer in knowledge.holding(ladder.offer, None, (), facts.age_between()):
        if offer.needs_value_set and not any(any(facts.conditions_in(s)) for s in offer.needs_value_set):
            continue
        for name in offer.agents:
            agent = knowledge.agents.get(name)
            formulation = _formulation(agent, offer) if agent else None
            if agent is None or formulation is None:
                continue
            verdict = _weigh(agent, formulation, offer, ladder, facts, knowledge)
            if isinstance(verdict, Offered):
                offered.append(verdict)
            else:
                left_out[name] = verdict
    offered.sort(key=lambda each: (PLACES[each.place], each.offer.group))  # stable: equals stay as the file has them
    return Offers(ladder, tuple(offered), tuple(left_out.values()))


def left_to_prescriber(agent: Agent, formulation: str | None, ladder: Condition, knowledge: Knowledge) -> bool:
    """Not offered, or for specialists, and not advised against: ordering it is the prescriber's judgement."""
    found = _named_against(agent, knowledge.here(ladder.against, formulation), knowledge)
    return bool(found) and all(row.strength in ("not offered", "specialist") for row in found)


def said_of(agent: Agent, ladder: Condition, facts: Facts, knowledge: Knowledge) -> list[Against]:
    """What the condition's file says of an agent that it does not offer, for this patient."""
    rows = [row for row in knowledge.here(ladder.against) if not row.formulation]
    rows = [row for row in rows if not any(any(facts.conditions_in(s)) for s in row.unless_value_set)]
    return _named_against(agent, [row for row in rows if row.when is None or holds(row.when, facts)], knowledge)


def _named_against(agent: Agent, rows: Sequence[Against], knowledge: Knowledge) -> list[Against]:
    """A row that names the agent stands above one that names its class."""
    own = [row for row in rows if agent.id in row.agents]
    classes = knowledge.value_sets.classes_of(agent.id)
    return own or [row for row in rows if classes.intersection(row.classes)]


def _formulation(agent: Agent, offer: Offer) -> Formulation | None:
    if offer.use:
        return next((f for f in agent.formulation if f.id == offer.use), None)
    return next((f for f in agent.formulation if f.assumed_when_unsaid), agent.formulation[0])


def _weigh(
    agent: Agent, formulation: Formulation, offer: Offer, ladder: Condition, facts: Facts, knowledge: Knowledge
) -> Offered | LeftOut:
    had = _had(agent, facts) or _class_mate(agent, facts, knowledge)
    if had:
        return LeftOut(agent, had, knowledge.cite(ladder, "offer", offer))
    out = ruled_out(agent, formulation.id, ladder, facts, knowledge)
    return out or _offered(agent, formulation, offer, ladder, facts, knowledge)


def ruled_out(
    agent: Agent, formulation: str | None, ladder: Condition, facts: Facts, knowledge: Knowledge
) -> LeftOut | None:
    """Why the agent is none for this patient at this condition, whether taken or not; None if it may be."""
    if agent.never_suggested:
        return LeftOut(agent, agent.never_suggested, knowledge.cite(agent, "never_suggested"))
    in_words = _in_words(agent, ladder, facts, knowledge)
    barred = next((o for o in objections(agent, formulation, facts, knowledge) if _bars(o, in_words)), None)
    if barred:
        return LeftOut(agent, barred.why, barred.because)
    out = next((m for m in _moves(agent, ladder, facts, knowledge) if m[1].move == "out"), None)
    return LeftOut(agent, out[1].why, out[2]) if out else None


def _bars(objection: Objection, in_words: tuple[str, ...]) -> bool:
    """More than a caution bars; but where a file names the agent in words only, it has weighed the other medicine."""
    weighed = bool(in_words) and objection.kind == "medicine" and objection.strength == "avoid"
    return objection.strength != "caution" and not weighed


def _offered(
    agent: Agent,
    formulation: Formulation,
    offer: Offer,
    ladder: Condition,
    facts: Facts,
    knowledge: Knowledge,
) -> Offered:
    against = objections(agent, formulation.id, facts, knowledge)
    moves = _moves(agent, ladder, facts, knowledge)
    kinds = {move.move for _, move, _ in moves}
    place = "last" if "last" in kinds else "first" if "first" in kinds else ""
    because = [knowledge.cite(ladder, "offer", offer), *(s for _, _, s in moves), *(o.because for o in against)]
    in_words = (*_in_words(agent, ladder, facts, knowledge), *_kidneys_first(agent, formulation, facts, knowledge))
    steps = () if in_words else planned(agent, formulation, facts, knowledge, _uses(ladder, knowledge))
    due = _tests_first(agent, formulation, facts, knowledge)
    return Offered(agent, formulation, offer, place, _reasons(moves, against), tuple(because), steps, in_words, due)


def _reasons(moves: Sequence[Moved], against: Sequence[Objection]) -> tuple[str, ...]:
    """Why it stands where it stands, then what asks for care; one thing on record is named once."""
    named = {words for title, move, _ in moves for words in (title, move.why.partition(":")[0])}
    cautions = (o.why.rstrip(".") for o in against if o.why.partition(":")[0] not in named)
    return tuple(dict.fromkeys([*(move.why for _, move, _ in moves), *(f"caution, {why}" for why in cautions)]))


def _tests_first(agent: Agent, formulation: Formulation, facts: Facts, knowledge: Knowledge) -> tuple[str, ...]:
    rows = (row for row in tests_due(agent, formulation.id, facts, knowledge) if not row.order_meanwhile)
    return tuple(dict.fromkeys(knowledge.value_sets.test(row.value_set) for row in rows))


def _uses(ladder: Condition, knowledge: Knowledge) -> frozenset[str]:
    return frozenset({ladder.value_set}) | knowledge.value_sets.parents(ladder.value_set)


def _in_words(agent: Agent, ladder: Condition, facts: Facts, knowledge: Knowledge) -> tuple[str, ...]:
    """Why an agent may be named but not put as an order to accept."""
    return facts.once(("in words", agent.id, ladder.id), lambda: tuple(_why_in_words(agent, ladder, facts, knowledge)))


def _why_in_words(agent: Agent, ladder: Condition, facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    for file in _files(ladder, facts, knowledge):
        for row in knowledge.here(file.manner):
            if row.how == "in words" and names(row, agent, knowledge) and (row.when is None or holds(row.when, facts)):
                yield row.why
    for listed in knowledge.holding(agent.beers, None, (), facts.age_between()):
        if listed.strength != "caution" and any(any(facts.conditions_in(name)) for name in listed.value_sets):
            yield listed.advice


def _kidneys_first(agent: Agent, formulation: Formulation, facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    """While the kidneys are failing a table of theirs cannot be read; not known, they may forbid the agent."""
    if facts.kidneys.acute_injury and knowledge.here(agent.renal, formulation.id):
        yield "acute kidney injury on record: dose it once the kidneys are steady"
    elif not facts.kidneys.known and not unsteady(facts.kidneys):
        lowest = lowest_anywhere(agent, formulation.id, knowledge)
        if lowest is not None and not lowest.value:
            yield "kidney function first: for some kidneys it is not to be used at all"


def _files(ladder: Condition, facts: Facts, knowledge: Knowledge) -> list[Condition | Modifier]:
    return [ladder, *standing_modifiers(facts, knowledge)]


def to_say(found: Offers, facts: Facts, knowledge: Knowledge) -> tuple[list[str], list[str], list[str]]:
    """What must be said beside the list: red flags; what concerns this patient; what concerns every one with the pain.
    What is about an agent is said where it is offered."""
    offered = {each.agent.id for each in found.offered}
    flags: list[str] = []
    others: tuple[list[str], list[str]] = ([], [])
    for place, file in enumerate(_files(found.ladder, facts, knowledge)):
        for row in knowledge.here(file.say):
            if (row.when is None or holds(row.when, facts)) and (not row.agents or offered.intersection(row.agents)):
                own = bool(place) or row.when is not None
                (flags if row.red_flag else others[not own]).append(row.text)
    return flags, *others


def _had(agent: Agent, facts: Facts) -> str:
    """Why it is not offered again: already ordered, taken, or tried and stopped."""
    words = {Role.DRAFT: "already in the draft orders", Role.ACTIVE: "already being taken", Role.PAST: "tried before"}
    for role, word in words.items():
        if any(order.role is role and agent.id in order.ingredients for order in facts.orders):
            return word
    return ""


def _class_mate(agent: Agent, facts: Facts, knowledge: Knowledge) -> str:
    """A second agent of one class is no second treatment."""
    for order in (*facts.active(), *facts.drafts()):
        for name in order.ingredients:
            other = knowledge.agents.get(name)
            if other and other.classes[0] == agent.classes[0]:
                return f"{other.title.lower()} is of the same class"
    return ""


def _moves(agent: Agent, ladder: Condition, facts: Facts, knowledge: Knowledge) -> tuple[Moved, ...]:
    """The modifiers that hold for this patient and move this agent, each with its title."""
    return facts.once(("moves", agent.id, ladder.id), lambda: tuple(_moved(agent, ladder, facts, knowledge)))


def _moved(agent: Agent, ladder: Condition, facts: Facts, knowledge: Knowledge) -> Iterator[Moved]:
    for modifier in standing_modifiers(facts, knowledge):
        for move in _of(modifier, agent, facts, knowledge):
            if not move.indication or ladder.value_set in move.indication:
                yield modifier.title, move, knowledge.cite(modifier, "effect", move)
    for move in knowledge.holding(ladder.effect, None, (), facts.age_between()):
        if names(move, agent, knowledge) and (move.when is None or holds(move.when, facts)):
            yield ladder.title, move, knowledge.cite(ladder, "effect", move)


def _of(modifier: Modifier, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Move]:
    rows = (m for m in knowledge.holding(modifier.effect, None) if names(m, agent, knowledge))
    return (m for m in rows if m.when is None or holds(m.when, facts))
