"""The way of a stream that no camera made: pixels straight into the page, by a clock as good or as false as wished."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.conditions import Conditions
from visavis.evaluation.laboratory.stage import Delivered

__all__ = ["InjectedChannel", "StreamOptions", "clean_stream", "draw_forged_stream"]

_TILE: Final = (720, 560)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """``rate_hz``: frames a second. ``jitter_s``: standard deviation of what each moment is off by; 0: a perfect clock.
    ``noise``: standard deviation of forged sensor noise, grey levels; 0: the pixels as they were. ``drift``: of the
    forged exposure, as a share. ``quality``: of the JPEG frames, as the page encodes them. ``delay_s``: from capture
    until arrival; ``network_s``: the scatter of that, which is the network's own and no attacker's.
    """

    rate_hz: float = 15.0
    jitter_s: float = 0.0
    noise: float = 0.0
    drift: float = 0.0
    quality: int = 85
    delay_s: float = 0.06
    network_s: float = 0.008


class InjectedChannel:
    """A `visavis.evaluation.laboratory.stage.Channel`: a virtual camera. Deterministic by ``rng``; serves one trial."""

    def __init__(self, options: StreamOptions, rng: random.Random) -> None:
        self._options = options
        self._rng = rng
        self._numbers = np.random.default_rng(rng.getrandbits(64))
        self._noise: tuple[RgbImage, RgbImage] | None = None
        self._wave = (rng.uniform(0.2, 0.5), rng.uniform(0, 2 * math.pi))
        self._arrived_s = 0.0

    def times(self) -> Iterator[float]:
        options = self._options
        count, last = 0, -1.0
        while True:
            time = count / options.rate_hz + (self._rng.gauss(0, options.jitter_s) if options.jitter_s else 0.0)
            last = max(time, last + 0.25 / options.rate_hz, 0.0)
            yield last
            count += 1

    def deliver(self, scene: RgbImage, time_s: float) -> Delivered:
        options = self._options
        picture = scene
        if options.noise:
            brighter, darker = self._grain(scene.shape)
            both = cv2.add(picture, brighter)
            picture = np.asarray(cv2.subtract(both, darker, both), np.uint8)
        if options.drift:
            pace, phase = self._wave
            gain = 1 + options.drift * math.sin(pace * time_s + phase)
            picture = np.asarray(cv2.convertScaleAbs(picture, alpha=gain), np.uint8)
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, options.quality])
        arrived = time_s + options.delay_s + abs(self._rng.gauss(0, options.network_s))
        self._arrived_s = max(self._arrived_s + 1e-4, arrived)
        return Delivered(data=data.tobytes(), captured_s=time_s, arrived_s=self._arrived_s)

    def _grain(self, shape: tuple[int, ...]) -> tuple[RgbImage, RgbImage]:
        """Another part of one large tile of noise each time: as good as fresh noise, at a hundredth of the cost. By how
        much it brightens, and by how much it darkens: bytes are added in a third of the time that signs take.
        """
        if self._noise is None:
            size = (_TILE[1] + 8, _TILE[0] + 8, 3)
            drawn = self._numbers.normal(0, self._options.noise, size).round()
            brighter, darker = (np.clip(part, 0, 127).astype(np.uint8) for part in (drawn, -drawn))
            self._noise = brighter, darker
        brighter, darker = self._noise
        height, width = shape[:2]
        top = int(self._numbers.integers(0, brighter.shape[0] - height + 1))
        left = int(self._numbers.integers(0, brighter.shape[1] - width + 1))
        part = np.s_[top : top + height, left : left + width]
        return brighter[part], darker[part]


def draw_forged_stream(conditions: Conditions, rng: random.Random) -> StreamOptions:
    """A stream made to look like a camera's: noise, exposure and clock forged at the rate of ``conditions``."""
    return StreamOptions(
        rate_hz=conditions.rate_hz,
        jitter_s=rng.uniform(0.002, 0.012),
        noise=rng.uniform(1.0, 3.5),
        drift=rng.uniform(0.005, 0.04),
        quality=conditions.jpeg_quality,
        delay_s=conditions.network_delay_s,
        network_s=conditions.network_jitter_s,
    )


def clean_stream(conditions: Conditions) -> StreamOptions:
    """Perfect pixels by a perfect clock, at the rate of ``conditions``; the network and the page's encoder are real."""
    return StreamOptions(
        rate_hz=conditions.rate_hz,
        quality=conditions.jpeg_quality,
        delay_s=conditions.network_delay_s,
        network_s=conditions.network_jitter_s,
    )
