"""Face detection with BlazeFace: six keypoints and a box for each face.

V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019. The decoders follow
MediaPipe's published graphs: anchors of unit size on two grids, offsets in px of the input, and *weighted* non-maximum
suppression, in which overlapping hits are averaged by score instead of dropped, for steadier keypoints.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage
from visavis.errors import ModelInvalidError
from visavis.perception.geometry import Box, Region, apply, invert, overlap
from visavis.perception.layers import LayeredPicture, sample_picture
from visavis.perception.session import FloatTensor, ModelSession

__all__ = ["BACK_RANGE", "SHORT_RANGE", "Detection", "DetectorOptions", "FaceDetector", "anchor_centres"]

_ROW: Final = 4 + 12
"""Numbers of one hit: centre and size of the box, then x, y of six keypoints."""
_HALVED_BELOW: Final = 0.25
"""A picture that shrinks at least so far is halved first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorOptions:
    """One decoder, and how far a search goes.

    ``input_size``: side of the network's input, px. ``grids``: (stride in input px, anchors in each cell).
    ``score_threshold``: least score of a hit, 0..1; low is right where a landmark network's face flag decides after it.
    ``merge_overlap``: hits that overlap more than this (intersection over union) are one face.
    ``least_eye_distance``: the network finds faces from this many of its input px between the eyes.

    A search reads the picture as a whole, then in overlapping square tiles of a quarter of the side and so on, the
    smallest ``smallest_tile`` px. ``tile_overlap``: the least share of a tile that its neighbour sees again.
    ``most_tiles``: tiles of one size; where more would be needed, tiles are larger.
    """

    input_size: int
    grids: tuple[tuple[int, int], ...]
    score_threshold: float = 0.35
    merge_overlap: float = 0.3
    least_eye_distance: float = 4.0
    smallest_tile: int = 1024
    tile_step: int = 4
    tile_overlap: float = 0.25
    most_tiles: int = 200
    most_faces: int = 32


BACK_RANGE: Final = DetectorOptions(input_size=256, grids=((16, 2), (32, 6)))
"""The 256 px network of the back camera: faces from 16 px of its input, at any tilt; 8-10 ms."""

SHORT_RANGE: Final = DetectorOptions(input_size=128, grids=((8, 2), (16, 6)))
"""The 128 px network of the front camera, for captures: one near face, 1.7 ms."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Detection:
    """One hit, in px of the picture.

    ``keypoints`` (6, 2) float32, read-only: the holder's own right eye, left eye, tip of the nose, mouth, right ear,
    left ear. ``score`` 0..1. The box goes with the head: for a head that is upside down it is still upright in the
    picture.
    """

    box: Box
    keypoints: FloatTensor
    score: float


def anchor_centres(input_size: int, grids: tuple[tuple[int, int], ...]) -> FloatTensor:
    """Centres of all anchors (n, 2) in px of the input: row by row, grid after grid."""
    parts = []
    for stride, count in grids:
        cells = (np.arange(-(-input_size // stride), dtype=np.float32) + np.float32(0.5)) * np.float32(stride)
        x, y = np.meshgrid(cells, cells)
        parts.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), count, axis=0))
    anchors = np.concatenate(parts)
    anchors.setflags(write=False)
    return anchors


class FaceDetector:
    """Finds faces. Stateless between calls, so safe from several threads if its session is.

    The session takes (1, s, s, 3), RGB in -1..1, and gives boxes (1, n, 16) and scores before the sigmoid (1, n, 1).
    """

    def __init__(self, session: ModelSession, options: DetectorOptions = BACK_RANGE) -> None:
        self._session = session
        self._options = options
        self._anchors = anchor_centres(options.input_size, options.grids)

    @property
    def options(self) -> DetectorOptions:
        return self._options

    def tile_sides(self, picture: Picture) -> tuple[int, ...]:
        """The sides of tiles, px, at which a search for a face of any size looks, the cheapest first.

        The first is the picture as a whole. Each size finds faces that the one before it is too coarse for.
        """
        side = max(picture.width, picture.height)
        sides = [side]
        while side > self._options.smallest_tile:
            side = max(side // self._options.tile_step, self._options.smallest_tile)
            sides.append(side)
        return tuple(sides)

    def detect(
        self, picture: Picture, *, tile: int | None = None, overlap: float | None = None
    ) -> tuple[Detection, ...]:
        """The faces that are seen in the picture as a whole, or in tiles of ``tile`` px a side; the surest first.

        ``overlap``: the least share of a tile that its neighbour sees again, ``tile_overlap`` of the options if None.
        The network runs once for each tile, at most ``most_tiles`` times.
        Raises ModelInvalidError where the network's tensors are not those of the decoder.
        """
        options = self._options
        whole = max(picture.width, picture.height)
        side = whole if tile is None else min(max(tile, options.input_size), whole)
        shared = options.tile_overlap if overlap is None else overlap
        while len(tiles := _tiles(picture, side, options.input_size, shared)) > options.most_tiles:
            side += side // 4
        size = options.input_size
        work = _resized(picture, size / side)
        rows = [self._read(work[top : top + size, left : left + size], left, top) for left, top in tiles]
        found = np.concatenate(rows)
        scale = np.array([picture.width / work.shape[1], picture.height / work.shape[0]])
        found[:, :-1] *= np.tile(scale, _ROW // 2)
        merged = _merge(found, options.merge_overlap)[: options.most_faces]
        return tuple(_detection(row) for row in merged)

    def detect_in(self, picture: Picture, region: Region) -> tuple[Detection, ...]:
        """The faces in one square of the picture, seen upright along it; the surest first. One run of the network.

        Their boxes have the size of the head along the region, about its centre. Raises as `detect`.
        """
        size = self._options.input_size
        matrix = region.to_crop(size)
        found = self._read(sample_picture(picture, matrix, (size, size)), 0, 0)
        back, scale = invert(matrix), region.side / size
        detections = []
        for row in _merge(found, self._options.merge_overlap)[: self._options.most_faces]:
            half = (row[2:4] - row[:2]) / 2 * scale
            centre = apply(back, (row[:2] + row[2:4]) / 2)
            keypoints = apply(back, row[4:16].reshape(6, 2)).ravel()
            detections.append(_detection(np.concatenate([centre - half, centre + half, keypoints, row[16:]])))
        return tuple(detections)

    def _read(self, tile: RgbImage, left: int, top: int) -> NDArray[np.float64]:
        """Hits (n, 17) in px of the resized picture, where the tile begins at ``left``, ``top``.

        A row: left, top, right and bottom of the box, x and y of six keypoints, score.
        """
        size = self._options.input_size
        height, width = tile.shape[:2]
        x0, y0 = (size - width) // 2, (size - height) // 2
        tensor = np.zeros((1, size, size, 3), np.float32)
        inner = tensor[0, y0 : y0 + height, x0 : x0 + width]
        np.multiply(tile, np.float32(1 / 127.5), out=inner)
        inner -= 1
        offsets, logits = self._outputs(tensor)
        threshold = self._options.score_threshold
        keep = np.flatnonzero(logits >= np.log(threshold / (1 - threshold)))
        points = offsets[keep].astype(np.float64).reshape(-1, 8, 2)
        half = points[:, 1] / 2
        centre = points[:, 0] + self._anchors[keep]
        points[:, 0], points[:, 1] = centre - half, centre + half
        points[:, 2:] += self._anchors[keep][:, None]
        points += [left - x0, top - y0]
        scores = 1 / (1 + np.exp(-np.clip(logits[keep], -80, 80).astype(np.float64)))
        return np.concatenate([points.reshape(-1, _ROW), scores[:, None]], axis=1)

    def _outputs(self, tensor: FloatTensor) -> tuple[FloatTensor, FloatTensor]:
        outputs = self._session.run(tensor)
        count = len(self._anchors)
        if len(outputs) != 2 or outputs[0].shape != (1, count, _ROW) or outputs[1].size != count:
            raise ModelInvalidError(
                "model_output_unexpected",
                f"The detector {self._session.identity} does not give {count} boxes and scores.",
                advice="Name the detector that these options were written for.",
            )
        return outputs[0][0], outputs[1].reshape(-1)


def _resized_to(width: int, height: int, scale: float) -> tuple[int, int]:
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resized(picture: Picture, scale: float) -> RgbImage:
    target = _resized_to(picture.width, picture.height, scale)
    if isinstance(picture, LayeredPicture):
        return np.asarray(cv2.resize(picture.layer_for(scale)[0], target, interpolation=cv2.INTER_LINEAR), np.uint8)
    pixels = picture.pixels
    # halving is far faster than other scales; an odd last row or column of a large picture is not missed
    while scale <= _HALVED_BELOW:
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        whole = pixels[: 2 * height, : 2 * width]
        pixels = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        scale *= 2
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, target, interpolation=way), np.uint8)


def _starts(length: int, size: int, shared: float) -> list[int]:
    """Where tiles of ``size`` begin that cover ``length``, evenly, each seeing ``shared`` of its neighbour."""
    if length <= size:
        return [0]
    count = int(np.ceil((length - size) / (size * (1 - shared)))) + 1
    return [round(i * (length - size) / (count - 1)) for i in range(count)]


def _tiles(picture: Picture, side: int, size: int, shared: float) -> list[tuple[int, int]]:
    """Left and top of each tile, in px of the picture as it is resized for tiles of ``side`` to be ``size`` px wide."""
    width, height = _resized_to(picture.width, picture.height, size / side)
    columns, rows = _starts(width, size, shared), _starts(height, size, shared)
    return [(left, top) for top in rows for left in columns]


def _merge(found: NDArray[np.float64], threshold: float) -> list[NDArray[np.float64]]:
    """Weighted non-maximum suppression of (n, 17) hits; a face takes the score of its best hit."""
    merged = []
    rest = found[np.argsort(-found[:, -1], kind="stable")]
    while len(rest):
        same = overlap(rest[0, :4], rest[:, :4]) > threshold
        same[0] = True
        weights = rest[same, -1]
        mean = weights @ rest[same] / weights.sum()
        mean[-1] = rest[0, -1]
        merged.append(mean)
        rest = rest[~same]
    return merged


def _detection(row: NDArray[np.float64]) -> Detection:
    keypoints = row[4:16].reshape(6, 2).astype(np.float32)
    keypoints.setflags(write=False)
    left, top, right, bottom = (float(v) for v in row[:4])
    return Detection(box=Box(left, top, right - left, bottom - top), keypoints=keypoints, score=float(row[16]))
