"""What every witness sees of one frame.

Perception runs once a frame and leaves a few kilobytes; the witnesses are folds over these values, so a capture of any
length costs them little memory. Pixels are not kept: a witness that needs them takes the picture beside the
observation, while the frame is at hand.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import Picture
from visavis.perception.acquisition import Acquisition, Face
from visavis.perception.geometry import Box
from visavis.perception.layers import LayeredPicture
from visavis.perception.session import FloatTensor

__all__ = ["MOST_TIME_S", "THUMBNAIL_SIDE", "Colours", "FrameObservation", "observe", "thumbnail_of"]

THUMBNAIL_SIDE: Final = 32
MOST_TIME_S: Final = 1e9
"""Thirty years: beyond it the differences of a client's times are no longer exact."""
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601."""
_CLIPPED: Final = 250
_EYE_CORNERS: Final = ((33, 133), (362, 263))
_LENS: Final = 0.38
"""Half the width of a lens of glasses over the distance between the eyes."""
_LENS_HEIGHT: Final = 0.65
"""Of its width."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Colours:
    """Mean colours in linear light, RGB, 0..1, float32. What the light witness needs of a frame.

    ``skin``: (3,), the skin of the face without eyes and mouth. ``background``: (3,), what lies around the head; NaN
    where the face fills the picture. ``patches``: (n, 3), parts of the face in the light witness' own order, NaN for
    parts that cannot be seen.
    """

    skin: FloatTensor
    background: FloatTensor
    patches: FloatTensor


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FrameObservation:
    """One frame.

    ``captured_s``: the moment of capture by the client's clock; ``arrived_s``: of arrival by the server's; both in
    seconds since whatever moment the session chose, each on its own clock. ``width``, ``height``: of the frame as
    it was decoded, px. ``encoding``: how its bytes were encoded, by any name that stays the same while the encoder does
    (see `visavis.capture.jpeg_trace`), or empty where that is not known.

    ``face``: the one face, with mesh, pose, eyes and inter-eye distance, or None; then ``problem`` is the code that
    says why (``no_face``, ``second_face``, ``face_cut_off``, ``face_too_small``). ``other_faces``: how many more faces
    were found, those of the background included. ``second_share``: of a refused ``second_face``, its inter-eye distance
    over that of the largest, 0..1; None where that is not known. ``carried``: nobody looked for
    other faces in this frame, so a ``second_face`` is one of an earlier frame.

    ``brightness``: mean grey of the face's box, 0..255, ``highlight``: the grey that a twentieth of its middle exceeds,
    ``clipped``: the share of it with a colour at 250 or above, and ``glare``: the share of the place around an eye that
    is white, of the eye with more of it; None without a face. ``scene``: mean grey of the whole frame, 0..255.
    ``refused``: the box of the largest face where there is a ``problem`` with it, px; it may reach beyond the frame.

    ``thumbnail``: (32, 32) float32, read-only, grey 0..255 of the whole frame without its mean. ``vector``: the
    embedding (d,) of the face, unit length, on the few frames where one was made. ``colours``: on the frames of the
    light sequence.
    """

    captured_s: float
    arrived_s: float
    width: int
    height: int
    thumbnail: FloatTensor
    face: Face | None = None
    problem: str | None = None
    other_faces: int = 0
    brightness: float | None = None
    encoding: str = ""
    vector: FloatTensor | None = None
    colours: Colours | None = None
    highlight: float | None = None
    clipped: float | None = None
    glare: float | None = None
    scene: float | None = None
    refused: Box | None = None
    second_share: float | None = None
    carried: bool = False


def observe(
    picture: Picture,
    acquisition: Acquisition,
    *,
    captured_s: float,
    arrived_s: float,
    encoding: str = "",
    vector: FloatTensor | None = None,
    colours: Colours | None = None,
) -> FrameObservation:
    """The observation of ``picture``, from what `visavis.perception.acquisition` found in it.

    Raises ValueError where a time is no finite number, or beyond `MOST_TIME_S`: the protocol checks it before.
    """
    if not (abs(captured_s) <= MOST_TIME_S and math.isfinite(arrived_s)):
        raise ValueError("a frame's times must be finite, and no more than 1e9 s")
    small = _reduced(picture)
    exposure = None if acquisition.face is None else _exposure(picture, acquisition.face.box)
    return FrameObservation(
        captured_s=captured_s,
        arrived_s=arrived_s,
        width=picture.width,
        height=picture.height,
        thumbnail=_without_mean(small),
        face=acquisition.face,
        problem=acquisition.reason,
        # a refused picture lists every face among the others
        other_faces=max(0, len(acquisition.others) - (acquisition.face is None)),
        brightness=None if exposure is None else exposure[0],
        encoding=encoding,
        vector=vector,
        colours=colours,
        highlight=None if exposure is None else exposure[1],
        clipped=None if exposure is None else exposure[2],
        glare=None if acquisition.face is None else _glare(picture, acquisition.face),
        scene=float(small.mean()),
        refused=acquisition.others[0].box if acquisition.face is None and acquisition.others else None,
        second_share=_second_share(acquisition),
        carried=acquisition.carried,
    )


def _second_share(acquisition: Acquisition) -> float | None:
    if acquisition.reason != "second_face" or len(acquisition.others) < 2:
        return None
    first, second = acquisition.others[:2]
    return second.inter_eye_px / max(first.inter_eye_px, 1e-9)


def _exposure(picture: Picture, box: Box) -> tuple[float, float, float] | None:
    """Mean grey, highlight and clipped share of the face's box; None where it lies outside."""
    left, top = max(0, int(box.x)), max(0, int(box.y))
    right, bottom = int(box.x + box.width), int(box.y + box.height)
    # every fourth pixel each way says as much
    part = np.ascontiguousarray(picture.pixels[top : max(0, bottom) : 4, left : max(0, right) : 4])
    if not part.size:
        return None
    grey = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY))
    height, width = grey.shape
    # the corners of the box show what is behind the person, a bright window perhaps
    inner = grey[height // 5 : height - height // 6, width // 4 : width - width // 4].reshape(-1)
    place = int(0.95 * (len(inner) - 1))
    brightest = np.maximum(np.maximum(part[..., 0], part[..., 1]), part[..., 2])
    clipped = np.count_nonzero(brightest >= _CLIPPED) / brightest.size
    return float(grey.mean()), float(np.partition(inner, place)[place]), clipped


def _glare(picture: Picture, face: Face) -> float:
    """How much is white in a box around an eye as large as a lens of glasses; of two eyes, the greater share."""
    half = face.inter_eye_px * _LENS
    shares = [0.0]
    for corners in _EYE_CORNERS:
        x, y = face.mesh.points[list(corners), :2].mean(axis=0)
        left, right = max(0, int(x - half)), max(0, int(x + half))
        top, bottom = max(0, int(y - half * _LENS_HEIGHT)), max(0, int(y + half * _LENS_HEIGHT))
        part = picture.pixels[top : bottom + 1 : 2, left : right + 1 : 2]
        if part.size:
            shares.append(float(np.count_nonzero(part.min(axis=-1) >= _CLIPPED)) / (part.shape[0] * part.shape[1]))
    return max(shares)


def _reduced(picture: Picture) -> FloatTensor:
    side = THUMBNAIL_SIDE
    pixels = picture.layer(2) if isinstance(picture, LayeredPicture) else picture.pixels
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(small @ _LUMA, np.float32)


def _without_mean(grey: FloatTensor) -> FloatTensor:
    grey = np.asarray(grey - grey.mean(), np.float32)
    grey.setflags(write=False)
    return grey


def thumbnail_of(picture: Picture) -> FloatTensor:
    """(32, 32) float32, read-only: the grey picture, averaged down and without its mean."""
    return _without_mean(_reduced(picture))
