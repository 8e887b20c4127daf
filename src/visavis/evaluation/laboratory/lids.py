"""Eyes of a still that close: the skin of the upper lid is stretched down over the eye, as a real lid slides."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage

__all__ = ["Lids", "close_lid"]

_STEPS: Final = 10
# fmt: off
_RIGHT_UPPER: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133)
_RIGHT_LOWER: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133)
_LEFT_UPPER: Final = (362, 398, 384, 385, 386, 387, 388, 466, 263)
_LEFT_LOWER: Final = (362, 382, 381, 380, 374, 373, 390, 249, 263)
# fmt: on


class Lids:
    """One still with its eyes closed by any share. Keeps each of the pictures that it drew, about a megabyte each.

    ``still`` (h, w, 3) RGB; ``points`` (468, 2 or 3): its landmarks, px.
    """

    def __init__(self, still: RgbImage, points: NDArray[np.float64]) -> None:
        self._points = points
        self._drawn = {(0, 0): still}

    def closed(self, left: float, right: float) -> RgbImage:
        """``left``, ``right``: of the holder's own eyes, 0 open .. 1 closed, in steps of a tenth. Not to be changed."""
        key = round(min(1.0, max(0.0, left)) * _STEPS), round(min(1.0, max(0.0, right)) * _STEPS)
        if key not in self._drawn:
            picture = self._drawn[0, 0].copy()
            for upper, lower, step in ((_LEFT_UPPER, _LEFT_LOWER, key[0]), (_RIGHT_UPPER, _RIGHT_LOWER, key[1])):
                if step:
                    close_lid(picture, self._points[list(upper), :2], self._points[list(lower), :2], step / _STEPS)
            self._drawn[key] = picture
        return self._drawn[key]


def close_lid(picture: RgbImage, upper: NDArray[np.float64], lower: NDArray[np.float64], closed: float) -> None:
    """Draw the upper lid ``closed`` (0..1) of the way over the eye between ``upper`` and ``lower`` (n, 2), in place.

    The skin between brow and lashes is stretched; the lashes go along, and a darker line marks where lids meet.
    """
    upper, lower = upper[np.argsort(upper[:, 0])] - 0.5, lower[np.argsort(lower[:, 0])] - 0.5
    first, last = int(np.ceil(upper[0, 0])), int(np.floor(upper[-1, 0]))
    if last - first < 3:
        return
    across = np.arange(first, last + 1)
    top, bottom = np.interp(across, *upper.T), np.interp(across, *lower.T)
    opening = np.maximum(bottom - top, 0.0)
    lid = 0.95 * float(opening.max()) + 1.0
    # a little over the lower lid, which the landmarks often put too high
    edge = top + closed * (1.14 * opening + 0.8)
    low, high = int(np.floor((top - lid).min())), int(np.ceil(edge.max())) + 4
    low, high = max(0, low), min(picture.shape[0], high)
    first, last = max(0, first), min(picture.shape[1] - 1, last)
    rows = np.arange(low, high, dtype=np.float32)[:, None]
    crease = top - lid
    # the skin near the crease hardly moves, that near the lashes moves with them
    along = np.clip((rows - crease) / np.maximum(edge - crease, 1e-3), 0, 1)
    skin = crease + (top - 0.6 - crease) * (0.35 * along + 0.65 * along**1.6)
    source = np.where((rows > crease) & (rows <= edge), skin, rows).astype(np.float32)
    columns = np.broadcast_to(across.astype(np.float32), source.shape)
    drawn = cv2.remap(picture, np.ascontiguousarray(columns), source, cv2.INTER_LINEAR).astype(np.float32)
    # lashes: dark where the lids meet, none at the corners
    line = np.exp(-(((rows - edge) / 1.1) ** 2)) * np.minimum(1.0, opening / max(1e-3, 0.5 * float(opening.max())))
    drawn *= (1 - 0.55 * closed * line)[:, :, None]
    soft = np.clip(rows - low, 0, 1)[:, :, None]
    here = picture[low:high, across[0] : across[-1] + 1]
    picture[low:high, across[0] : across[-1] + 1] = (drawn * soft + here * (1 - soft) + 0.5).astype(np.uint8)
