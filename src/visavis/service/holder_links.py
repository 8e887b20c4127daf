"""The holder's way in: a link that opens once, a session of one device, and its hand-off to another.

A token is 256 random bits, of which SHA-256 is kept. The link's rides in the fragment of an address, which browsers
send to nobody; opening it gives a session whose token goes into a cookie that no script reads. Whoever takes over by a
continuation link acts from then on, alone; the device that handed off can still watch. Both show the same short code,
so that a holder sees that it was their own telephone that took over.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import HOLDER
from visavis.clock import Clock
from visavis.domain.states import OPEN, Capturing
from visavis.domain.verification import Verification
from visavis.errors import AccessError, LimitError, StateError
from visavis.service.acts import verification_act
from visavis.service.holder_records import HolderToken, TokenKind
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.steps import found
from visavis.service.transactions import InUnits, committed

__all__ = ["CODE_LETTERS", "Exchanged", "HandOff", "HolderLinks", "HolderSession", "short_code"]

CODE_LETTERS: Final = 6
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter in it is taken for another when it is read aloud."""
_TOKEN_BYTES: Final = 32
_LONGEST: Final = 100
_LINKS: Final = frozenset({TokenKind.LINK, TokenKind.CONTINUATION, TokenKind.USED})
_SESSIONS: Final = frozenset({TokenKind.SESSION, TokenKind.WATCHING})
_HAND_OFFS: Final = 10
"""For one verification: enough for every device at hand, and too few to fill a store with."""
_TOGETHER: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderSession:
    """A holder's device. ``key`` names the session within the service, and opens nothing: it is the digest of its
    token. Without ``may_act`` the device only watches.
    """

    verification: str
    relying_party: str
    key: str = field(repr=False)
    may_act: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """``token``: of the session, shown once; None where this device has it already. ``code``: where it took over."""

    session: HolderSession
    token: str | None = field(repr=False)
    code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    token: str = field(repr=False)
    code: str
    expires_at: datetime


class HolderLinks(InUnits):
    """``after``: for how long a session still sees the end of a verification; it lives longer where something is kept
    longer, so that its holder can always look at it and have it erased. ``entropy``: so many random bytes.
    """

    def __init__(
        self,
        *,
        storage: Transactions,
        clock: Clock,
        entropy: Callable[[int], bytes],
        after: timedelta = timedelta(hours=1),
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._entropy = entropy
        self._after = after

    def issue(self, verification: Verification) -> str:
        """The token of a new verification's link, good once and until the verification's time is over."""
        token = self._token()
        row = _row(token, verification, TokenKind.LINK, now=self._clock.now(), until=verification.expires_at)
        committed(self._storage, lambda unit: unit.holder_tokens.add(row))
        return token

    def exchange(self, token: str, *, present: str | None = None) -> Exchanged:
        """Open a link, or take over by a continuation link.

        ``present``: the session's token that the device has already. A link that was used is opened again only by the
        device that it gave its session to. Raises AccessError ``holder_link_unknown``, ``holder_link_used``,
        ``holder_link_expired``; StateError ``capture_running``.
        """
        digest = _digest(token)
        session_token = self._token()

        def work(unit: UnitOfWork) -> Exchanged:
            row = self._link(unit, digest)
            verification = found(unit.verifications.find(row.relying_party, row.verification, lock=True))
            row = self._link(unit, digest)  # as it is now that nobody else changes it
            now = self._clock.now()
            if row.kind is TokenKind.USED:
                return self._again(unit, verification, present, now)
            if now >= row.expires_at:
                raise AccessError(
                    "holder_link_expired",
                    "The time of this link is over.",
                    advice="Ask for a new one where you got it.",
                )
            if isinstance(verification.state, Capturing):
                raise _capture_running()
            for other in unit.holder_tokens.of_verification(verification.id):
                if other.kind is TokenKind.SESSION:
                    unit.holder_tokens.turn(other.digest, TokenKind.WATCHING)
            unit.holder_tokens.turn(digest, TokenKind.USED)
            until = max(verification.expires_at, now) + self._after
            session = _row(session_token, verification, TokenKind.SESSION, now=now, until=until)
            unit.holder_tokens.add(session)
            code = short_code(token) if row.kind is TokenKind.CONTINUATION else None
            _note(unit, verification, "holder.link_opened" if code is None else "holder.took_over", now)
            return Exchanged(session=_session(session), token=session_token, code=code)

        return committed(self._storage, work)

    def session(self, token: str | None) -> HolderSession:
        """Whose session a device's token is. Raises AccessError ``holder_session_unknown``, one answer to all."""
        with self._storage.reading() as unit:
            row = None if token is None else self._session_row(unit, token)
            if row is not None:
                verification = unit.verifications.find(row.relying_party, row.verification)
                if verification is not None and self._clock.now() < _until(row, verification):
                    return _session(row)
        raise AccessError(
            "holder_session_unknown",
            "This device has no verification open.",
            advice="Open the link again, or ask for a new one where you got it.",
        )

    def hand_off(self, session: HolderSession) -> HandOff:
        """A link by which another device takes over; an earlier one is void.

        Raises AccessError ``holder_only_watches``; StateError ``capture_running``, ``verification_over``; LimitError
        ``hand_offs_used_up``.
        """
        token = self._token()

        def work(unit: UnitOfWork) -> HandOff:
            verification = found(unit.verifications.find(session.relying_party, session.verification, lock=True))
            self._must_act(unit, session)
            now = self._clock.now()
            if isinstance(verification.state, Capturing):
                raise _capture_running()
            if type(verification.state) not in OPEN or now >= verification.expires_at:
                raise StateError(
                    "verification_over", "This verification is over.", advice="There is nothing left to do."
                )
            life = verification.expires_at - verification.opened_at
            if unit.attempts.count("holder.hand_off", verification.id, at=now, window=life) > _HAND_OFFS:
                raise LimitError(
                    "hand_offs_used_up",
                    f"A verification is handed on {_HAND_OFFS} times at most.",
                    advice="Go on with the device that has it.",
                )
            for other in unit.holder_tokens.of_verification(verification.id):
                if other.kind is TokenKind.CONTINUATION:
                    unit.holder_tokens.drop(other.digest)
            row = _row(token, verification, TokenKind.CONTINUATION, now=now, until=verification.expires_at)
            unit.holder_tokens.add(row)
            _note(unit, verification, "holder.handed_on", now)
            return HandOff(token=token, code=short_code(token), expires_at=row.expires_at)

        return committed(self._storage, work)

    def leave(self, session: HolderSession) -> None:
        """The device forgets the verification: for one that is used by several people."""
        committed(self._storage, lambda unit: unit.holder_tokens.drop(session.key))

    def sweep(self) -> int:
        """Forget some of the tokens whose time is over; returns how many it looked at, 0 when there is none left."""

        def work(unit: UnitOfWork) -> int:
            now = self._clock.now()
            over = unit.holder_tokens.over(now, limit=_TOGETHER)
            for row in over:
                verification = unit.verifications.find(row.relying_party, row.verification)
                until = row.expires_at if verification is None else _until(row, verification)
                if until > now:
                    unit.holder_tokens.prolong(row.digest, until)
                else:
                    unit.holder_tokens.drop(row.digest)
            return len(over)

        return committed(self._storage, work)

    # ---- parts

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._entropy(_TOKEN_BYTES)).rstrip(b"=").decode()

    def _link(self, unit: UnitOfWork, digest: str) -> HolderToken:
        row = _same(unit.holder_tokens.find(digest), digest)
        if row is None or row.kind not in _LINKS:
            raise AccessError(
                "holder_link_unknown", "This link opens nothing.", advice="Copy the whole link, or ask for a new one."
            )
        return row

    def _again(self, unit: UnitOfWork, verification: Verification, present: str | None, now: datetime) -> Exchanged:
        """A used link: for the device that it gave its session to, a page that was loaded again."""
        row = None if present is None else self._session_row(unit, present)
        if row is None or row.verification != verification.id or now >= _until(row, verification):
            raise AccessError(
                "holder_link_used",
                "This link was opened before, on another device or in another browser.",
                advice="Go on there, and hand it over to this device from there; or ask for a new link.",
            )
        return Exchanged(session=_session(row), token=None, code=None)

    def _session_row(self, unit: UnitOfWork, token: str) -> HolderToken | None:
        digest = _digest(token)
        row = _same(unit.holder_tokens.find(digest), digest)
        return row if row is not None and row.kind in _SESSIONS else None

    def _must_act(self, unit: UnitOfWork, session: HolderSession) -> None:
        row = unit.holder_tokens.find(session.key)
        if row is None or row.kind is not TokenKind.SESSION:
            raise AccessError(
                "holder_only_watches",
                "This device handed the verification on, and can only watch it.",
                advice="Go on with the other device.",
            )


def short_code(token: str) -> str:
    """Six letters and digits by which a holder sees that two devices hold the two ends of one link (30 bits).

    It comes from the token and tells nothing of it.
    """
    bits = int.from_bytes(hashlib.sha256(b"visavis short code\x00" + token.encode()).digest()[:4], "big") >> 2
    return "".join(_ALPHABET[bits >> shift & 31] for shift in range(5 * (CODE_LETTERS - 1), -1, -5))


def _row(token: str, verification: Verification, kind: TokenKind, *, now: datetime, until: datetime) -> HolderToken:
    return HolderToken(
        digest=_digest(token),
        verification=verification.id,
        relying_party=verification.relying_party,
        kind=kind,
        created_at=now,
        expires_at=until,
    )


def _note(unit: UnitOfWork, verification: Verification, act: str, now: datetime) -> None:
    unit.audit.note(verification_act(verification, act, at=now, actor=HOLDER))


def _session(row: HolderToken) -> HolderSession:
    return HolderSession(
        verification=row.verification,
        relying_party=row.relying_party,
        key=row.digest,
        may_act=row.kind is TokenKind.SESSION,
    )


def _until(row: HolderToken, verification: Verification) -> datetime:
    """The end of a token: its own, but for a session not before that of what is kept."""
    if row.kind not in _SESSIONS:
        return row.expires_at
    return max(row.expires_at, verification.expires_at, verification.forget_at or row.expires_at)


def _same(row: HolderToken | None, digest: str) -> HolderToken | None:
    """The row, compared once more in constant time: a database's look-up is none."""
    return row if row is not None and hmac.compare_digest(row.digest, digest) else None


def _digest(token: str) -> str:
    return hashlib.sha256(token[:_LONGEST].encode("utf-8", "replace")).hexdigest()


def _capture_running() -> StateError:
    return StateError(
        "capture_running", "A capture is running on the other device.", advice="End it there, then try again."
    )
