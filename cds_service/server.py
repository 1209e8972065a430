"""
The production server, behind one function: granian, one worker a core.
"""

from __future__ import annotations

import os

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from .config import PREFIX

SANDBOX = "https://sandbox.cds-hooks.org/?serviceDiscoveryURL="


def run(host: str, port: int, workers: int = 1, day: str | None = None) -> None:
    """Serve until told to stop. Prints the address to paste into an EHR sandbox."""
    if day:
        os.environ[f"{PREFIX}DAY"] = day  # the workers read the environment
    base = f"http://{host}:{port}"
    print(f"Serving {base}/cds-services", flush=True)
    print(f"Paste into an EHR sandbox as discovery endpoint, or open {SANDBOX}{base}/cds-services", flush=True)
    Granian(
        "cds_service:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=2,
        respawn_failed_workers=True,
        log_enabled=bool(os.environ.get(f"{PREFIX}LOG")),
        http1_settings=HTTP1Settings(header_read_timeout=5000, max_buffer_size=65536),
        websockets=False,
    ).serve()
