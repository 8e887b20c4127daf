"""How a chromatic signal answers a sequence of colours: correlation, lag, gain, and what chance would do.

1. A signal is the log-chromaticity (log R/G, log B/G) of a mean colour in linear light, for each frame. Exposure drops
   out of it. Where it is taken minus that of the background, so does the camera's white balance.
2. The template is (R - G, B - G) of the colour shown, in linear light, held from each start to the next, later by a
   lag, and averaged over an exposure. For a screen weak against the ambient light, whose share of the light on a grey
   face is r, the signal is about r times the template.
3. What moves the signal otherwise is a drift (a head that moves in the light of its room) and noise that is new in
   every frame. Their ratio is estimated by restricted maximum likelihood, the drift as Brownian motion (H. D. Patterson
   and R. Thompson, "Recovery of inter-block information when block sizes are unequal", Biometrika 58, 1971), and
   signal and template are whitened by it: what counts is then how the signal steps where the colours do.
4. The score is the normalised correlation, the mean of both axes, at the best lag in a plausible range.
5. The same is done with shuffled sequences on the same frames; what one in a hundred of them reaches is the threshold.
"""

import random
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Frames",
    "Jumps",
    "Numbers",
    "Response",
    "ResponseOptions",
    "Whitening",
    "answers_at_another_time",
    "jumps",
    "likeliest",
    "lit_frames",
    "log_chromaticity",
    "respond",
    "template_of",
]

Numbers = NDArray[np.float64]
_LEAST: Final = 1e-4
_DRIFTS: Final = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
_FIRST_GUESS: Final = 30.0
_OTHER_TIMES_S: Final = (-0.8, -0.4, 0.4, 0.8, 1.2, 1.6, 2.0)
_OTHER_FALSE_ALARMS: Final = 0.0025
"""Of each of those, so that another order is seldom taken for the right one at another time."""
_LEAST_AT_ANOTHER: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseOptions:
    """``longest_lag``: from the moment a colour is sent to be shown to its frame, seconds; ``earliest_lag``: below 0
    where that moment is not quite known; ``lag_step`` between tries. ``exposure_s``: of a frame.

    ``surrogates``: how many sequences are shuffled; ``false_alarms``: which share of them may reach the threshold.
    ``seed``: of the shuffling; the same evidence comes out each time.
    """

    earliest_lag: float = 0.0
    longest_lag: float = 0.4
    lag_step: float = 0.02
    exposure_s: float = 0.03
    surrogates: int = 400
    false_alarms: float = 0.01
    seed: int = 20260101


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """``times`` (n,): seconds after the first colour. ``starts`` (k,), ``colours`` (k, 3): what was shown, linear.
    ``ends``: when the last colour went.
    """

    times: Numbers
    starts: Numbers
    colours: Numbers
    ends: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Response:
    """``score`` -1..1, the correlation at ``lag_s``. ``threshold``: what chance reaches.

    ``gain``: r, the share of the screen in the light, as the signal's slope against the template, and its standard
    ``error``; ``axes`` (2,): the same for each axis.
    """

    score: float
    threshold: float
    lag_s: float
    gain: float
    error: float
    axes: Numbers

    @property
    def responds(self) -> bool:
        return self.score >= self.threshold


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Whitening:
    """Makes noise with a drift white, and takes out the mean. ``factor`` (n, n); ``level`` (n,), of unit length."""

    factor: Numbers
    level: Numbers

    def __call__(self, values: Numbers) -> Numbers:
        """``values`` (n, ...), whitened along the first axis."""
        flat = self.factor @ values.reshape(len(values), -1)
        flat -= np.outer(self.level, self.level @ flat)
        return np.asarray(flat.reshape(values.shape), np.float64)


def log_chromaticity(colours: Numbers) -> Numbers:
    """(..., 3) linear RGB to (..., 2): log R/G and log B/G. NaN stays NaN."""
    logs = np.log(np.maximum(colours, _LEAST))
    return np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], axis=-1)


def lit_frames(frames: Frames, lag_s: float, options: ResponseOptions) -> NDArray[np.bool_]:
    """(n,): which frames show nothing but colours of the sequence, if light takes this long."""
    since = frames.times - lag_s
    return np.asarray((since >= options.exposure_s) & (since <= frames.ends), np.bool_)


def template_of(frames: Frames, lag_s: float, options: ResponseOptions) -> Numbers:
    """(n, 2): step 2 of the module."""
    return np.asarray(_shares(frames, lag_s, options) @ _chroma(frames.colours), np.float64)


def likeliest(times: Numbers, signals: Numbers, templates: Numbers) -> Whitening:
    """Step 3 of the module, for ``signals`` (n, k), each of which may answer its own template (n, k)."""
    best: tuple[float, Whitening] | None = None
    free = len(times) - 2
    for drift in _DRIFTS:
        whitening, log_size = _whitening(times, drift)
        left, shown = whitening(signals), whitening(templates)
        energy = np.maximum((shown * shown).sum(axis=0), 1e-12)
        rest = left - shown * ((shown * left).sum(axis=0) / energy)
        spread = np.maximum((rest * rest).sum(axis=0) / free, 1e-18)
        likelihood = -0.5 * float((free * np.log(spread) + np.log(energy) + log_size).sum())
        if best is None or likelihood > best[0]:
            best = likelihood, whitening
    if best is None:
        raise ValueError("no drift to choose from")
    return best[1]


def _whitening(times: Numbers, drift: float) -> tuple[Whitening, float]:
    """For a drift whose variance grows by ``drift`` times that of the noise in a second; and the logarithm of the
    determinants that belong to it: of the covariance, and of what the mean takes away.
    """
    since = times - times[0]
    covariance = np.eye(len(times)) + drift * np.minimum.outer(since, since)
    root = np.linalg.cholesky(covariance)
    factor = np.linalg.inv(root)
    level = factor.sum(axis=1)
    size = float(np.linalg.norm(level))
    log_size = 2 * float(np.log(np.diag(root)).sum()) + 2 * float(np.log(size))
    return Whitening(factor=factor, level=level / size), log_size


def respond(frames: Frames, signal: Numbers, options: ResponseOptions) -> Response:
    """The response of ``signal`` (n, 2), without NaN, to what was shown. At least 8 of the frames must lie between the
    longest lag after the first colour and the end.
    """
    lags = np.arange(options.earliest_lag, options.longest_lag + 1e-9, options.lag_step)
    # frames that count at every lag that is tried
    common = (frames.times >= options.longest_lag) & (frames.times <= frames.ends + min(options.earliest_lag, 0.0))
    narrow = Frames(frames.times[common], frames.starts, frames.colours, frames.ends)
    chroma = _chroma(frames.colours)[None]
    guess, _ = _whitening(narrow.times, _FIRST_GUESS)
    first = float(lags[int(np.argmax(_scores(narrow, signal[common], chroma, lags, guess, options)))])
    # the drift, where the template is where it seems to be
    own = likeliest(narrow.times, signal[common], template_of(narrow, first, options))
    rng = random.Random(options.seed)
    order = list(range(len(frames.colours)))
    shuffled = np.array([rng.sample(order, len(order)) for _ in range(options.surrogates)])
    scores = _scores(narrow, signal[common], np.concatenate([chroma, chroma[0][shuffled]]), lags, own, options)
    best = int(np.argmax(scores[0]))
    lag_s = float(lags[best])
    gain, error, axes = _gain(frames, signal, lag_s, options)
    return Response(
        score=float(scores[0, best]),
        threshold=float(np.quantile(scores[1:].max(axis=1), 1 - options.false_alarms)),
        lag_s=lag_s,
        gain=gain,
        error=error,
        axes=axes,
    )


def answers_at_another_time(frames: Frames, signal: Numbers, options: ResponseOptions, *, least_gain: float) -> bool:
    """Whether ``signal`` (n, 2) answers the right colours in their order, but up to 2.4 s late or 0.8 s early.

    That is a slow network or a busy page, and no other order. ``frames`` may lie before and after the sequence.
    """
    options = replace(options, false_alarms=min(options.false_alarms, _OTHER_FALSE_ALARMS))
    for other_s in _OTHER_TIMES_S:
        times = frames.times - other_s
        within = (times >= options.longest_lag) & (times <= frames.ends)
        if within.sum() < _LEAST_AT_ANOTHER:
            continue
        found = respond(replace(frames, times=times[within]), signal[within], options)
        if found.responds and found.gain >= max(least_gain, 3 * found.error):
            return True
    return False


def _gain(frames: Frames, signal: Numbers, lag_s: float, options: ResponseOptions) -> tuple[float, float, Numbers]:
    """Slope of the signal against the template, its error, and the slope of each axis: generalised least squares."""
    lit = lit_frames(frames, lag_s, options)
    template = template_of(frames, lag_s, options)[lit]
    whitening = likeliest(frames.times[lit], signal[lit], template)
    left, shown = whitening(signal[lit]), whitening(template)
    energy = np.maximum((shown * shown).sum(axis=0), 1e-12)
    axes = (shown * left).sum(axis=0) / energy
    rest = left - axes * shown
    sure = energy / np.maximum((rest * rest).sum(axis=0) / (len(rest) - 2), 1e-18)
    return float((axes * sure).sum() / sure.sum()), float(1 / np.sqrt(sure.sum())), np.asarray(axes, np.float64)


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


def _chroma(colours: Numbers) -> Numbers:
    return np.stack([colours[..., 0] - colours[..., 1], colours[..., 2] - colours[..., 1]], axis=-1)


def _shares(frames: Frames, lag_s: float, options: ResponseOptions) -> Numbers:
    """(n, k): which share each colour has in the exposure of each frame."""
    moments = frames.times[:, None] - lag_s - np.linspace(0, options.exposure_s, 3)
    at = np.clip(np.searchsorted(frames.starts, moments, side="right") - 1, 0, len(frames.starts) - 1)
    return np.asarray(np.eye(len(frames.starts))[at].mean(axis=1), np.float64)


def _scores(
    frames: Frames, signal: Numbers, chroma: Numbers, lags: Numbers, whitening: Whitening, options: ResponseOptions
) -> Numbers:
    """(sequences, lags): the correlation of each sequence (sequences, k, 2) at each lag."""
    left = whitening(signal)
    size = np.maximum((left * left).sum(axis=0), 1e-18)
    scores = np.empty((len(chroma), len(lags)))
    for index, lag_s in enumerate(lags.tolist()):
        # the colours meet the frames in a k x k product, so a thousand sequences cost little more than one
        shares = whitening(_shares(frames, lag_s, options))
        both = np.einsum("pkx,kx->px", chroma, shares.T @ left)
        own = np.einsum("pkx,pkx->px", chroma, (shares.T @ shares) @ chroma)
        scores[:, index] = (both / np.sqrt(np.maximum(own, 1e-18) * size)).mean(axis=1)
    return scores
