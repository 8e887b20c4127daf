"""Where the work of captures and documents is done: a few threads, and no more captures than they can serve.

Three things keep guidance quick. A capture is admitted only where its frames, on top of those of all that run, leave
the threads some rest: who comes later is told when to come again, before anybody is slowed. Each client may have a few
frames under way that were not answered, its *credits*; where frames begin to wait, everybody's are lowered by one, and
raised again where they do not. And what takes long has its place: a capture's last judgement takes one thread at most
where there are two, and documents are read on a thread of their own. What can be judged before the last frame is done
ahead, piece by piece, while no frame waits.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from visavis.errors import LimitError

__all__ = ["CaptureDesk", "DeskLoad", "DeskOptions"]

T = TypeVar("T")

_FRAME, _FINISH, _AHEAD = 0, 1, 2
_SMOOTH: Final = 0.05
"""How much one frame moves the mean cost."""
_HIGH: Final = 0.9
"""The share of waits that decides about credits."""
_LEAST_WAITS: Final = 8
_GLANCES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOptions:
    """``threads``: for frames and last judgements. ``most_captures``: at once, whatever the load.
    ``busy_share``: of the threads' time, how much the frames of all captures may need. ``frames_a_second``: of one
    capture. ``frame_cost_s``: of one frame, until it was measured. ``capture_s``: how long one takes, likewise.

    ``credits``: at ease. ``long_wait_s``: where a tenth of the frames waits longer, from arrival to the moment somebody
    looks at them, credits are lowered; ``short_wait_s``: where nine tenths wait less, they are raised. ``span_s``:
    between two such looks.

    ``documents``: waiting or being read.
    """

    threads: int = 2
    most_captures: int = 32
    busy_share: float = 0.75
    frames_a_second: float = 10.0
    frame_cost_s: float = 0.013
    capture_s: float = 20.0
    credits: int = 4
    long_wait_s: float = 0.06
    short_wait_s: float = 0.02
    span_s: float = 1.0
    documents: int = 6

    def __post_init__(self) -> None:
        if min(self.threads, self.most_captures, self.credits, self.documents) < 1:
            raise ValueError("a desk has at least one of each")
        if not 0 < self.busy_share <= 1:
            raise ValueError("the busy share is more than 0 and at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLoad:
    """``captures`` run, ``waiting`` pieces of work have no thread yet, ``documents`` are read or wait. ``busy_share``:
    of the threads' time that the captures need by what a frame costs. ``wait_s``: of a frame, the ninth decile of the
    last span.
    """

    captures: int
    waiting: int
    documents: int
    busy_share: float
    credits: int
    frame_cost_s: float
    wait_s: float


@dataclass(frozen=True, slots=True)
class _Job:
    kind: int
    asked_s: float
    call: Callable[[], Any]
    future: "Future[Any]"


class CaptureDesk:
    """Safe from any thread. ``timer``: seconds that never go back, the same by which frames arrive."""

    def __init__(self, options: DeskOptions, *, timer: Callable[[], float]) -> None:
        self._options = options
        self._timer = timer
        self._changed = threading.Condition()
        self._jobs: dict[int, deque[_Job]] = {_FRAME: deque(), _FINISH: deque(), _AHEAD: deque()}
        self._long = 0  # pieces of work under way that take longer than a frame
        self._captures = 0
        self._documents = 0
        self._glances = 0
        self._closed = False
        self._cost_s = options.frame_cost_s
        self._capture_s = options.capture_s
        self._credits = options.credits
        self._waits: deque[float] = deque(maxlen=4096)
        self._looked_s = timer()
        self._wait_s = 0.0
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="visavis-document")
        self._threads = [
            threading.Thread(target=self._work, name=f"visavis-capture-{index}", daemon=True)
            for index in range(options.threads)
        ]
        for thread in self._threads:
            thread.start()

    # ---- captures

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Room for one capture, for as long as the block runs. Raises LimitError ``capture_busy``."""
        with self._changed:
            running = self._captures
            if (
                self._closed
                or running >= self._options.most_captures
                or self._share(running + 1) > self._limit(running)
            ):
                raise LimitError(
                    "capture_busy",
                    "As many captures run as can be served.",
                    advice="Wait a moment, and begin again.",
                    retry_after=max(1, math.ceil(self._capture_s / max(1, running))),
                )
            self._captures += 1
        began_s = self._timer()
        try:
            yield
        finally:
            with self._changed:
                self._captures -= 1
                self._capture_s += 0.2 * (self._timer() - began_s - self._capture_s)

    def frame(self, call: Callable[[], T], *, arrived_s: float) -> "Future[T]":
        """Work on the path of guidance. ``arrived_s``: when the frame came, by the desk's timer."""
        return self._submit(_FRAME, call, arrived_s)

    def finish(self, call: Callable[[], T]) -> "Future[T]":
        """The last judgement of a capture, or what else takes longer than a frame and cannot wait for long."""
        return self._submit(_FINISH, call, self._timer())

    def ahead(self, call: Callable[[], T]) -> "Future[T]":
        """What may be done while nothing else waits, and later else: a piece of a capture's last judgement."""
        return self._submit(_AHEAD, call, self._timer())

    @property
    def credits(self) -> int:
        """How many frames any client may have under way."""
        return self._credits

    # ---- documents

    def document(self, call: Callable[[], T]) -> T:
        """What ``call`` returns; one is worked on at a time. Raises LimitError ``documents_busy``, and as ``call``."""
        with self._changed:
            if self._closed or self._documents >= self._options.documents:
                raise LimitError(
                    "documents_busy",
                    "As many documents are being read as can be.",
                    advice="Wait a moment, and send it again.",
                    retry_after=2 * self._options.documents,
                )
            self._documents += 1
        try:
            return self._reader.submit(call).result()
        finally:
            with self._changed:
                self._documents -= 1

    def glance(self, call: Callable[[], T]) -> T | None:
        """What ``call`` returns; None, at once, where a document is read, two glances are under way, or frames wait: a
        look at a preview is worth nothing if it is late, and the next one comes soon. Raises as ``call``.
        """
        with self._changed:
            slow = self._captures > 0 and self._wait_s > self._options.long_wait_s
            if self._closed or slow or self._documents or self._glances >= _GLANCES:
                return None
            self._glances += 1
        try:
            return self._reader.submit(call).result()
        finally:
            with self._changed:
                self._glances -= 1

    # ---- all of it

    def load(self) -> DeskLoad:
        with self._changed:
            return DeskLoad(
                captures=self._captures,
                waiting=len(self._jobs[_FRAME]) + len(self._jobs[_FINISH]),
                documents=self._documents,
                busy_share=self._share(self._captures),
                credits=self._credits,
                frame_cost_s=self._cost_s,
                wait_s=self._wait_s,
            )

    def close(self) -> None:
        """Take nothing more, and end once what was begun is done. What waits is cancelled."""
        with self._changed:
            self._closed = True
            waiting = [job for jobs in self._jobs.values() for job in jobs]
            for jobs in self._jobs.values():
                jobs.clear()
            self._changed.notify_all()
        for job in waiting:
            job.future.cancel()
        for thread in self._threads:
            thread.join()
        self._reader.shutdown(cancel_futures=True)

    def _share(self, captures: int) -> float:
        return captures * self._options.frames_a_second * self._cost_s / self._options.threads

    def _limit(self, running: int) -> float:
        """The first is always let in: what it costs is how one learns that it costs too much."""
        return self._options.busy_share if running else math.inf

    def _submit(self, kind: int, call: Callable[[], T], asked_s: float) -> "Future[T]":
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                future.cancel()
                return future
            self._jobs[kind].append(_Job(kind, asked_s, call, future))
            self._changed.notify()
        return future

    def _work(self) -> None:
        while (job := self._next()) is not None:
            if job.future.set_running_or_notify_cancel():
                began_s = self._timer()
                try:
                    result = job.call()
                except BaseException as error:  # noqa: BLE001  # whoever waits for it is told
                    job.future.set_exception(error)
                else:
                    job.future.set_result(result)
                    del result
                self._done(job, began_s)
            elif job.kind != _FRAME:
                self._done(job, None)
            del job  # neither its picture nor its capture is held while there is nothing to do

    def _next(self) -> _Job | None:
        with self._changed:
            while True:
                free = self._long < max(1, self._options.threads - 1)
                # a judgement before the frames: somebody waits for an answer, and only some threads may take one
                for kind in (_FINISH, _FRAME, _AHEAD) if free else (_FRAME,):
                    if self._jobs[kind]:
                        job = self._jobs[kind].popleft()
                        self._long += job.kind != _FRAME
                        return job
                if self._closed:
                    return None
                self._changed.wait()

    def _done(self, job: _Job, began_s: float | None) -> None:
        now_s = self._timer()
        with self._changed:
            if job.kind != _FRAME:
                self._long -= 1
                self._changed.notify()
            elif began_s is not None:
                self._cost_s += _SMOOTH * (now_s - began_s - self._cost_s)
                self._waits.append(began_s - job.asked_s)
                if now_s - self._looked_s >= self._options.span_s and len(self._waits) >= _LEAST_WAITS:
                    self._adjust(now_s)

    def _adjust(self, now_s: float) -> None:
        waits = sorted(self._waits)
        self._waits.clear()
        self._looked_s = now_s
        self._wait_s = waits[min(len(waits) - 1, int(_HIGH * len(waits)))]
        if self._wait_s > self._options.long_wait_s:
            self._credits = max(1, self._credits - 1)
        elif self._wait_s < self._options.short_wait_s:
            self._credits = min(self._options.credits, self._credits + 1)
