"""
The endpoints. A route reads the call, asks the house and writes the answer; nothing is decided here.
"""

from __future__ import annotations

from flask import Flask

from . import calls, feedback, operation, surroundings


def register(app: Flask) -> None:
    for module in (calls, feedback, operation):
        app.register_blueprint(module.bp)
    surroundings.register(app)
