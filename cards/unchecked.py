"""
What was not checked, said once: gaps of the record as a whole go to a card that is there anyway, and a rule that failed
is never answered with silence.

The law: no allergies, medicines or conditions in the call can always matter, so they are always said; but a card of
their own is made only where no other card about a judged order carries the line, and then one for all orders. What is
missing of one order alone (its dose, its product, the kidney function that its dose asks for) keeps its own card, with
what would settle it. The extension's notChecked has every line, wherever it is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from .facts import Facts, Hook, Role
from .finding import Finding, Indicator
from .in_force import Knowledge
from .wording import capital, fits, listed, said

RULE = "could-not-be-checked"

# What a rule is about, for a clinician: said where it could not be run.
SUBJECTS: Mapping[str, str] = {
    "caution-with-condition": "cautions with conditions and results",
    "combination-options": "combinations that may help",
    "combination-to-avoid": "combinations to avoid",
    "contraindicated-by-allergy": "allergies",
    "contraindicated-by-condition": "contraindications",
    "could-not-be-checked": "what is missing from the record",
    "daily-dose-above-maximum": "the maximum dose",
    "daily-dose-above-renal-maximum": "the dose for the kidneys",
    "duplicate-therapy": "duplicate therapy",
    "interaction": "interactions",
    "monitoring-before-start": "tests due before the start",
    "not-recommended-for-condition": "fitness for the condition",
    "older-adult-risk": "risks at 65 and over",
    "opioid-risk": "opioid risks",
    "optimise-dose-first": "the dose of what is taken already",
    "pregnancy-risk": "risks in pregnancy",
    "recommended-agents": "the choice of medicine",
    "start-low-go-slow": "the starting dose",
    "taper-before-stopping": "the need to taper",
}


def folded(findings: list[Finding], most_cards: int) -> list[Finding]:
    """Ranked findings: what is only a gap of the record as a whole, on the first other card that will be shown."""
    gaps = [finding for finding in findings if finding.of_the_record]
    others = [finding for finding in findings if not finding.of_the_record]
    if not gaps:
        return findings
    orders = {reference for gap in gaps for reference in gap.orders}
    place = next((n for n, f in enumerate(others) if orders.intersection(f.orders)), None)
    if place is None:
        return [*others, _together(gaps)]
    place = min(place, most_cards - 1)
    carrier = _with(others[place], tuple(line for gap in gaps for line in gap.not_checked))
    others[place] = replace(carrier, also_rules=_also(carrier))
    return others


def _also(carrier: Finding) -> tuple[str, ...]:
    """The rule is named where it speaks through another's card, for those who count."""
    return carrier.also_rules if carrier.rule == RULE else tuple(sorted({*carrier.also_rules, RULE}))


def _with(finding: Finding, lines: tuple[str, ...]) -> Finding:
    return replace(finding, not_checked=tuple(dict.fromkeys([*finding.not_checked, *lines])))


def _together(gaps: list[Finding]) -> Finding:
    """Several orders, one record: one card."""
    head, *rest = gaps
    if not rest:
        return head
    names = listed(dict.fromkeys(gap.summary.partition(":")[0].lower() for gap in gaps))
    return replace(
        _with(head, tuple(line for gap in rest for line in gap.not_checked)),
        summary=fits(f"{capital(names)}:{head.summary.partition(':')[2]}"),
        agents=tuple(dict.fromkeys(name for gap in gaps for name in gap.agents)),
        orders=tuple(dict.fromkeys(reference for gap in gaps for reference in gap.orders)),
        because=tuple(dict.fromkeys(statement for gap in gaps for statement in gap.because)),
    )


def failed(rules: list[str], findings: list[Finding], facts: Facts, knowledge: Knowledge) -> list[Finding]:
    """The findings, with what a rule that raised would have looked at: on the first card, or on one of its own, as
    silence would mean that all was checked. On opening a chart no order waits for it."""
    lines = tuple(f"{SUBJECTS.get(rule, rule)}: this check failed (rule {rule})" for rule in rules)
    if findings:
        return [_with(findings[0], lines), *findings[1:]] if lines else findings
    return [_alone(rules, lines, facts, knowledge)] if lines and facts.hook is not Hook.PATIENT_VIEW else []


def _alone(rules: list[str], lines: tuple[str, ...], facts: Facts, knowledge: Knowledge) -> Finding:
    judged = [*facts.selected()] or [order for order in facts.orders if order.role is Role.STOP]
    agents = dict.fromkeys(name for order in judged for name in order.ingredients)
    names = [knowledge.name(name) for name in agents] or [said(order.label, 40) for order in judged if order.label]
    subjects = listed(SUBJECTS.get(rule, rule) for rule in rules)
    return Finding(
        summary=fits(f"{capital(listed(names)) or 'These orders'}: not checked ({subjects}), as the check failed"),
        indicator=Indicator.INFO,
        agents=tuple(agents),
        orders=tuple(order.reference for order in judged if order.reference),
        not_checked=lines,
        rule=RULE,
    )
