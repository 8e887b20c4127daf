"""What a step of a verification adds to the figures, noted in the step's own unit of work.

Nothing is noted when a verification is opened: that it was, is noted with its first step, and those that have taken
none are counted where they lie. So opening one writes no more than it must.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from visavis.domain.identifiers import moment_of
from visavis.domain.states import (
    OPEN,
    BeginCapture,
    By,
    Capturing,
    Conclude,
    Conclusion,
    Consent,
    Consented,
    Decided,
    DeclinedForAlternative,
    Interrupt,
    Refer,
    Referred,
    Requested,
    State,
    Step,
    Submit,
    Submitted,
    TryAgain,
    Withdrawn,
    state_name,
)
from visavis.domain.verification import Verification
from visavis.service.figure_records import FigureKind, bucket_of, day_of
from visavis.service.ports import UnitOfWork

__all__ = ["REASONS_OF", "Mark", "marks_of", "note_document", "note_step"]

Mark = tuple[FigureKind, str]

REASONS_OF: Final[Mapping[Conclusion, FigureKind]] = {
    Conclusion.REJECTED: FigureKind.REJECTED_FOR,
    Conclusion.INCONCLUSIVE: FigureKind.INCONCLUSIVE_FOR,
}
"""As what the reasons of a conclusion are counted."""

_READ: Final = "holder.document_read"
_MOST_CODES: Final = 12


def note_step(unit: UnitOfWork, before: State, after: Verification, step: Step, marks: Iterable[Mark] = ()) -> None:
    """Note a step that led from ``before`` to ``after``. ``marks``: what else is known of it, as `marks_of` tells."""
    told = [*_marks(before, after, step), *marks]
    if told:
        unit.figures.note(after.relying_party, after.purpose, day_of(after.opened_at), told)


def note_document(unit: UnitOfWork, row: Verification, *, read: bool, problems: Iterable[str], at: datetime) -> None:
    """Note that pictures of a document were looked at: whether they were enough for a capture, and if not, why."""
    marks: list[Mark] = [(FigureKind.DOCUMENT, "read" if read else "unread")]
    if not read:
        marks += marks_of(FigureKind.UNREAD_FOR, problems)
    elif unit.attempts.count(_READ, row.id, at=at, window=row.expires_at - row.opened_at) == 1:
        marks.append((FigureKind.STEP, "document_read"))
    unit.figures.note(row.relying_party, row.purpose, day_of(row.opened_at), marks)


def marks_of(kind: FigureKind, codes: Iterable[str]) -> list[Mark]:
    """One mark for each code, each once, the weightiest twelve."""
    return [(kind, code) for code in list(dict.fromkeys(codes))[:_MOST_CODES]]


def _marks(before: State, after: Verification, step: Step) -> Iterator[Mark]:
    if isinstance(before, Requested):
        yield FigureKind.OPENED, ""
    yield from _way(before, after, step)
    state = after.state
    if isinstance(before, DeclinedForAlternative) and isinstance(state, Decided):
        yield FigureKind.IN_PERSON, str(state.conclusion)
    if type(before) in OPEN and type(state) not in OPEN:
        if isinstance(state, Decided):
            yield FigureKind.ENDED, str(state.conclusion)
        else:
            end = "cancelled" if isinstance(state, Withdrawn) and state.by is not By.HOLDER else state_name(state)
            yield FigureKind.ENDED, end
            yield FigureKind.LEFT, f"{end}.{_stage(before)}"


def _way(before: State, after: Verification, step: Step) -> Iterator[Mark]:
    """How far it came, and how long that took."""
    match step:
        case Consent():
            yield FigureKind.STEP, "consented"
            yield _time(FigureKind.TIME_NOTICE, step.at - after.opened_at)
        case BeginCapture():
            yield FigureKind.ATTEMPT, "begun"
            if isinstance(before, Consented) and before.attempts == 0:
                yield FigureKind.STEP, "capture_begun"
                yield _time(FigureKind.TIME_DOCUMENT, step.at - before.at)
        case Interrupt():
            yield FigureKind.ATTEMPT, "interrupted"
        case Submit():
            yield FigureKind.ATTEMPT, "submitted"
            yield _time(FigureKind.TIME_CAPTURE, step.at - before.at)
        case TryAgain():
            yield FigureKind.ATTEMPT, "retried"
        case Refer():
            yield FigureKind.STEP, "concluded"
            yield FigureKind.STEP, "referred"
            yield from _answered(before, step)
        case Conclude() if isinstance(before, Submitted):
            yield FigureKind.STEP, "concluded"
            yield from _answered(before, step)
        case Conclude() if isinstance(before, Referred):
            yield _time(FigureKind.TIME_REVIEW, step.at - before.at)
        case _:
            pass


def _answered(before: State, step: Step) -> Iterator[Mark]:
    """The receipt's id tells when the holder agreed."""
    agreed = moment_of(before.receipt) if isinstance(before, Submitted) else None
    if agreed is not None:
        yield _time(FigureKind.TIME_ANSWER, step.at - agreed)


def _time(kind: FigureKind, span: timedelta) -> Mark:
    return kind, bucket_of(span)


def _stage(before: State) -> str:
    """Where it was left."""
    match before:
        case Requested():
            return "notice"
        case Consented(attempts=0):
            return "document"
        case Consented():
            return "between_attempts"
        case Capturing():
            return "capture"
        case Submitted():
            return "examination"
        case _:
            return "review"
