"""Before any library sees a chip's bytes: a scan that bounds what they can cost, and a reader of tags and lengths.

Parsers of ASN.1 trust what they read about its own size: an object identifier with one arc of a megabyte costs minutes
of arithmetic, a few thousand nested sequences end the recursion. The scan goes over every element once, without
recursion, and refuses by `Limits`; it decodes nothing. ITU-T X.690 clauses 8.1 and 10.1; ISO/IEC 7816-4 clause 6.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from visavis.errors import ChipError

__all__ = ["Element", "Limits", "broken", "read", "scan"]

_CONSTRUCTED: Final = 0x20
_INTEGER: Final = 0x02
_OBJECT_IDENTIFIER: Final = 0x06
_SHORT: Final = frozenset({0x01, 0x0A, 0x17, 0x18})
"""BOOLEAN, ENUMERATED, UTCTime, GeneralizedTime: nothing of a sane length is longer than `Limits.short`."""
_TEXT: Final = frozenset({0x0C, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1A, 0x1B, 0x1C, 0x1E})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an encoding may be at most.

    ``size`` in bytes; ``depth`` of nesting; ``elements`` in all; ``integer``, ``identifier``, ``arc``, ``text`` and
    ``short`` in bytes of content. ``minimal``: lengths in their shortest form, as DER asks; chips' own wrappers
    (BER-TLV) are often longer. 2,048 bytes are an RSA modulus of 16,384 bits; 19 an arc that holds a UUID.
    """

    size: int = 65_536
    depth: int = 32
    elements: int = 2_500
    integer: int = 2_049
    identifier: int = 64
    arc: int = 19
    text: int = 2_048
    short: int = 32
    minimal: bool = True


@dataclass(frozen=True, slots=True)
class Element:
    """One element of ``data``: it begins at ``start``, its contents are ``data[inner:end]``.

    ``tag`` is the whole tag as a number: 0x30 for a SEQUENCE, 0x5F1F for the two-byte tag of an MRZ.
    """

    data: bytes
    tag: int
    start: int
    inner: int
    end: int

    @property
    def content(self) -> bytes:
        return self.data[self.inner : self.end]

    @property
    def whole(self) -> bytes:
        return self.data[self.start : self.end]

    def __iter__(self) -> Iterator["Element"]:
        """The elements inside. Raises `ChipError` ``chip_encoding_broken`` where the contents are none."""
        at = self.inner
        while at < self.end:
            element = _element(self.data, at, self.end, minimal=False)
            yield element
            at = element.end

    def find(self, tag: int) -> "Element | None":
        """The first element inside with this tag."""
        return next((element for element in self if element.tag == tag), None)

    def only(self, tag: int, what: str) -> "Element":
        """The one element inside, with this tag; raises `ChipError` ``chip_content_broken`` for anything else."""
        inside = list(self)
        if [element.tag for element in inside] != [tag]:
            raise broken(what)
        return inside[0]

    def get(self, tag: int, what: str) -> "Element":
        """As `find`; raises `ChipError` ``chip_content_broken`` where it is missing."""
        found = self.find(tag)
        if found is None:
            raise broken(what)
        return found


def broken(what: str, cause: BaseException | None = None) -> ChipError:
    """Well encoded, and still not what it must be. ``what`` names the thing, never its contents."""
    error = ChipError("chip_content_broken", f"{what} does not hold what it must.", advice="Read the chip once more.")
    error.__cause__ = cause
    return error


def read(data: bytes, tag: int, what: str, *, limits: Limits) -> Element:
    """The one element that ``data`` is, scanned. ``what`` names it in messages.

    Raises `ChipError`: as `scan`, and ``chip_content_broken`` for another tag.
    """
    scan(data, what, limits=limits)
    element = _element(data, 0, len(data), minimal=limits.minimal)
    if element.tag != tag:
        raise broken(what)
    return element


def scan(data: bytes, what: str, *, limits: Limits) -> None:
    """Refuse ``data`` unless it is exactly one element, definite and within the limits.

    Raises `ChipError`: ``chip_file_too_large``, ``chip_encoding_broken`` (indefinite or overlong length, an
    element that passes the end of the one around it, bytes after the end), ``chip_encoding_excessive``.
    """
    if len(data) > limits.size:
        raise ChipError(
            "chip_file_too_large",
            f"{what} has more than {limits.size // 1024} KiB.",
            advice="A genuine one is far smaller: read the chip once more.",
        )
    first = _element(data, 0, len(data), minimal=limits.minimal)
    if first.end != len(data):
        raise _damaged()
    ends = [first.end]
    at, count = 0, 0
    while ends:
        if at == ends[-1]:
            ends.pop()
            continue
        element = _element(data, at, ends[-1], minimal=limits.minimal)
        count += 1
        if count > limits.elements:
            raise _excessive(what)
        if _is_constructed(data[at]):
            if len(ends) > limits.depth:
                raise _excessive(what)
            ends.append(element.end)
            at = element.inner
        else:
            _check_primitive(element, limits, what)
            at = element.end


def _is_constructed(lead: int) -> bool:
    return bool(lead & _CONSTRUCTED)


def _check_primitive(element: Element, limits: Limits, what: str) -> None:
    size = element.end - element.inner
    tag = element.tag
    if tag == _INTEGER:
        if size == 0:
            raise _damaged()
        fits = size <= limits.integer
    elif tag == _OBJECT_IDENTIFIER:
        if size == 0:
            raise _damaged()
        fits = size <= limits.identifier and _longest_arc(element.content) <= limits.arc
    elif tag in _SHORT:
        fits = size <= limits.short
    elif tag in _TEXT:
        fits = size <= limits.text
    else:
        return
    if not fits:
        raise _excessive(what)


def _longest_arc(content: bytes) -> int:
    if content[-1] & 0x80 or content[0] == 0x80:
        raise _damaged()
    longest = length = 0
    for octet in content:
        length += 1
        longest = max(longest, length)
        if not octet & 0x80:
            length = 0
    return longest


def _element(data: bytes, start: int, end: int, *, minimal: bool) -> Element:
    """The element at ``start``, which must lie before ``end`` as a whole."""
    tag, at = _tag(data, start, end)
    if at >= end:
        raise _damaged()
    length = data[at]
    at += 1
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or at + octets > end:  # 0x80 would be indefinite
            raise _damaged()
        length = int.from_bytes(data[at : at + octets], "big")
        if minimal and (length < 0x80 or length >> 8 * (octets - 1) == 0):
            raise _damaged()
        at += octets
    if at + length > end:
        raise _damaged()
    return Element(data, tag, start, at, at + length)


def _tag(data: bytes, start: int, end: int) -> tuple[int, int]:
    if start >= end:
        raise _damaged()
    tag, at = data[start], start + 1
    if tag & 0x1F != 0x1F:
        return tag, at
    for octet in data[at : min(at + 2, end)]:  # two more bytes are the most that any standard here uses
        tag = tag << 8 | octet
        at += 1
        if not octet & 0x80:
            return tag, at
    raise _damaged()


def _damaged() -> ChipError:
    return ChipError(
        "chip_encoding_broken",
        "A file of the chip is not encoded as it must be.",
        advice="Read the chip once more.",
    )


def _excessive(what: str) -> ChipError:
    return ChipError(
        "chip_encoding_excessive",
        f"{what} is nested too deeply, or holds too many or too large things.",
        advice="A genuine one is far simpler: read the chip once more.",
    )
