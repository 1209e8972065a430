"""
CDS Hooks over HTTP. Knows no medicine: it asks `cards`, and only its face.
"""

from __future__ import annotations

from flask import Flask

from cards import KnowledgeBase, laid_over

from .answer import Engine
from .config import Config
from .house import House, engine_of
from .routes import register

__all__ = ["Config", "create_app", "engine"]


def create_app(config: Config | None = None, knowledge_base: KnowledgeBase | None = None) -> Flask:
    """The wired application. Raises KnowledgeError, listing every problem, if the knowledge is unfit, and ValueError
    if the settings are."""
    settings = config or Config.from_environment()
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["house"] = House.open(settings, knowledge_base or laid_over(settings.overlay))
    register(app)
    return app


def engine(settings: Config, base: KnowledgeBase) -> Engine:
    """The decision with this deployment's settings; replay uses it without HTTP."""
    return engine_of(settings, base)
