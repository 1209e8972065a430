"""
The Flask application: the routes over a house.
"""

from __future__ import annotations

from flask import Flask

from cards import KnowledgeBase, laid_over

from .config import Config
from .house import House
from .routes import register


def create(settings: Config, knowledge_base: KnowledgeBase | None = None) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["house"] = House.open(settings, knowledge_base or laid_over(settings.overlay))
    register(app)
    return app
