"""Whether the tables of an MP4 or MOV can be as long as they say, asked before a demuxer makes room for them.

A few bytes of a damaged or hostile file may claim thousands of millions of samples, for which FFmpeg would set aside
gigabytes. Each table of ISO/IEC 14496-12 clauses 8.6 to 8.8 is held here against the length of its own box, and those
that may repeat one entry for ever against a plain limit.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

__all__ = ["MAX_SAMPLES", "tables_are_sound"]

MAX_SAMPLES: Final = 4_000_000
"""Samples of one table or of all fragments: a minute of sound, counted one by one, with room to spare."""

_MAX_BOXES: Final = 100_000
_MAX_DEPTH: Final = 12
_CONTAINERS: Final = frozenset(
    # `free` and `hoov` are tried as `moov` by FFmpeg where no other is found
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf", b"udta", b"free", b"hoov"}
)
_ENTRY_BYTES: Final = {b"stsc": 12, b"stco": 4, b"co64": 8, b"stss": 4, b"stps": 4}
_TRUN_OPTIONAL: Final = 0x1, 0x4
_TRUN_PER_SAMPLE: Final = 0x100, 0x200, 0x400, 0x800


def tables_are_sound(data: bytes) -> bool:
    """False where a table claims more than it can hold, or where the index is packed (``cmov``) and cannot be seen."""
    samples = 0
    try:
        for count, (kind, start, end) in enumerate(_boxes(data, 0, len(data), 0)):
            if count >= _MAX_BOXES or kind == b"cmov":
                return False
            check = _CHECKS.get(kind)
            samples += check(data, start, end) if check else 0
            if samples > MAX_SAMPLES:
                return False
    except (struct.error, IndexError, _UnsoundError):
        return False
    return True


class _UnsoundError(Exception):
    pass


def _boxes(data: bytes, at: int, end: int, depth: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and declared end of the body of each box; the last may reach beyond a file that was cut short."""
    while at + 8 <= min(end, len(data)):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        if size == 0:
            size = end - at
        if size < head:
            return
        yield kind, at + head, at + size
        if kind in _CONTAINERS and depth < _MAX_DEPTH:
            yield from _boxes(data, at + head, min(at + size, end), depth + 1)
        at += size


def _plain(entry_bytes: int) -> Callable[[bytes, int, int], int]:
    def check(data: bytes, start: int, end: int) -> int:
        (count,) = struct.unpack_from(">I", data, start + 4)
        _fits(count * entry_bytes, start + 8, end)
        return 0

    return check


def _run_lengths(data: bytes, start: int, end: int) -> int:
    """Time to sample (8.6.1.2) and its offsets (8.6.1.3): how many samples, and a value they share."""
    (count,) = struct.unpack_from(">I", data, start + 4)
    _fits(8 * count, start + 8, end)
    total = 0
    for at in range(start + 8, min(start + 8 + 8 * count, len(data) - 7), 8):
        total += int.from_bytes(data[at : at + 4], "big")
        if total > MAX_SAMPLES:
            raise _UnsoundError
    return 0


def _sizes(data: bytes, start: int, end: int) -> int:
    """Sample sizes (8.7.3.2): one for all, or one each."""
    same, count = struct.unpack_from(">II", data, start + 4)
    if not same:
        _fits(4 * count, start + 12, end)
    return int(count)


def _edits(data: bytes, start: int, end: int) -> int:
    version, count = data[start], struct.unpack_from(">I", data, start + 4)[0]
    _fits(count * (20 if version == 1 else 12), start + 8, end)
    return 0


def _fragment(data: bytes, start: int, end: int) -> int:
    """A run of a fragment (8.8.8): as many fields a sample as its flags name, perhaps none."""
    flags, count = struct.unpack_from(">II", data, start)
    head = 8 + sum(4 for flag in _TRUN_OPTIONAL if flags & flag)
    _fits(count * sum(4 for flag in _TRUN_PER_SAMPLE if flags & flag), start + head, end)
    return int(count)


def _fits(size: int, start: int, end: int) -> None:
    if size > max(0, end - start):
        raise _UnsoundError


_CHECKS: Final[dict[bytes, Callable[[bytes, int, int], int]]] = {
    **{kind: _plain(size) for kind, size in _ENTRY_BYTES.items()},
    b"stts": _run_lengths,
    b"ctts": _run_lengths,
    b"stsz": _sizes,
    b"elst": _edits,
    b"trun": _fragment,
}
