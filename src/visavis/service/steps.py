"""One step of a verification within a unit of work: the new state, what goes with the old one, the event, the act."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from visavis.audit.entry import Actor
from visavis.domain.events import Event, event_kind
from visavis.domain.identifiers import Identifiers, Kind
from visavis.domain.states import (
    OPEN,
    BeginCapture,
    Consent,
    Decided,
    DeclinedForAlternative,
    Erased,
    Expired,
    Referred,
    State,
    Step,
    Submit,
    Withdrawn,
    advance,
    state_name,
)
from visavis.domain.verification import Opening, Verification
from visavis.errors import StateError, UnknownError
from visavis.service.acts import act_of_step
from visavis.service.figure_counting import Mark, note_step
from visavis.service.ports import UnitOfWork
from visavis.service.status_register import revoke_attestation

__all__ = ["found", "take"]

_LEAVE_NOTHING: Final[frozenset[type[State]]] = frozenset({DeclinedForAlternative, Withdrawn, Expired, Erased})
_IN_TIME: Final = Consent | BeginCapture | Submit
"""What the holder does, and must do before the time is over. What was submitted in time may be decided later."""


def found(verification: Verification | None) -> Verification:
    """Raises UnknownError ``verification_unknown`` for None."""
    if verification is None:
        raise UnknownError(
            "verification_unknown", "There is no such verification here.", advice="Check its id, and whose key you use."
        )
    return verification


def _end_review(unit: UnitOfWork, verification: Verification, at: datetime) -> None:
    """Close the case of a verification that waits for nobody any more; of an erased one the notes go as well."""
    case = unit.reviews.of_verification(verification.id, lock=True)
    if case is None:
        return
    if case.closed_at is None:
        case = dataclasses.replace(case, claim=None, closed_at=at, end=state_name(verification.state))
    if type(verification.state) in _LEAVE_NOTHING:
        case = dataclasses.replace(
            case, opinions=tuple(dataclasses.replace(opinion, note="") for opinion in case.opinions)
        )
    unit.reviews.save(case)


def take(
    unit: UnitOfWork,
    verification: Verification,
    step: Step,
    *,
    identifiers: Identifiers,
    actor: Actor | None = None,
    marks: Iterable[Mark] = (),
) -> Verification:
    """The verification after the step, saved, with its event in the outbox, its act noted and the figures counted.
    ``actor`` is who is known to have asked for it; else it is whose step this is by its nature. ``marks``: what the
    figures count beside the step itself.

    Raises StateError as `visavis.domain.states.advance`; ``verification_expired``, ``changed_meanwhile``.
    """
    if isinstance(step, _IN_TIME) and type(verification.state) in OPEN and step.at >= verification.expires_at:
        raise StateError(
            "verification_expired",
            "The time of this verification is over.",
            advice="Ask the relying party to open a new one.",
        )
    after = advance(verification.state, step)
    changed = dataclasses.replace(verification, state=after)
    if type(after) in _LEAVE_NOTHING:
        unit.sealed.destroy(verification.id)
        changed = dataclasses.replace(changed, forget_at=None, person=None)
    if isinstance(after, Erased):
        bare = Opening(purpose=verification.purpose, language=verification.opening.language)
        changed = dataclasses.replace(changed, opening=bare)
        revoke_attestation(unit, verification.id, step.at)
    saved = unit.verifications.save(changed)
    if isinstance(verification.state, Referred | Decided):
        _end_review(unit, saved, step.at)
    unit.audit.note(act_of_step(saved, step, before=verification.state, actor=actor))
    note_step(unit, verification.state, saved, step, marks)
    kind = event_kind(verification.state, after)
    if kind is not None:
        unit.outbox.append(
            Event(
                id=identifiers.new(Kind.EVENT, step.at),
                kind=kind,
                relying_party=verification.relying_party,
                subject=verification.id,
                at=step.at,
                status=state_name(after),
                outcome=saved.conclusion,
            )
        )
    return saved
