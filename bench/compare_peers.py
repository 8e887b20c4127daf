"""visavis and other libraries on the same labelled pictures in one run, one picture at a time on one thread.

Prints a table of accuracy and milliseconds; `--json` prints the same as one JSON line a library. Libraries that are
not installed here are named and left out. Accuracy is measured as `visavis evaluate comparison` measures it: pairs of
the list for cross-validated accuracy, all pairs that can be formed for FNMR at an FMR. A picture in which a library
finds no face counts as its failure to acquire. Of several faces the one nearest to the middle is taken.
"""

import argparse
import importlib
import importlib.metadata
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from visavis.capture.picture import read_picture
from visavis.evaluation.metrics import FoldAccuracy, OperatingPoint, fold_accuracy, operating_point, supported_targets
from visavis.evaluation.pairs import PairList, identities, read_pairs
from visavis.evaluation.scores import Score, all_pairs, cosines
from visavis.evaluation.values import FloatArray
from visavis.evaluation.words import bounds, percent
from visavis.perception.acquisition import FaceChoice

TARGETS: Final = (1e-2, 1e-3, 1e-4)


class Peer(Protocol):
    """One library: a file to a vector, or None where it finds no face; and how two vectors compare, -1..1."""

    name: str
    score: Score

    def vector(self, file: Path) -> FloatArray | None: ...


class Visavis:
    def __init__(self, encode: Callable[[Path], FloatArray | None], name: str) -> None:
        self.name = name
        self.score: Score = cosines
        self.vector = encode


@contextmanager
def visavis(embedding: str | None) -> Iterator[Visavis]:
    from visavis.wiring import open_engine

    with open_engine(embedding=embedding, calibrated=False) as engine:

        def encode(file: Path) -> FloatArray | None:
            sample = engine.sampler.probe(read_picture(file), choice=FaceChoice.CENTRAL)
            return None if sample.template is None else sample.template.vector

        yield Visavis(encode, f"visavis ({engine.embedder.identity})")


class FaceRecognition:
    """`face_recognition` with its defaults: HOG detector, five landmarks, dlib's ResNet, Euclidean distance."""

    def __init__(self) -> None:
        self._library: Any = importlib.import_module("face_recognition")
        versions = [importlib.metadata.version(name) for name in ("face-recognition", "dlib-bin")]
        self.name = f"face_recognition {versions[0]} (dlib {versions[1]})"
        self.score: Score = euclidean

    def vector(self, file: Path) -> FloatArray | None:
        pixels = self._library.load_image_file(str(file))
        places = self._library.face_locations(pixels)  # top, right, bottom, left
        if not places:
            return None
        middle = np.array(pixels.shape[:2]) / 2
        central = min(places, key=lambda box: np.hypot(*(np.array([box[0] + box[2], box[1] + box[3]]) / 2 - middle)))
        (found,) = self._library.face_encodings(pixels, known_face_locations=[central])
        return np.asarray(found, np.float32)


def euclidean(rows: FloatArray, columns: FloatArray) -> FloatArray:
    """One minus the Euclidean distance, as `face_recognition` compares."""
    squares = (rows**2).sum(axis=1)[:, None] + (columns**2).sum(axis=1)[None] - 2 * rows @ columns.T
    return np.asarray(1 - np.sqrt(np.maximum(squares, 0)), np.float32)


class FaceApi:
    """`@vladmandic/face-api`, the face-api.js that is kept up, on WebAssembly in a process of its own."""

    def __init__(self, node: str, folder: Path) -> None:
        command = [node, str(folder / "peer.mjs")]
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.name = f"face-api {self._answer()['version']} (Node, WebAssembly)"
        self.score: Score = euclidean

    def vector(self, file: Path) -> FloatArray | None:
        if self._process.stdin is None:
            raise SystemExit("face-api has no standard input")
        print(file.resolve(), file=self._process.stdin, flush=True)
        found = self._answer()["vector"]
        return None if found is None else np.asarray(found, np.float32)

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise SystemExit("face-api stopped")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    name: str
    pictures: int
    failed: int
    folds: FoldAccuracy | None
    points: tuple[OperatingPoint, ...]
    median_ms: float
    p95_ms: float


def measure(peer: Peer, table: PairList, images: Path, people: dict[str, str]) -> Result:
    """Each picture once; time is from the file to the vector, and twice that a pair."""
    vectors: list[FloatArray | None] = []
    spans = []
    for number, file in enumerate(table.files):
        start = time.perf_counter()
        vectors.append(peer.vector(images / file))
        spans.append((time.perf_counter() - start) * 1e3)
        if sys.stderr.isatty() and number % 25 == 0:
            print(f"\r{peer.name}: {number:,} of {len(table.files):,}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return Result(
        name=peer.name,
        pictures=len(vectors),
        failed=sum(vector is None for vector in vectors),
        folds=_folds(peer, table, vectors),
        points=_points(peer, table, vectors, people),
        median_ms=2 * float(np.median(spans)),
        p95_ms=2 * float(np.quantile(spans, 0.95)),
    )


def _folds(peer: Peer, table: PairList, vectors: Sequence[FloatArray | None]) -> FoldAccuracy | None:
    by_file = dict(zip(table.files, vectors, strict=True))
    scores = []
    for pair in table.pairs:
        one, other = by_file[pair.file_a], by_file[pair.file_b]
        scores.append(np.nan if one is None or other is None else float(peer.score(one[None], other[None])[0, 0]))
    names = np.array([pair.fold or "1" for pair in table.pairs])
    return fold_accuracy(np.array(scores), np.array([pair.same for pair in table.pairs]), names)


def _points(
    peer: Peer, table: PairList, vectors: Sequence[FloatArray | None], people: dict[str, str]
) -> tuple[OperatingPoint, ...]:
    kept = [(vector, people[file]) for file, vector in zip(table.files, vectors, strict=True) if vector is not None]
    numbers = {name: number for number, name in enumerate(sorted({name for _, name in kept}))}
    trials = all_pairs(
        np.stack([vector for vector, _ in kept]),
        np.array([numbers[name] for _, name in kept], np.int32),
        score=peer.score,
    )
    found = [operating_point(trials, target) for target in supported_targets(trials.impostor.count, TARGETS)]
    return tuple(point for point in found if point is not None)


def show(results: Sequence[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(
        title="The same pictures in one run, one at a time, one thread", box=None, pad_edge=False, title_justify="left"
    )
    shown.add_column("library")
    for heading in ("failure to acquire", "accuracy over folds", *(f"FNMR at FMR {target:g}" for target in TARGETS)):
        shown.add_column(heading)
    shown.add_column("ms a pair (median, p95)", justify="right")
    for item in results:
        by_target = {point.target: point for point in item.points}
        shown.add_row(
            item.name,
            f"{item.failed} of {item.pictures:,}",
            "–" if item.folds is None else f"{percent(item.folds.mean)} ± {percent(item.folds.deviation)}",
            *(
                f"{percent(point.fnmr.value)} ({bounds(point.fnmr)})" if (point := by_target.get(target)) else "–"
                for target in TARGETS
            ),
            f"{item.median_ms:.0f}, {item.p95_ms:.0f}",
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 190
    console.print(shown)
    for item in results:
        if item.points:
            trials = item.points[0]
            console.print(
                f"{item.name}: {trials.fnmr.trials:,} genuine and {trials.fmr.trials:,} impostor pairs; "
                "95 % bounds by Clopper and Pearson.",
                markup=False,
            )


def as_json(item: Result) -> str:
    return json.dumps(
        {
            "library": item.name,
            "pictures": item.pictures,
            "failed": item.failed,
            "accuracy": None if item.folds is None else round(item.folds.mean, 5),
            "fnmr": {f"{point.target:g}": point.fnmr.value for point in item.points},
            "genuine_trials": item.points[0].fnmr.trials if item.points else 0,
            "impostor_trials": item.points[0].fmr.trials if item.points else 0,
            "ms_a_pair_median": round(item.median_ms, 1),
            "ms_a_pair_p95": round(item.p95_ms, 1),
        }
    )


def thinned(table: PairList, count: int) -> PairList:
    """Every so many-th pair, ``count`` of them."""
    pairs = table.pairs[:: max(1, len(table.pairs) // count)][:count]
    files = tuple(sorted({file for pair in pairs for file in (pair.file_a, pair.file_b)}))
    return PairList(pairs=pairs, files=files, named={file: table.named[file] for file in files if file in table.named})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, required=True, help="list of pairs; people are named by folder")
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--embedding", action="append", help="visavis embeddings to measure; more than once")
    parser.add_argument("--limit", type=int, help="only so many pairs of the list, spread over it: for times alone")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    table = read_pairs(arguments.pairs, arguments.images)
    if arguments.limit:
        table = thinned(table, arguments.limit)
    people = identities(table, "folder")
    results = []
    for embedding in arguments.embedding or [None]:
        with visavis(embedding) as ours:
            results.append(measure(ours, table, arguments.images, people))
    try:
        results.append(measure(FaceRecognition(), table, arguments.images, people))
    except ImportError:
        print("face_recognition is not installed here: run `make bench-peers`.", file=sys.stderr)
    node, folder = shutil.which("node"), Path(sys.prefix) / "face_api"
    if node and (folder / "node_modules").is_dir():
        other = FaceApi(node, folder)
        results.append(measure(other, table, arguments.images, people))
        other.close()
    else:
        print("face-api is not installed here: it needs Node.js, and `make bench-peers`.", file=sys.stderr)
    if arguments.json:
        print("\n".join(as_json(item) for item in results))
    else:
        show(results)


if __name__ == "__main__":
    main()
