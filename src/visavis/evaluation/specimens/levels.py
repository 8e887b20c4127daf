"""How hard a photograph is: what a studio, a good phone and a poor phone in hurried hands do to a document."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["CONDITIONS", "Conditions", "Level"]


class Level(StrEnum):
    STUDIO = "studio"
    """Held still over a bare table, in even light."""
    GOOD_PHONE = "good_phone"
    """A recent phone, by somebody who takes care."""
    POOR_PHONE = "poor_phone"
    """An old phone, by somebody who does not."""


Range = tuple[float, float]
"""Lowest and highest; what is drawn lies evenly between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What is drawn for a photograph. Lengths in px of the picture, angles in degrees, light as a share.

    ``longer``: side of the frame, 4:3. ``fill``: share of the frame that the page's outline takes in the direction
    where it is tighter. ``tilt``: between the page's normal and the camera's axis. ``turn``: in the plane, beside the
    quarter turns. ``focus``: sigma of the lens' blur. ``motion``: length of the path. ``noise``: sigma at middle grey.
    ``shade``: how much darker the dark end of the frame is. ``shadow`` and ``glare``: how often there is one, and how
    strong. ``jpeg``: libjpeg's quality. ``clutter``: things on the table. ``fingers``, ``booklet``: how often
    fingers hold the page, and how often a passport's other page is seen.
    """

    longer: int
    fill: Range
    tilt: Range
    turn: Range
    focus: Range
    motion: Range
    noise: Range
    exposure: Range
    cast: float
    shade: Range
    shadow: tuple[float, Range]
    glare: tuple[float, Range]
    jpeg: tuple[int, int]
    clutter: tuple[int, int]
    fingers: float
    booklet: float
    sharpening: Range


CONDITIONS: Final = {
    Level.STUDIO: Conditions(
        longer=2000,
        fill=(0.75, 0.9),
        tilt=(0, 5),
        turn=(-4, 4),
        focus=(0.4, 0.9),
        motion=(0, 0.5),
        noise=(0.003, 0.006),
        exposure=(0.85, 1.0),
        cast=0.03,
        shade=(0, 0.12),
        shadow=(0, (0, 0)),
        glare=(0, (0, 0)),
        jpeg=(90, 96),
        clutter=(0, 0),
        fingers=0,
        booklet=0.3,
        sharpening=(0, 0.2),
    ),
    Level.GOOD_PHONE: Conditions(
        longer=1920,
        fill=(0.62, 0.9),
        tilt=(0, 22),
        turn=(-12, 12),
        focus=(0.6, 1.4),
        motion=(0, 2.5),
        noise=(0.006, 0.016),
        exposure=(0.65, 1.05),
        cast=0.08,
        shade=(0.05, 0.4),
        shadow=(0.4, (0.1, 0.4)),
        glare=(0.25, (0.1, 0.5)),
        jpeg=(80, 92),
        clutter=(1, 4),
        fingers=0.3,
        booklet=0.4,
        sharpening=(0.1, 0.5),
    ),
    Level.POOR_PHONE: Conditions(
        longer=1280,
        fill=(0.6, 0.85),
        tilt=(5, 35),
        turn=(-25, 25),
        focus=(0.7, 1.5),
        motion=(0, 3),
        noise=(0.014, 0.035),
        exposure=(0.45, 1.15),
        cast=0.15,
        shade=(0.1, 0.6),
        shadow=(0.6, (0.2, 0.65)),
        glare=(0.45, (0.2, 1.0)),
        jpeg=(45, 75),
        clutter=(2, 6),
        fingers=0.5,
        booklet=0.4,
        sharpening=(0.2, 0.9),
    ),
}
