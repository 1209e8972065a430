"""
The clinical decision: FHIR R4 in, cards out. No HTTP, no clock, no I/O but its own knowledge files.

This is the face: cds_service imports these names and nothing else.
"""

from .advise import Advice, Trouble, advise
from .call import Call
from .card import Frame
from .catalogue import Entry, described, differences, doubts, entries
from .explain import Explained, explain_order, facts_in_words, is_order, order_in_words
from .facts import Dosage, Facts, Hook, Known
from .fhir import read_facts
from .in_force import Knowledge
from .knowledge_base import SEED, KnowledgeBase, KnowledgeError, laid_over, seed
from .override_reasons import DISPLAY as OVERRIDE_REASONS
from .readings import NONE_KEPT, KeptReadings, Readings
from .rules import RULES, Check
from .scope import concerns_us
from .tallied import KINDS, Outcome, outcomes

__all__ = [
    "KINDS",
    "NONE_KEPT",
    "OVERRIDE_REASONS",
    "RULES",
    "SEED",
    "Advice",
    "Call",
    "Check",
    "Dosage",
    "Entry",
    "Explained",
    "Facts",
    "Frame",
    "Hook",
    "KeptReadings",
    "Knowledge",
    "KnowledgeBase",
    "KnowledgeError",
    "Known",
    "Outcome",
    "Readings",
    "Trouble",
    "advise",
    "concerns_us",
    "described",
    "differences",
    "doubts",
    "entries",
    "explain_order",
    "facts_in_words",
    "is_order",
    "laid_over",
    "order_in_words",
    "outcomes",
    "read_facts",
    "seed",
]
