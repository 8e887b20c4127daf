"""Arabic script (ICAO 9303-3, 6, table C): X opens a sequence for letters that A to Z lacks.

Vowel marks, tatweel and the like are not encoded. Shadda doubles what stands before it. Teh marbuta is XTA, at the end
of a word XAH. Letters of the wider Arabic script that could not be confirmed against the table (U+069C, U+06A2, U+06A4,
U+06A5, U+06A7, U+06A8) are not here: a name with one of them is not compared.
"""

from typing import Final

__all__ = ["ARABIC", "ARABIC_LAST", "NOT_ENCODED", "SHADDA"]

SHADDA: Final = "\u0651"
NOT_ENCODED: Final = frozenset("\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0652\u0670")

ARABIC: Final[dict[str, tuple[str, ...]]] = {
    "\u0621": ("XE",),  # hamza
    "\u0622": ("XAA",),  # alef with madda
    "\u0623": ("XAE",),  # alef with hamza above
    "\u0624": ("U",),  # waw with hamza
    "\u0625": ("I",),  # alef with hamza below
    "\u0626": ("XI",),  # yeh with hamza
    "\u0627": ("A",),  # alef
    "\u0628": ("B",),
    "\u0629": ("XTA",),  # teh marbuta
    "\u062a": ("T",),
    "\u062b": ("XTH",),
    "\u062c": ("J",),
    "\u062d": ("XH",),
    "\u062e": ("XKH",),
    "\u062f": ("D",),
    "\u0630": ("XDH",),
    "\u0631": ("R",),
    "\u0632": ("Z",),
    "\u0633": ("S",),
    "\u0634": ("XSH",),
    "\u0635": ("XSS",),
    "\u0636": ("XDZ",),
    "\u0637": ("XTT",),
    "\u0638": ("XZZ",),
    "\u0639": ("E",),
    "\u063a": ("G",),
    "\u0641": ("F",),
    "\u0642": ("Q",),
    "\u0643": ("K",),
    "\u0644": ("L",),
    "\u0645": ("M",),
    "\u0646": ("N",),
    "\u0647": ("H",),
    "\u0648": ("W",),
    "\u0649": ("XAY",),  # alef maksura
    "\u064a": ("Y",),
    # Persian, Pashto, Urdu, Kurdish and others
    "\u0671": ("XXA",),
    "\u0679": ("XXT",),
    "\u067c": ("XRT",),
    "\u067e": ("P",),
    "\u0681": ("XKE",),
    "\u0685": ("XXH",),
    "\u0686": ("XC",),
    "\u0688": ("XXD",),
    "\u0689": ("XDR",),
    "\u0691": ("XXR",),
    "\u0693": ("XRR",),
    "\u0696": ("XRX",),
    "\u0698": ("XJ",),
    "\u069a": ("XXS",),
    "\u06a9": ("XKK",),
    "\u06ab": ("XXK",),
    "\u06ad": ("XNG",),
    "\u06af": ("XGG",),
    "\u06ba": ("XNN",),
    "\u06bc": ("XXN",),
    "\u06be": ("XDO",),
    "\u06c0": ("XYH",),
    "\u06c1": ("XXG",),
    "\u06c2": ("XGE",),
    "\u06c3": ("XTG",),
    "\u06cc": ("XYA", "Y", "XAY"),  # Farsi yeh; Y and XAY are named by the standard as well
    "\u06cd": ("XXY",),
    "\u06d0": ("Y",),
    "\u06d2": ("XYB",),
    "\u06d3": ("XBE",),
}

ARABIC_LAST: Final[dict[str, tuple[str, ...]]] = {"\u0629": ("XAH", "XTA")}
"""What holds instead at the end of a word."""
