"""From crops of lines to characters with their chances: which format it is, and which way is up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import RgbImage
from visavis.document.mrz.checks import ALPHABET
from visavis.document.mrz.layout import LAYOUTS, Format
from visavis.document.mrz_picture.posterior import (
    LinePosterior,
    line_fits,
    line_posterior,
    mrz_probabilities,
    permitted,
)
from visavis.document.ocr.recogniser import TextRecogniser

__all__ = ["DecodedZone", "best_format", "best_line_fit", "decode", "read_lines"]

_FORMATS: Final = {3: (Format.TD1,), 2: (Format.TD3, Format.MRV_A, Format.TD2, Format.MRV_B)}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DecodedZone:
    """``chances`` (characters, 37): what may stand where, each row summing to 1, columns in the order of ``ALPHABET``.

    ``steps``: one (places,) a line, where each character begins along the width of its crop, from 0 to 1. ``fit``: log
    likelihood per character, the mean over all lines; near 0 for a clean zone.
    """

    format: Format
    chances: NDArray[np.float64]
    steps: tuple[NDArray[np.float64], ...]
    fit: float

    @property
    def unevenness(self) -> float:
        """How far the character that is most out of place stands from where its number puts it, in characters.

        0.1 to 0.3 in a zone that is rightly read. A letter that was overlooked and a filler too many elsewhere give a
        line of the right length, in which all between the two stand one place off.
        """
        return max(_out_of_place(steps) for steps in self.steps)

    @property
    def text(self) -> str:
        return "".join(ALPHABET[at] for at in self.chances.argmax(axis=1))

    @property
    def lines(self) -> tuple[str, ...]:
        length = LAYOUTS[self.format].length
        return tuple(self.text[at : at + length] for at in range(0, len(self.text), length))

    @property
    def confidence(self) -> tuple[float, ...]:
        return tuple(float(one) for one in np.clip(self.chances.max(axis=1), 0.0, 1.0))


def read_lines(recogniser: TextRecogniser, crops: Sequence[RgbImage]) -> tuple[NDArray[np.float64], ...]:
    """One (T, 38) a crop: `visavis.document.mrz_picture.posterior.mrz_probabilities`."""
    return tuple(mrz_probabilities(one.log_probs, one.alphabet) for one in recogniser.read(crops))


def best_format(lines: Sequence[NDArray[np.float64]]) -> tuple[Format, float]:
    """The format whose masks explain the lines best, and how well they do over all of them jointly.

    Formats of two lines differ in the first one by its length and by the V of a visa; the others add nothing to that.
    """
    kinds = _FORMATS[len(lines)]
    firsts = dict(zip(kinds, line_fits(lines[0], [permitted(kind)[0] for kind in kinds]), strict=True))
    kind = max(firsts, key=lambda one: firsts[one])
    rest = [line_fits(one, [masks])[0] for one, masks in zip(lines[1:], permitted(kind)[1:], strict=True)]
    return kind, (firsts[kind] + sum(rest)) / len(lines)


def best_line_fit(line: NDArray[np.float64], number: int, *, of: int) -> float:
    """How well one line, the one of this ``number``, is explained by any format of ``of`` lines."""
    kinds = [kind for kind in _FORMATS[of] if not LAYOUTS[kind].visa or number == 0]
    return max(line_fits(line, [permitted(kind)[number] for kind in kinds]))


def decode(lines: Sequence[NDArray[np.float64]], kind: Format) -> DecodedZone | None:
    found: list[LinePosterior] = []
    for one, masks in zip(lines, permitted(kind), strict=True):
        posterior = line_posterior(one, masks)
        if posterior is None:
            return None
        found.append(posterior)
    return DecodedZone(
        format=kind,
        chances=np.concatenate([one.probabilities for one in found]),
        steps=tuple((one.steps + 0.5) / len(line) for one, line in zip(found, lines, strict=True)),
        fit=float(np.mean([one.fit for one in found])),
    )


def _out_of_place(steps: NDArray[np.float64]) -> float:
    place = np.arange(len(steps), dtype=np.float64)
    even = np.polyval(np.polyfit(place, steps, 2), place)  # seen from the side, a line's pitch grows along it
    pitch = abs(float(steps[-1] - steps[0])) / (len(steps) - 1)
    return float(np.abs(steps - even).max()) / max(pitch, 1e-9)
