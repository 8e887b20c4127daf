"""What the files of a chip say: EF.COM, DG1, DG11, DG12, DG14 and DG15 (ICAO Doc 9303-10 section 4).

They are read from bytes as a reader delivers them. What is read here is only claimed: whether it is authentic is told
by `visavis.document.chip.passive`. DG2 is in `visavis.document.chip.portrait`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from visavis.document.chip.der import Element, Limits, broken, read
from visavis.document.chip.files import GROUP_TAGS, group_limits
from visavis.document.chip.keys import PublicKey, Unsupported, load_key, oid_text

__all__ = [
    "Common",
    "DocumentDetails",
    "PersonalDetails",
    "SecurityInfo",
    "read_active_key",
    "read_common",
    "read_document_details",
    "read_mrz",
    "read_personal_details",
    "read_security_infos",
]

COM_LIMITS: Final = Limits(size=1_024, elements=64, minimal=False)
MAX_TEXT: Final = 2_048
_MRZ_LINES: Final[Mapping[int, int]] = {90: 3, 72: 2, 88: 2}
"""Characters of TD1, TD2 and TD3, and their lines."""
_MRZ_CHARACTERS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """EF.COM: versions (``0107``, ``060400``) and the numbers of the data groups. Nobody signs it."""

    lds_version: str
    unicode_version: str
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDetails:
    """DG11, additional details of the person. Empty text where a field is not there."""

    full_name: str = ""
    other_names: tuple[str, ...] = ()
    personal_number: str = ""
    born_on: str = ""
    """``YYYYMMDD`` as written; month and day may be ``00``."""
    place_of_birth: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    telephone: str = ""
    profession: str = ""
    title: str = ""
    summary: str = ""
    other_documents: str = ""
    custody: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDetails:
    """DG12, additional details of the document. ``personalised_at`` is ``YYYYMMDDhhmmss`` as written."""

    authority: str = ""
    issued_on: date | None = None
    other_people: tuple[str, ...] = ()
    endorsements: str = ""
    tax_or_exit: str = ""
    personalised_at: str = ""
    personalisation_system: str = ""


@dataclass(frozen=True, slots=True)
class SecurityInfo:
    """One line of DG14: a protocol by its object identifier, and its version where it states one."""

    protocol: str
    version: int | None


def read_common(data: bytes) -> Common:
    """EF.COM. Raises `ChipError`: as `visavis.document.chip.der.scan`, and ``chip_content_broken``."""
    what = "EF.COM"
    whole = read(data, 0x60, what, limits=COM_LIMITS)
    listed = whole.get(0x5C, what).content
    if any(tag not in GROUP_TAGS for tag in listed) or len(set(listed)) != len(listed):
        raise broken(what)
    return Common(
        lds_version=_digits(whole.get(0x5F01, what), what),
        unicode_version=_digits(whole.get(0x5F36, what), what),
        groups=tuple(GROUP_TAGS[tag] for tag in listed),
    )


def read_mrz(data: bytes) -> tuple[str, ...]:
    """DG1: the lines of the machine-readable zone, two or three, as they stand. Raises as `read_common`."""
    what = "DG1"
    text = read(data, 0x61, what, limits=group_limits(1)).get(0x5F1F, what).content
    lines = _MRZ_LINES.get(len(text))
    if lines is None or not _MRZ_CHARACTERS.issuperset(text):
        raise broken(what)
    width = len(text) // lines
    return tuple(text[at : at + width].decode("ascii") for at in range(0, len(text), width))


def read_personal_details(data: bytes) -> PersonalDetails:
    """DG11. Raises as `read_common`."""
    what = "DG11"
    fields = _fields(data, 0x6B, 11, what)
    return PersonalDetails(
        full_name=_text(fields.get(0x5F0E), what),
        other_names=_several(fields.get(0xA0), 0x5F0F, what),
        personal_number=_text(fields.get(0x5F10), what),
        born_on=_day(fields.get(0x5F2B), what),
        place_of_birth=_parts(fields.get(0x5F11), what),
        address=_parts(fields.get(0x5F42), what),
        telephone=_text(fields.get(0x5F12), what),
        profession=_text(fields.get(0x5F13), what),
        title=_text(fields.get(0x5F14), what),
        summary=_text(fields.get(0x5F15), what),
        other_documents=_text(fields.get(0x5F17), what),
        custody=_text(fields.get(0x5F18), what),
    )


def read_document_details(data: bytes) -> DocumentDetails:
    """DG12. Raises as `read_common`."""
    what = "DG12"
    fields = _fields(data, 0x6C, 12, what)
    day = _day(fields.get(0x5F26), what)
    try:
        issued = date(int(day[:4]), int(day[4:6]), int(day[6:])) if day else None
    except ValueError as error:
        raise broken(what, error) from error
    return DocumentDetails(
        authority=_text(fields.get(0x5F19), what),
        issued_on=issued,
        other_people=_several(fields.get(0xA0), 0x5F1A, what),
        endorsements=_text(fields.get(0x5F1B), what),
        tax_or_exit=_text(fields.get(0x5F1C), what),
        personalised_at=_number(fields.get(0x5F55), 7, what),
        personalisation_system=_text(fields.get(0x5F56), what),
    )


def read_security_infos(data: bytes) -> tuple[SecurityInfo, ...]:
    """DG14: the protocols that the chip offers. Raises as `read_common`."""
    what = "DG14"
    infos = read(data, 0x6E, what, limits=group_limits(14)).get(0x31, what)
    found: list[SecurityInfo] = []
    for info in infos:
        parts = list(info)
        if info.tag != 0x30 or len(parts) < 2 or parts[0].tag != 0x06:
            raise broken(what)
        stated = parts[1].tag == 0x02 and len(parts[1].content) == 1
        found.append(SecurityInfo(oid_text(parts[0]), parts[1].content[0] if stated else None))
    return tuple(found)


def read_active_key(data: bytes) -> PublicKey | Unsupported:
    """DG15: the chip's own key for active authentication. Raises as `read_common`."""
    what = "DG15"
    return load_key(read(data, 0x6F, what, limits=group_limits(15)).get(0x30, what))


def _fields(data: bytes, tag: int, number: int, what: str) -> Mapping[int, Element]:
    fields: dict[int, Element] = {}
    for element in read(data, tag, what, limits=group_limits(number)):
        if element.tag in fields:
            raise broken(what)
        fields[element.tag] = element
    listed = fields.pop(0x5C, None)
    if listed is None:
        raise broken(what)
    return MappingProxyType(fields)


def _text(element: Element | None, what: str) -> str:
    """UTF-8; some issuers write Latin-1, which is then taken for it."""
    if element is None:
        return ""
    content = element.content
    if len(content) > MAX_TEXT:
        raise broken(what)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _parts(element: Element | None, what: str) -> tuple[str, ...]:
    return tuple(part for part in _text(element, what).split("<") if part)


def _several(element: Element | None, tag: int, what: str) -> tuple[str, ...]:
    return () if element is None else tuple(_text(item, what) for item in element if item.tag == tag)


def _day(element: Element | None, what: str) -> str:
    return _number(element, 4, what)


def _number(element: Element | None, octets: int, what: str) -> str:
    """Digits, either one a byte or, as the first edition had it, two a byte."""
    if element is None:
        return ""
    content = element.content
    if len(content) == octets:
        text = content.hex()
    elif len(content) == 2 * octets:
        text = content.decode("ascii", "replace")
    else:
        raise broken(what)
    if not (text.isascii() and text.isdigit()):
        raise broken(what)
    return text


def _digits(element: Element, what: str) -> str:
    content = element.content
    if not 1 <= len(content) <= 8 or not content.isdigit():
        raise broken(what)
    return content.decode("ascii")
