"""EF.SOD: the list of hashes that the issuing state signed (ICAO Doc 9303-10 section 4.6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from visavis.document.chip.der import Limits, broken, read
from visavis.document.chip.keys import DIGESTS, Unsupported, digest_oid
from visavis.document.chip.signed_data import SignedData, read_signed_data

__all__ = ["SECURITY_OBJECT", "SecurityObject", "read_security_object"]

SECURITY_OBJECT: Final = "2.23.136.1.1.1"
"""id-icao-mrtd-security-ldsSecurityObject, which eContentType must be."""
LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityObject:
    """``hashes`` by the number of the data group, made with ``digest``. ``signed`` is the whole CMS structure.

    ``version`` 0 or 1; with 1 ``lds_version`` (``0108``) and ``unicode_version`` are under the signature.
    """

    signed: SignedData
    version: int
    digest: str | Unsupported
    hashes: Mapping[int, bytes]
    lds_version: str | None
    unicode_version: str | None


def read_security_object(data: bytes) -> SecurityObject:
    """EF.SOD from its bytes; nothing is verified yet.

    Raises `ChipError`: ``chip_file_too_large``, ``chip_encoding_broken``, ``chip_encoding_excessive``,
    ``chip_content_broken``.
    """
    what = "EF.SOD"
    outer = read(data, 0x77, what, limits=LIMITS)
    signed = read_signed_data(outer.only(0x30, what), what)
    listed = read(signed.content, 0x30, what, limits=LIMITS)
    parts = list(listed)
    tags = [part.tag for part in parts]
    if tags not in ([0x02, 0x30, 0x30], [0x02, 0x30, 0x30, 0x30]):
        raise broken(what)
    oid = digest_oid(parts[1])
    hashes: dict[int, bytes] = {}
    for entry in parts[2]:
        pair = list(entry)
        if entry.tag != 0x30 or [part.tag for part in pair] != [0x02, 0x04]:
            raise broken(what)
        number = int.from_bytes(pair[0].content, "big")
        if not 1 <= number <= 16 or number in hashes:
            raise broken(what)
        hashes[number] = pair[1].content
    if not hashes:
        raise broken(what)
    versions: list[str] = []
    if len(parts) == 4:
        versions = [item.content.decode("ascii", "replace")[:16] for item in parts[3] if item.tag == 0x13]
    return SecurityObject(
        signed=signed,
        version=int.from_bytes(parts[0].content, "big"),
        digest=DIGESTS.get(oid) or Unsupported(f"digest algorithm {oid}"),
        hashes=hashes,
        lds_version=versions[0] if versions else None,
        unicode_version=versions[1] if len(versions) > 1 else None,
    )
