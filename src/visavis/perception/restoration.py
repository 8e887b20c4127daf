"""Restoration of document portraits: the dots of a print filtered out, a strong blur sharpened.

A halftone or line screen, photographed or scanned at a few px a period, turns into false patterns wherever a picture is
shrunk, and an embedding takes them for the face. A screen is periodic, a face is not: so a few sharp peaks stand out of
the ring of their frequency. The filter is a Gaussian just wide enough for the screen's own frequency. Both steps act
only where their trigger fires: on other pictures each costs accuracy. Denoising by patches and deconvolution cost it
everywhere.

For references alone: a probe is taken again instead.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage
from visavis.perception.acquisition import Face
from visavis.perception.landmarks import FaceLandmarker, FaceMesh
from visavis.perception.measures import measure_pixels

__all__ = ["PortraitRestorer", "RestorationOptions", "RestoredPortrait", "ScreenMeter", "ScreenTrace"]

_SIDE: Final = 256
"""Side of the spectrum; the window on the face is at most as large."""
_LEAST_WINDOW: Final = 32
_LOWEST: Final = 0.08
_HIGHEST: Final = 0.45
"""Cycles per px within which a screen is looked for; below, a face has structure of its own."""
_AXIS: Final = 0.012
"""Peaks this near to the axes are the picture's edges or the blocks of JPEG."""
_PEAKS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenTrace:
    """``strength``: how far the strongest 40 points of the spectrum stand over the median of their rings, log2 of
    power; below 5.5 in nearly all clean portraits, 8 to 12 in screened ones. ``frequency``: of the screen, cycles per
    px of the picture; of no meaning where the strength is low.
    """

    strength: float
    frequency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorationOptions:
    """When, and how much.

    ``least_strength``: of a screen that is filtered. ``width``: of the Gaussian that does it, in periods of the screen.
    ``blurred_below``: `PixelMeasures.detail` under which a portrait without a screen is sharpened, by ``amount`` times
    what a Gaussian takes away that is ``sharpen_width`` inter-eye distances wide.
    ``surroundings``: how much around the face is kept, in sides of its box.
    """

    least_strength: float = 7.0
    width: float = 0.45
    blurred_below: float = -2.45
    amount: float = 2.0
    sharpen_width: float = 0.057
    surroundings: float = 0.75


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RestoredPortrait:
    """``picture`` and ``face`` belong together: a cut-out around the portrait where ``note`` is set, else as given.

    ``note``: a reason code of what was done: ``screened_print``, ``sharpened_portrait``, or None.
    Sample quality is that of the picture as it was given; only the embedding is taken from this one.
    """

    picture: Picture
    face: Face
    trace: ScreenTrace
    note: str | None


class ScreenMeter:
    """Finds the trace of a print's screen on a face. Stateless between calls."""

    def __init__(self) -> None:
        y = np.fft.fftfreq(_SIDE)[:, None]
        x = np.fft.rfftfreq(_SIDE)[None]
        radius = np.hypot(x, y)
        axes = (x < _AXIS) | (np.abs(y) < _AXIS) | (np.abs(np.abs(y) - 0.5) < _AXIS) | (np.abs(x - 0.5) < _AXIS)
        used = (radius >= _LOWEST) & (radius <= _HIGHEST) & ~axes
        rings = np.round(radius * _SIDE / 2).astype(int)
        self._radius = radius[used]
        self._used = used
        first, last = int(rings[used].min()), int(rings[used].max())
        self._members = [np.flatnonzero(rings[used] == ring) for ring in range(first, last + 1)]
        self._ring = rings[used] - first

    def measure(self, picture: Picture, mesh: FaceMesh) -> ScreenTrace:
        """At the picture's own resolution, in the middle of the face; strength 0 where that is under 32 px."""
        window = _window(picture, mesh)
        height, width = window.shape[:2]
        if min(height, width) < _LEAST_WINDOW:
            return ScreenTrace(strength=0.0, frequency=0.0)
        grey = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY).astype(np.float32)
        grey -= cv2.blur(grey, (9, 9))
        taper = np.hanning(height)[:, None] * np.hanning(width)[None]
        power = np.abs(np.fft.rfft2(grey * taper, (_SIDE, _SIDE))) ** 2
        level = np.log2(cv2.GaussianBlur(power.astype(np.float32), (3, 3), 0)[self._used] + 1e-3)
        medians = np.array([np.median(level[members]) for members in self._members])
        usual = np.convolve(np.pad(medians, 2, "edge"), np.ones(5) / 5, "valid")
        excess = level - usual[self._ring]
        peaks = np.argpartition(excess, -_PEAKS)[-_PEAKS:]
        # the lowest fifth of the peaks belongs to the screen itself, the rest are its overtones
        frequency = float(np.sort(self._radius[peaks])[_PEAKS // 5])
        return ScreenTrace(strength=float(excess[peaks].mean()), frequency=frequency)


class PortraitRestorer:
    """Makes a printed or blurred portrait fitter for comparison. Stateless between calls."""

    def __init__(self, landmarker: FaceLandmarker, options: RestorationOptions | None = None) -> None:
        self._landmarker = landmarker
        self._options = options or RestorationOptions()
        self._meter = ScreenMeter()

    def restore(self, picture: Picture, face: Face) -> RestoredPortrait:
        """Without its screen, or sharpened, and its landmarks found again; as given where neither is due."""
        options = self._options
        trace = self._meter.measure(picture, face.mesh)
        if trace.strength >= options.least_strength:
            return self._filtered(picture, face, trace, "screened_print")
        if measure_pixels(picture, face.mesh).detail < options.blurred_below:
            return self._filtered(picture, face, trace, "sharpened_portrait")
        return RestoredPortrait(picture=picture, face=face, trace=trace, note=None)

    def _filtered(self, picture: Picture, face: Face, trace: ScreenTrace, note: str) -> RestoredPortrait:
        options = self._options
        left, top, right, bottom = self._cut(picture, face.mesh)
        part = picture.pixels[top:bottom, left:right]
        if note == "screened_print":
            done = cv2.GaussianBlur(part, (0, 0), options.width / trace.frequency)
        else:
            soft = cv2.GaussianBlur(part, (0, 0), max(0.5, options.sharpen_width * face.mesh.eye_distance))
            done = cv2.addWeighted(part, 1 + options.amount, soft, -options.amount, 0)
        pixels = np.asarray(done, np.uint8)
        pixels.setflags(write=False)
        restored = replace(picture, pixels=pixels)
        (mesh,) = self._landmarker.refine(restored, [_moved(face.mesh, left, top)])
        return RestoredPortrait(picture=restored, face=replace(face, mesh=mesh, box=mesh.box), trace=trace, note=note)

    def _cut(self, picture: Picture, mesh: FaceMesh) -> tuple[int, int, int, int]:
        box = mesh.box
        around = self._options.surroundings * max(box.width, box.height)
        left, top = max(0, int(box.x - around)), max(0, int(box.y - around))
        right = min(picture.width, int(np.ceil(box.x + box.width + around)))
        bottom = min(picture.height, int(np.ceil(box.y + box.height + around)))
        return left, top, right, bottom


def _window(picture: Picture, mesh: FaceMesh) -> RgbImage:
    """The inner box of the face, at most 256 px a side, at the picture's own resolution."""
    box = mesh.box
    x, y = box.centre
    half_width, half_height = min(box.width, _SIDE) / 2, min(box.height, _SIDE) / 2
    left, top = max(0, int(np.floor(x - half_width))), max(0, int(np.floor(y - half_height)))
    right, bottom = min(picture.width, int(np.ceil(x + half_width))), min(picture.height, int(np.ceil(y + half_height)))
    return picture.pixels[top : min(bottom, top + _SIDE), left : min(right, left + _SIDE)]


def _moved(mesh: FaceMesh, left: int, top: int) -> FaceMesh:
    points: NDArray[np.float32] = mesh.points - np.array([left, top, 0], np.float32)
    points.setflags(write=False)
    return FaceMesh(points=points, presence=mesh.presence)
