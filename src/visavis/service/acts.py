"""What the services write into the audit log: who took which step of a verification, under which policy."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from visavis.audit.entry import HOLDER, SYSTEM, Act, Actor, ActorKind, PolicyUsed
from visavis.domain.states import (
    BeginCapture,
    By,
    Conclude,
    ConcludeInPerson,
    Consent,
    Erase,
    Expire,
    Interrupt,
    Refer,
    State,
    Step,
    Submit,
    TakeAlternative,
    TryAgain,
    Withdraw,
    state_name,
)
from visavis.domain.verification import Verification

__all__ = ["act_of_step", "verification_act"]

_ACTS: Final[Mapping[type[Step], str]] = {
    Consent: "verification.consented",
    BeginCapture: "verification.capture_begun",
    Interrupt: "verification.capture_interrupted",
    Submit: "verification.submitted",
    TryAgain: "verification.tried_again",
    Refer: "verification.referred",
    Conclude: "verification.decided",
    ConcludeInPerson: "verification.checked_in_person",
    TakeAlternative: "verification.alternative_taken",
    Withdraw: "verification.withdrawn",
    Expire: "verification.expired",
    Erase: "verification.erased",
}
_MACHINERY: Final = TryAgain | Refer | Conclude | Expire
_PEOPLE: Final = frozenset({ActorKind.REVIEWER, ActorKind.OPERATOR})


def act_of_step(row: Verification, step: Step, *, before: State, actor: Actor | None) -> Act:
    """The act that led to ``row``. ``actor`` is who is known to have asked for it, or None.

    What follows from an examination or from time is nobody's act, whoever's request it came with, unless a person who
    works here decided it.
    """
    if isinstance(step, _MACHINERY) and (actor is None or actor.kind not in _PEOPLE):
        actor = SYSTEM
    return verification_act(
        row,
        _ACTS[type(step)],
        at=step.at,
        actor=actor or _natural(row, step),
        details={"from": state_name(before), **({"outcome": str(row.conclusion)} if row.conclusion else {})},
    )


def verification_act(
    row: Verification,
    act: str,
    *,
    at: datetime,
    actor: Actor,
    details: Mapping[str, str | int | bool] | None = None,
) -> Act:
    """Any act on a verification, with the policy that it was opened under."""
    return Act(
        at=at,
        actor=actor,
        act=act,
        subject=row.id,
        party=row.relying_party,
        policy=PolicyUsed(id=row.purpose, version=row.policy_version, digest=row.policy_digest),
        details=details or {},
    )


def party_of(relying_party: str) -> Actor:
    """A relying party of which no more is known than which it is."""
    return Actor(kind=ActorKind.RELYING_PARTY, id=relying_party)


def _natural(row: Verification, step: Step) -> Actor:
    """Whose step it is by its nature."""
    if isinstance(step, Withdraw | Erase) and step.by is By.RELYING_PARTY:
        return party_of(row.relying_party)
    if isinstance(step, Withdraw | Erase) and step.by is not By.HOLDER:
        return SYSTEM
    return HOLDER
