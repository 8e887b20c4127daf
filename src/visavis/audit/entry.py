"""One act in the audit log: who did what to what and when, under which policy, and nothing about anybody's person.

An entry is written as canonical JSON (RFC 8785), so that it has one form and one hash. Each names the hash of the one
before, which is the leaf of the Merkle tree as well: one hash a row serves chain and tree.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from visavis.attestation.strict_json import json_object
from visavis.audit.merkle import HASH_BYTES, leaf_hash
from visavis.decision.canonical import canonical_json
from visavis.errors import AuditError

__all__ = [
    "FIRST",
    "HOLDER",
    "MAX_ROW_BYTES",
    "OPERATOR",
    "SYSTEM",
    "Act",
    "Actor",
    "ActorKind",
    "Entry",
    "PolicyUsed",
    "read_act",
    "read_entry",
]

MAX_ROW_BYTES: Final = 8_000
MAX_DETAILS: Final = 16
MAX_NUMBER: Final = 1_000_000
"""Counts and versions. A longer number could be somebody's."""
FIRST: Final = bytes(HASH_BYTES)
"""What the first entry names as the one before."""
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}")
_ACT: Final = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){1,3}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


class ActorKind(StrEnum):
    HOLDER = "holder"
    """Has no id here: the subject tells which verification it was."""
    RELYING_PARTY = "relying_party"
    REVIEWER = "reviewer"
    MEMBER = "member"
    """Somebody of the relying party's staff, who signed in themselves."""
    OPERATOR = "operator"
    SYSTEM = "system"
    """A sweeper, a delivery, an expiry: nobody in person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """``id``: an identifier of the service's own, never a name or an address of mail."""

    kind: ActorKind
    id: str | None = None


HOLDER: Final = Actor(kind=ActorKind.HOLDER)
OPERATOR: Final = Actor(kind=ActorKind.OPERATOR)
SYSTEM: Final = Actor(kind=ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUsed:
    id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is to be recorded. ``act``: dotted words, ``verification.opened``. ``subject``: the identifier of what it
    was done to; ``party``: the relying party whose it is. ``details``: words, small numbers and truth values.

    Words have no spaces and only plain letters, and numbers at most six digits, so that no name, address or telephone
    number has a comfortable place. Raises ValueError for anything else, which is a mistake in the program.
    """

    at: datetime
    actor: Actor
    act: str
    subject: str | None = None
    party: str | None = None
    policy: PolicyUsed | None = None
    details: Mapping[str, str | int | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None or not _ACT.fullmatch(self.act):
            raise ValueError("an act is dotted lower-case words at an aware moment")
        policy = self.policy
        words = [self.actor.id, self.subject, self.party, *((policy.id, policy.digest) if policy else ())]
        words += [value for value in self.details.values() if isinstance(value, str)]
        if not all(word is None or _WORD.fullmatch(word) for word in words):
            raise ValueError("a word of the audit log is 1 to 120 plain letters, digits, dots, colons and dashes")
        if len(self.details) > MAX_DETAILS or not all(_NAME.fullmatch(name) for name in self.details):
            raise ValueError(f"details are at most {MAX_DETAILS}, by lower-case names")
        numbers = [value for value in self.details.values() if isinstance(value, int)]
        if not all(abs(number) < MAX_NUMBER for number in (*numbers, policy.version if policy else 0)):
            raise ValueError("a number of the audit log has at most six digits")

    def as_data(self) -> dict[str, object]:
        """In plain values, without what is not there."""
        return {
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": _without_none({"kind": self.actor.kind, "id": self.actor.id}),
            "act": self.act,
            **_without_none({"subject": self.subject, "party": self.party, "policy": _policy(self.policy)}),
            **({"details": dict(self.details)} if self.details else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An act in its place: ``seq`` from 0 on, ``previous`` the leaf hash of the entry before."""

    seq: int
    previous: bytes
    act: Act

    def as_row(self) -> bytes:
        """Canonical JSON, without a line's end."""
        return canonical_json({"seq": self.seq, "previous": self.previous.hex(), **self.act.as_data()})


def read_act(data: bytes) -> Act:
    """An act that waits to be put into its place. Raises `visavis.errors.AuditError`, ``audit_row_malformed``."""
    try:
        return msgspec.convert(json_object(data), Act)
    except ValueError as error:
        raise _malformed() from error


def read_entry(row: bytes) -> tuple[Entry, bytes]:
    """The entry in a row, and the row's leaf hash.

    Raises `visavis.errors.AuditError`, ``audit_row_malformed``: also for a row that says the right thing in another
    form than `Entry.as_row` gives it.
    """
    try:
        if len(row) > MAX_ROW_BYTES:
            raise AuditError("audit_row_malformed", "A row of the log is too long.")
        table = json_object(row)
        entry = Entry(
            seq=msgspec.convert(table.pop("seq", None), int),
            previous=bytes.fromhex(msgspec.convert(table.pop("previous", None), str)),
            act=msgspec.convert(table, Act),
        )
    except ValueError as error:  # msgspec's own is one
        raise _malformed() from error
    if entry.as_row() != row:
        raise _malformed()
    return entry, leaf_hash(row)


def _policy(policy: PolicyUsed | None) -> dict[str, object] | None:
    return None if policy is None else {"id": policy.id, "version": policy.version, "digest": policy.digest}


def _without_none(table: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in table.items() if value is not None}


def _malformed() -> AuditError:
    return AuditError("audit_row_malformed", "A row of the log is no entry in canonical form.")
