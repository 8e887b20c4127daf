"""Traces by OpenTelemetry; needs the extra ``tracing``, and is imported only where an endpoint is set.

A span has a method, a route's template and a status; none has an id of anything, a query or an address.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from visavis import __version__

__all__ = ["OtlpTracer", "open_tracer"]


def open_tracer(endpoint: str, *, exporter: SpanExporter | None = None) -> "OtlpTracer":
    """Sends spans to ``endpoint`` (OTLP over HTTP, as ``https://collector.example/v1/traces``), in the background;
    ``exporter``: elsewhere, for a test.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": "visavis", "service.version": __version__}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=endpoint)))
    return OtlpTracer(provider)


@dataclass(frozen=True, slots=True)
class _Span:
    span: Span
    method: str

    def ended(self, route: str, status: int) -> None:
        self.span.update_name(f"{self.method} {route}")
        self.span.set_attribute("http.route", route)
        self.span.set_attribute("http.response.status_code", status)


class OtlpTracer:
    """A `visavis.web.telemetry.Tracer`."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("visavis", __version__)

    @contextmanager
    def request(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[_Span]:
        """Goes on with the caller's trace, where it names one (W3C Trace Context)."""
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers if name == b"traceparent"}
        context = TraceContextTextMapPropagator().extract(carrier)
        with self._tracer.start_as_current_span(
            method,
            context=context,
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield _Span(span, method)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False):
            yield

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()
