"""
The whole decision: facts and knowledge in, ranked findings out, at most five.

The engine stamps each rule's id, keeps a rule that fails from taking the others with it, lets what belongs together
speak once, and decides which rules may speak at which hook and for whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from .acceptance import acceptable
from .card import Frame, to_card
from .facts import Facts, Hook
from .finding import Finding, Indicator
from .gathering import gathered
from .in_force import Knowledge
from .lapsed import lapsed_offers
from .rules import RULES, Check
from .situation import may_be_child
from .unchecked import failed, folded
from .wording import without_repeats

MOST_CARDS = 5

# Among findings of one indicator, the rule that comes first here speaks first.
PRECEDENCE = (
    "contraindicated-by-allergy",
    "contraindicated-by-condition",
    "interaction",
    "pregnancy-risk",
    "opioid-risk",
    "daily-dose-above-renal-maximum",
    "daily-dose-above-maximum",
    "taper-before-stopping",
    "duplicate-therapy",
    "combination-to-avoid",
    "older-adult-risk",
    "caution-with-condition",
    "not-recommended-for-condition",
    "start-low-go-slow",
    "could-not-be-checked",
    "monitoring-before-start",
    "optimise-dose-first",
    "recommended-agents",
    "combination-options",
)

DOSE_MAXIMA = frozenset({"daily-dose-above-renal-maximum", "daily-dose-above-maximum"})
CONDITIONS = frozenset({"contraindicated-by-condition", "caution-with-condition"})
CHOICE = frozenset({"not-recommended-for-condition", "recommended-agents"})

# Of the findings on one pair: among equals of one indicator, the narrower rule gives the headline.
OF_A_PAIR = ("opioid-risk", "duplicate-therapy", "combination-to-avoid", "interaction")

FORBIDS = frozenset({"contraindicated-by-allergy", "contraindicated-by-condition", "interaction", "pregnancy-risk"})
UNFIT = "not-recommended-for-condition"
HOW_TO_BEGIN = frozenset({"start-low-go-slow", "monitoring-before-start", "combination-options"})

AT_PATIENT_VIEW = frozenset({"recommended-agents", "optimise-dose-first"})
AT_ORDER_SIGN_ALWAYS = frozenset({"taper-before-stopping", "could-not-be-checked"})
UNDER_EIGHTEEN = frozenset(
    {
        "could-not-be-checked",
        "contraindicated-by-condition",
        "contraindicated-by-allergy",
        "interaction",
        "pregnancy-risk",
    }
)
ONLY_CRITICAL_UNDER_EIGHTEEN = frozenset({"interaction", "pregnancy-risk"})


class Trouble(Struct, frozen=True):
    """A rule that raised. `error` is the exception's type only: its text may carry patient data."""

    rule: str
    error: str


class Advice(Struct, frozen=True):
    findings: tuple[Finding, ...]
    troubles: tuple[Trouble, ...] = ()
    not_shown: tuple[str, ...] = ()  # rules of findings beyond the fifth, named on the fifth

    def cards(self, facts: Facts, knowledge: Knowledge, frame: Frame) -> list[dict[str, Any]]:
        """The findings as CDS Hooks cards. What was not checked is in the words of the first card that it concerns."""
        cards, said, last = [], frozenset[str](), len(self.findings) - 1
        for place, finding in enumerate(self.findings):
            not_shown = self.not_shown if place == last else ()
            cards.append(to_card(finding, facts, knowledge, frame, not_shown, said))
            said |= frozenset(finding.not_checked)
        return cards


def advise(
    facts: Facts, knowledge: Knowledge, rules: Mapping[str, Check] = RULES, most_cards: int = MOST_CARDS
) -> Advice:
    """What is worth saying, most urgent first. A rule that raises is reported beside the others' findings."""
    findings, troubles = [], []
    for rule in _may_speak(rules, facts):
        try:
            findings += [_stamped(finding, rule, facts, knowledge) for finding in rules[rule](facts, knowledge)]
        except Exception as error:  # noqa: BLE001 - one broken rule must not silence the others; reported, not swallowed
            troubles.append(Trouble(rule, type(error).__name__))
    heard = _without_contradiction([finding for finding in findings if _is_heard(finding, facts)])
    ranked = folded(_ranked(gathered(_ranked(_merged(heard)))), most_cards)
    said = failed([trouble.rule for trouble in troubles], ranked, facts, knowledge)
    return _capped(said, tuple(troubles), most_cards)


# --- who may speak --------------------------------------------------------------------------------------------------


def _may_speak(rules: Iterable[str], facts: Facts) -> list[str]:
    child = may_be_child(facts)
    if facts.hook is Hook.PATIENT_VIEW:
        return [rule for rule in rules if rule in AT_PATIENT_VIEW] if facts.user_is_clinician and not child else []
    silent = "taper-before-stopping" if facts.hook is Hook.ORDER_SELECT else ""
    return [rule for rule in rules if rule != silent and (not child or rule in UNDER_EIGHTEEN)]


def _is_heard(finding: Finding, facts: Facts) -> bool:
    critical = finding.indicator is Indicator.CRITICAL
    if finding.rule in ONLY_CRITICAL_UNDER_EIGHTEEN and not critical and may_be_child(facts):
        return False
    if facts.hook is Hook.ORDER_SIGN:
        return finding.indicator >= Indicator.WARNING or finding.rule in AT_ORDER_SIGN_ALWAYS
    return True


def _without_contradiction(findings: list[Finding]) -> list[Finding]:
    """Of an order that must not be given, nothing on how to begin it or what to give beside it; of one that is advised
    against, no start to accept."""
    never = {f.orders[0] for f in findings if f.orders and f.rule in FORBIDS and f.indicator is Indicator.CRITICAL}
    unwise = {f.orders[0] for f in findings if f.orders and f.rule == UNFIT and f.indicator >= Indicator.WARNING}
    told = (f for f in findings if f.rule not in HOW_TO_BEGIN or never.isdisjoint(f.orders[:1]))
    return [_in_words(f) if f.rule in HOW_TO_BEGIN and unwise.intersection(f.orders[:1]) else f for f in told]


def _in_words(finding: Finding) -> Finding:
    return replace(finding, proposals=())


def _stamped(finding: Finding, rule: str, facts: Facts, knowledge: Knowledge) -> Finding:
    proposals = tuple(p for p in finding.proposals if acceptable(p, facts) and not may_be_child(facts))
    missed = lapsed_offers(facts, knowledge) if rule == "recommended-agents" else ()
    return replace(finding, rule=rule, proposals=proposals, not_checked=(*finding.not_checked, *missed))


# --- one subject, one card ------------------------------------------------------------------------------------------


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_subject(finding), []).append(finding)
    return [_one(group) for group in groups.values()]


def _subject(finding: Finding) -> object:
    """Findings of one subject become one card. Whatever is not named here stays a card of its own."""
    if finding.pair:
        return finding.pair
    if finding.rule in DOSE_MAXIMA:
        return ("dose", finding.agents)
    if finding.rule in CONDITIONS:
        return ("condition", finding.agents, finding.orders)
    if finding.rule in CHOICE and finding.orders:
        return ("choice", finding.orders)
    return id(finding)


def _one(group: list[Finding]) -> Finding:
    group = sorted(_ranked(group), key=_first_of_a_pair)
    head, *others = group
    if not others:
        return head
    also = tuple(sorted({finding.rule for finding in others} - {head.rule}))
    return replace(
        head,
        detail=_together(
            head, _unique(head.detail, *(_also(f, group[:n]) for n, f in enumerate(group) if f is not head))
        ),
        because=_unique(head.because, *(f.because for f in others)),
        orders=_unique(head.orders, *(f.orders for f in others)),
        conditions=_unique(head.conditions, *(f.conditions for f in others)),
        agents=_unique(head.agents, *(f.agents for f in others)),
        proposals=head.proposals or next((f.proposals for f in others if f.proposals), ()),
        not_checked=_unique(head.not_checked, *(f.not_checked for f in others)),
        on_kidneys=any(f.on_kidneys for f in group),
        also_rules=also,
    )


def _together(head: Finding, lines: tuple[str, ...]) -> tuple[str, ...]:
    """Of a pair several rules give the same reason in other words: it is said once."""
    return tuple(without_repeats(lines)) if head.pair else lines


def _first_of_a_pair(finding: Finding) -> tuple[int, int]:
    narrow = OF_A_PAIR.index(finding.rule) if finding.pair and finding.rule in OF_A_PAIR else len(OF_A_PAIR)
    return -finding.indicator, narrow


def _also(finding: Finding, before: list[Finding]) -> Iterator[str]:
    """The other rule's headline and lines; of a pair its reasons alone, as the headline is said and both are named. Of
    a second condition of one order, the headline is enough, and what must be said."""
    if not finding.beside:
        yield f"Also: {finding.summary}"
    if finding.rule in CHOICE and any(other.rule == finding.rule for other in before):
        yield from finding.must_say
        return
    yield from (line for line in finding.detail if not finding.beside or line != finding.beside.line)


def _unique(*parts: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))


def _ranked(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(
        findings, key=lambda f: (-f.indicator, -f.urgency, PRECEDENCE.index(f.rule), f.agents, f.orders, f.summary)
    )


def _capped(findings: list[Finding], troubles: tuple[Trouble, ...], most_cards: int) -> Advice:
    shown, rest = findings[:most_cards], findings[most_cards:]
    if rest:
        shown[-1] = replace(shown[-1], detail=shown[-1].detail + tuple(f"Not shown: {f.summary}" for f in rest))
    return Advice(tuple(shown), troubles, tuple(f.rule for f in rest))
