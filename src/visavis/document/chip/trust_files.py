"""A trust store from what authorities publish: certificates and revocation lists (PEM or DER), and master lists.

A master list is a country's or an organisation's signed list of country signing certificates (ICAO 9303-12 section 9).
Its signature is checked; that its signer may be believed is the operator's choice, who put the file here. The signer's
own chain is shown by `MasterList.signer_chain`, since it mostly leads to a certificate within the list.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from visavis.document.chip.certificates import Certificate, read_certificate, read_revocation_list
from visavis.document.chip.der import Element, Limits, read
from visavis.document.chip.keys import AlgorithmPolicy, Unsupported
from visavis.document.chip.signed_data import SignedData, find_signer, read_signed_data, signature_fault
from visavis.document.chip.trust import Chain, TrustStore, check_chain
from visavis.errors import ChipError

__all__ = ["MAX_TRUST_BYTES", "MasterList", "read_master_list", "trust_store"]

MASTER_LIST: Final = "2.23.136.1.1.2"
MASTER_LIST_SIGNER: Final = "2.23.136.1.1.3"
MAX_TRUST_BYTES: Final = 8_000_000
MAX_CERTIFICATES: Final = 5_000
_LIMITS: Final = Limits(size=MAX_TRUST_BYTES, elements=600_000)
_PEM: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterList:
    """``authorities`` in the list; ``skipped`` of its certificates could not be read. ``signer_chain``: the signer
    held against the list itself.
    """

    authorities: tuple[Certificate, ...]
    skipped: int
    signer_chain: Chain


def trust_store(files: Iterable[bytes], *, now: datetime) -> TrustStore:
    """Everything in ``files``, each a certificate, a revocation list, a master list, or PEM with several of them.

    Raises `ChipError` where a file is none of these: ``trust_file_unknown``, ``trust_file_too_large``,
    ``trust_too_much``; and as `read_master_list`.
    """
    authorities: dict[bytes, Certificate] = {}
    signers: dict[bytes, Certificate] = {}
    lists = []
    for data in files:
        for part in _parts(data):
            kind = _kind(part)
            if kind == "crl":
                lists.append(read_revocation_list(part))
                continue
            found = read_master_list(part, now=now).authorities if kind == "master" else (read_certificate(part),)
            for certificate in found:
                # one without basic constraints is kept where it may be named as what stands in the way
                own = certificate.subject == certificate.issuer
                (authorities if certificate.is_ca or own else signers)[certificate.data] = certificate
            if len(authorities) + len(signers) > MAX_CERTIFICATES:
                raise ChipError("trust_too_much", f"There are more than {MAX_CERTIFICATES} certificates.")
    return TrustStore(tuple(authorities.values()), tuple(signers.values()), tuple(lists))


def read_master_list(data: bytes, *, now: datetime) -> MasterList:
    """A master list, with its signature checked.

    Raises `ChipError`: ``master_list_invalid`` where the signature is wrong, cannot be verified, or is not made for
    master lists; ``chip_file_too_large``, ``chip_encoding_broken``, ``chip_encoding_excessive``,
    ``chip_content_broken``.
    """
    what = "A master list"
    signed = read_signed_data(read(data, 0x30, what, limits=_LIMITS), what)
    listed = read(signed.content, 0x30, what, limits=_LIMITS).get(0x31, what)
    authorities: list[Certificate] = []
    skipped = 0
    for item in listed:
        certificate = _readable(item)
        if certificate is None:
            skipped += 1
        else:
            authorities.append(certificate)
        if len(authorities) > MAX_CERTIFICATES:
            raise ChipError("trust_too_much", f"There are more than {MAX_CERTIFICATES} certificates.")
    signer = _checked_signer(signed)
    at = signed.signers[0].signing_time or now
    chain = check_chain(signer, TrustStore(tuple(authorities)), at=at, now=now, policy=AlgorithmPolicy())
    return MasterList(authorities=tuple(authorities), skipped=skipped, signer_chain=chain)


def _checked_signer(signed: SignedData) -> Certificate:
    if signed.content_type != MASTER_LIST:
        raise _invalid("is signed as something else")
    if len(signed.signers) != 1:
        raise _invalid("does not have one signer")
    signer = find_signer(signed.signers[0], signed.certificates)
    if signer is None:
        raise _invalid("does not hold its signer's certificate")
    fault = signature_fault(signed, signed.signers[0], signer)
    if isinstance(fault, Unsupported):
        raise _invalid("is signed in a way that cannot be verified here")
    if fault is not None:
        raise _invalid("has a wrong signature")
    if MASTER_LIST_SIGNER not in signer.extended_usage:
        raise _invalid("is signed by a certificate that is not for master lists")
    return signer


def _invalid(what: str) -> ChipError:
    return ChipError("master_list_invalid", f"The master list {what}.", advice="Fetch it once more from its publisher.")


def _readable(item: Element) -> Certificate | None:
    """One certificate of a list. A single odd one must not take the others away; it is left out, so it is no trust."""
    try:
        certificate = read_certificate(item.whole)
    except ChipError:
        return None
    return certificate if certificate.is_ca else None


def _parts(data: bytes) -> list[bytes]:
    if len(data) > MAX_TRUST_BYTES:
        raise ChipError(
            "trust_file_too_large", f"A file of certificates has more than {MAX_TRUST_BYTES // 1000000} MB."
        )
    blocks = _PEM.findall(data) if b"-----BEGIN" in data else []
    if not blocks:
        return [data]
    try:
        return [base64.b64decode(b"".join(text.split()), validate=True) for _, text in blocks]
    except binascii.Error as error:
        raise _unknown() from error


def _kind(data: bytes) -> str:
    """``certificate``, ``crl`` or ``master``, by the structure alone."""
    whole = read(data, 0x30, "A file of certificates", limits=_LIMITS)
    parts = list(whole)
    if [part.tag for part in parts] == [0x06, 0xA0]:
        return "master"
    if [part.tag for part in parts] == [0x30, 0x30, 0x03]:
        first = [part.tag for part in parts[0]]
        # a certificate: [0] version, serial, algorithm, issuer, ...; a list: version, algorithm, issuer, time, ...
        times = (0x17, 0x18)
        return "crl" if any(tag in times for tag in first[:5]) else "certificate"
    raise _unknown()


def _unknown() -> ChipError:
    return ChipError(
        "trust_file_unknown",
        "A file is no certificate, no revocation list and no master list.",
        advice="Put only such files, PEM or DER, into the folder.",
    )
