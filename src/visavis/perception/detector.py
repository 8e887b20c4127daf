"""Face detection with BlazeFace: six keypoints and a box for each face.

V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019. The decoders follow
MediaPipe's published graphs: anchors of unit size on two grids, offsets in input px, and *weighted* non-maximum
suppression, in which overlapping hits are averaged by score instead of dropped, for steadier keypoints.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage
from visavis.errors import ModelInvalidError
from visavis.perception.geometry import Box, overlap
from visavis.perception.session import FloatTensor, ModelSession

__all__ = ["BACK_RANGE", "SHORT_RANGE", "Detection", "DetectorOptions", "FaceDetector", "anchor_centres"]

_ROW: Final = 4 + 12
"""Numbers of one hit: centre and size of the box, then x, y of six keypoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorOptions:
    """One decoder and how far a search goes.

    ``input_size``: side of the network's input, px. ``grids``: (stride in input px, anchors in each cell).
    ``score_threshold``: least score of a hit, 0..1; low is right where a landmark network's face flag decides after it.
    ``merge_overlap``: hits that overlap more than this (intersection over union) are one face.

    A search reads the picture whole, then, while nobody is found, in overlapping square tiles of half the side, a
    quarter and so on, no smaller than ``smallest_tile`` px, and each of these in ``turns`` quarter turns.
    ``tile_overlap`` is the least share of a tile's side that its neighbour sees again. No more than ``most_tiles``
    tiles are read in all.
    """

    input_size: int
    grids: tuple[tuple[int, int], ...]
    score_threshold: float = 0.5
    merge_overlap: float = 0.3
    smallest_tile: int = 512
    tile_overlap: float = 0.25
    turns: tuple[int, ...] = (0, 2, 1, 3)
    most_tiles: int = 160
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

    def detect(self, picture: Picture) -> tuple[Detection, ...]:
        """The faces seen in the picture as a whole, the surest first. One run of the network.

        Raises ModelInvalidError where the network's tensors are not those of the decoder.
        """
        return next(self.search(picture))

    def search(self, picture: Picture) -> Iterator[tuple[Detection, ...]]:
        """What each stage of a search finds, the cheapest first; take stages until somebody is there.

        The first stage is `detect`'s, and there is always one. Faces found by an earlier stage turn up again in later
        ones. The work is bounded by ``most_tiles``. Raises as `detect`.
        """
        options = self._options
        left = options.most_tiles
        longer = max(picture.width, picture.height)
        whole = _resized(picture.pixels, options.input_size / longer)
        yield self._stage(picture, whole, (0,))
        turned = tuple(turn for turn in options.turns if turn)
        side, first = longer, True
        while left > 0:
            if not first:
                work = _resized(picture.pixels, options.input_size / side)
                tiles = len(_tiles(work, options))
                if tiles > left:
                    return
                left -= tiles
                yield self._stage(picture, work, (0,))
                whole = work
            tiles = len(_tiles(whole, options)) * len(turned)
            if turned and tiles <= left:
                left -= tiles
                yield self._stage(picture, whole, turned)
            if side <= options.smallest_tile:
                return
            side, first = max(side // 2, options.smallest_tile), False

    def _stage(self, picture: Picture, work: RgbImage, turns: tuple[int, ...]) -> tuple[Detection, ...]:
        """All tiles of one size: ``work`` is the picture at the scale at which a tile is the network's input."""
        size = self._options.input_size
        rows = []
        for turn in turns:
            for left, top in _tiles(work, self._options):
                tile = work[top : top + size, left : left + size]
                rows.append(self._read(np.rot90(tile, turn), turn, tile.shape[:2]) + _shift(left, top))
        found = np.concatenate(rows)
        scale = np.array([picture.width / work.shape[1], picture.height / work.shape[0]])
        found[:, :-1] *= np.tile(scale, _ROW // 2)
        merged = _merge(found, self._options.merge_overlap)[: self._options.most_faces]
        return tuple(_detection(row) for row in merged)

    def _read(self, tile: RgbImage, turn: int, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Hits (n, 17) in px of the unturned tile: left, top, right, bottom, six keypoints, score."""
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
        points[:, 0] += self._anchors[keep]
        points[:, 2:] += self._anchors[keep][:, None]
        half = points[:, 1] / 2
        points[:, 1] = points[:, 0] + half
        points[:, 0] -= half
        points -= [x0, y0]
        points = _turned_back(points, turn, shape)
        corners = np.concatenate([points[:, :2].min(axis=1), points[:, :2].max(axis=1)], axis=1)
        scores = 1 / (1 + np.exp(-np.clip(logits[keep], -80, 80).astype(np.float64)))
        return np.concatenate([corners, points[:, 2:].reshape(-1, 12), scores[:, None]], axis=1)

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


def _resized(pixels: RgbImage, scale: float) -> RgbImage:
    height, width = pixels.shape[:2]
    target = max(1, round(width * scale)), max(1, round(height * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, target, interpolation=way), np.uint8)


def _starts(length: int, size: int, shared: float) -> list[int]:
    """Where tiles of ``size`` begin that cover ``length``, evenly, each seeing ``shared`` of its neighbour."""
    if length <= size:
        return [0]
    count = int(np.ceil((length - size) / (size * (1 - shared)))) + 1
    return [round(i * (length - size) / (count - 1)) for i in range(count)]


def _tiles(work: RgbImage, options: DetectorOptions) -> list[tuple[int, int]]:
    height, width = work.shape[:2]
    columns = _starts(width, options.input_size, options.tile_overlap)
    rows = _starts(height, options.input_size, options.tile_overlap)
    return [(left, top) for top in rows for left in columns]


def _shift(left: int, top: int) -> NDArray[np.float64]:
    return np.append(np.tile([float(left), float(top)], _ROW // 2), 0.0)


def _turned_back(points: NDArray[np.float64], turn: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Points of a tile that `numpy.rot90` turned ``turn`` times, in the tile of ``shape`` (height, width) as it was."""
    height, width = shape
    x, y = points[..., 0], points[..., 1]
    match turn:
        case 1:
            x, y = width - y, x
        case 2:
            x, y = width - x, height - y
        case 3:
            x, y = y, height - x
        case _:
            pass
    return np.stack([x, y], axis=-1)


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
