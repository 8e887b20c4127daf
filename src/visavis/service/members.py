"""Members of a relying party: added with a role and a one-time code, given another role, disabled.

What colleagues call them is sealed under a key of their own, and is in no log. The last administrator stays one, so
that a relying party never loses its own members out of its hands; the operator of the service can always add another.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import OPERATOR, Actor
from visavis.clock import Clock
from visavis.domain.identifiers import Identifiers, Kind, is_identifier
from visavis.errors import InputError, StateError, UnknownError
from visavis.service.member_records import Member, Role, StaffTokenKind
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.records import Page, Scope, page_limit
from visavis.service.staff_sessions import StaffSessions, drop_tokens, note_member
from visavis.service.transactions import InUnits, Named, committed
from visavis.service.vault import open_fields, seal_fields

__all__ = ["CODE_LIFE", "LONGEST_NAME", "SCOPES_OF", "KnownMember", "Members", "NewCode", "name_of"]

SCOPES_OF: Final[Mapping[Role, frozenset[Scope]]] = {
    Role.CLERK: frozenset({Scope.VERIFICATIONS, Scope.LINES}),
    Role.SUPERVISOR: frozenset({Scope.VERIFICATIONS, Scope.LINES, Scope.FIGURES, Scope.POLICIES_READ}),
    Role.REVIEWER: frozenset({Scope.REVIEW}),
    Role.AUDITOR: frozenset({Scope.FIGURES, Scope.POLICIES_READ}),
    Role.ADMINISTRATOR: frozenset({Scope.KEYS, Scope.WEBHOOKS, Scope.MEMBERS, Scope.FIGURES, Scope.POLICIES_READ}),
}
"""What each role may do. Nobody who gives out roles and keys sees a case by that alone."""
CODE_LIFE: Final = timedelta(hours=24)
LONGEST_NAME: Final = 60
_MOST: Final = 200
"""At work at once, of one relying party."""
_LABEL: Final = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMember:
    """A member as their administrator sees them. ``code_until``: while a code of theirs is open."""

    member: Member
    name: str = field(repr=False)
    passkeys: int
    code_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCode:
    """``code``: shown once; nobody can show it again."""

    known: KnownMember
    code: str = field(repr=False)


class Members(InUnits, Named):
    """``sessions`` makes the codes."""

    def __init__(
        self, *, storage: Transactions, sealer: Sealer, clock: Clock, identifiers: Identifiers, sessions: StaffSessions
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._identifiers = identifiers
        self._sessions = sessions
        self._actor: Actor = OPERATOR

    # ---- acts

    def add(self, relying_party: str, *, name: str, role: Role) -> NewCode:
        """A member with a code to begin with.

        Raises InputError ``member_invalid``; UnknownError ``relying_party_unknown``; StateError ``members_used_up``.
        """
        called = " ".join(name.split())
        if not 1 <= len(called) <= LONGEST_NAME or not called.isprintable():
            raise InputError(
                "member_invalid",
                f"A member is called something, in up to {LONGEST_NAME} letters.",
                advice="As colleagues do: a first name, or the number of a desk, is enough.",
            )

        def work(unit: UnitOfWork) -> NewCode:
            now = self._clock.now()
            if unit.relying_parties.find(relying_party) is None:
                raise UnknownError("relying_party_unknown", "There is no such relying party.", advice="Check its id.")
            if len(_at_work(unit, relying_party)) >= _MOST:
                raise StateError(
                    "members_used_up",
                    f"A relying party has at most {_MOST} members.",
                    advice="Disable those who work here no more.",
                )
            member = Member(
                id=self._identifiers.new(Kind.MEMBER, now), relying_party=relying_party, role=role, created_at=now
            )
            unit.members.add(member)
            seal_fields(unit, self._sealer, member.id, _LABEL, {"name": called})
            note_member(unit, member, "member.added", now, actor=self._actor, role=role.value)
            return self._with_code(unit, member)

        return committed(self._storage, work)

    def begin_anew(self, relying_party: str, member: str) -> NewCode:
        """A new code, for who lost their device or never began: their passkeys, sessions and older codes end with it.

        Raises UnknownError ``member_unknown``; StateError ``member_disabled``.
        """

        def work(unit: UnitOfWork) -> NewCode:
            row = _working(unit, relying_party, member)
            _end_all(unit, row)
            note_member(unit, row, "member.code_made", self._clock.now(), actor=self._actor)
            return self._with_code(unit, row)

        return committed(self._storage, work)

    def change_role(self, relying_party: str, member: str, role: Role) -> KnownMember:
        """Their sessions end: what they do next, they do as what they are now.

        Raises UnknownError ``member_unknown``; StateError ``member_disabled``, ``last_administrator``.
        """

        def work(unit: UnitOfWork) -> KnownMember:
            row = _working(unit, relying_party, member)
            if role is row.role:
                return self._known(unit, row)
            _may_leave(unit, row)
            changed = dataclasses.replace(row, role=role)
            unit.members.save(changed)
            drop_tokens(unit, row.id, but=(StaffTokenKind.CODE,))
            told = {"before": row.role.value, "role": role.value}
            note_member(unit, row, "member.role_changed", self._clock.now(), actor=self._actor, **told)
            return self._known(unit, changed)

        return committed(self._storage, work)

    def disable(self, relying_party: str, member: str) -> KnownMember:
        """For good, at once. What they are called stays, so that the audit log's id can be told from another.

        Raises as `change_role`.
        """

        def work(unit: UnitOfWork) -> KnownMember:
            row = _working(unit, relying_party, member)
            _may_leave(unit, row)
            now = self._clock.now()
            disabled = dataclasses.replace(row, disabled_at=now)
            unit.members.save(disabled)
            _end_all(unit, row)
            note_member(unit, row, "member.disabled", now, actor=self._actor)
            return self._known(unit, disabled)

        return committed(self._storage, work)

    # ---- looks

    def page(self, relying_party: str, *, limit: int = 50, after: str | None = None) -> Page[KnownMember]:
        """Newest first, disabled ones among them. Raises InputError ``page_size_invalid``."""
        limit = page_limit(limit)
        with self._storage.reading() as unit:
            rows = [row for row in unit.members.of_party(relying_party) if after is None or row.id < after]
            shown = tuple(self._known(unit, row) for row in rows[:limit])
        return Page(shown, rows[limit - 1].id if len(rows) > limit else None)

    def get(self, relying_party: str, member: str) -> KnownMember:
        """Raises UnknownError ``member_unknown``."""
        with self._storage.reading() as unit:
            return self._known(unit, _found(unit, relying_party, member))

    # ---- parts

    def _with_code(self, unit: UnitOfWork, member: Member) -> NewCode:
        code, row = self._sessions.code(member, life=CODE_LIFE)
        unit.staff_tokens.add(row)
        return NewCode(known=self._known(unit, member), code=code)

    def _known(self, unit: UnitOfWork, member: Member) -> KnownMember:
        now = self._clock.now()
        codes = [row.expires_at for row in unit.staff_tokens.of_member(member.id) if row.kind is StaffTokenKind.CODE]
        return KnownMember(
            member=member,
            name=name_of(unit, self._sealer, member),
            passkeys=len(unit.passkeys.of_member(member.id)),
            code_until=max((until for until in codes if until > now), default=None),
        )


def name_of(unit: UnitOfWork, sealer: Sealer, member: Member) -> str:
    """What colleagues call a member. Raises as `visavis.service.ports.Sealer.open`."""
    return (open_fields(unit, sealer, member.id, _LABEL) or {}).get("name", "")


def _at_work(unit: UnitOfWork, relying_party: str) -> list[Member]:
    return [row for row in unit.members.of_party(relying_party, lock=True) if row.disabled_at is None]


def _found(unit: UnitOfWork, relying_party: str, member: str) -> Member:
    row = unit.members.find(relying_party, member) if is_identifier(member, Kind.MEMBER) else None
    if row is None:
        raise UnknownError("member_unknown", "There is no such member here.", advice="Check the id.")
    return row


def _working(unit: UnitOfWork, relying_party: str, member: str) -> Member:
    """The row, with those of all their colleagues locked: of two administrators who disable each other, one stays."""
    _found(unit, relying_party, member)
    row = next((row for row in _at_work(unit, relying_party) if row.id == member), None)
    if row is None:
        raise StateError("member_disabled", "This member was disabled.", advice="Add them anew.")
    return row


def _may_leave(unit: UnitOfWork, member: Member) -> None:
    """Whether somebody else would still be an administrator."""
    others = (row.role for row in _at_work(unit, member.relying_party) if row.id != member.id)
    if member.role is Role.ADMINISTRATOR and Role.ADMINISTRATOR not in others:
        raise StateError(
            "last_administrator",
            "This is the last administrator.",
            advice="Make somebody else one first; the operator of the service can as well.",
        )


def _end_all(unit: UnitOfWork, member: Member) -> None:
    drop_tokens(unit, member.id)
    unit.passkeys.drop_all(member.id)
