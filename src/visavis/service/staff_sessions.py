"""Sessions of members: begun by a code or a passkey, ended by signing out, by time, or by whoever answers for members.

A token is 256 random bits, of which SHA-256 is kept; it goes into a cookie that no script reads. A session lives for
``life`` at most and ends after ``idle`` without a request (NIST SP 800-63B-4 section 5.2; OWASP ASVS 5.0, 7.3).
A one-time code is 80 random bits, kept as SHA-256 as well: nobody goes through 2^80 in the day that it is good for.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import Act, Actor, ActorKind
from visavis.clock import Clock
from visavis.errors import AccessError
from visavis.service.member_records import Member, StaffToken, StaffTokenKind
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.transactions import committed

__all__ = ["CODE_LETTERS", "Opened", "StaffSession", "StaffSessions", "drop_tokens", "member_actor", "note_member"]

CODE_LETTERS: Final = 16
_GROUP: Final = 4
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: what is misread, I, L and O, is read as what was meant."""
_MISREAD: Final = str.maketrans("ILO", "110", " -–\t")
_TOKEN_BYTES: Final = 32
_CODE_BYTES: Final = 10
_LONGEST: Final = 100
_ENROLMENT: Final = timedelta(minutes=15)
_NOTED_EVERY: Final = timedelta(minutes=1)
"""A use is noted no more often, so that looking costs no writing."""
_TOGETHER: Final = 500
_SESSIONS: Final = frozenset({StaffTokenKind.SESSION, StaffTokenKind.ENROLMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """Who signed in. ``key`` names the session within the service, and opens nothing: it is the digest of its token.

    With ``enrolling`` somebody came by a code: they may register a passkey, and nothing else. ``ends_at``: however busy
    they are.
    """

    member: Member
    key: str = field(repr=False)
    begun_at: datetime
    ends_at: datetime
    enrolling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session with its token, which is shown once."""

    session: StaffSession
    token: str = field(repr=False)


class StaffSessions:
    """``life``: of a session, at most; ``idle``: after so long without a request it is over. ``entropy``: so many
    random bytes. Safe from several threads.
    """

    def __init__(
        self,
        *,
        storage: Transactions,
        clock: Clock,
        entropy: Callable[[int], bytes],
        life: timedelta = timedelta(hours=12),
        idle: timedelta = timedelta(minutes=30),
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._entropy = entropy
        self._life = life
        self._idle = idle

    @property
    def idle(self) -> timedelta:
        return self._idle

    # ---- in

    def enter(self, code: str, *, present: str | None = None) -> Opened:
        """The session of whoever has a one-time code, to register a passkey with. The code is used up.

        ``present``: the token of a session that this browser has, which ends. Raises AccessError
        ``sign_in_code_unknown``, one answer to every fault.
        """
        digest = code_digest(code)

        def work(unit: UnitOfWork) -> Opened:
            now = self._clock.now()
            row = same_token(unit.staff_tokens.find(digest), digest)
            known = row is not None and row.kind is StaffTokenKind.CODE and now < row.expires_at
            member = _in_service(unit, row, lock=True) if known else None
            if member is None or not unit.staff_tokens.drop(digest):
                raise AccessError(
                    "sign_in_code_unknown",
                    "This code is not known, was used, or its time is over.",
                    advice="Check every letter, or ask whoever gave it to you for a new one.",
                )
            self.end(unit, present)
            note_member(unit, member, "member.code_used", now)
            return self.open(unit, member, StaffTokenKind.ENROLMENT)

        return committed(self._storage, work)

    def open(self, unit: UnitOfWork, member: Member, kind: StaffTokenKind = StaffTokenKind.SESSION) -> Opened:
        """A new session of a member, whose right to it the caller has seen, in the caller's unit of work."""
        life = _ENROLMENT if kind is StaffTokenKind.ENROLMENT else self._life
        token, row = self.token(kind, member=member, life=life)
        unit.staff_tokens.add(row)
        return Opened(session=_session(row, member), token=token)

    def token(self, kind: StaffTokenKind, *, member: Member | None, life: timedelta) -> tuple[str, StaffToken]:
        """A new token and its row, which is not kept yet."""
        text = base64.urlsafe_b64encode(self._entropy(_TOKEN_BYTES)).rstrip(b"=").decode()
        return text, self._row(token_digest(text), kind, member, life)

    def code(self, member: Member, *, life: timedelta) -> tuple[str, StaffToken]:
        """As `token`, for people to type: four groups of four letters."""
        number = int.from_bytes(self._entropy(_CODE_BYTES), "big")
        letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(0, 5 * CODE_LETTERS, 5))
        text = "-".join(letters[at : at + _GROUP] for at in range(0, CODE_LETTERS, _GROUP))
        return text, self._row(code_digest(text), StaffTokenKind.CODE, member, life)

    def _row(self, digest: str, kind: StaffTokenKind, member: Member | None, life: timedelta) -> StaffToken:
        now = self._clock.now()
        return StaffToken(
            digest=digest,
            kind=kind,
            member=None if member is None else member.id,
            relying_party=None if member is None else member.relying_party,
            created_at=now,
            expires_at=now + life,
            seen_at=now,
        )

    # ---- within

    def session(self, token: str | None) -> StaffSession:
        """Whose session a browser's token is. Raises AccessError ``staff_session_unknown``, one answer to all."""
        now = self._clock.now()
        digest = token_digest(token or "")
        with self._storage.reading() as unit:
            row = same_token(unit.staff_tokens.find(digest), digest)
            alive = row is not None and row.kind in _SESSIONS and self._alive(row, now)
            member = _in_service(unit, row) if alive else None
        if member is None or row is None:
            raise AccessError(
                "staff_session_unknown", "You are not signed in, or no longer.", advice="Sign in with your passkey."
            )
        if now - row.seen_at >= _NOTED_EVERY:
            committed(self._storage, lambda unit: unit.staff_tokens.seen(digest, now))
        return _session(row, member)

    def _alive(self, row: StaffToken, now: datetime) -> bool:
        return now < row.expires_at and now < row.seen_at + self._idle

    # ---- out

    def sign_out(self, session: StaffSession) -> None:
        def work(unit: UnitOfWork) -> None:
            if unit.staff_tokens.drop(session.key):
                note_member(unit, session.member, "member.signed_out", self._clock.now())

        committed(self._storage, work)

    def end(self, unit: UnitOfWork, token: str | None) -> None:
        """A browser has one session: the one that it had ends where another begins."""
        if token is not None:
            digest = token_digest(token)
            row = unit.staff_tokens.find(digest)
            if row is not None and row.kind in _SESSIONS:
                unit.staff_tokens.drop(digest)

    def sweep(self) -> int:
        """Forget some of the tokens whose time is over; returns how many."""
        return committed(self._storage, lambda unit: unit.staff_tokens.prune(self._clock.now(), limit=_TOGETHER))


def _session(row: StaffToken, member: Member) -> StaffSession:
    return StaffSession(
        member=member,
        key=row.digest,
        begun_at=row.created_at,
        ends_at=row.expires_at,
        enrolling=row.kind is StaffTokenKind.ENROLMENT,
    )


def member_actor(member: Member) -> Actor:
    """For the audit log."""
    return Actor(kind=ActorKind.MEMBER, id=member.id)


def note_member(
    unit: UnitOfWork, member: Member, act: str, at: datetime, *, actor: Actor | None = None, **details: str | int | bool
) -> None:
    """What a member did, or what was done to their place here, in the audit log. ``actor``: who did it, if another."""
    unit.audit.note(
        Act(
            at=at,
            actor=actor or member_actor(member),
            act=act,
            subject=member.id,
            party=member.relying_party,
            details=details,
        )
    )


def drop_tokens(unit: UnitOfWork, member: str, *, but: Collection[StaffTokenKind] = ()) -> None:
    """End whatever a member has open; ``but``: what stays."""
    for row in unit.staff_tokens.of_member(member):
        if row.kind not in but:
            unit.staff_tokens.drop(row.digest)


def token_digest(token: str) -> str:
    return hashlib.sha256(token[:_LONGEST].encode("utf-8", "replace")).hexdigest()


def code_digest(code: str) -> str:
    """However it was typed: small letters, blanks, and letters that look like digits."""
    return token_digest(f"code {code[:_LONGEST].upper().translate(_MISREAD)}")


def same_token(row: StaffToken | None, digest: str) -> StaffToken | None:
    """The row, compared once more in constant time: a database's look-up is none."""
    return row if row is not None and hmac.compare_digest(row.digest, digest) else None


def _in_service(unit: UnitOfWork, row: StaffToken | None, *, lock: bool = False) -> Member | None:
    """Whose token it is, where they work here still."""
    if row is None or row.member is None or row.relying_party is None:
        return None
    member = unit.members.find(row.relying_party, row.member, lock=lock)
    return member if member is not None and member.disabled_at is None else None
