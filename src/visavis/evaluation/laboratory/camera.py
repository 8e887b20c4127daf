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
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.stage import Delivered

__all__ = ["CameraChannel", "from_linear", "to_linear"]

_FIELDS: Final = 3
_MARGIN: Final = 96
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
    _noise: list[NDArray[np.int8]] = field(default_factory=list)
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
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, conditions.jpeg_quality))
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
        """Shifted by whole pixels and, bilinearly, by what is left; a filter does so four times as fast as a warp."""
        height, width = scene.shape[:2]
        x, y = (min(max(value, -_MOST_SHIFT), _MOST_SHIFT) for value in self.shift(time_s))
        left, top = math.floor(-x), math.floor(-y)
        right_share, lower_share = -x - left, -y - top
        kernel = np.outer([1 - lower_share, lower_share], [1 - right_share, right_share])
        edge = _MOST_SHIFT + 2
        padded = cv2.copyMakeBorder(scene, edge, edge, edge, edge, cv2.BORDER_REFLECT_101)
        part = padded[edge + top : edge + top + height + 1, edge + left : edge + left + width + 1]
        moved = cv2.filter2D(part, -1, kernel, anchor=(0, 0))
        return np.asarray(moved[:height, :width], np.uint8)

    def _exposed(self, picture: RgbImage, time_s: float) -> RgbImage:
        conditions, walks = self.conditions, self._walks
        exposure = conditions.exposure_drift * walks["exposure"].at(time_s)
        balance = conditions.white_balance_drift
        logs = (exposure + balance * walks["red"].at(time_s), exposure, exposure + balance * walks["blue"].at(time_s))
        curves = np.stack([_brightened(math.exp(value)) for value in logs], axis=-1)
        return np.asarray(cv2.LUT(picture, curves[None]), np.uint8)

    def _noisy(self, picture: RgbImage) -> RgbImage:
        height, width = picture.shape[:2]
        if not self._noise:
            size = height + _MARGIN, width + _MARGIN
            self._noise = [_noise_field(self._numbers, size, self.conditions.noise) for _ in range(_FIELDS)]
        chosen = self._noise[self.rng.randrange(_FIELDS)]
        y, x = self.rng.randrange(_MARGIN), self.rng.randrange(_MARGIN)
        part = chosen[y : y + height, x : x + width]
        if self.rng.random() < 0.5:
            part = cv2.flip(part, 1).astype(np.int8, copy=False)
        return np.asarray(cv2.add(picture, part, dtype=cv2.CV_8U), np.uint8)


def _noise_field(numbers: np.random.Generator, size: tuple[int, int], sigma: float) -> NDArray[np.int8]:
    """(h, w, 3): mostly of the luminance, partly smeared, as after a camera's own denoising."""
    height, width = size
    light = numbers.standard_normal((height, width, 1), np.float32)
    colour = numbers.standard_normal((height, width, 3), np.float32)
    colour = 2.0 * np.asarray(cv2.GaussianBlur(colour, (0, 0), 1.0), np.float32)
    both = 0.85 * light + 0.5 * colour
    return np.asarray(np.clip(np.rint(both * (sigma / float(both.std()))), -127, 127), np.int8)


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


def _brightened(gain: float) -> RgbImage:
    """(256,): sRGB to sRGB, with ``gain`` times the light."""
    return np.asarray(np.rint(from_linear(to_linear() * np.float32(gain))), np.uint8)
