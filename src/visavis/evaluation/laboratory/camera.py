"""What a hand-held camera, its encoder and the network make of an ideal picture.

In this order: the hand shakes, exposure and white balance drift (in linear light), noise falls on it, JPEG packs it,
and the network delays it. Noise is drawn once as a few large fields and rolled anew for each frame, which
costs a tenth of drawing it and repeats nothing within a capture that a witness could see.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.stage import Delivered

__all__ = ["SRGB_OFFSET", "CameraChannel", "from_linear", "moved_by", "to_linear"]

SRGB_OFFSET: Final = 255 * 0.055
"""Grey levels: over its toe, sRGB with this added is a power of light."""

_FIELDS: Final = 2
_QUANTILES: Final = 1 << 16
_MARGIN: Final = 128
_MOST_SHIFT: Final = 24
_STEADY_S: Final = 2.5
"""How fast exposure and white balance forget: the time constant of their walks."""


@dataclass(slots=True)
class _Walk:
    """A slow random walk that is drawn back to 0: Ornstein and Uhlenbeck's, with unit variance."""

    rng: random.Random
    constant_s: float
    value: float = 0.0
    _time_s: float | None = None

    def at(self, time_s: float) -> float:
        if self._time_s is None:
            self.value = self.rng.gauss(0, 1)
        else:
            keep = math.exp(-max(0.0, time_s - self._time_s) / self.constant_s)
            self.value = keep * self.value + math.sqrt(1 - keep * keep) * self.rng.gauss(0, 1)
        self._time_s = time_s
        return self.value


@dataclass(slots=True)
class CameraChannel:
    """A `visavis.evaluation.laboratory.stage.Channel`: one camera for one trial. The same ``rng`` gives the same bytes.

    Times: intervals of 1 / rate with normal jitter, never under 30 % of it; dropped frames leave a gap. Frames arrive
    in order, as over one connection. The time stamp lies ``capture_delay_s`` behind the light that the frame shows.
    """

    conditions: Conditions
    rng: random.Random
    _numbers: np.random.Generator = field(init=False)
    _noise: list[tuple[RgbImage, RgbImage]] = field(default_factory=list)
    _walks: dict[str, _Walk] = field(init=False)
    _phases: tuple[float, ...] = field(init=False)
    _arrived_s: float = 0.0

    def __post_init__(self) -> None:
        rng = self.rng
        self._numbers = np.random.default_rng(rng.getrandbits(64))
        self._walks = {
            name: _Walk(random.Random(rng.getrandbits(64)), _STEADY_S)
            for name in ("exposure", "red", "blue", "sway_x", "sway_y")
        }
        self._phases = tuple(rng.uniform(0, 2 * math.pi) for _ in range(6))

    def times(self) -> Iterator[float]:
        """Moments of capture: the first within one interval, then without end."""
        interval = 1 / self.conditions.rate_hz
        time_s = self.rng.uniform(0, interval)
        while True:
            yield time_s
            step = max(0.3 * interval, self.rng.gauss(interval, self.conditions.jitter_s))
            while self.rng.random() < self.conditions.dropped:
                step += interval
            time_s += step

    def deliver(self, scene: RgbImage, time_s: float) -> Delivered:
        """``scene`` (h, w, 3) as it arrives; times must increase."""
        conditions, rng = self.conditions, self.rng
        picture = self._noisy(self._exposed(self._shaken(scene, time_s), time_s))
        _, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, conditions.jpeg_quality))
        captured_s = time_s + conditions.capture_delay_s
        late = conditions.network_delay_s + rng.expovariate(1 / conditions.network_jitter_s)
        self._arrived_s = max(self._arrived_s, captured_s + late)
        return Delivered(data=data.tobytes(), captured_s=captured_s, arrived_s=self._arrived_s)

    def shift(self, time_s: float) -> tuple[float, float]:
        """How far the hand has moved the picture, px right and down: two tremors and a slow sway each way."""
        conditions, phases = self.conditions, self._phases
        slow, fast = 2 * math.pi * conditions.shake_hz * time_s, 2 * math.pi * 1.618 * conditions.shake_hz * time_s
        across = 0.7 * math.sin(slow + phases[0]) + 0.3 * math.sin(fast + phases[1])
        down = 0.7 * math.sin(0.83 * slow + phases[2]) + 0.3 * math.sin(0.83 * fast + phases[3])
        return (
            conditions.shake_px * across + conditions.sway_px * self._walks["sway_x"].at(time_s),
            conditions.shake_px * down + conditions.sway_px * self._walks["sway_y"].at(time_s),
        )

    def _shaken(self, scene: RgbImage, time_s: float) -> RgbImage:
        x, y = self.shift(time_s)
        return moved_by(scene, x, y)

    def _exposed(self, picture: RgbImage, time_s: float) -> RgbImage:
        """As BGR. Above its darkest ten levels sRGB is a power law, in which a gain of light is affine."""
        conditions, walks = self.conditions, self._walks
        exposure = conditions.exposure_drift * walks["exposure"].at(time_s)
        balance = conditions.white_balance_drift
        logs = (exposure + balance * walks["red"].at(time_s), exposure, exposure + balance * walks["blue"].at(time_s))
        matrix = np.zeros((3, 4))
        for channel, value in enumerate(logs):
            gain = math.exp(value / 2.4)
            matrix[2 - channel, channel], matrix[2 - channel, 3] = gain, SRGB_OFFSET * (gain - 1)
        return np.asarray(cv2.transform(picture, matrix), np.uint8)

    def _noisy(self, picture: RgbImage) -> RgbImage:
        height, width = picture.shape[:2]
        if not self._noise:
            size = height + _MARGIN, width + _MARGIN
            self._noise = [_noise_field(self._numbers, size, self.conditions.noise) for _ in range(_FIELDS)]
        brighter, darker = self._noise[self.rng.randrange(_FIELDS)]
        y, x = self.rng.randrange(_MARGIN), self.rng.randrange(_MARGIN)
        part = np.s_[y : y + height, x : x + width]
        if self.rng.random() < 0.5:  # what brightens darkens: another field, without a new one
            brighter, darker = darker, brighter
        both = cv2.add(picture, brighter[part])
        return np.asarray(cv2.subtract(both, darker[part], both), np.uint8)


def moved_by(picture: RgbImage, x: float, y: float) -> RgbImage:
    """``picture`` (h, w, 3) moved ``x`` px to the right and ``y`` down, at most 24 px each; its border is mirrored.

    By whole pixels, and by what is left bilinearly, first across and then down: a tenth of what a warp costs.
    """
    height, width = picture.shape[:2]
    x, y = (min(max(value, -_MOST_SHIFT), _MOST_SHIFT) for value in (x, y))
    left, top = math.floor(-x), math.floor(-y)
    right_share, lower_share = -x - left, -y - top
    edge = _MOST_SHIFT + 2
    padded = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REFLECT_101)
    rows = padded[edge + top : edge + top + height + 1]
    first, second = (rows[:, edge + left + i : edge + left + i + width] for i in (0, 1))
    across = cv2.addWeighted(first, 1 - right_share, second, right_share, 0)
    return np.asarray(cv2.addWeighted(across[:-1], 1 - lower_share, across[1:], lower_share, 0), np.uint8)


def _noise_field(numbers: np.random.Generator, size: tuple[int, int], sigma: float) -> tuple[RgbImage, RgbImage]:
    """(h, w, 3) each, by how much it brightens and by how much it darkens: mostly of the luminance, partly smeared, as
    after a camera's own denoising.
    """
    height, width = size
    drawn = numbers.integers(0, _QUANTILES, (height, width, 4), np.uint16)
    values = np.take(_normal_quantiles(), drawn, mode="clip")
    colour = np.asarray(cv2.GaussianBlur(values[..., :3], (0, 0), 1.0), np.float32)
    both = colour + np.float32(0.85) * values[..., 3:]
    both *= np.float32(sigma / float(both[::4, ::4].std()))
    np.rint(both, out=both)
    brighter, darker = (np.clip(part, 0, 127).astype(np.uint8) for part in (both, -both))
    return brighter, darker


@lru_cache(maxsize=1)
def _normal_quantiles() -> NDArray[np.float32]:
    """Standard normal numbers, one for each value of a 16-bit number: a third of the cost of drawing them."""
    normal = NormalDist()
    half = [normal.inv_cdf((i + 0.5) / _QUANTILES) for i in range(_QUANTILES // 2)]
    table = np.array([*half, *(-value for value in reversed(half))], np.float32)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=1)
def to_linear() -> NDArray[np.float32]:
    """(256,): linear light 0..1 of an sRGB value (IEC 61966-2-1)."""
    value = np.arange(256) / 255
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    table.setflags(write=False)
    return table


def from_linear(light: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The sRGB values 0..255, not rounded, of linear light; what is over 1 is clipped."""
    light = np.clip(np.asarray(light, np.float64), 0.0, 1.0)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
