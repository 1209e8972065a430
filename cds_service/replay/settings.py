"""
Everything an answer depends on beside the call itself, in a value that can be sent to another process or machine.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from cards import RULES, KnowledgeBase, laid_over

from .. import engine
from ..answer import Engine
from ..config import JURISDICTIONS, Config

KEYS: Final = ("jurisdiction", "guidelines", "rules-off", "knowledge", "day")
HOOKS: Final = ("order-select", "order-sign")


@dataclass(frozen=True, slots=True)
class Settings:
    """One way to answer. Two of them make a what-if."""

    jurisdiction: str = "US"
    guidelines: tuple[str, ...] = ()
    rules_off: tuple[str, ...] = ()
    knowledge: str = ""  # another knowledge folder; "": the one that comes with the package
    day: date | None = None  # judge every order as on this day; None: each on its own
    hook: str = HOOKS[0]  # which hook orders taken from charts are asked at
    complete: bool = False  # what a chart does not hold is known not to be there
    url: str = ""  # a running service; "": in this process
    service: str = ""  # its id, where a URL has several for a hook
    token: str = field(default="", repr=False)

    def changed(self, assignments: Iterable[str]) -> Settings:
        """These settings but for KEY=VALUE, ... Raises ValueError naming what cannot be understood."""
        changed = self
        for assignment in assignments:
            key, found, value = assignment.partition("=")
            if not found or key not in KEYS:
                raise ValueError(f"{assignment}: not KEY=VALUE with one of {', '.join(KEYS)}")
            changed = changed._with(key, value)
        return changed

    def _with(self, key: str, value: str) -> Settings:
        listed = tuple(filter(None, value.split(",")))
        match key:
            case "guidelines":
                return replace(self, guidelines=listed)
            case "rules-off":
                return replace(self, rules_off=_known_rules(listed))
            case "day":
                return replace(self, day=_day(value) if value else None)
            case "knowledge":
                return replace(self, knowledge=_folder(value))
            case _:
                return replace(self, jurisdiction=_known_jurisdiction(value))

    def in_words(self) -> str:
        """For the head of a report: only what is not as it comes."""
        said = {
            "jurisdiction": self.jurisdiction,
            "guidelines": ", ".join(self.guidelines),
            "rules off": ", ".join(self.rules_off),
            "knowledge": Path(self.knowledge).name,
            "day": self.day.isoformat() if self.day else "",
            "at": self.url.rpartition("@")[2],  # without a password
        }
        return "; ".join(f"{name} {value}" for name, value in said.items() if value)


def _known_jurisdiction(value: str) -> str:
    if value not in JURISDICTIONS:
        raise ValueError(f"jurisdiction: {value!r} is none of {', '.join(JURISDICTIONS)}")
    return value


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"day: {value!r} is not a day such as 2026-11-22") from None


def _known_rules(rules: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [rule for rule in rules if rule not in RULES]
    if unknown:
        raise ValueError(f"rules-off: there is no rule {', '.join(unknown)}; there are {', '.join(RULES)}")
    return rules


def _folder(path: str) -> str:
    if path and not is_knowledge(Path(path)):
        raise ValueError(f"knowledge: {path} is not a folder of knowledge files: it has no folder agents")
    return path


def is_knowledge(path: Path) -> bool:
    """Whether a path is a folder of knowledge files."""
    return (path / "agents").is_dir()


@functools.lru_cache(maxsize=4)
def engine_of(settings: Settings) -> Engine:
    """The server's engine with these settings, made once a process. Raises KnowledgeError."""
    overlay = Config.from_environment().overlay
    base = KnowledgeBase.load(Path(settings.knowledge)) if settings.knowledge else laid_over(overlay)
    config = Config(jurisdiction=settings.jurisdiction, guidelines=settings.guidelines, day=settings.day)
    made = engine(config, base)
    return replace(made, rules={rule: check for rule, check in made.rules.items() if rule not in settings.rules_off})
