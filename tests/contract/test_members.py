"""Members, their codes, sessions and passkeys: the same over every store."""

import dataclasses
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from store_material import World
from visavis.audit.entry import Actor, ActorKind
from visavis.errors import AccessError, InputError, StateError, UnknownError, VisavisError
from visavis.service.member_records import Member, Passkey, Role, StaffTokenKind
from visavis.service.members import CODE_LIFE, KnownMember, Members, NewCode
from visavis.service.ports import UnitOfWork
from visavis.service.staff_sessions import Opened, StaffSessions
from visavis.service.transactions import committed


@dataclasses.dataclass
class Staff:
    world: World
    sessions: StaffSessions
    members: Members

    def add(self, role: Role = Role.CLERK, name: str = "Desk 4") -> NewCode:
        return self.members.add(self.world.party.id, name=name, role=role)

    def at_work(self, role: Role = Role.CLERK) -> Opened:
        member = self.add(role).known.member
        return committed(self.world.storage, lambda unit: self.sessions.open(unit, member))

    def passkey(self, member: Member, credential: str = "AAAA") -> Passkey:
        return Passkey(
            id=f"psk_{credential.lower():0>26}",
            member=member.id,
            relying_party=member.relying_party,
            credential=credential,
            public_key=b"key",
            sign_count=0,
            backed_up=False,
            created_at=self.world.clock.now(),
        )

    def keep(self, passkey: Passkey) -> bool:
        return committed(self.world.storage, lambda unit: unit.passkeys.add(passkey))


@pytest.fixture
def staff(world: World) -> Staff:
    from secrets import token_bytes

    sessions = StaffSessions(storage=world.storage, clock=world.clock, entropy=token_bytes)
    members = Members(
        storage=world.storage, sealer=world.sealer, clock=world.clock, identifiers=world.ids, sessions=sessions
    )
    return Staff(world, sessions, members)


def refused(code: str, act: Callable[[], object], kind: type[VisavisError] = AccessError) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code


def acts(world: World) -> list[tuple[str, str | None]]:
    """What the audit log was told of, and who did it."""
    with world.storage.reading() as unit:
        return [(act.act, act.actor.id) for _, act in unit.audit.waiting(limit=200)]


# ---- codes


def test_a_code_opens_once_and_only_an_enrolment(staff: Staff) -> None:
    added = staff.add()
    opened = staff.sessions.enter(added.code.lower().replace("-", " "))
    assert opened.session.enrolling
    assert staff.sessions.session(opened.token).member == added.known.member
    refused("sign_in_code_unknown", lambda: staff.sessions.enter(added.code))


def test_what_is_misread_in_a_code_is_read_as_meant(staff: Staff) -> None:
    code = next(code for code in (staff.add().code for _ in range(60)) if "0" in code and "1" in code)
    assert staff.sessions.enter(code.replace("0", "o").replace("1", "L")).session.enrolling


def test_a_code_is_good_for_a_day(staff: Staff) -> None:
    early, late = staff.add().code, staff.add().code
    staff.world.clock.moment += CODE_LIFE - timedelta(seconds=1)
    staff.sessions.enter(early)
    staff.world.clock.forward(seconds=1)
    refused("sign_in_code_unknown", lambda: staff.sessions.enter(late))


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "x" * 10_000, "\ud800", "é" * 16])
def test_a_code_that_is_none_opens_nothing(staff: Staff, code: str) -> None:
    staff.add()
    refused("sign_in_code_unknown", lambda: staff.sessions.enter(code))


def test_a_session_is_no_code_and_a_code_is_no_session(staff: Staff) -> None:
    added, opened = staff.add(), staff.at_work()
    refused("sign_in_code_unknown", lambda: staff.sessions.enter(opened.token))
    refused("staff_session_unknown", lambda: staff.sessions.session(added.code))
    refused("staff_session_unknown", lambda: staff.sessions.session(None))


def test_an_enrolment_ends_after_a_quarter_of_an_hour(staff: Staff) -> None:
    opened = staff.sessions.enter(staff.add().code)
    staff.world.clock.forward(minutes=15)
    refused("staff_session_unknown", lambda: staff.sessions.session(opened.token))


def test_a_new_code_ends_all_that_was_there(staff: Staff) -> None:
    """A lost device: nothing of it opens anything any more."""
    first = staff.add()
    member = first.known.member
    opened = committed(staff.world.storage, lambda unit: staff.sessions.open(unit, member))
    staff.keep(staff.passkey(member))
    second = staff.members.begin_anew(member.relying_party, member.id)
    assert second.known.passkeys == 0
    refused("staff_session_unknown", lambda: staff.sessions.session(opened.token))
    refused("sign_in_code_unknown", lambda: staff.sessions.enter(first.code))
    assert staff.sessions.enter(second.code).session.member.id == member.id


def test_of_two_who_use_a_code_at_once_one_gets_in(staff: Staff) -> None:
    code = staff.add().code
    told: list[str] = []
    barrier = threading.Barrier(4)

    def use() -> None:
        barrier.wait()
        try:
            staff.sessions.enter(code)
        except AccessError as error:
            told.append(error.code)
        else:
            told.append("in")

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["in", *["sign_in_code_unknown"] * 3]


# ---- sessions


def test_a_session_ends_after_half_an_hour_without_a_request(staff: Staff) -> None:
    opened = staff.at_work()
    for _ in range(4):
        staff.world.clock.forward(minutes=29)
        assert staff.sessions.session(opened.token).member == opened.session.member
    staff.world.clock.forward(minutes=30)
    refused("staff_session_unknown", lambda: staff.sessions.session(opened.token))


def test_a_session_ends_after_twelve_hours_however_busy(staff: Staff) -> None:
    opened = staff.at_work()
    for _ in range(12 * 3 - 1):
        staff.world.clock.forward(minutes=20)
        assert staff.sessions.session(opened.token).member == opened.session.member
    staff.world.clock.forward(minutes=20)
    refused("staff_session_unknown", lambda: staff.sessions.session(opened.token))


def test_signing_out_ends_this_session_alone(staff: Staff) -> None:
    opened = staff.at_work()
    other = committed(staff.world.storage, lambda unit: staff.sessions.open(unit, opened.session.member))
    staff.sessions.sign_out(opened.session)
    refused("staff_session_unknown", lambda: staff.sessions.session(opened.token))
    assert staff.sessions.session(other.token).key == other.session.key


def test_a_browser_has_one_session(staff: Staff) -> None:
    before = staff.at_work()
    staff.sessions.enter(staff.add().code, present=before.token)
    refused("staff_session_unknown", lambda: staff.sessions.session(before.token))


def test_nothing_of_a_token_is_kept(staff: Staff) -> None:
    added, opened = staff.add(), staff.at_work()
    with staff.world.storage.reading() as unit:
        kept = [
            *unit.staff_tokens.of_member(added.known.member.id),
            *unit.staff_tokens.of_member(opened.session.member.id),
        ]
    assert len(kept) == 3
    assert not [row for row in kept for token in (added.code, opened.token) if token in repr(row)]


def test_sweeping_forgets_what_is_over(staff: Staff) -> None:
    staff.at_work()
    staff.world.clock.forward(hours=12)
    staff.add()
    assert staff.sessions.sweep() == 1  # the session; both codes have their day
    assert staff.sessions.sweep() == 0
    staff.world.clock.forward(hours=24)
    assert staff.sessions.sweep() == 2


# ---- roles


def test_a_changed_role_ends_sessions_and_leaves_the_code(staff: Staff) -> None:
    opened = staff.at_work(Role.CLERK)
    member = opened.session.member
    known = staff.members.change_role(member.relying_party, member.id, Role.REVIEWER)
    assert (known.member.role, known.code_until is not None) == (Role.REVIEWER, True)
    refused("staff_session_unknown", lambda: staff.sessions.session(opened.token))


def test_the_same_role_again_changes_nothing(staff: Staff) -> None:
    opened = staff.at_work(Role.CLERK)
    member = opened.session.member
    before = acts(staff.world)
    assert staff.members.change_role(member.relying_party, member.id, Role.CLERK).member == member
    assert staff.sessions.session(opened.token).member == opened.session.member
    assert acts(staff.world) == before


def test_who_is_disabled_is_out_at_once_and_for_good(staff: Staff) -> None:
    opened = staff.at_work()
    member = opened.session.member
    staff.keep(staff.passkey(member))
    known = staff.members.disable(member.relying_party, member.id)
    assert (known.name, known.passkeys, known.code_until) == ("Desk 4", 0, None)
    refused("staff_session_unknown", lambda: staff.sessions.session(opened.token))
    party = member.relying_party
    for act in (
        lambda: staff.members.disable(party, member.id),
        lambda: staff.members.begin_anew(party, member.id),
        lambda: staff.members.change_role(party, member.id, Role.AUDITOR),
    ):
        refused("member_disabled", act, StateError)


def test_a_session_of_a_disabled_member_opens_nothing_even_if_its_row_stayed(staff: Staff) -> None:
    opened = staff.at_work()
    gone = dataclasses.replace(opened.session.member, disabled_at=staff.world.clock.now())
    committed(staff.world.storage, lambda unit: unit.members.save(gone))
    refused("staff_session_unknown", lambda: staff.sessions.session(opened.token))


def test_the_last_administrator_stays_one(staff: Staff) -> None:
    party = staff.world.party.id
    first = staff.add(Role.ADMINISTRATOR).known.member
    staff.add(Role.SUPERVISOR)
    refused("last_administrator", lambda: staff.members.disable(party, first.id), StateError)
    refused("last_administrator", lambda: staff.members.change_role(party, first.id, Role.CLERK), StateError)
    second = staff.add(Role.ADMINISTRATOR).known.member
    staff.members.disable(party, first.id)
    refused("last_administrator", lambda: staff.members.disable(party, second.id), StateError)


def test_of_two_administrators_who_disable_each_other_one_stays(staff: Staff) -> None:
    party = staff.world.party.id
    both = [staff.add(Role.ADMINISTRATOR).known.member for _ in range(2)]
    told: list[str] = []
    barrier = threading.Barrier(2)

    def disable(member: Member) -> None:
        barrier.wait()
        try:
            staff.members.disable(party, member.id)
        except StateError as error:
            told.append(error.code)
        else:
            told.append("done")

    threads = [threading.Thread(target=disable, args=(member,)) for member in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done", "last_administrator"]


# ---- who is there


def test_members_of_another_party_are_as_if_they_never_were(staff: Staff) -> None:
    member = staff.add().known.member
    for act in (
        lambda: staff.members.get("rlp_" + "0" * 26, member.id),
        lambda: staff.members.disable("rlp_" + "0" * 26, member.id),
        lambda: staff.members.begin_anew("rlp_" + "0" * 26, member.id),
        lambda: staff.members.change_role("rlp_" + "0" * 26, member.id, Role.AUDITOR),
    ):
        refused("member_unknown", act, UnknownError)
    refused(
        "relying_party_unknown",
        lambda: staff.members.add("rlp_" + "0" * 26, name="x", role=Role.CLERK),
        UnknownError,
    )


def test_the_list_is_newest_first_with_names(staff: Staff) -> None:
    names = ["Ann", "Béa", "陈"]
    for name in names:
        staff.world.clock.forward(seconds=1)
        staff.add(name=f"  {name} ")
    party = staff.world.party.id
    page = staff.members.page(party, limit=2)
    assert [known.name for known in page.items] == ["陈", "Béa"]
    rest: tuple[KnownMember, ...] = staff.members.page(party, limit=2, after=page.next).items
    assert [known.name for known in rest] == ["Ann"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b", "\u202eabc"])
def test_a_member_is_called_something_printable(staff: Staff, name: str) -> None:
    refused("member_invalid", lambda: staff.add(name=name), InputError)


def test_every_act_is_in_the_audit_log_by_ids(staff: Staff) -> None:
    admin = Actor(kind=ActorKind.MEMBER, id="mbr_" + "1" * 26)
    party = staff.world.party.id
    added = staff.members.acting_as(admin).add(party, name="Ann-Sofie", role=Role.CLERK)
    member = added.known.member.id
    opened = staff.sessions.enter(added.code)
    staff.sessions.sign_out(opened.session)
    members = staff.members.acting_as(admin)
    members.change_role(party, member, Role.REVIEWER)
    members.begin_anew(party, member)
    members.disable(party, member)
    assert acts(staff.world) == [
        ("member.added", admin.id),
        ("member.code_used", member),
        ("member.signed_out", member),
        ("member.role_changed", admin.id),
        ("member.code_made", admin.id),
        ("member.disabled", admin.id),
    ]
    with staff.world.storage.reading() as unit:
        assert "Ann" not in repr(unit.audit.waiting(limit=200))


# ---- the store itself


def test_a_credential_is_one_members_alone(staff: Staff) -> None:
    one, other = staff.add().known.member, staff.add().known.member
    assert staff.keep(staff.passkey(one))
    again = dataclasses.replace(staff.passkey(other), id="psk_" + "2" * 26)
    assert not staff.keep(again)
    with staff.world.storage.reading() as unit:
        assert unit.passkeys.by_credential("AAAA") == staff.passkey(one)
        assert unit.passkeys.of_member(other.id) == ()


def test_a_passkey_is_used_and_dropped(staff: Staff) -> None:
    member = staff.add().known.member
    row = staff.passkey(member)
    staff.keep(row)
    staff.keep(staff.passkey(member, "BBBB"))
    now = staff.world.clock.now()
    most = 2**32 - 1

    def work(unit: UnitOfWork) -> bool:
        unit.passkeys.used(row.id, sign_count=most, backed_up=True, at=now)
        return unit.passkeys.drop("mbr_" + "9" * 26, row.id)

    assert not committed(staff.world.storage, work)
    with staff.world.storage.writing() as unit:
        kept = unit.passkeys.by_credential("AAAA", lock=True)
    assert kept == dataclasses.replace(row, sign_count=most, backed_up=True, last_used_at=now)
    assert committed(staff.world.storage, lambda unit: unit.passkeys.drop(member.id, row.id))
    assert committed(staff.world.storage, lambda unit: unit.passkeys.drop_all(member.id)) == 1


def test_a_token_is_dropped_once(staff: Staff) -> None:
    text, row = staff.sessions.token(StaffTokenKind.SIGN_IN, member=None, life=timedelta(minutes=5))
    committed(staff.world.storage, lambda unit: unit.staff_tokens.add(row))
    with staff.world.storage.reading() as unit:
        assert unit.staff_tokens.find(row.digest) == row
    assert committed(staff.world.storage, lambda unit: unit.staff_tokens.drop(row.digest))
    assert not committed(staff.world.storage, lambda unit: unit.staff_tokens.drop(row.digest))
    assert text not in repr(row)
