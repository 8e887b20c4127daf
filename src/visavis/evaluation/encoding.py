"""Pictures to vectors, each once, a few at a time."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from visavis.capture.picture import Picture
from visavis.evaluation.values import FloatArray
from visavis.perception.acquisition import FaceChoice
from visavis.perception.session import FloatTensor, ModelIdentity

__all__ = ["Encoded", "Encoder", "NoProgress", "Progress", "in_order"]

WAITING: Final = 8
"""Tasks handed out ahead, a worker: enough to keep it busy, few enough to stop soon."""

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoded:
    """A picture as the comparison sees it.

    ``vector`` (d,) of unit length, or None with the ``reason`` why there is none. ``quality``: unified sample quality,
    0..100. ``blocked``: something that a match needs is missing (light, sharpness, eyes that are seen); two such
    pictures never match. ``notes``: codes of what was done to the picture.
    """

    vector: FloatTensor | None
    reason: str | None = None
    quality: float | None = None
    blocked: bool = False
    notes: tuple[str, ...] = ()


class Encoder(Protocol):
    """What is evaluated: everything from a picture to its template. Safe from several threads at once."""

    @property
    def identity(self) -> ModelIdentity: ...

    @property
    def parts(self) -> tuple[tuple[ModelIdentity, int], ...]:
        """Of a fusion, the models whose numbers stand one after the other in a vector; else empty."""
        ...

    def encode(self, picture: Picture, *, choice: FaceChoice, document: bool = False) -> Encoded:
        """``document``: the picture stands for a document's portrait."""
        ...

    def eyes(self, picture: Picture, *, choice: FaceChoice) -> FloatArray | None:
        """The middles of the eyes (2, 2) px, the holder's right eye first; None without a usable face."""
        ...


class Progress(Protocol):
    """Told how far a long piece of work has come."""

    def begin(self, label: str, total: int) -> None: ...
    def advance(self) -> None: ...


class NoProgress:
    """For work that nobody watches."""

    def begin(self, label: str, total: int) -> None:
        """Nothing to show."""

    def advance(self) -> None:
        """Nothing to show."""


def in_order(
    work: Callable[[_Task], _Result], tasks: Sequence[_Task], *, workers: int, progress: Progress
) -> Iterator[_Result]:
    """``work`` on each task in ``workers`` threads; the results in the tasks' order, so the same for any number.

    The first error is raised here, and what has not begun by then never does.
    """
    waiting: deque[Future[_Result]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) >= workers * WAITING:
                yield waiting.popleft().result()
                progress.advance()
        while waiting:
            yield waiting.popleft().result()
            progress.advance()
    finally:
        pool.shutdown(cancel_futures=True)
