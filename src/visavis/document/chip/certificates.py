"""Certificates and revocation lists, read once into plain values (RFC 5280; profiles of ICAO Doc 9303-12 section 7)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509

from visavis.document.chip.der import Element, Limits, broken, read
from visavis.document.chip.keys import Algorithm, PublicKey, Unsupported, load_key, oid_text
from visavis.errors import ChipError

__all__ = [
    "CERTIFICATE_LIMITS",
    "Certificate",
    "RevocationList",
    "Signed",
    "read_certificate",
    "read_name",
    "read_revocation_list",
    "read_time",
]

CERTIFICATE_LIMITS: Final = Limits(size=16_384, elements=1_000)
LIST_LIMITS: Final = Limits(size=4_000_000, elements=400_000)
MAX_NAME: Final = 1_024

_SUBJECT_KEY: Final = "2.5.29.14"
_KEY_USAGE: Final = "2.5.29.15"
_BASIC: Final = "2.5.29.19"
_AUTHORITY_KEY: Final = "2.5.29.35"
_EXTENDED_USAGE: Final = "2.5.29.37"
_UNDERSTOOD: Final = frozenset({_SUBJECT_KEY, _KEY_USAGE, _BASIC, _AUTHORITY_KEY, _EXTENDED_USAGE})
_HARMLESS: Final = frozenset(
    {
        "2.5.29.16",  # private key usage period: told by the time of signing
        "2.5.29.17",  # subject alternative name
        "2.5.29.18",  # issuer alternative name
        "2.5.29.31",  # where a revocation list is published
        "2.5.29.32",  # certificate policies
        "2.23.136.1.1.6.1",  # name change
        "2.23.136.1.1.6.2",  # document types that the signer may sign
    }
)
"""Extensions that travel documents carry, critical at times, and that take nothing from what is checked here."""
DIGITAL_SIGNATURE: Final = 0
KEY_CERT_SIGN: Final = 5
CRL_SIGN: Final = 6


@dataclass(frozen=True, slots=True)
class Signed:
    """What an issuer signed: ``body`` as it stands in the file, ``algorithm``, ``signature``."""

    body: bytes
    algorithm: Algorithm | Unsupported
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate. ``subject`` and ``issuer`` are normalised (RFC 5280 section 7.1) and compared, never shown.
    ``issuer_text`` is the issuer to the letter, in PrintableString or UTF8String alike.

    ``authority`` is None where the extension is missing; ``is_ca`` likewise. ``usage``: bits of KeyUsage, None without
    it. ``unknown_critical``: object identifiers that nobody here understands. ``country`` is two letters, upper case.
    """

    data: bytes
    signed: Signed
    subject: str
    issuer: str
    issuer_text: str
    country: str
    serial: int
    not_before: datetime
    not_after: datetime
    key: PublicKey | Unsupported
    key_id: bytes | None
    authority_id: bytes | None
    is_ca: bool | None
    path_length: int | None
    usage: frozenset[int] | None
    extended_usage: frozenset[str]
    unknown_critical: tuple[str, ...]

    def may(self, usage: int) -> bool:
        """Whether KeyUsage allows it, or says nothing."""
        return self.usage is None or usage in self.usage


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """A CRL: ``serials`` revoked by ``issuer``; current from ``this_update`` to ``next_update`` (None: not said)."""

    signed: Signed
    issuer: str
    this_update: datetime
    next_update: datetime | None
    serials: frozenset[int]
    unknown_critical: bool


def read_certificate(data: bytes) -> Certificate:
    """One certificate in DER.

    Raises `ChipError`: as `visavis.document.chip.der.scan`, and ``chip_content_broken``.
    """
    whole = read(data, 0x30, "A certificate", limits=CERTIFICATE_LIMITS)
    signed, body = _signed(whole, "A certificate")
    fields = [element for element in body if element.tag != 0xA0]  # without the version
    if [element.tag for element in fields[:6]] != [0x02, 0x30, 0x30, 0x30, 0x30, 0x30]:
        raise broken("A certificate")
    serial, inner, issuer, validity, subject, spki = fields[:6]
    if inner.whole != list(whole)[1].whole:  # RFC 5280 section 4.1.1.2: the two must be the same
        raise broken("A certificate")
    times = list(validity)
    if len(times) != 2:
        raise broken("A certificate")
    extensions = _extensions(next((element for element in fields[6:] if element.tag == 0xA3), None))
    is_ca, path_length = _basic(extensions.get(_BASIC))
    return Certificate(
        data=data,
        signed=signed,
        subject=read_name(subject),
        issuer=read_name(issuer),
        issuer_text=read_name(issuer, exact=True),
        country=_country(subject),
        serial=int.from_bytes(serial.content, "big", signed=True),
        not_before=read_time(times[0]),
        not_after=read_time(times[1]),
        key=load_key(spki),
        key_id=_key_id(extensions.get(_SUBJECT_KEY)),
        authority_id=_authority(extensions.get(_AUTHORITY_KEY)),
        is_ca=is_ca,
        path_length=path_length,
        usage=_usage(extensions.get(_KEY_USAGE)),
        extended_usage=_extended(extensions.get(_EXTENDED_USAGE)),
        unknown_critical=_unknown_critical(extensions),
    )


def read_revocation_list(data: bytes) -> RevocationList:
    """One CRL in DER. Raises as `read_certificate`."""
    whole = read(data, 0x30, "A revocation list", limits=LIST_LIMITS)
    signed, body = _signed(whole, "A revocation list")
    try:
        listed: Any = asn1_crl.TbsCertList.load(signed.body, strict=True)
        serials = frozenset(int(entry["user_certificate"].native) for entry in listed["revoked_certificates"])
        following = listed["next_update"].native
        return RevocationList(
            signed=signed,
            issuer=read_name(next(element for element in list(body)[1:] if element.tag == 0x30 and _is_name(element))),
            this_update=_aware(listed["this_update"].native),
            next_update=None if following is None else _aware(following),
            serials=serials,
            unknown_critical=any(
                entry["critical"].native and entry["extn_id"].dotted not in {_AUTHORITY_KEY, "2.5.29.20"}
                for entry in listed["crl_extensions"]
            ),
        )
    except ChipError:
        raise
    except Exception as error:  # the parser promises no kind of exception; each becomes one code
        raise broken("A revocation list", error) from error


def _is_name(element: Element) -> bool:
    return all(part.tag == 0x31 for part in element)


def _signed(whole: Element, what: str) -> tuple[Signed, Element]:
    parts = list(whole)
    if [part.tag for part in parts] != [0x30, 0x30, 0x03] or parts[2].content[:1] != b"\x00":
        raise broken(what)
    return Signed(parts[0].whole, Algorithm.read(parts[1]), parts[2].content[1:]), parts[0]


def read_name(element: Element, *, exact: bool = False) -> str:
    """A scanned Name, in a form to compare: case, spaces and the kind of string make no difference (RFC 5280 section
    7.1). It is only ever used to find a certificate; that one is right is told by signatures. ``exact``: to the letter,
    so that only PrintableString and UTF8String are the same.

    Raises `ChipError` ``chip_content_broken``.
    """
    what = "A certificate's name"
    if element.end - element.inner > MAX_NAME:
        raise broken(what)
    name: list[list[tuple[str, str]]] = []
    for relative in element:
        parts = [list(attribute) for attribute in relative]
        if relative.tag != 0x31 or any(attribute.tag != 0x30 for attribute in relative):
            raise broken(what)
        if any(len(pair) != 2 for pair in parts):
            raise broken(what)
        name.append(sorted((oid_text(kind), _comparable(value, what, exact=exact)) for kind, value in parts))
    return repr(name)


_ENCODINGS: Final[Mapping[int, str]] = {
    0x0C: "utf-8",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


def _comparable(value: Element, what: str, *, exact: bool) -> str:
    encoding = _ENCODINGS.get(value.tag)
    if encoding is None or (exact and value.tag not in (0x0C, 0x13)):
        return value.whole.hex()
    try:
        text = value.content.decode(encoding)
    except UnicodeDecodeError as error:
        raise broken(what, error) from error
    return text if exact else " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _country(subject: Element) -> str:
    try:
        for relative in subject:
            for attribute in relative:
                kind, value = list(attribute)
                if oid_text(kind) == "2.5.4.6":
                    return value.content[:3].decode("ascii").upper()
    except ValueError as error:
        raise broken("A certificate's name", error) from error
    return ""


def read_time(element: Element) -> datetime:
    """A scanned UTCTime or GeneralizedTime, in UTC. Raises `ChipError` ``chip_content_broken``."""
    try:
        parsed: Any = asn1_x509.Time.load(element.whole, strict=True).native
        return _aware(parsed)
    except ChipError:
        raise
    except Exception as error:  # as above
        raise broken("A time", error) from error


def _aware(value: datetime) -> datetime:
    if not isinstance(value, datetime):
        raise broken("A time")
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _extensions(wrapped: Element | None) -> Mapping[str, tuple[bool, Element]]:
    if wrapped is None:
        return {}
    found: dict[str, tuple[bool, Element]] = {}
    for extension in wrapped.get(0x30, "A certificate's extension"):
        parts = list(extension)
        if not 2 <= len(parts) <= 3 or parts[0].tag != 0x06 or parts[-1].tag != 0x04:
            raise broken("A certificate's extension")
        oid = oid_text(parts[0])
        if oid in found:  # RFC 5280 section 4.2: one of a kind
            raise broken("A certificate's extension")
        found[oid] = (len(parts) == 3 and parts[1].content != b"\x00", parts[-1])
    return found


def _inside(extension: tuple[bool, Element] | None, tag: int) -> Element | None:
    if extension is None:
        return None
    return read(extension[1].content, tag, "A certificate's extension", limits=CERTIFICATE_LIMITS)


def _basic(extension: tuple[bool, Element] | None) -> tuple[bool | None, int | None]:
    inside = _inside(extension, 0x30)
    if inside is None:
        return None, None
    authority, length = inside.find(0x01), inside.find(0x02)
    return (
        authority is not None and authority.content != b"\x00",
        None if length is None else int.from_bytes(length.content, "big"),
    )


def _key_id(extension: tuple[bool, Element] | None) -> bytes | None:
    inside = _inside(extension, 0x04)
    return None if inside is None else inside.content


def _authority(extension: tuple[bool, Element] | None) -> bytes | None:
    inside = _inside(extension, 0x30)
    named = None if inside is None else inside.find(0x80)
    return None if named is None else named.content


def _usage(extension: tuple[bool, Element] | None) -> frozenset[int] | None:
    inside = _inside(extension, 0x03)
    if inside is None:
        return None
    return frozenset(
        8 * index + bit for index, octet in enumerate(inside.content[1:3]) for bit in range(8) if octet & (0x80 >> bit)
    )


def _extended(extension: tuple[bool, Element] | None) -> frozenset[str]:
    inside = _inside(extension, 0x30)
    return frozenset() if inside is None else frozenset(oid_text(item) for item in inside)


def _unknown_critical(extensions: Mapping[str, tuple[bool, Element]]) -> tuple[str, ...]:
    known = _UNDERSTOOD | _HARMLESS
    return tuple(sorted(oid for oid, (critical, _) in extensions.items() if critical and oid not in known))
