"""The circumstances of one presentation: camera, hand, network, room and screen, and how they are distributed.

The distributions are assumptions, not measurements: they span what phones and laptops in rooms are known to do, so
that no figure hangs on one lucky camera. They are drawn the same way for people and for attacks.
"""

import math
import random
from dataclasses import asdict, dataclass
from typing import Final

__all__ = ["RATES_HZ", "RETURN_SHARES", "Conditions", "draw_conditions"]

RATES_HZ: Final = {8.0: 3, 10.0: 4, 12.0: 3, 15.0: 3, 24.0: 1, 30.0: 1}
"""Frames a second, and how often of 15: what a page sends over a mobile network is rather slow."""
RETURN_SHARES: Final = (0.03, 0.25)
"""Of the full white screen, over the room's light on the face. For a phone of 32 lx at 35 cm: 1,070 to 130 lx."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """One draw.

    Camera: ``rate_hz``; ``jitter_s``, standard deviation of an interval; ``dropped``, share of frames that never come;
    ``noise``, standard deviation in grey levels of mid grey; ``exposure_drift``, ``white_balance_drift``, standard
    deviations of their slow random walks, as shares; ``jpeg_quality``. ``capture_delay_s``: from the light to the time
    stamp.

    Hand: ``shake_px``, amplitude at ``shake_hz``; ``sway_px``, standard deviation of a slow drift.

    Network: ``network_delay_s``; ``network_jitter_s``, mean of what comes on top.

    Room and screen: ``return_share``, the screen's white light on the middle of the face over the room's;
    ``background_m``, from the face to what is behind it; ``ambient_gradient``, -1..1, how much more of the room's light
    comes from the right of the picture; ``ambient_flatness``, 0..1, how little of the shading in the picture is the
    room's doing; ``gloss``, of the skin: light of its highlight over that of a white sheet.
    """

    rate_hz: float
    jitter_s: float
    dropped: float
    noise: float
    exposure_drift: float
    white_balance_drift: float
    jpeg_quality: int
    capture_delay_s: float
    shake_px: float
    shake_hz: float
    sway_px: float
    network_delay_s: float
    network_jitter_s: float
    return_share: float
    background_m: float
    ambient_gradient: float
    ambient_flatness: float
    gloss: float

    def details(self) -> dict[str, float]:
        """By name, for the record of a trial."""
        return {name: round(float(value), 4) for name, value in asdict(self).items()}


def draw_conditions(rng: random.Random) -> Conditions:
    """Draw one presentation's circumstances. Every field is independent of the others.

    ==================== ==========================================================
    rate_hz              8, 10, 12, 15, 24, 30 with weights 3, 4, 3, 3, 1, 1
    jitter_s             uniform 2 to 12 ms
    dropped              uniform 0 to 3 %
    noise                uniform 1 to 3.5 grey levels
    exposure_drift       uniform 1 to 5 %
    white_balance_drift  uniform 0.3 to 1.2 %
    jpeg_quality         uniform 60 to 90
    capture_delay_s      uniform 10 to 70 ms
    shake_px, shake_hz   uniform 1 to 3 px, 0.5 to 3 Hz
    sway_px              uniform 1 to 5 px
    network_delay_s      log-uniform 10 to 150 ms
    network_jitter_s     log-uniform 2 to 40 ms
    return_share         log-uniform 0.03 to 0.25
    background_m         uniform 0.5 to 2 m
    ambient_gradient     normal, standard deviation 0.15, within ±0.4
    ambient_flatness     uniform 0.2 to 0.8
    gloss                uniform 0.03 to 0.15
    ==================== ==========================================================
    """
    return Conditions(
        rate_hz=rng.choices(list(RATES_HZ), weights=list(RATES_HZ.values()))[0],
        jitter_s=rng.uniform(0.002, 0.012),
        dropped=rng.uniform(0, 0.03),
        noise=rng.uniform(1, 3.5),
        exposure_drift=rng.uniform(0.01, 0.05),
        white_balance_drift=rng.uniform(0.003, 0.012),
        jpeg_quality=rng.randint(60, 90),
        capture_delay_s=rng.uniform(0.01, 0.07),
        shake_px=rng.uniform(1, 3),
        shake_hz=rng.uniform(0.5, 3),
        sway_px=rng.uniform(1, 5),
        network_delay_s=_log_uniform(rng, 0.01, 0.15),
        network_jitter_s=_log_uniform(rng, 0.002, 0.04),
        return_share=_log_uniform(rng, *RETURN_SHARES),
        background_m=rng.uniform(0.5, 2),
        ambient_gradient=min(0.4, max(-0.4, rng.gauss(0, 0.15))),
        ambient_flatness=rng.uniform(0.2, 0.8),
        gloss=rng.uniform(0.03, 0.15),
    )


def _log_uniform(rng: random.Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))
