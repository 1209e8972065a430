"""
OpenTelemetry, when asked for: a span for the call, for each part read from the EHR, and for the advice.

Their attributes are closed sets of words, counts and the EHR's host. Never an exception's text, which may hold the
chart, and never a query, which holds the patient's id.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol

NAME: Final = "neuropathic-pain-cds"

Values = Mapping[str, str | int]


class Span(Protocol):
    def set_attribute(self, name: str, value: str | int) -> None: ...


class _Nothing:
    """A span nobody looks at."""

    def set_attribute(self, name: str, value: str | int) -> None:
        pass

    def __enter__(self) -> Span:
        return self

    def __exit__(self, *_: object) -> None:
        pass


_NOTHING: Final = _Nothing()

Tracer = Callable[[str, Values], AbstractContextManager[Span]]


def unwatched(_: str, __: Values) -> AbstractContextManager[Span]:
    return _NOTHING


class Tracing:
    """Where the spans of one process go. Raises ValueError if they are asked for and the extra is not installed."""

    def __init__(self, enabled: bool) -> None:
        self.within: Tracer = unwatched
        self._provider: Any = None
        if enabled:
            self._open()

    def _open(self) -> None:
        try:
            sdk, resources, export, otlp, self._api, self._propagate = map(importlib.import_module, MODULES)
        except ImportError:
            raise ValueError("tracing = true needs the extra: pip install neuropathic-pain-cds[tracing]") from None
        named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", NAME)}
        self._provider = sdk.TracerProvider(resource=resources.Resource.create(named), shutdown_on_exit=False)
        self._provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(NAME)
        self.within = self._span

    def call(self, name: str, values: Values, headers: Mapping[str, str]) -> AbstractContextManager[Span]:
        """The span of a whole call; a child of the caller's, if its headers say so (W3C traceparent)."""
        if self._provider is None:
            return _NOTHING
        lower = {name.lower(): value for name, value in headers.items()}
        return self._span(name, values, context=self._propagate.extract(lower), kind=self._api.SpanKind.SERVER)

    @contextmanager
    def _span(self, name: str, values: Values, **more: Any) -> Iterator[Span]:
        """Of an error only its kind: the library would write its text."""
        quiet = {"record_exception": False, "set_status_on_exception": False}
        with self._tracer.start_as_current_span(name, attributes=dict(values), **quiet, **more) as span:
            try:
                yield span
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                if getattr(error, "status", 500) >= 500:  # a call that cannot be read is no fault of ours
                    span.set_status(self._api.StatusCode.ERROR)
                raise

    def close(self) -> None:
        """Sends what is waiting."""
        if self._provider is not None:
            self._provider.shutdown()


MODULES: Final = (
    "opentelemetry.sdk.trace",
    "opentelemetry.sdk.resources",
    "opentelemetry.sdk.trace.export",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.trace",
    "opentelemetry.propagate",
)
