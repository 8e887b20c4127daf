"""Specimens of documents, drawn and photographed by seed: material to measure the reading of documents with.

    fonts = load_fonts(folder)
    specimen = draw_specimen(SpecimenKind.TD3_PAGE, rng=Random(1), fonts=fonts, portraits=portraits, today=today)
    taken = photograph(specimen, level=Level.GOOD_PHONE, rng=Random(2))
    frames = photograph_frames(specimen, level=Level.GOOD_PHONE, count=3, rng=Random(3))

The two sides of a card that are drawn from the same seed belong to one holder.
"""

from visavis.evaluation.specimens.camera import Photograph, photograph, photograph_frames
from visavis.evaluation.specimens.drawing import draw_specimen
from visavis.evaluation.specimens.fonts import Fonts, load_fonts
from visavis.evaluation.specimens.levels import Level
from visavis.evaluation.specimens.portraits import framed_portraits
from visavis.evaluation.specimens.specimen import Specimen, SpecimenKind, SpecimenTruth

__all__ = [
    "Fonts",
    "Level",
    "Photograph",
    "Specimen",
    "SpecimenKind",
    "SpecimenTruth",
    "draw_specimen",
    "framed_portraits",
    "load_fonts",
    "photograph",
    "photograph_frames",
]
