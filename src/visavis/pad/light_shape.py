"""Whether the screen's light comes back as from a face: more from where it faces the screen than from its sides.

A part of the skin of albedo a, in ambient light A, that faces the screen by the cosine n.l, has the colour
``a (A + r S n.l)``, so its log-chromaticity answers the colour S with r n.l / A. A flat thing, or a tint that was put
over a stream, answers by the same everywhere. So over the parts of a face,

    answer of a part / mean answer = 1 + s (n.l / mean n.l - 1),

with s = 1 for a face in even light and s = 0 for anything flat.

1. Weights w over the parts pick that pattern out of the signals: w . (n.l / mean) = 1, while a uniform answer, and one
   that rises evenly to one side or downwards (a sheet held askew in front of the screen), give 0. Among those, w is the
   one that lets through the least of what moves the parts otherwise, by the covariance of what is left when each
   part's own answer is taken out. All parts share camera, exposure and background, and those drop out.
2. w . signals is one signal in time, and its slope against the colours, over that of the whole face, is s. Its error is
   that of the slope, from what is left over.
3. w is taken from the other three quarters of the frames for each quarter, so that the error is honest.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from visavis.pad.light_response import (
    Frames,
    Numbers,
    Response,
    ResponseOptions,
    likeliest,
    lit_frames,
    template_of,
)

__all__ = ["Shape", "shape_of"]

_FOLDS: Final = 4
_SHRINK: Final = 0.3
_RIDGE: Final = 0.1
_SAMPLED: Final = 6
"""The drift is estimated on every sixth part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``slope`` s of the module, and its standard ``error``. ``lit``: the slope of the brightness itself over n.l, each
    over its mean: towards 1 where the room's light comes from where the screen is.
    """

    slope: float
    error: float
    lit: float


def shape_of(
    frames: Frames,
    signals: Numbers,
    *,
    facing: Numbers,
    places: Numbers,
    brightness: Numbers,
    response: Response,
    options: ResponseOptions,
) -> Shape | None:
    """``signals`` (n, m, 2): log-chromaticity of each part, without NaN; ``facing`` (m,): n.l; ``places`` (m, 2): where
    on the face, any unit; ``brightness`` (m,). None where the face as a whole does not answer, or frames are too few.
    """
    lit = lit_frames(frames, response.lag_s, options)
    times, signals = frames.times[lit], signals[lit]
    count, parts = signals.shape[:2]
    if count < 4 * _FOLDS or parts <= 8 or response.gain <= 0:
        return None
    template = template_of(frames, response.lag_s, options)[lit]
    apart = (signals - signals.mean(axis=1, keepdims=True))[:, ::_SAMPLED].reshape(count, -1)
    whitening = likeliest(times, apart, np.tile(template, (1, apart.shape[1] // 2)))
    left, shown = whitening(signals), whitening(template)
    pattern = np.column_stack([facing / facing.mean(), np.ones(parts), places - places.mean(axis=0)])
    slopes, errors = [], []
    for axis in range(2):
        picked = _picked(left[:, :, axis], shown[:, axis], pattern)
        energy = max(float(shown[:, axis] @ shown[:, axis]), 1e-12)
        slope = float(shown[:, axis] @ picked) / energy
        rest = picked - slope * shown[:, axis]
        slopes.append(slope)
        errors.append(float(rest @ rest) / (count - 2) / energy)
    sure = response.axes / np.maximum(errors, 1e-18)
    scale = max(float(response.axes @ sure), 1e-18)
    even = brightness / brightness.mean()
    across = pattern[:, 0] - 1
    return Shape(
        slope=float(np.array(slopes) @ sure) / scale,
        error=float(1 / np.sqrt(scale)),
        lit=float(across @ even) / max(float(across @ across), 1e-9),
    )


def _picked(left: Numbers, shown: Numbers, pattern: Numbers) -> Numbers:
    """(n,): what the weights pick out of ``left`` (n, m), those of each fold taken from the other ones."""
    fold = np.arange(len(left)) * _FOLDS // len(left)
    picked = np.empty(len(left))
    for index in range(_FOLDS):
        others = fold != index
        weights = _weights(left[others], shown[others], pattern)
        picked[~others] = left[~others] @ weights
    return picked


def _weights(left: Numbers, shown: Numbers, pattern: Numbers) -> Numbers:
    """(m,): step 1 of the module. The covariance is shrunk towards its diagonal, as there are as many parts as
    frames (O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004).
    """
    rest = left - np.outer(shown, (shown @ left) / max(float(shown @ shown), 1e-12))
    covariance = rest.T @ rest / len(rest)
    own = np.diag(covariance)
    shrunk = (1 - _SHRINK) * covariance + np.diag(_SHRINK * own + _RIDGE * own.mean() + 1e-15)
    solved = np.linalg.solve(shrunk, pattern)
    wanted = np.zeros(pattern.shape[1])
    wanted[0] = 1.0
    return np.asarray(solved @ np.linalg.lstsq(pattern.T @ solved, wanted, rcond=None)[0], np.float64)
