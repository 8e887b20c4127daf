"""One case from its key to its result: drawn, photographed, read, judged."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from visavis.capture.picture import Picture, RgbImage
from visavis.evaluation.documents_answer import AnswerReader
from visavis.evaluation.documents_cases import FRAMES, CaseKey, CaseResult, Group, WayResult, kind_of
from visavis.evaluation.documents_judge import judge
from visavis.evaluation.specimens.camera import Photograph, photograph_frames
from visavis.evaluation.specimens.drawing import draw_specimen
from visavis.evaluation.specimens.fonts import Fonts
from visavis.evaluation.specimens.specimen import Specimen, SpecimenKind

__all__ = ["TODAY", "Comparer", "DocumentLaboratory"]

TODAY: Final = date(2026, 11, 1)
"""The day on which specimens are drawn and read: figures must not depend on when they were measured."""

Comparer = Callable[[Picture, int], bool | None]
"""Whether the portrait in a photograph matches the portrait of that number; None where that is not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLaboratory:
    """What one process measures with. ``clock``: seconds of computing, for the times."""

    reader: AnswerReader
    fonts: Fonts
    portraits: tuple[RgbImage, ...]
    compare: Comparer
    clock: Callable[[], float]

    def warm_up(self) -> None:
        """Read a page once, so that no case pays for what the first reading sets up."""
        kind = SpecimenKind.TD3_PAGE
        page = draw_specimen(kind, rng=random.Random(0), fonts=self.fonts, portraits=self.portraits, today=TODAY).page
        self.reader.answer([Picture(page)], today=TODAY)

    def measure(self, key: CaseKey) -> CaseResult:
        """The same key gives the same result, but for the times."""
        rng = random.Random(key.stream)
        kind = kind_of(key.group, key.number)
        specimen = draw_specimen(kind, rng=rng, fonts=self.fonts, portraits=self.portraits, today=TODAY)
        count = FRAMES if key.group is Group.ZONE else 1
        taken = photograph_frames(specimen, level=key.level, count=count, rng=rng)
        ways = [self._read(specimen, taken[:1])]
        if count > 1:
            ways.append(self._read(specimen, taken))
        return CaseResult(key=key, kind=kind, ways=tuple(ways), difficulty=dict(taken[0].difficulty))

    def _read(self, specimen: Specimen, taken: tuple[Photograph, ...]) -> WayResult:
        begun = self.clock()
        answer = self.reader.answer([shot.picture for shot in taken], today=TODAY)
        ms = 1000 * (self.clock() - begun)
        shown = specimen.truth.portrait
        comparable = self.compare(taken[0].picture, shown) if shown is not None and len(taken) == 1 else None
        return judge(specimen, taken[0], answer, pictures=len(taken), ms=ms, comparable=comparable)
