"""From a document's signer to the issuing state: the trust store and the check of the chain (ICAO Doc 9303-12).

Why a check of our own: `docs/decisions/0010-chips.md`. The store holds what the operator chose to trust. A certificate
that signed itself is an anchor; one that another key signed (a *link certificate*, which carries trust from a state's
old key to its new one, or back) counts only where it leads to an anchor.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from visavis.document.chip.certificates import (
    CRL_SIGN,
    DIGITAL_SIGNATURE,
    KEY_CERT_SIGN,
    Certificate,
    RevocationList,
    Signed,
)
from visavis.document.chip.keys import AlgorithmPolicy, Unsupported, verify

__all__ = ["Chain", "ChainState", "Revocation", "TrustStore", "check_chain"]

MAX_LINKS: Final = 4
MAX_TRIED: Final = 64
"""Signatures checked for one chain; a list of certificates with one name must not multiply."""


class ChainState(StrEnum):
    """What the chain of a signer is. Only ``trusted`` passes."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    """No certificate of the store has issued it, or none that may."""
    FORGED = "forged"
    """The store holds the very key that it claims, and that key did not sign it."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    UNSUPPORTED = "unsupported"
    """An issuer is there, and its signature cannot be verified here."""


class Revocation(StrEnum):
    CLEAR = "clear"
    REVOKED = "revoked"
    STALE = "stale"
    """The only list is past its time: who is on it is revoked, who is not may have been since."""
    UNKNOWN = "unknown"
    """No list of this issuer, or none whose signature is right."""


@dataclass(frozen=True, slots=True)
class TrustStore:
    """``authorities``: certificates of country signing authorities, links among them. ``signers``: document signers
    for chips that do not carry theirs. An empty store trusts nobody.
    """

    authorities: tuple[Certificate, ...] = ()
    signers: tuple[Certificate, ...] = ()
    revocation_lists: tuple[RevocationList, ...] = ()
    verified: dict[tuple[bytes, bytes], bool] = field(default_factory=dict, repr=False, compare=False)
    """Signatures within the store that were checked before, by what is signed and by whose certificate: an operator's
    certificates do not change, and a signature takes a millisecond.
    """

    def __bool__(self) -> bool:
        return bool(self.authorities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """``path``: from the signer's issuer to the anchor, empty where there is none. ``notes`` say for a person what
    stood in the way; ``weaknesses`` and ``unsupported`` name algorithms.
    """

    state: ChainState
    revocation: Revocation = Revocation.UNKNOWN
    path: tuple[Certificate, ...] = ()
    notes: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()


def check_chain(
    signer: Certificate, store: TrustStore, *, at: datetime, now: datetime, policy: AlgorithmPolicy
) -> Chain:
    """Whether ``signer`` leads to an anchor of ``store``, as of ``at``, the time of signing.

    1. the issuer by authority key id and name; it must be an authority that may sign certificates; 2. its signature;
    3. the same from a link to its issuer, up to an anchor; 4. every certificate valid at ``at``; 5. revocation lists
    of each issuer as of ``now``, with their signatures: a revoked serial number counts whenever it was revoked.
    """
    search = _Search(store, policy)
    path = search.path(signer, MAX_LINKS)
    if path is None:
        return search.failure()
    fault = _unfit_signer(signer)
    if fault:
        return Chain(state=ChainState.UNTRUSTED, path=path, notes=(fault,))
    weak = _weaknesses((signer, *path), policy)
    revocation = _revocation((signer, *path), search, now)
    state = ChainState.TRUSTED
    if revocation is Revocation.REVOKED:
        state = ChainState.REVOKED
    elif any(at > item.not_after for item in (signer, *path)):
        state = ChainState.EXPIRED
    elif any(at < item.not_before for item in (signer, *path)):
        state = ChainState.NOT_YET_VALID
    return Chain(state=state, revocation=revocation, path=path, weaknesses=weak)


def _unfit_signer(signer: Certificate) -> str:
    if signer.is_ca:
        return "the signer's certificate is an authority's"
    if not signer.may(DIGITAL_SIGNATURE):
        return "the signer's certificate is not for signatures"
    if signer.unknown_critical:
        return "the signer's certificate has a critical extension that is not known"
    return ""


class _Search:
    """The way up, and why it ended. One search, one use."""

    def __init__(self, store: TrustStore, policy: AlgorithmPolicy) -> None:
        self._store = store
        self._policy = policy
        self._tried = 0
        self._notes: list[str] = []
        self._unsupported: list[str] = []
        self._forged = False

    def path(self, certificate: Certificate, links: int) -> tuple[Certificate, ...] | None:
        issuers = [item for item in self._store.authorities if _names(certificate, item)]
        # anchors first: the shortest way up is the one that is shown
        for issuer in sorted(issuers, key=lambda item: item.subject != item.issuer):
            if issuer.data == certificate.data or not self._fit(issuer, certificate):
                continue
            if not self._signed(certificate, issuer):
                continue
            if self._signs_itself(issuer):
                return (issuer,)
            if links:
                further = self.path(issuer, links - 1)
                if further is not None:
                    return (issuer, *further)
        return None

    def failure(self) -> Chain:
        if self._forged:
            state = ChainState.FORGED
        elif self._unsupported:
            state = ChainState.UNSUPPORTED
        else:
            state = ChainState.UNTRUSTED
        notes = tuple(dict.fromkeys(self._notes)) or ("no authority here has its issuer's name and key",)
        return Chain(state=state, notes=notes, unsupported=tuple(dict.fromkeys(self._unsupported)))

    def lists_of(self, issuer: Certificate) -> Iterator[RevocationList]:
        """The revocation lists of this issuer, signed by its key or by another key of its that leads to an anchor: a
        state signs its one list with its newest key, for certificates of the older ones as well.
        """
        for item in self._store.revocation_lists:
            if item.issuer != issuer.subject:
                continue
            for key in (issuer, *self._store.authorities):
                named = key.subject == item.issuer and bool(key.is_ca) and key.may(CRL_SIGN)
                if named and self._known(item.signed, key) and (key is issuer or self._leads_up(key)):
                    yield item
                    break

    def _leads_up(self, authority: Certificate) -> bool:
        return self._signs_itself(authority) or self.path(authority, MAX_LINKS) is not None

    def _fit(self, issuer: Certificate, certificate: Certificate) -> bool:
        fault = ""
        if not issuer.is_ca:
            fault = "the issuer's certificate is not that of an authority (basic constraints)"
        elif not issuer.may(KEY_CERT_SIGN):
            fault = "the issuer may not sign certificates (key usage)"
        elif issuer.unknown_critical:
            fault = "the issuer has a critical extension that is not known"
        elif certificate.is_ca and issuer.path_length == 0 and not _is_link(certificate, issuer):
            fault = "the issuer may not have authorities below it (path length)"
        if fault:
            self._notes.append(fault)
        return not fault

    def _signed(self, certificate: Certificate, issuer: Certificate) -> bool:
        right = self._verified(certificate.signed, issuer)
        if right is False and certificate.authority_id is not None and issuer.key_id is not None:
            self._forged = True
            self._notes.append("the issuer's key did not make this signature")
        return right is True

    def _signs_itself(self, certificate: Certificate) -> bool:
        named = certificate.authority_id in (None, certificate.key_id)
        return named and certificate.subject == certificate.issuer and self._known(certificate.signed, certificate)

    def _known(self, signed: Signed, issuer: Certificate) -> bool:
        """As `_verified`, for what is in the store on both sides."""
        key = (signed.body + signed.signature, issuer.data)
        known = self._store.verified.get(key)
        if known is None:
            found = self._verified(signed, issuer)
            if found is None:
                return False
            known = self._store.verified[key] = found
        return known

    def _verified(self, signed: Signed, issuer: Certificate) -> bool | None:
        for part in (signed.algorithm, issuer.key):
            if isinstance(part, Unsupported):
                self._unsupported.append(part.what)
                return None
        self._tried += 1
        if self._tried > MAX_TRIED:
            return None
        return _verified(signed, issuer)


def _is_link(certificate: Certificate, issuer: Certificate) -> bool:
    """A link certificate carries trust between keys of one state; ICAO counts it as no further authority."""
    return certificate.country == issuer.country


def _names(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether ``certificate`` claims ``issuer``: by name, and by key id where both state one."""
    if certificate.issuer != issuer.subject:
        return False
    stated = certificate.authority_id is not None and issuer.key_id is not None
    return not stated or certificate.authority_id == issuer.key_id


def _verified(signed: Signed, issuer: Certificate) -> bool:
    if isinstance(signed.algorithm, Unsupported) or isinstance(issuer.key, Unsupported):
        return False
    return verify(issuer.key, signed.algorithm, signed.signature, signed.body)


def _weaknesses(certificates: Iterable[Certificate], policy: AlgorithmPolicy) -> tuple[str, ...]:
    """Of the keys and the signatures between them. An anchor's own signature is not one of them: it was put here."""
    chain = list(certificates)
    keys = [item.key for item in chain if not isinstance(item.key, Unsupported)]
    found = [weak for key in keys if (weak := key.weakness(policy))]
    for item in chain[:-1]:
        algorithm = item.signed.algorithm
        if not isinstance(algorithm, Unsupported) and algorithm.digest in policy.weak_digests:
            found.append(f"{algorithm.digest.upper()} in a certificate")
    return tuple(dict.fromkeys(found))


def _revocation(chain: tuple[Certificate, ...], search: "_Search", now: datetime) -> Revocation:
    """The signer's own state; a revoked authority above it revokes it as well."""
    answer = Revocation.UNKNOWN
    for index, (certificate, issuer) in enumerate(pairwise(chain)):
        state = _listed(certificate, issuer, search, now)
        if state is Revocation.REVOKED:
            return state
        if index == 0:
            answer = state
    return answer


def _listed(certificate: Certificate, issuer: Certificate, search: "_Search", now: datetime) -> Revocation:
    best = Revocation.UNKNOWN
    for item in search.lists_of(issuer):
        if certificate.serial in item.serials:
            return Revocation.REVOKED
        if item.unknown_critical:  # it may cover a part alone
            continue
        current = item.this_update <= now and (item.next_update is None or now <= item.next_update)
        if current:
            best = Revocation.CLEAR
        elif best is Revocation.UNKNOWN:
            best = Revocation.STALE
    return best
