"""What a holder may ask of what is kept about them: see it, take it along, have it erased, take the consent back.

What is kept is told by the store itself, table by table, and by nothing that was promised (GDPR Articles 7 (3), 15, 17
and 20).
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from visavis.audit.entry import HOLDER
from visavis.clock import Clock
from visavis.domain.states import OPEN, By, Erased, Withdrawn, state_name
from visavis.domain.verification import DecisionRecord, Verification
from visavis.service.acts import verification_act
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.steps import found
from visavis.service.transactions import committed
from visavis.service.verifications import Verifications

__all__ = ["HolderRights", "KeptItem", "reasons_for_holders"]

_SPARED: Final[Mapping[str, str]] = {"reviewed_not_free": "reviewed_unclear"}
"""Who is made to do this by somebody who looks over their shoulder is not given away by their own telephone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptItem:
    """One thing that is kept. ``name``: stable words. ``until``: when it goes by itself, None where it stays until it
    is erased. ``sealed``: encrypted under a key of this verification. ``count``: how many there are.
    """

    name: str
    until: datetime | None = None
    sealed: bool = False
    count: int = 1


class HolderRights:
    def __init__(self, *, storage: Transactions, sealer: Sealer, clock: Clock, verifications: Verifications) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._verifications = verifications

    def kept(self, relying_party: str, verification: str) -> tuple[KeptItem, ...]:
        """All that is kept about the holder of a verification. Raises UnknownError ``verification_unknown``."""
        with self._storage.reading() as unit:
            return tuple(_kept(unit, found(unit.verifications.find(relying_party, verification))))

    def export(self, relying_party: str, verification: str) -> Mapping[str, object]:
        """The same with its content, decrypted, in plain values; pictures in base64. The look itself is noted.

        Raises as `kept`; StorageError ``sealed_unreadable``, ``master_key_unknown``.
        """

        def work(unit: UnitOfWork) -> Mapping[str, object]:
            row = found(unit.verifications.find(relying_party, verification))
            now = self._clock.now()
            unit.audit.note(verification_act(row, "verification.exported", at=now, actor=HOLDER))
            return {"made_at": now.isoformat(), **self._content(unit, row)}

        return committed(self._storage, work)

    def withdraw(self, relying_party: str, verification: str) -> Verification:
        """Take the consent back, at any moment: what is open ends, what has ended is erased; again changes nothing.

        Raises as `kept`.
        """

        def work(unit: UnitOfWork) -> Verification:
            row = found(unit.verifications.find(relying_party, verification, lock=True))
            within = self._verifications.acting_as(HOLDER).within(unit)
            if type(row.state) in OPEN:
                return within.withdraw(relying_party, verification, by=By.HOLDER)
            if isinstance(row.state, Withdrawn | Erased):
                return row
            return within.erase(relying_party, verification, by=By.HOLDER)

        return committed(self._storage, work)

    def erase(self, relying_party: str, verification: str) -> Verification:
        """In every state; again changes nothing. Raises as `kept`."""

        def work(unit: UnitOfWork) -> Verification:
            row = found(unit.verifications.find(relying_party, verification, lock=True))
            if isinstance(row.state, Erased):
                return row
            within = self._verifications.acting_as(HOLDER).within(unit)
            return within.erase(relying_party, verification, by=By.HOLDER)

        return committed(self._storage, work)

    def _content(self, unit: UnitOfWork, row: Verification) -> dict[str, object]:
        decision = unit.verifications.decision(row.id)
        attestation = unit.attestations.find(row.id)
        return _there(
            {
                "verification": _row(row),
                "person": row.person,
                "consent_receipt": unit.verifications.receipt(row.id),
                "decision": None if decision is None else _decision(decision),
                "review": _review(unit, row),
                "attestation": None if attestation is None else msgspec.to_builtins(attestation),
                "sealed": self._sealed(unit, row.id) or None,
                "devices": [
                    {
                        "kind": str(token.kind),
                        "since": token.created_at.isoformat(),
                        "until": token.expires_at.isoformat(),
                    }
                    for token in unit.holder_tokens.of_verification(row.id)
                ],
            }
        )

    def _sealed(self, unit: UnitOfWork, verification: str) -> dict[str, object]:
        key = unit.sealed.key(verification)
        if key is None:
            return {}
        opened: dict[str, object] = {}
        for label in unit.sealed.labels(verification):
            sealed = unit.sealed.get(verification, label)
            if sealed is not None:
                opened[label] = _plain(self._sealer.open(key, label, sealed))
        return opened


def reasons_for_holders(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The codes of a decision as its holder is told them, each once."""
    return tuple(dict.fromkeys(_SPARED.get(code, code) for code in codes))


def _kept(unit: UnitOfWork, row: Verification) -> Iterator[KeptItem]:
    yield KeptItem(name="verification")
    opening = row.opening
    if opening.labels or opening.return_url or opening.binding:
        yield KeptItem(name="order")
    if row.person is not None:
        yield KeptItem(name="person")
        lines = unit.lines.count(row.relying_party, row.person)
        if lines:
            yield KeptItem(name="lines", count=lines)
    for label in unit.sealed.labels(row.id):
        yield KeptItem(name=f"sealed.{label}", until=row.forget_at, sealed=True)
    if unit.verifications.decision(row.id) is not None:
        yield KeptItem(name="decision")
    if unit.verifications.receipt(row.id) is not None:
        yield KeptItem(name="receipt")
    if unit.reviews.of_verification(row.id) is not None:
        yield KeptItem(name="review")
    attestation = unit.attestations.find(row.id)
    if attestation is not None:
        yield KeptItem(name="attestation", until=attestation.expires_at)
    tokens = unit.holder_tokens.of_verification(row.id)
    if tokens:
        yield KeptItem(name="devices", until=max(token.expires_at for token in tokens), count=len(tokens))
    yield KeptItem(name="log")


def _row(row: Verification) -> dict[str, object]:
    opening = row.opening
    return _there(
        {
            "id": row.id,
            "relying_party": row.relying_party,
            "purpose": row.purpose,
            "policy_version": row.policy_version,
            "policy_digest": row.policy_digest,
            "binding": opening.binding,
            "language": opening.language,
            "return_url": opening.return_url,
            "labels": dict(opening.labels) or None,
            "opened_at": row.opened_at.isoformat(),
            "expires_at": row.expires_at.isoformat(),
            "forget_at": None if row.forget_at is None else row.forget_at.isoformat(),
            "state": state_name(row.state),
            "changed_at": row.state.at.isoformat(),
        }
    )


def _decision(decision: DecisionRecord) -> dict[str, object]:
    return {
        "conclusion": str(decision.conclusion),
        "at": decision.at.isoformat(),
        "reasons": list(reasons_for_holders(decision.reasons)),
        "grants": list(decision.grants),
        "checks": decision.summary.get("checks", []),
    }


def _review(unit: UnitOfWork, row: Verification) -> dict[str, object] | None:
    """That people looked at it, and what they said; not who they are, and not in what words."""
    case = unit.reviews.of_verification(row.id)
    if case is None:
        return None
    return {
        "referred_at": case.referred_at.isoformat(),
        "ends_at": case.ends_at.isoformat(),
        "looks": case.looks,
        # while it is open nobody is told what one reviewer said, or the next one might hear of it
        "verdicts": [
            {"verdict": str(item.verdict), "at": item.at.isoformat()}
            for item in (case.opinions if case.closed_at is not None else ())
        ],
    }


def _plain(content: bytes) -> object:
    """JSON as it is; anything else in base64."""
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return {"base64": base64.b64encode(content).decode()}


def _there(table: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in table.items() if value is not None}
