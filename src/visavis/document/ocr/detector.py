"""Text detection: lines of text as quadrilaterals, from a network that tells for each pixel whether text is there.

M. Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020: the network draws each
line as its *shrunk* core, so that neighbours stay apart; a box around a core is grown again by its area times a ratio
over its perimeter.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.ocr.lines import Quad, oriented, reading_order
from visavis.errors import ModelInvalidError
from visavis.perception.manifest import InputSpec
from visavis.perception.session import FloatTensor, ModelSession

__all__ = ["TextBox", "TextDetector", "TextDetectorOptions", "boxes_of", "network_input"]


@dataclass(frozen=True, slots=True, eq=False)
class TextBox:
    """One line of text: ``quad`` (4, 2) float64, px of the picture, read-only; ``score``: how sure it is text, 0..1."""

    quad: Quad
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDetectorOptions:
    """``threshold``: least probability of a pixel of text. ``least_score``: least mean of it over a box. ``growth``:
    the ratio by which a box is larger than the core that the network draws. ``least_side``: of a core, px of the
    network's input. ``most_boxes``: the largest are kept.
    """

    threshold: float = 0.3
    least_score: float = 0.5
    growth: float = 1.6
    least_side: float = 3.0
    most_boxes: int = 200


DEFAULTS: Final = TextDetectorOptions()


class TextDetector:
    """Finds lines of text. Stateless between calls, so safe from several threads if its session is.

    The session takes what ``spec`` declares, sides of any multiple of 32 px, and gives probabilities (1, 1, h, w).
    """

    def __init__(self, session: ModelSession, spec: InputSpec, options: TextDetectorOptions = DEFAULTS) -> None:
        if spec.open is None:
            raise ValueError("the network of a text detector takes pictures of many sizes")
        self._session = session
        self._spec = spec
        self._step = spec.open.multiple
        self._most = spec.open.most
        self._options = options

    def detect(self, pixels: RgbImage, *, longest: int = 960) -> tuple[TextBox, ...]:
        """The lines in ``pixels`` (h, w, 3), in the order of reading, as `visavis.document.ocr.lines` says.

        A picture whose longer side has more than ``longest`` px is made that much smaller; time goes with the area,
        0.3 s at 960 x 640. Characters under 8 px after that are hardly found.
        Raises ModelInvalidError ``model_output_unexpected``; ValueError where ``longest`` is beyond the network.
        """
        if not self._step <= longest <= self._most:
            raise ValueError(f"the longest side is from {self._step} to {self._most} px")
        height, width = pixels.shape[:2]
        scale = min(1.0, longest / max(height, width))
        size = self._side(width * scale), self._side(height * scale)
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        outputs = self._session.run(network_input(np.asarray(small, np.uint8), self._spec))
        if len(outputs) != 1 or outputs[0].shape != (1, 1, size[1], size[0]) or not np.isfinite(outputs[0]).all():
            raise ModelInvalidError(
                "model_output_unexpected",
                f"The text detector {self._session.identity} does not give one number a pixel.",
                advice="Check the model's entry in the manifest.",
            )
        return boxes_of(outputs[0][0, 0], size=(width, height), options=self._options)

    def _side(self, length: float) -> int:
        return min(max(round(length / self._step), 1) * self._step, self._most)


def boxes_of(
    probabilities: FloatTensor, *, size: tuple[int, int], options: TextDetectorOptions = DEFAULTS
) -> tuple[TextBox, ...]:
    """The lines in a map of probabilities (h, w), for a picture of ``size`` (width, height), in reading order."""
    # a grown pixel joins what a thin gap parts
    core = cv2.dilate((probabilities > options.threshold).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, hierarchy = cv2.findContours(core, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return ()
    outer = [
        contour for contour, links in zip(contours, hierarchy[0], strict=True) if links[3] < 0
    ]  # else a hole's edge
    outer = sorted(outer, key=cv2.contourArea, reverse=True)[: options.most_boxes]
    scale = np.array(size, np.float64) / probabilities.shape[::-1]
    found = [box for contour in outer if (box := _box(contour, probabilities, options)) is not None]
    quads = oriented([np.clip(quad * scale, 0, size) for quad, _ in found])
    for quad in quads:
        quad.setflags(write=False)
    return tuple(TextBox(quads[at], found[at][1]) for at in reading_order(quads))


def network_input(pixels: RgbImage, spec: InputSpec) -> FloatTensor:
    """One picture (h, w, 3) as the tensor (1, 3, h, w) that ``spec`` declares."""
    channels = pixels if spec.channels == "RGB" else pixels[:, :, ::-1]
    values = (channels - np.asarray(spec.mean, np.float32)) / np.asarray(spec.divisor, np.float32)
    tensor = values[None] if spec.layout == "NHWC" else values.transpose(2, 0, 1)[None]
    return np.ascontiguousarray(tensor, np.float32)


def _box(
    contour: NDArray[np.integer[Any] | np.floating[Any]], probabilities: FloatTensor, options: TextDetectorOptions
) -> tuple[Quad, float] | None:
    """The grown box around a core, px of the map, clockwise, and the mean probability in the core's box."""
    # a contour runs through the centres of its pixels, and `boxes_of` has grown the core by one pixel to the right and
    # one down: so this is the core itself, from edge to edge
    (x, y), (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < options.least_side:
        return None
    score = _mean_within(probabilities, cv2.boxPoints(((x - 0.5, y - 0.5), (width - 1, height - 1), angle)))
    if score < options.least_score:
        return None
    more = 2 * width * height * options.growth / (2 * (width + height))
    return cv2.boxPoints(((x, y), (width + more, height + more), angle)).astype(np.float64), score


def _mean_within(probabilities: FloatTensor, corners: NDArray[np.generic]) -> float:
    high = np.array(probabilities.shape[::-1]) - 1
    whole = np.clip(np.round(np.asarray(corners, np.float64)), 0, high).astype(np.int32)
    left, top = whole.min(axis=0).tolist()
    right, bottom = whole.max(axis=0).tolist()
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillConvexPoly(mask, whole - np.array([left, top], np.int32), 1)
    return float(cv2.mean(probabilities[top : bottom + 1, left : right + 1], mask)[0])
