"""What the holder can do better right now, by code; the texts are in `visavis.domain.reasons`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from visavis.pad.observation import FrameObservation

__all__ = ["Guidance", "GuidanceOptions", "guide_frame"]


class Guidance(StrEnum):
    """Advice while a capture runs."""

    FACE_THE_CAMERA = "face_the_camera"
    ONE_PERSON_ONLY = "one_person_only"
    CLOSER = "closer"
    FARTHER = "farther"
    CENTRE = "centre"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    HOLD_STILL = "hold_still"
    OPEN_YOUR_EYES = "open_your_eyes"
    TURN_FURTHER = "turn_further"
    OTHER_WAY = "other_way"
    HOLD = "hold"
    CLOSE_BOTH_EYES = "close_both_eyes"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceOptions:
    """``closer_below``: inter-eye distance over the shorter side of the frame; ``least_inter_eye``: the same in px, as
    a frame of any size needs it. ``farther_above``: the face's box over the frame, the larger way.
    ``off_centre``: distance of the face's middle from the frame's, over the frame's side. ``dark``, ``bright``: mean
    grey of the face, 0..255.
    """

    closer_below: float = 0.1
    least_inter_eye: float = 48.0
    farther_above: float = 0.85
    off_centre: float = 0.25
    dark: float = 50.0
    bright: float = 225.0


_PROBLEMS: Final = {
    "no_face": Guidance.FACE_THE_CAMERA,
    "second_face": Guidance.ONE_PERSON_ONLY,
    "face_too_small": Guidance.CLOSER,
}


def guide_frame(observation: FrameObservation, options: GuidanceOptions) -> tuple[Guidance, ...]:
    """What one frame by itself asks for, the weightiest first; nothing where all is well."""
    face = observation.face
    if face is None:
        if observation.problem == "face_cut_off":
            return (Guidance.CENTRE, Guidance.FARTHER)
        return (_PROBLEMS.get(observation.problem or "no_face", Guidance.FACE_THE_CAMERA),)
    width, height = observation.width, observation.height
    x, y = face.box.centre
    small = face.inter_eye_px < max(options.least_inter_eye, options.closer_below * min(width, height))
    large = max(face.box.width / width, face.box.height / height) > options.farther_above
    aside = max(abs(x / width - 0.5), abs(y / height - 0.5)) > options.off_centre
    grey = observation.brightness
    found = {
        Guidance.CLOSER: small and not large,
        Guidance.FARTHER: large,
        Guidance.CENTRE: aside,
        Guidance.MORE_LIGHT: grey is not None and grey < options.dark,
        Guidance.LESS_LIGHT: grey is not None and grey > options.bright,
    }
    return tuple(advice for advice, needed in found.items() if needed)
