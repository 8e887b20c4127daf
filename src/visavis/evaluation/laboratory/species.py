"""Every attack species by its code: what `visavis evaluate pad` measures.

Codes are for ever, as reports compare. A new species is a subclass of
`visavis.evaluation.laboratory.instrument.Species`, and a line here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from visavis.evaluation.laboratory.animated import MeshPuppet, Warp2D
from visavis.evaluation.laboratory.injections import (
    Frozen,
    InjectedClean,
    InjectedFlatTint,
    InjectedGlobalTint,
    InjectedJitter,
    Looped,
)
from visavis.evaluation.laboratory.instrument import Level, Species
from visavis.evaluation.laboratory.prints import PrintBent, PrintEyeHoles, PrintFlat
from visavis.evaluation.laboratory.replays import ReplayLuckiest, TabletClip, TabletStill
from visavis.evaluation.laboratory.swaps import FaceSwap, SecondPerson

__all__ = ["SPECIES", "Level", "Species"]

_ALL: Final[tuple[Species, ...]] = (
    PrintFlat(),
    PrintBent(),
    PrintEyeHoles(),
    TabletStill(),
    TabletClip(),
    ReplayLuckiest(),
    Warp2D(),
    MeshPuppet(),
    FaceSwap(),
    SecondPerson(),
    InjectedClean(),
    InjectedJitter(),
    InjectedGlobalTint(),
    InjectedFlatTint(),
    Frozen(),
    Looped(),
)

SPECIES: Final[Mapping[str, Species]] = MappingProxyType({species.code: species for species in _ALL})
