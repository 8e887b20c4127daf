"""Following the texture of a face from one frame to another, from two different first guesses.

Optical flow finds what has moved by a few px. A head that turns moves by more, so the other frame is first warped onto
this one by a guess, and the flow finds the rest:

- *sheet*: a homography. It is right for a card, and wrong by the whole parallax for a nose.
- *solid*: the landmarks' own mesh, triangle by triangle. It is right for a face, and wrong for a card by all the depth
  that the landmarks make up.

Where the flow arrives at the same place from both, the guess did not matter. Where it does not, the pixels decide: the
place whose surroundings look more like those of the start is taken, and where neither plainly does, or the better one
cannot be followed back, the point is left out. So neither guess can speak for itself.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Followed", "best_of", "equalised", "follow"]

_Grey = NDArray[np.uint8]
_Floats = NDArray[np.float32]
_SURROUNDINGS: Final = 9
"""px, of the square in which two places are compared."""
_APART: Final = 1.0
"""px: two ends that lie farther apart are two answers."""
_MOST_UNLIKE: Final = 22.0
"""Grey levels after `equalised`, whose spread is 40: what is less alike is no match. Mere noise differs by over 35."""
_PLAIN: Final = 0.1
"""By which share one of two answers must be better."""


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """``ends`` (n, 2) float64: x and y in the other frame, counted from the first pixel's centre. ``unlike`` (n,): mean
    difference of the surroundings, grey levels. ``found`` (n,): whether the way back leads to the start.
    """

    ends: NDArray[np.float64]
    unlike: _Floats
    found: NDArray[np.bool_]


def equalised(grey: _Grey, sigma: float) -> _Grey:
    """Each pixel's distance from its surroundings' mean, over their spread: light and shade drop out."""
    values = grey.astype(np.float32)
    centred = values - cv2.GaussianBlur(values, (0, 0), sigma)
    spread = np.sqrt(cv2.GaussianBlur(centred * centred, (0, 0), sigma) + np.float32(9))
    return np.asarray(np.clip(centred / spread * 40 + 128, 0, 255), np.uint8)


def follow(
    even: _Grey, other: _Grey, guess: _Floats, at: NDArray[np.intp], *, sigma: float, most_backward_error: float
) -> Followed:
    """From the points ``at`` (n, 2: row, column) of ``even``, which is `equalised` by ``sigma``, to the ends in
    ``other``, from the ``guess`` (h, w, 2): where in ``other`` each pixel of ``even`` may be, x and y.
    """
    level = equalised(np.asarray(_remapped(other, guess), np.uint8), sigma)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    nothing = np.empty(0, np.float32)
    there, back = (np.asarray(flow.calc(one, two, nothing), np.float32) for one, two in ((even, level), (level, even)))
    height, width = even.shape
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    reached = grid + there
    differences = cv2.absdiff(even, np.asarray(_remapped(level, reached), np.uint8))
    unlike = cv2.boxFilter(differences, cv2.CV_32F, (_SURROUNDINGS, _SURROUNDINGS))[at[:, 0], at[:, 1]]
    rows, columns = at[:, 0], at[:, 1]
    at_end = np.ascontiguousarray(reached[rows, columns])
    home = _looked_up(back, at_end)
    lost = np.hypot(*(there[rows, columns] + home).T) >= most_backward_error
    lost |= (at_end < 0).any(axis=1) | (at_end[:, 0] > width - 1) | (at_end[:, 1] > height - 1)
    lost |= unlike > _MOST_UNLIKE
    return Followed(np.asarray(_looked_up(guess, at_end), np.float64), np.asarray(unlike, np.float32), ~lost)


def best_of(sheet: Followed, solid: Followed) -> Followed:
    """For each point the better of two answers; not ``found`` where neither is, or it is not plain which is better."""
    closer = solid.unlike < sheet.unlike
    both = sheet.found & solid.found
    take_solid = solid.found & (closer | ~sheet.found)
    least = np.minimum(sheet.unlike, solid.unlike)
    alike = np.abs(sheet.unlike - solid.unlike) < _PLAIN * least
    apart = np.hypot(*(sheet.ends - solid.ends).T) > _APART
    # an answer that got lost on its way back, and yet fits better, makes the other one doubtful
    doubtful = np.where(sheet.found, closer, solid.unlike > sheet.unlike)
    unclear = (both & apart & alike) | ((sheet.found ^ solid.found) & doubtful)
    return Followed(
        np.where(take_solid[:, None], solid.ends, sheet.ends),
        np.where(take_solid, solid.unlike, sheet.unlike),
        (sheet.found | solid.found) & ~unclear,
    )


def _remapped(values: _Grey | _Floats, places: _Floats) -> NDArray[np.generic]:
    """``values`` at ``places`` (h, w, 2), between pixels, x and y."""
    x, y = (np.ascontiguousarray(places[..., axis]) for axis in range(2))
    return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _looked_up(values: _Floats, places: _Floats) -> _Floats:
    """(n, 2): ``values`` (h, w, 2) at ``places`` (n, 2)."""
    return np.asarray(_remapped(values, places[:, None])[:, 0], np.float32)
