"""A public key infrastructure of the imaginary state UT, made in memory, and specimen chips with one fault each.

Everything is encoded here byte by byte, by none of the code under test nor its libraries: certificates with explicit
curves, missing extensions and weak signatures, which no builder makes. Keys are drawn anew in each run; only the curves
that OpenSSL does not offer are left out, and their keys are bytes that look the part.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
SIGNED_AT: Final = datetime(2024, 6, 1, tzinfo=UTC)
HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - a weak chip to be told as one
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
DIGEST_OIDS: Final = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "md5": "1.2.840.113549.2.5",
}
RSA_WITH: Final = {
    "sha1": "1.2.840.113549.1.1.5",
    "sha224": "1.2.840.113549.1.1.14",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
ECDSA_WITH: Final = {
    "sha1": "1.2.840.10045.4.1",
    "sha224": "1.2.840.10045.4.3.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
CURVES: Final[Mapping[str, ec.EllipticCurve]] = {
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
    "secp192r1": ec.SECP192R1(),
}
LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"
MASTER_LIST: Final = "2.23.136.1.1.2"
MASTER_LIST_SIGNER: Final = "2.23.136.1.1.3"


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        length = bytes([size])
    else:
        octets = (size.bit_length() + 7) // 8
        length = bytes([0x80 | octets]) + size.to_bytes(octets, "big")
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + length + body


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    arcs = [int(part) for part in dotted.split(".")]
    out = b""
    for arc in (40 * arcs[0] + arcs[1], *arcs[2:]):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        out += bytes(reversed(groups))
    return tlv(0x06, out)


def bits(data: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes([unused]), data)


def moment(value: datetime) -> bytes:
    if value.year < 2050:
        return tlv(0x17, value.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, value.strftime("%Y%m%d%H%M%SZ").encode())


def name(common: str, country: str = "UT") -> bytes:
    def part(kind: str, tag: int, text: str) -> bytes:
        return tlv(0x31, seq(oid(kind), tlv(tag, text.encode())))

    return seq(part("2.5.4.6", 0x13, country), part("2.5.4.3", 0x0C, common))


@dataclass(frozen=True)
class Key:
    """A private key with how it signs: ``family`` rsa, pss or ecdsa."""

    handle: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    family: str
    digest: str = "sha256"
    spki: bytes = b""

    def public(self) -> bytes:
        return self.spki or self.handle.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.public()).digest()[:20]

    def algorithm(self) -> bytes:
        if self.family == "ecdsa":
            return seq(oid(ECDSA_WITH[self.digest]))
        if self.family == "rsa":
            return seq(oid(RSA_WITH[self.digest]), tlv(0x05))
        hashed = seq(oid(DIGEST_OIDS[self.digest]))
        mask = seq(oid("1.2.840.113549.1.1.8"), hashed)
        salt = integer(HASHES[self.digest].digest_size)
        return seq(oid("1.2.840.113549.1.1.10"), seq(tlv(0xA0, hashed), tlv(0xA1, mask), tlv(0xA2, salt)))

    def sign(self, data: bytes) -> bytes:
        hashed = HASHES[self.digest]
        if isinstance(self.handle, ec.EllipticCurvePrivateKey):
            return self.handle.sign(data, ec.ECDSA(hashed))
        if self.family == "rsa":
            return self.handle.sign(data, padding.PKCS1v15(), hashed)
        return self.handle.sign(data, padding.PSS(padding.MGF1(hashed), hashed.digest_size), hashed)


@functools.cache
def rsa_key(size: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, size)


def curve_key(curve: str, digest: str = "sha256") -> Key:
    return Key(ec.generate_private_key(CURVES[curve]), "ecdsa", digest)


def explicit(key: Key, numbers: Mapping[str, int], *, bent: str = "") -> Key:
    """The same key, with its curve spelt out; ``bent`` names a number that is one too many."""
    assert isinstance(key.handle, ec.EllipticCurvePrivateKey)
    given = {which: value + (which == bent) for which, value in numbers.items()}
    size = (given["p"].bit_length() + 7) // 8
    octets = {which: given[which].to_bytes(size, "big") for which in ("a", "b", "x", "y")}
    domain = seq(
        integer(1),
        seq(oid("1.2.840.10045.1.1"), integer(given["p"])),
        seq(tlv(0x04, octets["a"]), tlv(0x04, octets["b"])),
        tlv(0x04, b"\x04", octets["x"], octets["y"]),
        integer(given["n"]),
        integer(1),
    )
    point = key.handle.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return replace(key, spki=seq(seq(oid("1.2.840.10045.2.1"), domain), bits(point)))


@dataclass(frozen=True)
class Profile:
    """A certificate to be made. ``ca`` None: no basic constraints. ``critical``: an extension nobody knows."""

    subject: bytes
    issuer: bytes
    serial: int
    key: Key
    since: datetime = datetime(2022, 1, 1, tzinfo=UTC)
    until: datetime = datetime(2036, 1, 1, tzinfo=UTC)
    ca: bool | None = None
    usage: int | None = 0x80
    critical: str = ""
    extended: str = ""
    key_ids: bool = True


def _extension(kind: str, value: bytes, *, critical: bool = False) -> bytes:
    return seq(oid(kind), *([tlv(0x01, b"\xff")] if critical else []), tlv(0x04, value))


def certificate(profile: Profile, signer: Key) -> bytes:
    extensions = []
    if profile.key_ids:
        extensions.append(_extension("2.5.29.35", seq(tlv(0x80, signer.key_id))))
        extensions.append(_extension("2.5.29.14", tlv(0x04, profile.key.key_id)))
    if profile.ca is not None:
        flag = [tlv(0x01, b"\xff"), integer(0)] if profile.ca else []
        extensions.append(_extension("2.5.29.19", seq(*flag), critical=True))
    if profile.usage is not None:
        extensions.append(_extension("2.5.29.15", bits(bytes([profile.usage]), 1), critical=True))
    if profile.extended:
        extensions.append(_extension("2.5.29.37", seq(oid(profile.extended)), critical=True))
    if profile.critical:
        extensions.append(_extension(profile.critical, tlv(0x05), critical=True))
    body = seq(
        tlv(0xA0, integer(2)),
        integer(profile.serial),
        signer.algorithm(),
        profile.issuer,
        seq(moment(profile.since), moment(profile.until)),
        profile.subject,
        profile.key.public(),
        *([tlv(0xA3, seq(*extensions))] if extensions else []),
    )
    return seq(body, signer.algorithm(), bits(signer.sign(body)))


def revocation_list(
    issuer: bytes,
    signer: Key,
    serials: Iterable[int],
    *,
    since: datetime = datetime(2026, 5, 1, tzinfo=UTC),
    until: datetime = datetime(2026, 8, 1, tzinfo=UTC),
) -> bytes:
    entries = [seq(integer(serial), moment(since)) for serial in serials]
    body = seq(
        integer(1),
        signer.algorithm(),
        issuer,
        moment(since),
        moment(until),
        *([seq(*entries)] if entries else []),
        tlv(0xA0, seq(_extension("2.5.29.35", seq(tlv(0x80, signer.key_id))))),
    )
    return seq(body, signer.algorithm(), bits(signer.sign(body)))


@dataclass(frozen=True)
class Signature:
    """One SignerInfo to be made. The faults: ``content_type`` and ``message_digest`` override what is right,
    ``attributes`` False leaves all out, ``spoil`` turns a bit of the signature, ``reverse`` writes them in wrong order.
    """

    key: Key
    profile: Profile
    signed_at: datetime | None = SIGNED_AT
    content_type: str | None = None
    message_digest: bytes | None = None
    attributes: bool = True
    spoil: bool = False
    reverse: bool = False
    by_key_id: bool = False
    digest_oid: str = ""

    def info(self, content: bytes, content_type: str) -> bytes:
        digest = self.message_digest or hashlib.new(self.key.digest, content).digest()
        held = [
            _attribute("1.2.840.113549.1.9.3", oid(self.content_type or content_type)),
            _attribute("1.2.840.113549.1.9.4", tlv(0x04, digest)),
        ]
        if self.signed_at is not None:
            held.append(_attribute("1.2.840.113549.1.9.5", moment(self.signed_at)))
        held.sort()
        signature = self.key.sign(tlv(0x31, *held) if self.attributes else content)
        if self.spoil:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        named = seq(self.profile.issuer, integer(self.profile.serial))
        return seq(
            integer(3 if self.by_key_id else 1),
            tlv(0x80, self.profile.key.key_id) if self.by_key_id else named,
            seq(oid(self.digest_oid or DIGEST_OIDS[self.key.digest])),
            *([tlv(0xA0, *(reversed(held) if self.reverse else held))] if self.attributes else []),
            self.key.algorithm(),
            tlv(0x04, signature),
        )


def _attribute(kind: str, value: bytes) -> bytes:
    return seq(oid(kind), tlv(0x31, value))


def signed_data(
    content: bytes, signatures: Iterable[Signature], certificates: Iterable[bytes], *, content_type: str
) -> bytes:
    signatures = list(signatures)
    infos = [signature.info(content, content_type) for signature in signatures]
    digests = [seq(oid(DIGEST_OIDS[signature.key.digest])) for signature in signatures]
    body = seq(
        integer(3),
        tlv(0x31, *digests),
        seq(oid(content_type), tlv(0xA0, tlv(0x04, content))),
        tlv(0xA0, *certificates),
        tlv(0x31, *infos),
    )
    return seq(oid("1.2.840.113549.1.7.2"), tlv(0xA0, body))


def security_object(groups: Mapping[int, bytes], digest: str = "sha256") -> bytes:
    """The list of hashes, which the signature covers."""
    listed = [
        seq(integer(number), tlv(0x04, hashlib.new(digest, data).digest())) for number, data in sorted(groups.items())
    ]
    return seq(integer(0), seq(oid(DIGEST_OIDS[digest])), seq(*listed))


MRZ: Final = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"
TAGS: Final = {1: 0x61, 2: 0x75, 11: 0x6B, 12: 0x6C, 14: 0x6E, 15: 0x6F}


def face_record(*pictures: bytes) -> bytes:
    """ISO/IEC 19794-5:2005: a header, then each face with one feature point."""
    faces = b"".join(
        (20 + 8 + 12 + len(picture)).to_bytes(4, "big") + b"\0\1" + bytes(14) + bytes(8) + bytes(12) + picture
        for picture in pictures
    )
    return b"FAC\x00010\x00" + (14 + len(faces)).to_bytes(4, "big") + len(pictures).to_bytes(2, "big") + faces


def face_block(picture: bytes) -> bytes:
    """ISO/IEC 39794-5:2019, as tagged."""
    flat = tlv(0xA0, tlv(0x80, picture), tlv(0xA1, tlv(0xA0, tlv(0x80, b"\2"))))
    representation = seq(tlv(0x80, b"\0"), tlv(0xA1, tlv(0xA0, flat)))
    return tlv(0x65, tlv(0xA0, tlv(0x80, b"\3"), tlv(0x81, b"\x07\xe3")), tlv(0xA1, representation))


def portrait_group(block: bytes, *, tagged: bool = False) -> bytes:
    header = tlv(0xA1, tlv(0x80, b"\1\1"), tlv(0x87, b"\1\1"), tlv(0x88, b"\0\x08"))
    template = tlv(0x7F60, header, tlv(0x7F2E if tagged else 0x5F2E, block))
    return tlv(0x75, tlv(0x7F61, tlv(0x02, b"\1"), template))


def common(groups: Iterable[int]) -> bytes:
    tags = bytes(TAGS[number] for number in groups)
    return tlv(0x60, tlv(0x5F01, b"0107"), tlv(0x5F36, b"040000"), tlv(0x5C, tags))


@dataclass(frozen=True)
class Chip:
    sod: bytes
    com: bytes
    groups: Mapping[int, bytes]
    trust: tuple[bytes, ...]


@dataclass
class Pki:
    """The state's keys and certificates, and a chip of theirs with any one thing changed."""

    authority: Key = field(default_factory=lambda: curve_key("brainpoolP384r1", "sha384"))
    picture: bytes = b""

    def __post_init__(self) -> None:
        self.name = name("CSCA UTO")
        self.root = Profile(self.name, self.name, 1, self.authority, ca=True, usage=0x06)
        self.root_certificate = certificate(self.root, self.authority)
        self.current = revocation_list(self.name, self.authority, [4711])
        self.signer_key = curve_key("brainpoolP256r1")
        self.groups: dict[int, bytes] = {
            1: tlv(0x61, tlv(0x5F1F, MRZ.encode())),
            2: portrait_group(face_record(self.picture or b"\xff\xd8\xff\xd9")),
        }

    def signer(self, key: Key | None = None, **changes: object) -> Profile:
        plain = Profile(name("DS UTO 1"), self.name, 77, key or self.signer_key, ca=None)
        return replace(plain, **changes)  # type: ignore[arg-type]  # the fields by name

    def chip(
        self,
        *,
        profile: Profile | None = None,
        signing: Callable[[Signature], Signature] = lambda signature: signature,
        issued_by: Key | None = None,
        digest: str = "sha256",
        listed: Mapping[int, bytes] | None = None,
        groups: Mapping[int, bytes] | None = None,
        trust: tuple[bytes, ...] | None = None,
        content_type: str = LDS_SECURITY_OBJECT,
    ) -> Chip:
        profile = profile or self.signer()
        groups = self.groups if groups is None else groups
        listed = groups if listed is None else listed
        issued = certificate(profile, issued_by or self.authority)
        sod = signed_data(
            security_object(listed, digest),
            [signing(Signature(profile.key, profile))],
            [issued],
            content_type=content_type,
        )
        held = (self.root_certificate, self.current) if trust is None else trust
        return Chip(tlv(0x77, sod), common(listed), groups, held)
