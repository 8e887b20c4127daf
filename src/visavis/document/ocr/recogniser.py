"""Text recognition: what a line of text says, character by character, and the probabilities behind it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import RgbImage
from visavis.document.ocr.alphabet import PRINTABLE, Kept
from visavis.document.ocr.detector import network_input
from visavis.errors import ModelInvalidError
from visavis.perception.manifest import InputSpec
from visavis.perception.session import FloatTensor, ModelSession

__all__ = ["LineReading", "TextRecogniser"]

MAX_LINES: Final = 512
_LEAST_WIDTH: Final = 32
_MOST_IN_A_BATCH: Final = 8
_MOST_WIDTH_OF_A_BATCH: Final = 2048
"""Of all its lines together, px: the output has 18,710 numbers for each 8 of them."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LineReading:
    """What a line says, as the surest character of every step tells it.

    ``confidence``: one a character, 0..1: the network's probability where it is surest. ``places``: one a character,
    its middle along the line, 0..1 from its left end. ``log_probs`` (T, K) float32, read-only: natural logarithms of
    the probability of each of ``alphabet``, whose first is the blank (""), for each step of 8 px along the crop of
    48 px height, for `visavis.document.mrz_picture.posterior`; its characters are those asked for.
    """

    text: str
    confidence: tuple[float, ...]
    places: tuple[float, ...]
    alphabet: tuple[str, ...]
    log_probs: FloatTensor


class TextRecogniser:
    """Reads lines. Stateless between calls, so safe from several threads if its session is.

    The session takes what ``spec`` declares: lines of one height and any width that is a multiple of 8, and gives
    probabilities (n, width / 8, K), K for the blank, the characters and the space of ``alphabet``.
    """

    def __init__(self, session: ModelSession, spec: InputSpec, alphabet: tuple[str, ...]) -> None:
        if spec.open is None or spec.layout != "NCHW":
            raise ValueError("the network of a text recogniser takes lines of many widths")
        self._session = session
        self._spec = spec
        self._step = spec.open.multiple
        self._most = spec.open.most
        self._height = spec.shape[2]
        self._alphabet = alphabet
        self._printable = Kept.of(alphabet, (character for character in PRINTABLE if character in set(alphabet)))

    @property
    def alphabet(self) -> tuple[str, ...]:
        """Every character that it can read; the first is the blank, as ""."""
        return self._alphabet

    def read(self, lines: Sequence[RgbImage], *, characters: Iterable[str] | None = None) -> tuple[LineReading, ...]:
        """One reading a line; each (h, w, 3) upright, of any size, and brought to the network's height.

        ``characters``: those that `LineReading.log_probs` keeps; printable ASCII by default, into which look-alikes of
        full width are summed. The text is always of the whole alphabet.
        Raises ModelInvalidError ``model_output_unexpected``; ValueError for more than 512 lines, an empty one, or a
        character that the network does not know.
        """
        if len(lines) > MAX_LINES:
            raise ValueError(f"at most {MAX_LINES} lines are read at once")
        kept = self._printable if characters is None else Kept.of(self._alphabet, characters)
        scaled = [self._scaled(line) for line in lines]
        found: dict[int, LineReading] = {}
        for batch in _batches([line.shape[1] for line in scaled], self._step):
            width = self._padded(max(scaled[at].shape[1] for at in batch))
            tensor = np.zeros((len(batch), 3, self._height, width), np.float32)
            for row, at in enumerate(batch):
                tensor[row, :, :, : scaled[at].shape[1]] = network_input(scaled[at], self._spec)[0]
            probabilities = self._run(tensor)
            for row, at in enumerate(batch):
                steps = -(-scaled[at].shape[1] // self._step)
                found[at] = self._reading(probabilities[row, :steps], kept)
        return tuple(found[at] for at in range(len(lines)))

    def _scaled(self, line: RgbImage) -> RgbImage:
        if line.ndim != 3 or 0 in line.shape:
            raise ValueError("a line of text is a picture")
        height, width = line.shape[:2]
        wide = min(max(round(width * self._height / height), self._step), self._most)
        if (height, width) == (self._height, wide):
            return line
        shrinks = cv2.INTER_AREA if height > self._height else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(line, (wide, self._height), interpolation=shrinks), np.uint8)

    def _padded(self, width: int) -> int:
        return min(max(-(-width // self._step) * self._step, _LEAST_WIDTH), self._most)

    def _run(self, tensor: FloatTensor) -> FloatTensor:
        outputs = self._session.run(tensor)
        count, _, _, width = tensor.shape
        right = len(outputs) == 1 and outputs[0].shape == (count, width // self._step, len(self._alphabet))
        if not right or not np.isfinite(outputs[0]).all():
            raise ModelInvalidError(
                "model_output_unexpected",
                f"The text recogniser {self._session.identity} does not give one number a step and character.",
                advice="Check the model's entry in the manifest.",
            )
        return outputs[0]

    def _reading(self, probabilities: FloatTensor, kept: Kept) -> LineReading:
        """CTC's own simplest decoder: the surest symbol of each step, runs once, blanks left out."""
        steps = len(probabilities)
        symbols = probabilities.argmax(axis=1)
        sure = probabilities[np.arange(steps), symbols]
        starts = np.flatnonzero(np.diff(symbols, prepend=-1))
        ends = np.append(starts[1:], steps)
        runs = [(int(symbols[a]), int(a), int(b)) for a, b in zip(starts, ends, strict=True) if symbols[a]]
        return LineReading(
            text="".join(self._alphabet[symbol] for symbol, _, _ in runs),
            confidence=tuple(min(float(sure[a:b].max()), 1.0) for _, a, b in runs),
            places=tuple((a + b) / 2 / steps for _, a, b in runs),
            alphabet=kept.alphabet,
            log_probs=kept.log_probs(probabilities),
        )


def _batches(widths: Sequence[int], step: int) -> Iterator[list[int]]:
    """Indices of lines that are run together: of nearly one width, so that little of a batch is padding."""
    batch: list[int] = []
    for at in sorted(range(len(widths)), key=widths.__getitem__):
        if batch and (
            len(batch) == _MOST_IN_A_BATCH
            or widths[at] * (len(batch) + 1) > _MOST_WIDTH_OF_A_BATCH
            or widths[at] - widths[batch[0]] > 4 * step
        ):
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch
