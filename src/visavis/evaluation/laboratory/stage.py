"""What stands before the camera, and the camera: the two halves of every presentation.

A `Subject` is a living person, an attack instrument, or a stream fed in place of a camera; a `Channel` is the way from
what the camera would see to the bytes and times that arrive. `visavis.evaluation.laboratory.trial` plays the page
between them. A new species is one `Subject` with the `Channel` it comes through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from visavis.capture.challenge import GestureStep, LightStep
from visavis.capture.light_schedule import Rgb
from visavis.capture.picture import RgbImage

__all__ = ["Channel", "Cue", "Delivered", "Staged", "Subject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What the capture page asks for at one moment.

    ``time_s``: by the trial's clock, from 0. ``step``, ``index``: the prompt that is shown, and its place in the
    challenge; None while no prompt is. ``since_s``: how long this prompt (or its absence) has lasted. ``colour``: sRGB
    that the whole screen shows while the light step runs, else None: an ordinary page.
    """

    time_s: float
    step: GestureStep | LightStep | None = None
    index: int | None = None
    since_s: float = 0.0
    colour: Rgb | None = None


class Subject(Protocol):
    """Something in front of the camera, or fed in place of one. Has a state: one subject serves one trial."""

    def scene(self, cue: Cue) -> RgbImage:
        """What an ideal camera sees at this moment: (480, 640, 3) uint8 sRGB.

        Called once for each frame, with times that increase.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One frame as it arrives: ``data`` a JPEG file; the other two in seconds by the trial's clock, captured first."""

    data: bytes
    captured_s: float
    arrived_s: float


class Channel(Protocol):
    """From scene to frame: a real camera's faults, or the clock of an injected stream. One serves one trial."""

    def times(self) -> Iterator[float]:
        """Moments of capture, seconds by the trial's clock, increasing, without end."""
        ...

    def deliver(self, scene: RgbImage, time_s: float) -> Delivered:
        """The frame of ``scene``, captured at ``time_s``; called in the order of `times`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """One presentation, ready to be run once.

    ``camera_label``: what the browser would name the camera. ``shown_as_asked``: whether the page reports the colours
    as they were to be shown, as an attacker's own page would report too; without it, it reports none.

    ``people``: whose captures it is made of, the one to be taken for the holder first; names of clips or stills.
    ``details``: what else a reader of the results may want to sort by, as the steepest tilt of a card.
    """

    subject: Subject
    channel: Channel
    camera_label: str = ""
    shown_as_asked: bool = True
    people: tuple[str, ...] = ()
    details: Mapping[str, float | str] = field(default_factory=dict)
