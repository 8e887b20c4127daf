"""The states of a verification as types, and the steps between them.

    Requested ──Consent──> Consented ──BeginCapture──> Capturing ──Submit──> Submitted ──Conclude──> Decided
                   ^            ^                          │                   │   └──Refer──> Referred ──Conclude──^
                   │            └────────Interrupt─────────┘                   │
                   │            └────────────────────TryAgain──────────────────┘

From every state before Decided: TakeAlternative -> DeclinedForAlternative, Withdraw -> Withdrawn, Expire -> Expired;
from every state but Erased: Erase -> Erased. From DeclinedForAlternative: ConcludeInPerson -> Decided, where somebody
looked at the original document. A state carries what is true only in it; a step carries the moment at
which it is taken. What is not in this table cannot happen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from visavis.errors import StateError

__all__ = [
    "OPEN",
    "STATES",
    "BeginCapture",
    "By",
    "Capturing",
    "Conclude",
    "ConcludeInPerson",
    "Conclusion",
    "Consent",
    "Consented",
    "Decided",
    "DeclinedForAlternative",
    "Erase",
    "Erased",
    "Expire",
    "Expired",
    "Interrupt",
    "Refer",
    "Referred",
    "Requested",
    "State",
    "Step",
    "Submit",
    "Submitted",
    "TakeAlternative",
    "TryAgain",
    "Withdraw",
    "Withdrawn",
    "advance",
    "state_name",
]


class Conclusion(StrEnum):
    """How a verification ended where it was decided."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"
    """The attempts are used up, and none could tell."""


class By(StrEnum):
    """Who ended it."""

    HOLDER = "holder"
    RELYING_PARTY = "relying_party"
    OPERATOR = "operator"
    """The installation itself: its times of retention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """Opened by the relying party; the holder has not agreed to anything."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented:
    """The holder agreed. ``attempts`` were begun so far."""

    at: datetime
    receipt: str
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capturing:
    """A capture is running: the ``attempts``-th."""

    at: datetime
    receipt: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The last frame is here; the evidence is being made."""

    at: datetime
    receipt: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """A person looks at it."""

    at: datetime
    receipt: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """``receipt`` is None where a person looked at the original: nothing was captured that needed a consent."""

    at: datetime
    receipt: str | None
    conclusion: Conclusion
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclinedForAlternative:
    """The holder took the other way, which is no mark against anybody."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The holder took the consent back, or the relying party cancelled."""

    at: datetime
    by: By


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """A skeleton without anything personal. ``was`` names the state before, ``conclusion`` how it had been decided."""

    at: datetime
    by: By
    was: str
    conclusion: Conclusion | None = None


State = (
    Requested
    | Consented
    | Capturing
    | Submitted
    | Referred
    | Decided
    | DeclinedForAlternative
    | Withdrawn
    | Expired
    | Erased
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The holder agrees; ``receipt`` is the id of the consent receipt."""

    at: datetime
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginCapture:
    """``allowed``: how many attempts the policy gives."""

    at: datetime
    allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupt:
    """A capture broke off. The attempt stays used, so that nobody can try for ever by breaking off in time."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """The evidence could not tell, and attempts are left."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refer:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    at: datetime
    conclusion: Conclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcludeInPerson:
    """Somebody of the relying party's staff looked at the original document."""

    at: datetime
    conclusion: Conclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAlternative:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    at: datetime
    by: By


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase:
    at: datetime
    by: By


Step = (
    Consent
    | BeginCapture
    | Interrupt
    | Submit
    | TryAgain
    | Refer
    | Conclude
    | ConcludeInPerson
    | TakeAlternative
    | Withdraw
    | Expire
    | Erase
)

_NAMES: Final[Mapping[type[State], str]] = {
    Requested: "requested",
    Consented: "consented",
    Capturing: "capturing",
    Submitted: "submitted",
    Referred: "referred",
    Decided: "decided",
    DeclinedForAlternative: "declined_for_alternative",
    Withdrawn: "withdrawn",
    Expired: "expired",
    Erased: "erased",
}
STATES: Final[Mapping[str, type[State]]] = {name: kind for kind, name in _NAMES.items()}
"""Every state by its public name."""
OPEN: Final = frozenset({Requested, Consented, Capturing, Submitted, Referred})
"""The states that still wait for something, and so can expire."""


def state_name(state: State | type[State]) -> str:
    """The public name: stable, lower snake case."""
    return _NAMES[state if isinstance(state, type) else type(state)]


def advance(state: State, step: Step) -> State:  # noqa: C901, PLR0911, PLR0912 - one table, read from top to bottom
    """The state after a step. Pure: the moment is in the step.

    Raises StateError: ``step_not_possible`` for a step that this state does not take, ``attempts_used_up`` for a
    capture beyond the allowed ones.
    """
    match state, step:
        case Requested(), Consent():
            return Consented(at=step.at, receipt=step.receipt)
        case Consented(), BeginCapture():
            if state.attempts >= step.allowed:
                raise StateError(
                    "attempts_used_up",
                    f"All {step.allowed} attempts of this verification are used.",
                    advice="Take the other way, or ask the relying party to open a new verification.",
                )
            return Capturing(at=step.at, receipt=state.receipt, attempts=state.attempts + 1)
        case Capturing(), Submit():
            return Submitted(at=step.at, receipt=state.receipt, attempts=state.attempts)
        case Capturing(), Interrupt():
            return Consented(at=step.at, receipt=state.receipt, attempts=state.attempts)
        case Submitted(), TryAgain():
            return Consented(at=step.at, receipt=state.receipt, attempts=state.attempts)
        case Submitted(), Refer():
            return Referred(at=step.at, receipt=state.receipt, attempts=state.attempts)
        case Submitted() | Referred(), Conclude():
            return Decided(at=step.at, receipt=state.receipt, conclusion=step.conclusion, attempts=state.attempts)
        case Requested() | Consented() | Capturing() | Submitted() | Referred(), TakeAlternative():
            return DeclinedForAlternative(at=step.at)
        case DeclinedForAlternative(), ConcludeInPerson():
            return Decided(at=step.at, receipt=None, conclusion=step.conclusion)
        case Requested() | Consented() | Capturing() | Submitted() | Referred(), Withdraw():
            return Withdrawn(at=step.at, by=step.by)
        case Requested() | Consented() | Capturing() | Submitted() | Referred(), Expire():
            return Expired(at=step.at)
        case Erased(), _:
            raise _impossible(state, step)
        case _, Erase():
            conclusion = state.conclusion if isinstance(state, Decided) else None
            return Erased(at=step.at, by=step.by, was=state_name(state), conclusion=conclusion)
        case _:
            raise _impossible(state, step)


def _impossible(state: State, step: Step) -> StateError:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(step).__name__).strip()
    return StateError(
        "step_not_possible",
        f"A verification that is {state_name(state).replace('_', ' ')} takes no step '{words}'.",
        advice="Read the verification again, and go on from its present state.",
    )
