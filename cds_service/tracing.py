"""
OpenTelemetry, when asked for: one span a call, with the service and its hook and nothing else.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

Span = AbstractContextManager[Any]
Tracer = Callable[[str, Mapping[str, str]], Span]


def tracer(enabled: bool) -> Tracer:
    """Raises ValueError if spans are asked for and the extra is not installed."""
    return _opentelemetry() if enabled else _silent


def _silent(_: str, __: Mapping[str, str]) -> Span:
    return nullcontext()


def _opentelemetry() -> Tracer:
    try:
        api = importlib.import_module("opentelemetry.trace")
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        raise ValueError("tracing = true needs the extra: pip install neuropathic-pain-cds[tracing]") from None
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    spans = provider.get_tracer("neuropathic-pain-cds")

    def start(name: str, attributes: Mapping[str, str]) -> Span:
        span: Span = spans.start_as_current_span(
            name, attributes=dict(attributes), kind=api.SpanKind.SERVER, record_exception=False
        )
        return span

    return start
