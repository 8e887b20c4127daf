"""How many captures of 10 frames/s this machine carries, and what a frame costs: one JSON line a figure.

Every frame goes the way of the product: JPEG of 640 x 480, decoded, followed, and seen by all six witnesses. Costs are
processor time of the one thread that works on the frame, so that other work on the machine counts as little as it can;
latencies are wall time, from the moment a frame arrives until its guidance is ready, and count everything.

``--captures``: a folder of clips of people; their frames are looped to and fro, so some witnesses will object, which
costs the same. Without it, the public-domain portraits are moved about.
"""

import argparse
import heapq
import os
import random
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "bench")]

WIDTH, HEIGHT = 640, 480
RATE: Final = 10.0
MOST_FRAMES: Final = 80
QUALITY: Final = 85

Stream = list[bytes]


def canvas(pixels: NDArray[np.uint8]) -> bytes:
    """The JPEG of ``pixels`` scaled into a frame, its border repeated to the sides."""
    scale = min(WIDTH / pixels.shape[1], HEIGHT / pixels.shape[0])
    width, height = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    inner = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (WIDTH - width) // 2, (HEIGHT - height) // 2
    whole = cv2.copyMakeBorder(
        inner, top, HEIGHT - height - top, left, WIDTH - width - left, borderType=cv2.BORDER_REPLICATE
    )
    return cv2.imencode(".jpg", whole[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def clips(folder: Path) -> Iterator[Stream]:
    from visavis.capture.video import sample_frames

    for file in sorted(folder.glob("*.mp4")):
        shown = sample_frames(file, per_second=RATE)
        yield [canvas(frame.picture.pixels) for _, frame in zip(range(MOST_FRAMES), shown, strict=False)]


def moved_portraits() -> Iterator[Stream]:
    import portraits
    from visavis.capture.picture import read_picture

    if not portraits.present(portraits.FOLDER):
        portraits.fetch(portraits.FOLDER)
    for name in portraits.PORTRAITS:
        pixels = read_picture(portraits.FOLDER / name, target_side=WIDTH).pixels
        height, width = pixels.shape[:2]
        frames = []
        for index in range(MOST_FRAMES):
            phase = 2 * np.pi * index / MOST_FRAMES
            shift = np.array([[1, 0, 0.03 * width * np.sin(phase)], [0, 1, 0.02 * height * np.cos(phase)]])
            moved = cv2.warpAffine(pixels, shift, (width, height), borderMode=cv2.BORDER_REPLICATE)
            frames.append(canvas(np.asarray(moved, np.uint8)))
        yield frames


@dataclass
class Clock:
    """Processor time by part, of whatever thread does it. A part within another one counts in both."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for a function of any kind
            start = time.thread_time()
            try:
                return work(*args, **kwargs)
            finally:
                with self.lock:
                    self.seconds[name] += time.thread_time() - start

        return measured


class Measured:
    """``inner`` with some of its methods timed."""

    def __init__(self, inner: object, clock: Clock, **methods: str) -> None:
        self._inner = inner
        for method, part in methods.items():
            setattr(self, method, clock.timed(part, getattr(inner, method)))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the inner one has
        return getattr(self._inner, name)


def measured(analyser: Any, clock: Clock) -> None:  # noqa: ANN401 - its parts are put behind stopwatches
    analyser.tracker = Measured(analyser.tracker, clock, follow="face")
    analyser.embedder = Measured(analyser.embedder, clock, embed="template")
    analyser.colours = Measured(analyser.colours, clock, measure="colours")
    analyser.passive = Measured(analyser.passive, clock, see="passive")
    analyser.structure = Measured(analyser.structure, clock, see="structure")
    analyser.continuity = Measured(analyser.continuity, clock, step="continuity")


@dataclass
class Capture:
    """One holder before one camera: frames of ``stream`` to and fro, a new challenge whenever one is over."""

    engine: Any
    stream: Stream
    rng: random.Random
    at: int = 0
    number: int = 0
    presentation: Any = None

    def see(self, arrived_s: float) -> None:
        from visavis.capture.challenge import ChallengePolicy, issue_challenge
        from visavis.capture.frames import decode_frame
        from visavis.capture.jpeg_trace import jpeg_trace

        if self.presentation is None:
            challenge = issue_challenge(policy=ChallengePolicy(), rng=self.rng, now=datetime.now(UTC))
            # nobody here answers; the prompts go on all the same, so that every witness has its share of work
            self.presentation = self.engine.analyser.open(challenge, patient=True)
        period = max(1, 2 * len(self.stream) - 2)
        place = self.at % period
        data = self.stream[min(place, period - place)]
        view = self.presentation.see(
            decode_frame(data), captured_s=arrived_s, arrived_s=arrived_s, encoding=jpeg_trace(data)
        )
        self.at += 1
        if view.over:
            self.presentation = None


def yardstick(engine: Any, data: bytes) -> float:  # noqa: ANN401 - an Engine
    """Processor time of the landmark network with its crop, ms, median of 60: what else the machine does shows here."""
    from visavis.capture.frames import decode_frame
    from visavis.perception.landmarks import region_of_mesh
    from visavis.perception.layers import layered

    frame = layered(decode_frame(data))
    found = engine.tracker.follow(engine.tracker.start(), frame, time_s=0.0)[1]
    mesh = (found.face or found.others[0]).mesh
    spans = []
    for _ in range(60):
        start = time.thread_time()
        engine.tracker.acquirer.relocate(frame, region_of_mesh(mesh))
        spans.append((time.thread_time() - start) * 1e3)
    return round(float(np.median(spans)), 2)


def one_thread(engine: Any, streams: Sequence[Stream], frames: int) -> None:  # noqa: ANN401 - an Engine
    """Mean processor time of a frame over whole captures, and of its parts."""
    from engine import emit
    from visavis.capture.frames import decode_frame

    before = yardstick(engine, streams[0][0])
    clock = Clock()
    measured(engine.analyser, clock)
    spans = []
    for number, stream in enumerate(streams):
        capture = Capture(engine, stream, random.Random(number))
        for index in range(frames):
            start = time.thread_time()
            capture.see(index / RATE)
            spans.append((time.thread_time() - start) * 1e3)
    start = time.thread_time()
    for stream in streams:
        for data in stream:
            decode_frame(data)
    decode = (time.thread_time() - start) * 1e3 / sum(len(stream) for stream in streams)
    emit(
        "capture_frame",
        mean_cpu_ms=round(float(np.mean(spans)), 2),
        median_cpu_ms=round(float(np.median(spans)), 2),
        p95_cpu_ms=round(float(np.quantile(spans, 0.95)), 2),
        frames=len(spans),
        budget_ms=7.0,
        landmark_network_cpu_ms=[before, yardstick(engine, streams[0][0])],
        load=os.getloadavg()[0],
    )
    parts = {"decode": decode, **{name: total * 1e3 / len(spans) for name, total in clock.seconds.items()}}
    parts["rest"] = float(np.mean(spans)) - sum(parts.values())
    emit("capture_frame_parts", mean_cpu_ms={name: round(value, 2) for name, value in sorted(parts.items())})


def load(engine: Any, streams: Sequence[Stream], captures: int, seconds: float, workers: int) -> float:  # noqa: ANN401
    """Latency of the guidance with so many captures at once; the 95th percentile in ms."""
    from engine import emit

    people = [Capture(engine, streams[i % len(streams)], random.Random(i)) for i in range(captures)]
    waiting: list[deque[float]] = [deque() for _ in people]
    busy = [False] * captures
    latencies: list[float] = []
    lock = threading.Lock()
    begun = time.perf_counter()

    def work(index: int) -> None:
        """Frames of one capture one after the other, whichever thread is free."""
        while True:
            with lock:
                if not waiting[index]:
                    busy[index] = False
                    return
                due = waiting[index].popleft()
            people[index].see(due)
            with lock:
                latencies.append(time.perf_counter() - begun - due)

    schedule = [(i / captures / RATE, i) for i in range(captures)]
    heapq.heapify(schedule)
    running: list[Future[None]] = []
    spent = time.process_time()
    with ThreadPoolExecutor(workers) as pool:
        while schedule[0][0] < seconds:
            due, index = heapq.heappop(schedule)
            heapq.heappush(schedule, (due + 1 / RATE, index))
            time.sleep(max(0.0, due - (time.perf_counter() - begun)))
            with lock:
                waiting[index].append(due)
                idle = not busy[index]
                busy[index] = True
            if idle:
                running.append(pool.submit(work, index))
    for done in running:
        done.result()
    took = time.perf_counter() - begun
    p50, p95 = (float(np.quantile(latencies, share)) * 1e3 for share in (0.5, 0.95))
    emit(
        "capture_load",
        captures=captures,
        p50_ms=round(p50, 1),
        p95_ms=round(p95, 1),
        budget_ms=150.0,
        frames=len(latencies),
        seconds=round(took, 1),
        cpu_share=round((time.process_time() - spent) / took, 2),
        workers=workers,
        load=os.getloadavg()[0],
    )
    return p95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captures", type=Path, help="a folder of clips of people")
    parser.add_argument("--frames", type=int, default=300, help="of each clip, for the cost of a frame")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each load")
    parser.add_argument("--workers", type=int, default=2, help="threads")
    parser.add_argument("--loads", type=int, nargs="*", default=[4, 8, 12, 16, 20, 24], help="captures at once")
    chosen = parser.parse_args()
    from engine import emit
    from visavis.wiring import open_engine

    streams = list(moved_portraits() if chosen.captures is None else clips(chosen.captures))
    if not streams:
        raise SystemExit("no clip was found")
    emit("capture_material", source="portraits" if chosen.captures is None else "clips", streams=len(streams))
    carried = 0
    with open_engine(calibrated=False, attack_detection=True) as engine:
        for captures in chosen.loads:
            p95 = load(engine, streams, captures, chosen.seconds, chosen.workers)
            if p95 > 150:
                break
            carried = captures
        emit("capture_load_carried", captures=carried, aim=24)
        if chosen.frames:
            one_thread(engine, streams, chosen.frames)


if __name__ == "__main__":
    main()
