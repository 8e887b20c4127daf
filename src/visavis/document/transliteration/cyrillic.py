"""Cyrillic letters (ICAO 9303-3, 6, table B), with the table's exceptions for single languages as further entries.

The first entry holds for every language the table does not name. The issuing state seldom tells the language of a name,
so a comparison takes all of them. Not in the table, and marked below: Ь, left out; Bulgarian Ъ as A, which the state's
own rule has.
"""

from typing import Final

__all__ = ["CYRILLIC", "CYRILLIC_FIRST"]

CYRILLIC: Final[dict[str, tuple[str, ...]]] = {
    "А": ("A",),
    "Б": ("B",),
    "В": ("V",),
    "Г": ("G", "H"),  # Belarusian and Ukrainian: H
    "Д": ("D",),
    "Е": ("E",),
    "Ё": ("E", "IO"),  # Belarusian: IO
    "Ж": ("ZH", "Z"),  # Serbian: Z
    "З": ("Z",),
    "И": ("I", "Y"),  # Ukrainian: Y
    "Й": ("I",),
    "К": ("K",),
    "Л": ("L",),
    "М": ("M",),
    "Н": ("N",),
    "О": ("O",),
    "П": ("P",),
    "Р": ("R",),
    "С": ("S",),
    "Т": ("T",),
    "У": ("U",),
    "Ф": ("F",),
    "Х": ("KH", "H"),  # Serbian and Macedonian: H
    "Ц": ("TS", "C"),  # Serbian and Macedonian: C
    "Ч": ("CH", "C"),  # Serbian: C
    "Ш": ("SH", "S"),  # Serbian: S
    "Щ": ("SHCH", "SHT"),  # Bulgarian: SHT
    "Ъ": ("IE", "A"),  # A: Bulgaria's own rule
    "Ы": ("Y",),
    "Ь": ("",),  # not in the table
    "Э": ("E",),
    "Ю": ("IU",),
    "Я": ("IA",),
    "Ђ": ("D",),
    "Ѓ": ("G", "GJ"),  # Macedonian: GJ
    "Є": ("IE",),
    "Ѕ": ("DZ",),
    "І": ("I",),
    "Ї": ("I",),
    "Ј": ("J",),
    "Љ": ("LJ",),
    "Њ": ("NJ",),
    "Ћ": ("C",),
    "Ќ": ("K", "KJ"),  # Macedonian: KJ
    "Ў": ("U",),
    "Џ": ("DZ", "DJ"),  # Macedonian: DJ
    "Ѫ": ("U",),
    "Ѵ": ("Y",),
    "Ґ": ("G",),
    "Ғ": ("F",),
}

CYRILLIC_FIRST: Final[dict[str, tuple[str, ...]]] = {
    "Є": ("YE",),
    "Ї": ("YI",),
    "Й": ("Y",),
    "Ю": ("YU",),
    "Я": ("YA",),
}
"""What Ukrainian has instead at the beginning of a word."""
