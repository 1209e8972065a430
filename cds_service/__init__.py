"""
CDS Hooks over HTTP. Knows no medicine: it asks `cards`, and only its face.

Nothing heavy is loaded by importing this: `--help` must not wait for Flask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .config import Config

if TYPE_CHECKING:
    from flask import Flask

    from cards import KnowledgeBase

    from .answer import Engine

__all__ = ["Config", "create_app", "engine"]


def create_app(config: Config | None = None, knowledge_base: KnowledgeBase | None = None) -> Flask:
    """The wired application. Raises KnowledgeError, listing every problem, if the knowledge is unfit, and ValueError
    if the settings are."""
    from .application import create

    return create(config or Config.from_environment(), knowledge_base)


def engine(settings: Config, base: KnowledgeBase) -> Engine:
    """The decision with this deployment's settings; replay uses it without HTTP."""
    from .house import engine_of

    return engine_of(settings, base)
