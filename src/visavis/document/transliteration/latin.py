"""Latin letters with marks, and ligatures (ICAO 9303-3, 6, table A).

The first entry of each is the recommendation; the others are those that the table allows besides (Ä: A; Ñ: NXX; Ö: O;
Ü: UXX, U), and, behind them, the bare letter for Å and Ø, which the table has not and some issuers print. Letters that
are not listed and are a base letter with marks in Unicode (NFD) become that letter, as the table has it for all of its
own.
"""

from typing import Final

__all__ = ["LATIN"]

LATIN: Final[dict[str, tuple[str, ...]]] = {
    "Ä": ("AE", "A"),
    "Å": ("AA", "A"),
    "Æ": ("AE",),
    "Ð": ("D",),
    "Ñ": ("N", "NXX"),
    "Ö": ("OE", "O"),
    "Ø": ("OE", "O"),
    "Ü": ("UE", "UXX", "U"),
    "Þ": ("TH",),
    "ß": ("SS",),
    "ẞ": ("SS",),
    "Đ": ("D",),
    "Ħ": ("H",),
    "İ": ("I",),
    "ı": ("I",),
    "Ĳ": ("IJ",),
    "Ŀ": ("L",),
    "Ł": ("L",),
    "Ŋ": ("N",),
    "Œ": ("OE",),
    "Ŧ": ("T",),
}
