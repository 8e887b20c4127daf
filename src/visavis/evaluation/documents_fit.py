"""Whether an advice fits the photograph that it was given for, by what was drawn for that photograph.

A refused specimen that is merely blurred must not send its holder looking for more light. The limits are those at which
a photograph of OCR-B begins to suffer, not those at which advice is given.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

__all__ = ["fits"]

Difficulty = Mapping[str, float | str]

_STROKE_MM: Final = 0.35
"""Width of a stroke of OCR-B at size 1 (ISO 1073-2)."""


def _of(drawn: Difficulty, name: str) -> float:
    value = drawn.get(name, 0.0)
    return float(value) if isinstance(value, float | int) else 0.0


def _small(drawn: Difficulty) -> bool:
    """Under seven pixels a millimetre a stroke is two and a half pixels wide."""
    return _of(drawn, "px_per_mm") < 7.0


def _blurred(drawn: Difficulty) -> bool:
    """Lens and hand together take a quarter of a stroke; a path of length l has a sigma of l over the root of 12."""
    sigma = math.hypot(_of(drawn, "focus"), _of(drawn, "motion") / math.sqrt(12))
    return sigma / max(_of(drawn, "px_per_mm"), 1e-6) > _STROKE_MM / 4


def _dark(drawn: Difficulty) -> bool:
    return _of(drawn, "exposure") * (1 - _of(drawn, "shade")) * (1 - _of(drawn, "shadow")) < 0.35


def _glare(drawn: Difficulty) -> bool:
    return _of(drawn, "glare") > 0.1


def _tilted(drawn: Difficulty) -> bool:
    return _of(drawn, "tilt") > 25.0


_FITS: Final[Mapping[str, Callable[[Difficulty], bool]]] = {
    "document_too_small": _small,
    "document_blurred": _blurred,
    "document_too_dark": _dark,
    "document_tilted": _tilted,
    "glare": _glare,
}
_ALWAYS: Final = frozenset({"document_number_unclear"})
"""What is said of the reading, and not of the photograph."""


def fits(code: str, drawn: Difficulty) -> bool:
    """``code``: of an advice; ``drawn``: `visavis.evaluation.specimens.camera.Photograph.difficulty`.

    An advice that says no more than that nothing could be read fits nothing, and neither does one of a page that is cut
    off or missing: every page here is whole.
    """
    known = _FITS.get("glare" if code.startswith("glare_") else code)
    return code in _ALWAYS or (known is not None and known(drawn))
