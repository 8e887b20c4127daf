"""How a chromatic signal answers a sequence of colours: correlation, lag, gain, and what chance would do.

1. A signal is the log-chromaticity (log R/G, log B/G) of a mean colour in linear light, for each frame. Exposure drops
   out of it. Where it is taken minus that of the background, so does the camera's white balance.
2. From signal and template a polynomial in time is removed: slow drifts, and the mean.
3. The template is (R - G, B - G) of the colour shown, in linear light, held from each start to the next, and later by a
   lag. For a screen weak against the ambient light, whose share of the light on a grey face is r, the signal is about
   r times the template.
4. The score is the normalised correlation over both axes at the best lag in a plausible range.
5. The same is done with shuffled sequences on the same frames; what one in a hundred of them reaches is the threshold.
"""

import random
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frames", "Jumps", "Response", "ResponseOptions", "jumps", "log_chromaticity", "part_gains", "respond"]

Numbers = NDArray[np.float64]
_LEAST: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseOptions:
    """``longest_lag``: from the moment a colour is sent to be shown to its frame, seconds; ``earliest_lag``: below 0
    where that moment is not quite known; ``lag_step`` between tries.

    ``degree``: of the polynomial that is removed. ``surrogates``: how many sequences are shuffled; ``false_alarms``:
    which share of them may reach the threshold. ``seed``: of the shuffling; the same evidence comes out each time.
    """

    earliest_lag: float = 0.0
    longest_lag: float = 0.4
    lag_step: float = 0.02
    degree: int = 3
    surrogates: int = 400
    false_alarms: float = 0.01
    seed: int = 20260101


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """``times`` (n,): seconds after the first colour. ``starts`` (k,), ``colours`` (k, 3): what was shown, linear."""

    times: Numbers
    starts: Numbers
    colours: Numbers


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Response:
    """``score`` -1..1, the correlation at ``lag_s``. ``threshold``: what chance reaches.

    ``gain``: r, the share of the screen in the light, as the signal's slope against the template; ``axes`` (2,): the
    same for each axis.
    """

    score: float
    threshold: float
    lag_s: float
    gain: float
    axes: Numbers

    @property
    def responds(self) -> bool:
        return self.score >= self.threshold


def log_chromaticity(colours: Numbers) -> Numbers:
    """(..., 3) linear RGB to (..., 2): log R/G and log B/G. NaN stays NaN."""
    logs = np.log(np.maximum(colours, _LEAST))
    return np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], axis=-1)


def respond(frames: Frames, signal: Numbers, options: ResponseOptions) -> Response:
    """The response of ``signal`` (n, 2), without NaN, n >= 8, to what was shown."""
    lags = np.arange(options.earliest_lag, options.longest_lag + 1e-9, options.lag_step)
    steps = _steps(frames, lags)
    basis = _basis(frames.times, options.degree)
    left = _without(basis, signal)
    chroma = _chroma(frames.colours)
    scores = _scores(left, basis, chroma[None], steps)[0]
    best = int(np.argmax(scores))
    rng = random.Random(options.seed)
    order = list(range(len(chroma)))
    shuffled = np.array([rng.sample(order, len(order)) for _ in range(options.surrogates)])
    # in blocks, so that the memory stays small whatever the frame rate
    chance = np.concatenate(
        [_scores(left, basis, chroma[block], steps).max(axis=1) for block in np.array_split(shuffled, 20)]
    )
    template = _without(basis, chroma[steps[best]])
    axes = (left * template).sum(axis=0) / np.maximum((template * template).sum(axis=0), 1e-12)
    return Response(
        score=float(scores[best]),
        threshold=float(np.quantile(chance, 1 - options.false_alarms)),
        lag_s=float(lags[best]),
        gain=_pooled(left, template),
        axes=axes,
    )


def part_gains(
    frames: Frames, signals: Numbers, response: Response, options: ResponseOptions
) -> tuple[Numbers, Numbers]:
    """Gain and its standard error for each of the parts: ``signals`` (n, parts, 2), at the lag of ``response``.

    Each axis of the template is weighed by the axis' own gain, so the colours of camera and skin drop out: 1 is the
    gain of the skin as a whole. A part with a missing frame has NaN.
    """
    (steps,) = _steps(frames, np.array([response.lag_s]))
    basis = _basis(frames.times, options.degree)
    template = _without(basis, _chroma(frames.colours)[steps]) * response.axes
    energy = max(float((template * template).sum()), 1e-12)
    gains, errors = [], []
    for part in np.moveaxis(signals, 1, 0):
        left = _without(basis, part)
        gain = float((left * template).sum()) / energy
        rest = left - gain * template
        free = max(2 * len(rest) - 2 * basis.shape[1] - 1, 1)
        # neighbours in time share their noise: count what is left of independent frames
        first = float((rest[1:] * rest[:-1]).sum() / max((rest * rest).sum(), 1e-18))
        fewer = np.clip((1 - first) / (1 + first), 0.05, 1.0)
        errors.append(float(np.sqrt((rest * rest).sum() / (free * fewer) / energy)))
        gains.append(gain)
    return np.array(gains), np.array(errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jumps:
    """Whether a signal jumps at the pace of the screen. ``contrast``: mean square of the change from frame to frame
    where a colour would change, over that elsewhere; the light of a screen has 10 and more, a moving head about 1.
    ``size``: of the jumps, in the unit of `Response.gain`.
    """

    contrast: float
    size: float


def jumps(frames: Frames, signal: Numbers, options: ResponseOptions) -> Jumps:
    """The jumps of ``signal`` (n, 2) at the pace of the screen, in whatever order and at whatever delay.

    Tells another order of colours, such as that of a recording, from no light at all.
    """
    chroma = _chroma(frames.colours)
    pace = float(np.median(np.diff(frames.starts)))
    change = np.square(np.diff(signal, axis=0)).sum(axis=1)
    shown = float(np.square(np.diff(chroma, axis=0)).sum(axis=1).mean())
    best = Jumps(contrast=0.0, size=0.0)
    for delay in np.arange(0, pace, options.lag_step):
        changed = np.diff(np.floor((frames.times - delay) / pace)) > 0
        if not changed.any() or changed.all():
            continue
        # the light of one frame may be that of two colours: the change is then spread over two
        near = changed | np.append(changed[1:], False) if changed.mean() < 0.3 else changed
        at, elsewhere = float(change[changed].mean()), float(change[~near].mean()) if not near.all() else 0.0
        contrast = at / max(elsewhere, 1e-12)
        if contrast > best.contrast:
            best = Jumps(contrast=contrast, size=float(np.sqrt(at / max(shown, 1e-12))))
    return best


def _pooled(left: Numbers, template: Numbers) -> float:
    return float((left * template).sum() / max((template * template).sum(), 1e-12))


def _chroma(colours: Numbers) -> Numbers:
    return np.stack([colours[:, 0] - colours[:, 1], colours[:, 2] - colours[:, 1]], axis=1)


def _steps(frames: Frames, lags: Numbers) -> NDArray[np.intp]:
    """(lags, n): which colour each frame sees, if light takes this long."""
    at = np.searchsorted(frames.starts, frames.times[None] - lags[:, None], side="right") - 1
    return np.asarray(np.clip(at, 0, len(frames.starts) - 1), np.intp)


def _basis(times: Numbers, degree: int) -> Numbers:
    """(n, degree + 1): orthonormal polynomials in time."""
    span = max(float(np.ptp(times)), 1e-6)
    return np.linalg.qr(np.vander((times - times.mean()) / span, degree + 1))[0]


def _without(basis: Numbers, values: Numbers) -> Numbers:
    """``values`` (..., n, 2) without their polynomial."""
    return np.asarray(values - basis @ (basis.T @ values), np.float64)


def _scores(left: Numbers, basis: Numbers, chroma: Numbers, steps: NDArray[np.intp]) -> Numbers:
    """(sequences, lags): the correlation of each sequence (sequences, k, 2) at each lag."""
    template = _without(basis, chroma[:, steps])
    both = (template * left).sum(axis=-2)
    norms = np.sqrt((template * template).sum(axis=-2) * (left * left).sum(axis=0))
    return np.asarray(both.sum(axis=-1) / np.maximum(norms.sum(axis=-1), 1e-12), np.float64)
