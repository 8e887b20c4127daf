"""Public keys and signatures: which can be verified here, which only with a shrug, which not at all.

The arithmetic is OpenSSL's, through `cryptography`. What is here is the choice: the algorithms of ICAO Doc 9303-12
section 4.1, and the keys that can be loaded. An algorithm that cannot be verified is a value, `Unsupported`, and no
error: the hashes and the chain are still worth telling.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto.algos import RSASSAPSSParams
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from visavis.document.chip.curves import CURVES, Curve
from visavis.document.chip.der import Element, broken

__all__ = [
    "DIGESTS",
    "Algorithm",
    "AlgorithmPolicy",
    "PublicKey",
    "Unsupported",
    "digest",
    "digest_oid",
    "load_key",
    "oid_text",
    "verify",
]

DIGESTS: Final[Mapping[str, str]] = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""Digest algorithms by object identifier. MD5 and older ones are not among them."""

_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - verified so that it can be told; `AlgorithmPolicy` does not let it pass
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_RSA_KEY: Final = "1.2.840.113549.1.1.1"
_RSA_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"
_EC_KEY: Final = "1.2.840.10045.2.1"
_PRIME_FIELD: Final = "1.2.840.10045.1.1"
_RSA_WITH: Final[Mapping[str, str]] = {
    "1.2.840.113549.1.1.5": "sha1",
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA_WITH: Final[Mapping[str, str]] = {
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_LOADABLE: Final[Mapping[str, ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1(),
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}
_BY_OID: Final[Mapping[str, Curve]] = {curve.oid: curve for curve in CURVES}
MAX_RSA_BITS: Final = 8_192
MAX_EXPONENT_BITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmPolicy:
    """What is weak. A weak signature is verified all the same, and does not pass.

    ``weak_digests`` by name; ``rsa_bits`` and ``curve_bits`` are the least that are not weak. The lines follow ICAO
    Doc 9303-12 section 4.1 and NIST SP 800-131A revision 2.
    """

    weak_digests: frozenset[str] = frozenset({"sha1"})
    rsa_bits: int = 2_048
    curve_bits: int = 224


@dataclass(frozen=True, slots=True)
class Unsupported:
    """What cannot be verified here, named for a person: ``brainpoolP224r1``, ``an unknown curve``."""

    what: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that was loaded. ``name`` is ``RSA`` or the curve's; ``bits`` those of the modulus or the field."""

    name: str
    bits: int
    handle: rsa.RSAPublicKey | ec.EllipticCurvePublicKey

    def weakness(self, policy: AlgorithmPolicy) -> str | None:
        least = policy.rsa_bits if isinstance(self.handle, rsa.RSAPublicKey) else policy.curve_bits
        return f"{self.name} with {self.bits} bits" if self.bits < least else None


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A signature algorithm: ``family`` is ``rsa``, ``pss`` or ``ecdsa``; the rest is for ``pss`` alone."""

    family: str
    digest: str
    mask_digest: str = ""
    salt: int = 0

    @staticmethod
    def read(element: Element, *, digest: str | None = None) -> "Algorithm | Unsupported":
        """From a scanned AlgorithmIdentifier. ``digest``: the digest where the identifier names only the key's kind."""
        oid = oid_text(element.get(0x06, "A signature algorithm"))
        if oid in _RSA_WITH or oid in _ECDSA_WITH or oid == _RSA_KEY:
            _check_plain(element, "A signature algorithm")
        if oid in _RSA_WITH:
            return Algorithm("rsa", _RSA_WITH[oid])
        if oid in _ECDSA_WITH:
            return Algorithm("ecdsa", _ECDSA_WITH[oid])
        if oid == _RSA_PSS:
            return _pss(element)
        if oid in (_RSA_KEY, _EC_KEY) and digest is not None:
            return Algorithm("rsa" if oid == _RSA_KEY else "ecdsa", digest)
        return Unsupported(f"signature algorithm {oid}")


def oid_text(element: Element) -> str:
    """A scanned object identifier, dotted (ITU-T X.690 clause 8.19)."""
    if element.tag != 0x06:
        raise broken("An object identifier")
    arcs: list[int] = []
    value = 0
    for octet in element.content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def digest_oid(element: Element) -> str:
    """The object identifier of a scanned digest AlgorithmIdentifier; it has no parameters, or NULL (RFC 5754)."""
    _check_plain(element, "A digest algorithm")
    return oid_text(element.get(0x06, "A digest algorithm"))


def _check_plain(element: Element, what: str) -> None:
    parts = list(element)
    if element.tag != 0x30 or [part.whole for part in parts[1:]] not in ([], [b"\x05\x00"]):
        raise broken(what)


def digest(name: str, data: bytes) -> bytes:
    """``data`` hashed; ``name`` as in `DIGESTS`."""
    context = hashes.Hash(_HASHES[name])
    context.update(data)
    return context.finalize()


def load_key(spki: Element) -> PublicKey | Unsupported:
    """The key of a scanned SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).

    Raises `ChipError` ``chip_content_broken`` where its structure is not that of a key.
    """
    parts = list(spki)
    if len(parts) != 2 or parts[0].tag != 0x30 or parts[1].tag != 0x03 or parts[1].content[:1] != b"\x00":
        raise broken("A public key")
    algorithm = list(parts[0])
    if not algorithm or algorithm[0].tag != 0x06:
        raise broken("A public key")
    oid = oid_text(algorithm[0])
    bits = Element(spki.data, 0x03, parts[1].start, parts[1].inner + 1, parts[1].end)
    if oid in (_RSA_KEY, _RSA_PSS):
        return _rsa_key(bits)
    if oid == _EC_KEY and len(algorithm) == 2:
        return _curve_key(algorithm[1], bits.content)
    return Unsupported(f"key algorithm {oid}")


def verify(key: PublicKey, algorithm: Algorithm, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` is right. An algorithm of another kind than the key is a wrong signature."""
    hashed = _HASHES[algorithm.digest]
    prehashed = Prehashed(hashed)
    value = digest(algorithm.digest, data)
    try:
        if isinstance(key.handle, ec.EllipticCurvePublicKey):
            if algorithm.family != "ecdsa":
                return False
            key.handle.verify(signature, value, ec.ECDSA(prehashed))
        elif algorithm.family == "rsa":
            key.handle.verify(signature, value, padding.PKCS1v15(), prehashed)
        elif algorithm.family == "pss":
            mask = padding.MGF1(_HASHES[algorithm.mask_digest])
            key.handle.verify(signature, value, padding.PSS(mgf=mask, salt_length=algorithm.salt), prehashed)
        else:
            return False
    except (InvalidSignature, ValueError, OverflowError, UnsupportedAlgorithm):
        return False
    return True


def _pss(element: Element) -> Algorithm | Unsupported:
    parts = list(element)
    if len(parts) != 2:
        return Unsupported("RSASSA-PSS without parameters")
    try:
        given: Any = RSASSAPSSParams.load(parts[1].whole, strict=True)
        named = DIGESTS.get(given["hash_algorithm"]["algorithm"].dotted)
        mask = given["mask_gen_algorithm"]
        mask_oid: str = mask["algorithm"].dotted
        masked = DIGESTS.get(mask["parameters"]["algorithm"].dotted) if mask_oid == _MGF1 else None
        salt = int(given["salt_length"].native)
        trailer = given["trailer_field"].native
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise broken("A signature algorithm", error) from error
    if named is None or masked is None or trailer not in (1, "trailer_field_bc") or not 0 <= salt <= 512:
        return Unsupported("RSASSA-PSS with uncommon parameters")
    return Algorithm("pss", named, masked, salt)


def _rsa_key(bits: Element) -> PublicKey | Unsupported:
    pair = list(bits)
    if len(pair) != 1 or pair[0].tag != 0x30:
        raise broken("A public key")
    numbers = list(pair[0])
    if len(numbers) != 2 or any(number.tag != 0x02 for number in numbers):
        raise broken("A public key")
    modulus, exponent = (int.from_bytes(number.content, "big") for number in numbers)
    size = modulus.bit_length()
    if size > MAX_RSA_BITS or exponent.bit_length() > MAX_EXPONENT_BITS:
        return Unsupported(f"RSA with {size} bits")
    try:
        return PublicKey("RSA", size, rsa.RSAPublicNumbers(exponent, modulus).public_key())
    except ValueError:
        return Unsupported(f"RSA with {size} bits, or an exponent that is none")


def _curve_key(parameters: Element, point: bytes) -> PublicKey | Unsupported:
    curve = _BY_OID.get(oid_text(parameters)) if parameters.tag == 0x06 else _explicit(parameters)
    if curve is None:
        return Unsupported("an unknown curve")
    named = _LOADABLE.get(curve.name)
    if named is None:
        return Unsupported(f"the curve {curve.name}")
    try:
        return PublicKey(curve.name, curve.bits, ec.EllipticCurvePublicKey.from_encoded_point(named, point))
    except (ValueError, UnsupportedAlgorithm):
        return Unsupported(f"a point that is not on the curve {curve.name}")


def _explicit(parameters: Element) -> Curve | None:
    """The known curve that SpecifiedECDomain (SEC 1 version 2.0, C.2) spells out, number by number; or None."""
    parts = list(parameters)
    if parameters.tag != 0x30 or [part.tag for part in parts[:5]] != [0x02, 0x30, 0x30, 0x04, 0x02]:
        return None
    field, equation = list(parts[1]), list(parts[2])
    if [part.tag for part in field] != [0x06, 0x02] or [part.tag for part in equation[:2]] != [0x04, 0x04]:
        return None
    if oid_text(field[0]) != _PRIME_FIELD or any(part.tag != 0x03 for part in equation[2:]):
        return None
    if len(parts) > 5 and _number(parts[5]) != 1:
        return None
    p, a, b, n = (_number(part) for part in (field[1], equation[0], equation[1], parts[4]))
    base = parts[3].content
    for curve in CURVES:
        if (curve.p, curve.a, curve.b, curve.n) == (p, a, b, n):
            return curve if _is_generator(base, curve) else None
    return None


def _number(element: Element) -> int:
    return int.from_bytes(element.content, "big")


def _is_generator(base: bytes, curve: Curve) -> bool:
    size = (curve.bits + 7) // 8
    x = curve.x.to_bytes(size, "big")
    return base in (b"\x04" + x + curve.y.to_bytes(size, "big"), bytes([2 + curve.y % 2]) + x)
