"""CMS SignedData as travel documents use it: the SOD and the master list (RFC 5652; ICAO Doc 9303-10 section 4.6.2).

Read with the scanner's own elements, because what counts is which bytes were signed: the attributes are hashed as the
DER SET OF them, whatever order the file has them in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from visavis.document.chip.certificates import Certificate, read_certificate, read_name, read_time
from visavis.document.chip.der import Element, broken
from visavis.document.chip.keys import DIGESTS, Algorithm, Unsupported, digest, digest_oid, oid_text, verify

__all__ = ["Fault", "SignedData", "Signer", "find_signer", "read_signed_data", "signature_fault"]

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_VERSION: Final = b"\x03"
"""Section 5.1: 3 wherever the content is not plain data; ICAO Doc 9303-10 table 39 says the same."""
MAX_CERTIFICATES: Final = 16
MAX_SIGNERS: Final = 8

Fault = str
"""Why a signature is wrong: ``attributes_missing``, ``content_type_wrong``, ``message_digest_wrong``,
``signature_wrong``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One SignerInfo. ``issuer`` (to the letter) and ``serial``, or ``key_id``, name the certificate.

    ``attributes``: the contents by object identifier, None where there are none at all. ``signed``: the bytes that the
    signature is over. ``digest`` names the algorithm of the messageDigest attribute.
    """

    issuer: str | None
    serial: int | None
    key_id: bytes | None
    digest: str | Unsupported
    algorithm: Algorithm | Unsupported
    attributes: Mapping[str, Element] | None
    signed: bytes
    signature: bytes
    signing_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    content_type: str
    content: bytes
    certificates: tuple[Certificate, ...]
    signers: tuple[Signer, ...]


def read_signed_data(whole: Element, what: str) -> SignedData:
    """From a scanned ContentInfo. ``what`` names the file in messages.

    Raises `ChipError`: ``chip_content_broken``, and as `read_certificate`.
    """
    outer = list(whole)
    if [part.tag for part in outer] != [0x06, 0xA0] or oid_text(outer[0]) != _SIGNED_DATA:
        raise broken(what)
    parts = list(outer[1].only(0x30, what))
    optional = [part.tag for part in parts[3:-1]]
    if [part.tag for part in parts[:3]] != [0x02, 0x31, 0x30] or optional not in ([], [0xA0], [0xA1], [0xA0, 0xA1]):
        raise broken(what)
    # what no signature covers is held to the letter, so that nothing in the file can be changed unseen
    content = list(parts[2])
    if [part.tag for part in content] != [0x06, 0xA0] or parts[-1].tag != 0x31 or parts[0].content != _VERSION:
        raise broken(what)
    announced = {digest_oid(item) for item in parts[1]}
    held = list(parts[3]) if 0xA0 in optional else []
    infos = list(parts[-1])
    if len(held) > MAX_CERTIFICATES or any(item.tag != 0x30 for item in held) or not 1 <= len(infos) <= MAX_SIGNERS:
        raise broken(what)
    return SignedData(
        content_type=oid_text(content[0]),
        content=content[1].only(0x04, what).content,
        certificates=tuple(read_certificate(item.whole) for item in held),
        signers=tuple(_signer(info, announced, what) for info in infos),
    )


def find_signer(signer: Signer, certificates: tuple[Certificate, ...]) -> Certificate | None:
    """The certificate that a SignerInfo names, by issuer and serial number or by key id."""
    for certificate in certificates:
        if signer.key_id is not None:
            if certificate.key_id == signer.key_id:
                return certificate
        elif (certificate.issuer_text, certificate.serial) == (signer.issuer, signer.serial):
            return certificate
    return None


def signature_fault(data: SignedData, signer: Signer, certificate: Certificate) -> Fault | Unsupported | None:
    """What is wrong with one signature, None where it is right (RFC 5652 sections 5.4 and 5.6).

    1. signed attributes are there, as they must be for any content but plain data; 2. they name this content's type;
    3. they hold the content's digest; 4. the signature over them is right.
    """
    attributes = signer.attributes
    fault = "attributes_missing" if attributes is None else _attribute_fault(data, signer, attributes)
    if fault is not None:
        return fault
    if isinstance(signer.algorithm, Unsupported):
        return signer.algorithm
    if isinstance(certificate.key, Unsupported):
        return certificate.key
    right = verify(certificate.key, signer.algorithm, signer.signature, signer.signed)
    return None if right else "signature_wrong"


def _attribute_fault(data: SignedData, signer: Signer, attributes: Mapping[str, Element]) -> Fault | Unsupported | None:
    named = attributes.get(_CONTENT_TYPE)
    if named is None or named.tag != 0x06 or oid_text(named) != data.content_type:
        return "content_type_wrong"
    if isinstance(signer.digest, Unsupported):
        return signer.digest
    held = attributes.get(_MESSAGE_DIGEST)
    if held is None or held.tag != 0x04 or held.content != digest(signer.digest, data.content):
        return "message_digest_wrong"
    return None


def _signer(info: Element, announced: set[str], what: str) -> Signer:
    parts = list(info)
    tags = [part.tag for part in parts]
    if tags[-1:] == [0xA1]:  # unsigned attributes
        del parts[-1], tags[-1]
    attributes = parts[3] if tags[3:4] == [0xA0] else None
    plain = [part for part in parts if part is not attributes]
    by_name = tags[1:2] == [0x30]
    if info.tag != 0x30 or [part.tag for part in plain] != [0x02, 0x30 if by_name else 0x80, 0x30, 0x30, 0x04]:
        raise broken(what)
    if plain[0].content != (b"\x01" if by_name else b"\x03"):  # section 5.3: the version says how it is named
        raise broken(what)
    issuer, serial = _named(plain[1], what)
    oid = digest_oid(plain[2])
    if oid not in announced:
        raise broken(what)
    named = DIGESTS.get(oid)
    digested = named or Unsupported(f"digest algorithm {oid}")
    found = None if attributes is None else _attributes(attributes, what)
    moment = None if found is None else found.get(_SIGNING_TIME)
    return Signer(
        issuer=issuer,
        serial=serial,
        key_id=plain[1].content if plain[1].tag == 0x80 else None,
        digest=digested,
        algorithm=Algorithm.read(plain[3], digest=named),
        attributes=found,
        signed=b"" if attributes is None else _set_of(attributes),
        signature=plain[4].content,
        signing_time=None if moment is None else read_time(moment),
    )


def _named(identifier: Element, what: str) -> tuple[str | None, int | None]:
    if identifier.tag == 0x80:
        return None, None
    parts = list(identifier)
    if [part.tag for part in parts] != [0x30, 0x02]:
        raise broken(what)
    return read_name(parts[0], exact=True), int.from_bytes(parts[1].content, "big", signed=True)


def _attributes(element: Element, what: str) -> Mapping[str, Element]:
    found: dict[str, Element] = {}
    for attribute in element:
        parts = list(attribute)
        if attribute.tag != 0x30 or [part.tag for part in parts] != [0x06, 0x31]:
            raise broken(what)
        oid, values = oid_text(parts[0]), list(parts[1])
        if oid in found or not values:  # section 5.3: one of a kind
            raise broken(what)
        if oid in (_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME) and len(values) != 1:  # sections 11.1 to 11.3
            raise broken(what)
        found[oid] = values[0]
    return found


def _set_of(attributes: Element) -> bytes:
    """The attributes as DER has them: an explicit SET OF, sorted (ITU-T X.690 clause 11.6)."""
    body = b"".join(sorted(attribute.whole for attribute in attributes))
    size = len(body)
    if size < 0x80:
        return bytes([0x31, size]) + body
    octets = (size.bit_length() + 7) // 8
    return bytes([0x31, 0x80 | octets]) + size.to_bytes(octets, "big") + body
