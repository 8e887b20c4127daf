"""The characters of a text recogniser: as its file lists them, and the few whose probabilities a reading keeps."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelInvalidError
from visavis.perception.session import FloatTensor

__all__ = ["BLANK", "PRINTABLE", "Kept", "parse_characters"]

BLANK: Final = ""
PRINTABLE: Final = tuple(chr(code) for code in range(0x20, 0x7F))
"""What machine-readable zones, numbers and Latin fields without accents are made of."""
MAX_CHARACTERS: Final = 100_000
_LEAST: Final = 1e-12
_ALIKE: Final = {
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
    "〈": "<",
    "く": "<",
}
"""Characters of other scripts that are printed alike: to the network the same picture, to a field only one of them.
Full-width forms join them by Unicode's own decompositions."""


def parse_characters(listed: str | None, *, columns: int) -> tuple[str, ...]:
    """The alphabet of a recogniser whose file lists it in ``listed``, one character a line; ``columns`` wide.

    The first is the blank, as "", the last the space, as PaddleOCR's recognisers have them.
    Raises ModelInvalidError ``model_invalid`` where the list is missing, doubled, or of another length.
    """
    characters = (BLANK, *(listed or "").split("\n"), " ")
    if (
        len(characters) != columns
        or columns > MAX_CHARACTERS
        or len(set(characters)) != columns
        or any(unicodedata.category(sign) == "Cc" for sign in "".join(characters))
    ):
        raise ModelInvalidError(
            "model_invalid",
            "The text recogniser's file does not list the characters of its output.",
            advice="It must carry them in its metadata, one a line, under `character`.",
        )
    return characters


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Which columns of a recogniser's output make those of a reading: each the sum of one or a few.

    ``alphabet``: of the reading, the blank first. ``columns``: of the output, those of one character after another;
    ``starts``: where each one's begin.
    """

    alphabet: tuple[str, ...]
    columns: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, alphabet: tuple[str, ...], characters: Iterable[str]) -> "Kept":
        """Of a recogniser's ``alphabet``, keep ``characters``, in the order given and each once.

        Raises ValueError where the recogniser does not know one of them.
        """
        index = {character: at for at, character in enumerate(alphabet)}
        chosen = tuple(dict.fromkeys(character for character in characters if character != BLANK))
        unknown = [character for character in chosen if character not in index]
        if unknown:
            raise ValueError(f"{len(unknown)} characters are not in the recogniser's alphabet")
        alike: dict[str, list[int]] = {character: [index[character]] for character in chosen}
        for character, at in index.items():
            plain = _plain(character)
            if plain != character and plain in alike and character not in alike:
                alike[plain].append(at)
        groups = [[index[BLANK]], *alike.values()]
        starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
        return cls((BLANK, *chosen), np.array([at for group in groups for at in group], np.intp), starts)

    def log_probs(self, probabilities: FloatTensor) -> FloatTensor:
        """Logarithms (T, kept) of the probabilities (T, K) of a line, never under -28."""
        summed = np.add.reduceat(probabilities[:, self.columns], self.starts, axis=1)
        logarithms = np.log(np.clip(summed, _LEAST, 1.0, dtype=np.float32))
        logarithms.setflags(write=False)
        return np.asarray(logarithms, np.float32)


def _plain(character: str) -> str:
    """The character of ASCII that is printed like this one, or itself."""
    form = unicodedata.decomposition(character) if len(character) == 1 else ""
    if form.startswith("<wide> "):
        return chr(int(form.removeprefix("<wide> "), 16))
    return _ALIKE.get(character, character)
