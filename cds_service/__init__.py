"""
CDS Hooks over HTTP. Knows no medicine: it asks `cards`, and only its face.
"""

from __future__ import annotations

from flask import Flask

from cards import KnowledgeBase, seed

from .answer import Engine
from .config import Config
from .routes import bp
from .services import prefetch_templates

__all__ = ["Config", "create_app"]

MAX_BODY = 5 * 1024 * 1024


def create_app(config: Config | None = None, knowledge_base: KnowledgeBase | None = None) -> Flask:
    """The wired application. Raises KnowledgeError, listing every problem, if the knowledge is unfit."""
    settings = config or Config.from_environment()
    base = knowledge_base or seed()
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.url_map.strict_slashes = False
    app.extensions["engine"] = engine(settings, base)
    app.extensions["today"] = settings.today
    app.register_blueprint(bp)
    return app


def engine(settings: Config, base: KnowledgeBase) -> Engine:
    """The decision with this deployment's settings; replay uses it without HTTP."""
    loinc = base.on(settings.today(), settings.jurisdiction).value_sets.loinc()
    return Engine(base, prefetch_templates(loinc), settings.jurisdiction, settings.guidelines)
