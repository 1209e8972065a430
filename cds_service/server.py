"""
The production server, behind one function: granian, one worker a core.
"""

from __future__ import annotations

import gc
import os
import tempfile

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from cards import laid_over

from . import edge  # with all that a worker needs: loaded once, before the workers are forked
from .audit import Trail, record
from .config import PREFIX, Config
from .house import engine_of
from .store import default_url, is_current, migrate
from .telemetry import count_together
from .tenants import Tenants, read_tenants, why_not_start

SANDBOX = "https://sandbox.cds-hooks.org/?serviceDiscoveryURL="


def run(options: dict[str, str]) -> None:
    """Serve until told to stop. `options`: settings given on the command line, above the environment's.
    Raises ValueError if the deployment must not start so."""
    environment = {f"{PREFIX}DATABASE": default_url(), **os.environ}
    environment |= {f"{PREFIX}{name.upper()}": value for name, value in options.items()}
    config = Config.from_environment(environment)
    tenants = read_tenants(config.tenants)
    refusal = why_not_start(config, tenants)
    if refusal:
        raise ValueError(refusal)
    _load(config, tenants)
    _begin_audit(config)
    os.environ.update(environment)  # where the workers read their settings
    _prepare_store(config)
    _say(config)
    with tempfile.TemporaryDirectory(prefix="cds-metrics-") as folder:
        if config.workers > 1:
            count_together(folder)
        _serve(config)


def _load(config: Config, tenants: Tenants) -> None:
    """The knowledge, before the workers are forked: what is wrong with it is told here, and its memory is shared."""
    gc.disable()  # nothing of it is garbage, and a search would take its time
    base = laid_over(config.overlay)
    for tenant in tenants:
        engine_of(config, base, tenant)
    gc.freeze()  # workers' searches must not touch, and so copy, what they share


def _begin_audit(config: Config) -> None:
    """Whoever wants a trail wants it from the first call: without one there is no start."""
    if config.audit:
        try:
            Trail(config.audit).write([record("started", workers=config.workers, auth=config.auth)])
        except OSError as error:
            raise ValueError(f"audit: {config.audit} cannot be written: {error.strerror}") from None


def _prepare_store(config: Config) -> None:
    """SQLite's tables are brought up to date here; PostgreSQL's by `neuropathic-pain-cds migrate`."""
    if config.database.startswith("sqlite:///") and not is_current(config.database):
        try:
            migrate(config.database)
        except Exception as error:  # noqa: BLE001 - advice must not wait for a disk; /health/ready says it
            print(f"The store could not be prepared ({type(error).__name__}): nothing will be kept.", flush=True)


def _say(config: Config) -> None:
    base = config.base_url
    print(f"Serving {base}/cds-services", flush=True)
    print(f"Paste into an EHR sandbox as discovery endpoint, or open {SANDBOX}{base}/cds-services", flush=True)


def _serve(config: Config) -> None:
    Granian(
        f"{edge.__name__}:{edge.create.__name__}",
        factory=True,
        interface=Interfaces.RSGI,
        address=config.host,
        port=config.port,
        workers=config.workers,
        backlog=1024,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_enabled=config.log,
        http1_settings=HTTP1Settings(header_read_timeout=5000, max_buffer_size=65536),
        websockets=False,
    ).serve()
