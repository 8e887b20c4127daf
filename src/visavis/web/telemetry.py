"""What can be seen of the service from outside: counts, times and how full it is. No label names a person, a
verification, a key or a relying party.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["Telemetry", "Tracer"]

_REQUEST_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_STAGE_BUCKETS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)
_SEVERAL: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where the numbers of several processes meet; set by whoever starts them, before they are started."""


class Tracer(Protocol):
    """What a trace is made with; see `visavis.web.tracing`."""

    def request(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> "AbstractContextManager[RequestSpan]": ...

    def stage(self, name: str) -> AbstractContextManager[None]: ...

    def close(self) -> None: ...


class RequestSpan(Protocol):
    def ended(self, route: str, status: int) -> None: ...


class Telemetry:
    """Safe from several threads. ``clock``: seconds that never go back."""

    def __init__(self, *, clock: Callable[[], float] = time.perf_counter, tracer: Tracer | None = None) -> None:
        self.clock = clock
        self.tracer = tracer
        self._registry = registry = CollectorRegistry()
        self._requests = Histogram(
            "visavis_request_seconds",
            "Requests, by the route's template.",
            ("method", "route", "status"),
            buckets=_REQUEST_BUCKETS,
            registry=registry,
        )
        self._stages = Histogram(
            "visavis_stage_seconds",
            "Parts of the work: reading a document, a frame, a decision.",
            ("stage",),
            buckets=_STAGE_BUCKETS,
            registry=registry,
        )
        self._decisions = Counter(
            "visavis_decisions", "Decisions, by policy and outcome.", ("policy", "outcome"), registry=registry
        )
        self._reasons = Counter(
            "visavis_decision_reasons",
            "Reasons of decisions that are no acceptance.",
            ("policy", "reason"),
            registry=registry,
        )
        self._refused = Counter(
            "visavis_refused", "Requests refused, by the code of the problem.", ("code",), registry=registry
        )
        self._captures = Counter("visavis_captures", "Captures that ended, and how.", ("ending",), registry=registry)
        self._pool_busy = Gauge(
            "visavis_pool_busy",
            "Places of a pool in use.",
            ("pool",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._pool_size = Gauge(
            "visavis_pool_size", "Places of a pool.", ("pool",), registry=registry, multiprocess_mode="livesum"
        )
        self._webhooks = Counter(
            "visavis_webhooks", "Tries to deliver an event, and how they ended.", ("result",), registry=registry
        )
        self._jobs = Counter(
            "visavis_jobs", "Turns of background work, and how they ended.", ("job", "ending"), registry=registry
        )
        self._waiting = Gauge(
            "visavis_waiting",
            "What waits in the store to be done, by kind.",
            ("kind",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).observe(seconds)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """A part of the work, timed and traced; ``name`` is one of a few that stand in the code."""
        begun = self.clock()
        with self.tracer.stage(name) if self.tracer is not None else nullcontext():
            try:
                yield
            finally:
                self.took(name, self.clock() - begun)

    def took(self, stage: str, seconds: float) -> None:
        self._stages.labels(stage).observe(seconds)

    def decided(self, policy: str, outcome: str, reasons: Iterable[str] = ()) -> None:
        self._decisions.labels(policy, outcome).inc()
        for reason in reasons:
            self._reasons.labels(policy, reason).inc()

    def refused(self, code: str) -> None:
        self._refused.labels(code).inc()

    def capture_ended(self, ending: str) -> None:
        self._captures.labels(ending).inc()

    def pool(self, name: str, *, busy: int, size: int) -> None:
        """How full a pool is now: of workers, captures, connections."""
        self._pool_busy.labels(name).set(busy)
        self._pool_size.labels(name).set(size)

    def webhook(self, result: str) -> None:
        """A try to deliver an event."""
        self._webhooks.labels(result).inc()

    def job(self, name: str, *, failed: bool) -> None:
        """A turn of background work."""
        self._jobs.labels(name, "failed" if failed else "done").inc()

    def waiting(self, kind: str, count: int) -> None:
        """How much waits: deliveries, dead letters, rows of the audit queue."""
        self._waiting.labels(kind).set(count)

    def page(self) -> bytes:
        """All numbers, of this process or of all that share a folder, in Prometheus' text format 0.0.4."""
        if os.environ.get(_SEVERAL):
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # untyped in prometheus_client
            return generate_latest(together)
        return generate_latest(self._registry)
