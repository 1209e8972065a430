"""
The yardstick: a bare Flask application that parses the body and returns a fixed card. It parses with orjson, the
fastest that Flask can be given, so that the yardstick is not flattering.
"""

from __future__ import annotations

from typing import Final

import orjson
from flask import Flask, Response, request

CARD: Final = {"summary": "A fixed card", "indicator": "info", "source": {"label": "bare"}}

app = Flask(__name__, static_folder=None)


@app.post("/cds-services/<service_id>")
def answer(service_id: str) -> Response:  # noqa: ARG001 - it is the same card for all
    orjson.loads(request.get_data())
    return Response(orjson.dumps({"cards": [CARD]}), content_type="application/json")
