"""What a verification must be before the register acts on it, once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from visavis.domain.states import Conclusion, Decided
from visavis.errors import LineError
from visavis.lines.orders import Order
from visavis.service.ports import UnitOfWork
from visavis.service.steps import found

__all__ = ["GRANTS", "HOLDER", "NEW", "RECEIVER", "Part", "Proof", "RegisterRules", "prove"]

Part = str

HOLDER: Final = "holder"
"""The registered holder acts on a line that is theirs."""
RECEIVER: Final = "receiver"
"""Somebody takes over a line."""
NEW: Final = "new"
"""Somebody takes a new line."""
GRANTS: Final[Mapping[Part, str]] = MappingProxyType(
    {NEW: "line.register", RECEIVER: "line.receive", HOLDER: "line.register"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRules:
    """``use_within``: how long after its decision a verification may be acted on. ``grants``: what it must grant to
    whom it shows, by part in the act.
    """

    use_within: timedelta = timedelta(hours=24)
    grants: Mapping[Part, str] = field(default_factory=lambda: GRANTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A verification that was good for the order, and is used up by it."""

    verification: str
    person: str


def prove(
    unit: UnitOfWork, verification: str, order: Order, part: Part, *, rules: RegisterRules, now: datetime
) -> Proof:
    """Use a verification for an order: it is locked, checked, and never good for anything again.

    Raises UnknownError ``verification_unknown``; LineError ``verification_not_accepted``, ``grant_missing``,
    ``binding_mismatch``, ``verification_too_old``, ``holder_unknown``, ``verification_used``.
    """
    row = found(unit.verifications.find(order.relying_party, verification, lock=True))
    decision = unit.verifications.decision(verification)
    if not isinstance(row.state, Decided) or row.state.conclusion is not Conclusion.ACCEPTED or decision is None:
        raise LineError(
            "verification_not_accepted",
            "This verification was not accepted, or is no longer there.",
            advice="Let the holder verify themselves first.",
        )
    if rules.grants[part] not in decision.grants:
        raise LineError(
            "grant_missing",
            f"This verification does not grant {rules.grants[part]}.",
            advice="Open one with a policy that grants it.",
        )
    if row.opening.binding != order.digest:
        raise LineError(
            "binding_mismatch",
            "This verification was made for another order.",
            advice="Take the order's digest as the binding when you open the verification.",
        )
    if now > row.state.at + rules.use_within:
        raise LineError(
            "verification_too_old",
            "This verification is too old to act on.",
            advice="Let the holder verify themselves again.",
        )
    if row.person is None:
        raise LineError(
            "holder_unknown",
            "This verification does not say by which document the holder is known.",
            advice="Use a policy that reads the document.",
        )
    if not unit.verifications.use(verification, grant=rules.grants[part], used_for=order.digest, at=now):
        raise LineError(
            "verification_used",
            "This verification was used already, and it is good for once.",
            advice="Let the holder verify themselves again.",
        )
    return Proof(verification=verification, person=row.person)
