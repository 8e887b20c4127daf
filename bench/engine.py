"""Speed and memory of the engine: one JSON line a figure, from public-domain portraits of 640 px.

Figures of time are in milliseconds, with their median, 95th percentile and number of runs; ``budget`` is what
docs/reference/speed.md names, where there is one. Run on a machine that does nothing else.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

SIDE: Final = 640
WARM_UP: Final = 5


def emit(figure: str, **values: object) -> None:
    print(json.dumps({"figure": figure, **values}), flush=True)


def timed(figure: str, work: Callable[[], object], *, runs: int, budget: float | None = None) -> None:
    """Median and 95th percentile of ``work``, after a few runs that do not count."""
    for _ in range(WARM_UP):
        work()
    spans = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        spans.append((time.perf_counter() - start) * 1e3)
    values: dict[str, object] = {
        "median_ms": round(float(np.median(spans)), 2),
        "p95_ms": round(float(np.quantile(spans, 0.95)), 2),
        "runs": runs,
    }
    if budget is not None:
        values["budget_ms"] = budget
    emit(figure, **values)


def peak_mb(who: int) -> float:
    """Largest resident set so far; Linux counts in KiB, macOS in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(who).ru_maxrss * unit / 1e6, 1)


def small_portraits(folder: Path) -> tuple[Path, Path]:
    """Two pictures of one person, the longer side 640 px."""
    import portraits

    if not portraits.present(portraits.FOLDER):
        portraits.fetch(portraits.FOLDER)
    made = []
    for name in ("obama.jpg", "obama2.jpg"):
        with Image.open(portraits.FOLDER / name) as picture:
            scale = SIDE / max(picture.size)
            size = (round(picture.width * scale), round(picture.height * scale))
            picture.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(folder / name, quality=92)
        made.append(folder / name)
    return made[0], made[1]


def in_process(first: Path, second: Path, runs: int) -> None:
    """The engine of this process: loading, one comparison, its parts."""
    start = time.perf_counter()
    from visavis.capture.picture import read_picture
    from visavis.cli.files import read_face, read_probe, samples
    from visavis.comparison.templates import compare_templates
    from visavis.perception.quality import assess_quality
    from visavis.wiring import open_engine

    emit("imports", ms=round((time.perf_counter() - start) * 1e3, 1), runs=1)
    start = time.perf_counter()
    with open_engine() as engine:
        emit("model_load", ms=round((time.perf_counter() - start) * 1e3, 1), runs=1)
        examiner = engine.examiner()

        def compare() -> object:
            return examiner.compare(*samples(engine, read_face(first), read_probe(second)), fmr=1e-4)

        timed("compare_in_process", compare, runs=runs, budget=60)
        picture = read_picture(first)
        acquisition = engine.acquirer.acquire(picture)
        face = acquisition.face
        if face is None:
            raise SystemExit("no face was found in the portrait")
        one, other = (engine.sampler.probe(read_picture(path)).template for path in (first, second))
        if one is None or other is None:
            raise SystemExit("a portrait gave no template")
        timed("stage_decode", lambda: read_picture(first), runs=runs)
        timed("stage_acquire", lambda: engine.acquirer.acquire(picture), runs=runs)
        timed("stage_quality", lambda: assess_quality(picture, face), runs=runs)
        timed("stage_embed", lambda: engine.embedder.embed(picture, [face.mesh]), runs=runs)
        timed("stage_compare", lambda: compare_templates(one, other), runs=runs)
        timed("one_picture", lambda: engine.sampler.probe(read_picture(first)), runs=runs)
    emit("memory_in_process", peak_mb=peak_mb(resource.RUSAGE_SELF), budget_mb=400)


def cold(first: Path, second: Path, runs: int) -> None:
    """`visavis compare` as its own process, from the shell's point of view."""
    spans = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        command = [sys.executable, "-m", "visavis", "compare", str(first), str(second), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
        spans.append((time.perf_counter() - start) * 1e3)
        if done.returncode != 0:
            raise SystemExit(f"visavis compare left with {done.returncode}: {done.stderr.strip()}")
    spans = spans[1:]  # the first run fills the page cache
    emit(
        "compare_cold",
        median_ms=round(float(np.median(spans)), 1),
        p95_ms=round(float(np.quantile(spans, 0.95)), 1),
        runs=runs,
        budget_ms=1500,
    )
    emit("memory_cold", peak_mb=peak_mb(resource.RUSAGE_CHILDREN), budget_mb=400)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60, help="runs of each figure in process")
    parser.add_argument("--cold-runs", type=int, default=7, help="runs of the whole command")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, second = small_portraits(Path(folder))
        cold(first, second, arguments.cold_runs)
        in_process(first, second, arguments.runs)


if __name__ == "__main__":
    main()
