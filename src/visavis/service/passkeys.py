"""Passkeys of members: made by who has a code or is signed in, and signed in with (WebAuthn Level 3).

A challenge is made of the token of a cookie, which the browser that asked has and its scripts do not read: so it is
bound to that browser. It is used up by the first answer, right or wrong. No name is asked for to sign in: the passkey
tells whose it is (discoverable credentials), so nobody learns from here who works where.

A sign counter that does not grow means that two authenticators hold one key (section 6.1.1): it signs nobody in, and
the audit log tells of it. Most passkeys do not count, and say 0.
"""

import dataclasses
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from visavis.clock import Clock
from visavis.domain.identifiers import Identifiers, Kind, is_identifier
from visavis.errors import AccessError, StateError, UnknownError
from visavis.service.member_records import Member, Passkey, StaffToken, StaffTokenKind
from visavis.service.members import name_of
from visavis.service.passkey_ports import PasskeyVerifier, VerifiedUse, passkey_refused, sign_in_failed
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.staff_sessions import Opened, StaffSession, StaffSessions, note_member, same_token, token_digest
from visavis.service.transactions import committed

__all__ = ["CHALLENGE_LIFE", "FRESH", "MOST_PASSKEYS", "Challenge", "Passkeys", "Registration"]

CHALLENGE_LIFE: Final = timedelta(minutes=5)
FRESH: Final = timedelta(minutes=10)
"""How long after signing in somebody may change what signs them in."""
MOST_PASSKEYS: Final = 10
"""Of one member: more devices than anybody works with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """``token`` goes into a cookie, ``challenge`` to the authenticator; neither tells the other's maker anything."""

    token: str = field(repr=False)
    challenge: bytes = field(repr=False)
    rp_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What an authenticator is asked for. ``user``: the user handle, the member's id; ``name``, ``party``: what the
    device shows; ``known``: credentials that the member has, which no device needs twice.
    """

    begun: Challenge
    user: bytes
    name: str = field(repr=False)
    party: str
    known: tuple[str, ...] = field(repr=False)


class Passkeys:
    """``origin``: where the service is reached, ``https://host``; passkeys are bound to it for good."""

    def __init__(
        self,
        *,
        storage: Transactions,
        sealer: Sealer,
        clock: Clock,
        identifiers: Identifiers,
        sessions: StaffSessions,
        verifier: PasskeyVerifier,
        origin: str,
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._identifiers = identifiers
        self._sessions = sessions
        self._verifier = verifier
        self._origin = origin
        self._rp_id = _rp_id(origin)

    # ---- a new passkey

    def begin_registration(self, session: StaffSession) -> Registration:
        """Raises AccessError ``sign_in_again``; StateError ``passkeys_need_a_name``, ``passkeys_used_up``."""
        self._must_be_fresh(session)
        member = session.member
        begun, row = self._challenge(StaffTokenKind.REGISTRATION, member)

        def work(unit: UnitOfWork) -> Registration:
            known = unit.passkeys.of_member(member.id)
            _check_room(known)
            party = unit.relying_parties.find(member.relying_party)
            unit.staff_tokens.add(row)
            return Registration(
                begun=begun,
                user=member.id.encode(),
                name=name_of(unit, self._sealer, member),
                party=party.name if party is not None else "",
                known=tuple(passkey.credential for passkey in known),
            )

        return committed(self._storage, work)

    def register(self, session: StaffSession, response: Mapping[str, object], *, begun: str | None) -> Opened | None:
        """Keep a passkey. Who enrolled with it is signed in by it, in a new session; else None.

        Raises InputError ``passkey_refused``; StateError ``sign_in_stale``, ``passkeys_used_up``; AccessError
        ``staff_session_unknown`` where the member was disabled meanwhile; and as `begin_registration`.
        """
        self._must_be_fresh(session)
        row = self._take(begun, StaffTokenKind.REGISTRATION)
        if begun is None or row is None or row.member != session.member.id:
            raise _stale()
        seen = self._verifier.verify_registration(
            response=response,
            expected_challenge=_challenge_of(begun),
            expected_origin=self._origin,
            expected_rp_id=self._named(),
        )

        def work(unit: UnitOfWork) -> Opened | None:
            now = self._clock.now()
            member = _at_work(unit, session.member.relying_party, session.member.id)
            if member is None or unit.staff_tokens.find(session.key) is None:
                raise AccessError("staff_session_unknown", "You are not signed in, or no longer.")
            _check_room(unit.passkeys.of_member(member.id))
            passkey = Passkey(
                id=self._identifiers.new(Kind.PASSKEY, now),
                member=member.id,
                relying_party=member.relying_party,
                credential=seen.credential,
                public_key=seen.public_key,
                sign_count=seen.sign_count,
                backed_up=seen.backed_up,
                created_at=now,
            )
            if not unit.passkeys.add(passkey):
                raise passkey_refused()
            note_member(unit, member, "member.passkey_added", now, passkey=passkey.id, backed_up=seen.backed_up)
            if not session.enrolling:
                return None
            unit.staff_tokens.drop(session.key)
            return self._sign_in(unit, member, passkey.id, now)

        return committed(self._storage, work)

    # ---- signing in

    def begin_sign_in(self) -> Challenge:
        """Raises StateError ``passkeys_need_a_name``."""
        begun, row = self._challenge(StaffTokenKind.SIGN_IN, None)
        committed(self._storage, lambda unit: unit.staff_tokens.add(row))
        return begun

    def sign_in(
        self, credential: str, response: Mapping[str, object], *, begun: str | None, present: str | None = None
    ) -> Opened:
        """A session of whoever has that passkey. ``present``: the token of a session that this browser has, which ends.

        Raises AccessError ``sign_in_failed``; StateError ``sign_in_stale``, ``passkeys_need_a_name``.
        """
        if begun is None or self._take(begun, StaffTokenKind.SIGN_IN) is None:
            raise _stale()
        with self._storage.reading() as unit:
            known = unit.passkeys.by_credential(credential)
        if known is None:
            raise sign_in_failed()
        seen = self._verifier.verify_sign_in(
            response=response,
            expected_challenge=_challenge_of(begun),
            expected_origin=self._origin,
            expected_rp_id=self._named(),
            public_key=known.public_key,
        )
        if seen.user is None or not hmac.compare_digest(seen.user, known.member.encode()):
            raise sign_in_failed()  # section 7.2, step 6

        def work(unit: UnitOfWork) -> Opened | None:
            now = self._clock.now()
            member = _at_work(unit, known.relying_party, known.member)
            passkey = unit.passkeys.by_credential(credential, lock=True)
            if member is None or passkey is None or passkey.member != member.id:
                return None
            if not _counts_on(passkey, seen):
                note_member(unit, member, "member.passkey_counter_back", now, passkey=passkey.id)
                return None
            unit.passkeys.used(passkey.id, sign_count=seen.sign_count, backed_up=seen.backed_up, at=now)
            self._sessions.end(unit, present)
            return self._sign_in(unit, member, passkey.id, now)

        opened = committed(self._storage, work)
        if opened is None:
            raise sign_in_failed()
        return opened

    # ---- what there is

    def of(self, session: StaffSession) -> tuple[Passkey, ...]:
        """Newest first."""
        with self._storage.reading() as unit:
            return unit.passkeys.of_member(session.member.id)

    def remove(self, session: StaffSession, passkey: str) -> None:
        """Raises UnknownError ``passkey_unknown``; StateError ``passkey_last``; AccessError ``sign_in_again``."""
        self._must_be_fresh(session)

        def work(unit: UnitOfWork) -> None:
            member = _at_work(unit, session.member.relying_party, session.member.id)
            mine = unit.passkeys.of_member(session.member.id)
            known = is_identifier(passkey, Kind.PASSKEY) and any(row.id == passkey for row in mine)
            if member is None or not known:
                raise UnknownError("passkey_unknown", "You have no such passkey.", advice="See which there are.")
            if len(mine) == 1:
                raise StateError(
                    "passkey_last",
                    "This is your last passkey.",
                    advice="Add another first: without one nobody signs in.",
                )
            unit.passkeys.drop(member.id, passkey)
            note_member(unit, member, "member.passkey_removed", self._clock.now(), passkey=passkey)

        committed(self._storage, work)

    # ---- parts

    def _challenge(self, kind: StaffTokenKind, member: Member | None) -> tuple[Challenge, StaffToken]:
        rp_id = self._named()
        token, row = self._sessions.token(kind, member=member, life=CHALLENGE_LIFE)
        return Challenge(token=token, challenge=_challenge_of(token), rp_id=rp_id), row

    def _take(self, token: str | None, kind: StaffTokenKind) -> StaffToken | None:
        """The row of a challenge, which is gone with it, whatever comes of the answer."""
        if token is None:
            return None
        digest = token_digest(token)

        def work(unit: UnitOfWork) -> StaffToken | None:
            row = same_token(unit.staff_tokens.find(digest), digest)
            if row is None or row.kind is not kind or not unit.staff_tokens.drop(digest):
                return None
            return row if self._clock.now() < row.expires_at else None

        return committed(self._storage, work)

    def _sign_in(self, unit: UnitOfWork, member: Member, passkey: str, now: datetime) -> Opened:
        signed = dataclasses.replace(member, last_signed_in_at=now)
        unit.members.save(signed)
        note_member(unit, member, "member.signed_in", now, passkey=passkey)
        return self._sessions.open(unit, signed)

    def _must_be_fresh(self, session: StaffSession) -> None:
        """Who finds a tablet that somebody left signed in cannot make it theirs."""
        if not session.enrolling and self._clock.now() - session.begun_at > FRESH:
            raise AccessError(
                "sign_in_again",
                "What signs you in is changed soon after signing in.",
                advice="Sign out, sign in again, and then do it.",
            )

    def _named(self) -> str:
        if self._rp_id is None:
            raise StateError(
                "passkeys_need_a_name",
                "Passkeys need a service that is reached by a name, and not by a number.",
                advice="On this machine: open it as http://localhost, and say so in VISAVIS_PUBLIC_URL.",
            )
        return self._rp_id


def _rp_id(origin: str) -> str | None:
    """The host; None for an address, which no passkey is bound to (section 5.1.2: a valid domain)."""
    host = urlsplit(origin).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host or None
    return None


def _challenge_of(token: str) -> bytes:
    """32 bytes that tell nothing of the token, which stays in its cookie."""
    return hashlib.sha256(b"visavis passkey challenge\x00" + token.encode("utf-8", "replace")).digest()


def _at_work(unit: UnitOfWork, relying_party: str, member: str) -> Member | None:
    row = unit.members.find(relying_party, member, lock=True)
    return row if row is not None and row.disabled_at is None else None


def _counts_on(passkey: Passkey, seen: VerifiedUse) -> bool:
    """Section 7.2, step 22."""
    return (seen.sign_count, passkey.sign_count) == (0, 0) or seen.sign_count > passkey.sign_count


def _check_room(known: tuple[Passkey, ...]) -> None:
    if len(known) >= MOST_PASSKEYS:
        raise StateError(
            "passkeys_used_up", f"A member has at most {MOST_PASSKEYS} passkeys.", advice="Remove one that is not used."
        )


def _stale() -> StateError:
    return StateError("sign_in_stale", "This took too long, or was done already.", advice="Begin again.")
