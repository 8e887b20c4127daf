"""The files of a chip, told apart by their first tag: reader apps name them in many ways (ICAO 9303-10 table 38)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from visavis.document.chip.der import Limits
from visavis.errors import ChipError

__all__ = ["GROUP_TAGS", "MAX_BYTES", "ChipFiles", "file_kind", "group_limits", "sort_files"]

GROUP_TAGS: Final[Mapping[int, int]] = MappingProxyType(
    {
        0x61: 1, 0x75: 2, 0x63: 3, 0x76: 4, 0x65: 5, 0x66: 6, 0x67: 7, 0x68: 8,
        0x69: 9, 0x6A: 10, 0x6B: 11, 0x6C: 12, 0x6D: 13, 0x6E: 14, 0x6F: 15, 0x70: 16,
    }
)  # fmt: skip
"""The number of each data group by the tag of its file."""

COM: Final = 0x60
SOD: Final = 0x77
MAX_BYTES: Final = 1_048_576
"""The largest file that is taken: fingerprints (DG3) and iris pictures (DG4), of which only the hash is made."""
_KIB: Final = 1_024
_SIZES: Final[Mapping[int, int]] = {
    1: 1, 2: 512, 5: 256, 6: 256, 7: 256, 8: 64, 9: 64, 10: 64, 11: 64, 12: 512, 13: 256, 14: 16, 15: 8, 16: 64,
}  # fmt: skip
_SIMPLE: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipFiles:
    """``sod`` and ``com`` are EF.SOD and EF.COM; ``groups`` the data groups by number, 1 to 16. None was read yet."""

    sod: bytes
    com: bytes | None = None
    groups: Mapping[int, bytes] = field(default_factory=dict)


def group_limits(number: int) -> Limits:
    """What data group ``number`` may be at most. Wrappers are BER-TLV, whose lengths need not be the shortest."""
    return Limits(size=_SIZES.get(number, 1_024) * _KIB, elements=_SIMPLE, minimal=number in (14, 15))


def file_kind(data: bytes) -> int | None:
    """`COM`, `SOD` or the tag of a data group; None for anything else, such as a text that lies beside them."""
    tag = data[0] if data else None
    known = tag in (COM, SOD) or tag in GROUP_TAGS
    return tag if known and not _is_text(data) else None


def _is_text(data: bytes) -> bool:
    """The tags are letters in ASCII. Every genuine file has a tag or a length that no text has."""
    try:
        start = data[:64].decode("ascii")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n" for character in start)


def sort_files(files: Iterable[bytes]) -> ChipFiles:
    """The files of one chip in any order. Bytes of another kind are passed over.

    Raises `ChipError`: ``chip_file_twice``, ``chip_sod_missing``, ``chip_file_too_large``.
    """
    found: dict[int, bytes] = {}
    for data in files:
        kind = file_kind(data)
        if kind is None:
            continue
        if len(data) > MAX_BYTES:
            raise ChipError("chip_file_too_large", "A file of the chip has more than 1 MiB.")
        if kind in found:
            raise ChipError(
                "chip_file_twice",
                "Two files are the same part of a chip.",
                advice="Put the files of one chip alone into the folder.",
            )
        found[kind] = data
    if SOD not in found:
        raise ChipError(
            "chip_sod_missing",
            "There is no EF.SOD, the list that the issuing state signed.",
            advice="Read the chip once more, with EF.SOD.",
        )
    groups = {GROUP_TAGS[tag]: data for tag, data in found.items() if tag in GROUP_TAGS}
    return ChipFiles(sod=found[SOD], com=found.get(COM), groups=MappingProxyType(groups))
