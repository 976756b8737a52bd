"""
Tracer that exports spans by OTLP over HTTP.

Where they go to and which are kept is told by OpenTelemetry's own variables (`OTEL_…`).
"""

import asyncio
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from jackfield.kit.errors import HubError
from jackfield.kit.spans import Attributes

_PROPAGATOR: Final = TraceContextTextMapPropagator()
# What else a client's trace says of itself is not told to providers.
_TOLD: Final = "traceparent"
_FIRST_REFUSAL: Final = 400
_LAST_SECONDS: Final = 5


class OtlpTracer:
    def __init__(self) -> None:
        known = Resource({"service.name": "jackfield", "service.version": version("jackfield")})
        self._provider = TracerProvider(
            resource=known.merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("jackfield")

    def begin(self, headers: Mapping[str, str]) -> "OtlpRunSpan":
        parent = _PROPAGATOR.extract(headers)
        return OtlpRunSpan(
            self._tracer, self._tracer.start_span("run", parent, kind=SpanKind.SERVER)
        )

    async def close(self) -> None:
        """Export the spans that wait, unless that takes too long."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        await asyncio.to_thread(last.join, _LAST_SECONDS)


class OtlpRunSpan:
    def __init__(self, tracer: trace.Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._context = trace.set_span_in_context(span)

    @contextmanager
    def request(self, method: str, host: str) -> Generator["OtlpRequestSpan"]:
        span = self._tracer.start_span(
            method,
            self._context,
            kind=SpanKind.CLIENT,
            attributes={"http.request.method": method, "server.address": host},
        )
        request = OtlpRequestSpan(span)
        try:
            yield request
        except BaseException as error:
            code = error.code if isinstance(error, HubError) else type(error).__name__
            _fail(span, code)
            raise
        finally:
            if request.status is not None:
                span.set_attribute("http.response.status_code", request.status)
                if request.status >= _FIRST_REFUSAL:
                    _fail(span, str(request.status))
            span.end()

    def end(self, name: str, attributes: Attributes, *, error: str | None) -> None:
        self._span.update_name(name)
        self._span.set_attributes(attributes)
        if error is not None:
            _fail(self._span, error)
        self._span.end()


class OtlpRequestSpan:
    def __init__(self, span: Span) -> None:
        told = dict[str, str]()
        _PROPAGATOR.inject(told, trace.set_span_in_context(span))
        self.headers: Mapping[str, str] = {_TOLD: told[_TOLD]} if _TOLD in told else {}
        self.status: int | None = None


def _fail(span: Span, code: str) -> None:
    span.set_attribute("error.type", code)
    span.set_status(StatusCode.ERROR)
