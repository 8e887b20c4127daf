"""Traces: a span a request and one a stage, and nothing in them that tells of anybody."""

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from visavis.web.telemetry import Telemetry
from visavis.web.tracing import open_tracer
from web_material import make_web

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_request_is_a_span_of_the_caller_s_trace_and_holds_no_id() -> None:
    kept = InMemorySpanExporter()
    tracer = open_tracer("http://127.0.0.1:9/v1/traces", exporter=kept)
    telemetry = Telemetry(tracer=tracer)
    web = make_web(telemetry=telemetry)
    sent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    web.get("/v1/verifications/ver_00000000000000000000000000?name=Ada", headers=sent)
    web.client.get("/Ada")
    with telemetry.stage("decision"):
        pass
    tracer.close()
    spans = kept.get_finished_spans()
    assert [span.name for span in spans] == ["GET /v1/verifications/{verification}", "GET (none)", "decision"]
    assert spans[0].context is not None
    assert f"{spans[0].context.trace_id:032x}" == TRACE
    assert dict(spans[0].attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/v1/verifications/{verification}",
        "http.response.status_code": 404,
    }
    told = "".join(span.to_json() for span in spans)
    assert "Ada" not in told
    assert "ver_0" not in told
    assert web.party.id not in told
