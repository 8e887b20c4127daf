"""The one way to a specimen."""

import random
from collections.abc import Sequence
from datetime import date
from typing import Final

from visavis.capture.picture import RgbImage
from visavis.evaluation.specimens.fonts import Fonts
from visavis.evaluation.specimens.prc import draw_prc_back, draw_prc_front
from visavis.evaluation.specimens.specimen import Specimen, SpecimenKind
from visavis.evaluation.specimens.utopia import draw_td1_back, draw_td1_front, draw_td3

__all__ = ["PX_PER_MM", "draw_specimen"]

PX_PER_MM: Final = 14.0
"""356 dpi."""


def draw_specimen(
    kind: SpecimenKind, *, rng: random.Random, fonts: Fonts, portraits: Sequence[RgbImage], today: date
) -> Specimen:
    """A document of an imaginary holder, marked SPECIMEN; the same ``rng`` and ``today`` give the same pixels.

    ``portraits``: framed ones in 35 x 45, one of which it shows. Raises ValueError where a kind with a portrait gets
    none.
    """
    shown = tuple(portraits)
    if kind is SpecimenKind.TD1_CARD_BACK:
        return draw_td1_back(fonts, rng, today, PX_PER_MM)
    if kind is SpecimenKind.PRC_BACK:
        return draw_prc_back(fonts, rng, today, PX_PER_MM)
    if not shown:
        raise ValueError("a portrait is needed")
    draw = {
        SpecimenKind.TD1_CARD_FRONT: draw_td1_front,
        SpecimenKind.TD3_PAGE: draw_td3,
        SpecimenKind.PRC_FRONT: draw_prc_front,
    }[kind]
    return draw(fonts, shown, rng, today, PX_PER_MM)
