"""Figures: counts over a period, and nothing that is about a person."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final, Self

from pydantic import Field

from visavis.domain.reasons import REASONS
from visavis.service.figure_records import BOUNDS, MORE, FigureKind, quantile
from visavis.service.figures import ENDS, FigureReport, Span, Stride
from visavis.web.schemas.common import Strict

__all__ = ["FiguresDocument"]

_MOST_VALUES: Final = 50
_Count = Field(ge=0, examples=[12])


class Ends(Strict):
    """How what was opened ended."""

    accepted: int = _Count
    rejected: int = _Count
    inconclusive: int = _Count
    declined_for_alternative: int = Field(ge=0, description="The holder chose the other way.", examples=[1])
    withdrawn: int = Field(ge=0, description="The holder took the consent back.", examples=[1])
    cancelled: int = Field(ge=0, description="By the relying party.", examples=[0])
    expired: int = _Count
    erased: int = Field(ge=0, description="Erased before it was decided.", examples=[0])

    @classmethod
    def of(cls, counts: Iterable[tuple[str, int]]) -> Self:
        return cls(**dict.fromkeys(ENDS, 0) | dict(counts))


class SpanFigures(Strict):
    """Some days, both included. `open`: what is not over yet."""

    first: date = Field(examples=["2027-03-01"])
    last: date = Field(examples=["2027-03-01"])
    opened: int = _Count
    open: int = _Count
    ended: Ends

    @classmethod
    def of(cls, span: Span) -> Self:
        return cls(
            first=span.first, last=span.last, opened=span.opened, open=span.open, ended=Ends.of(span.ended.items())
        )


class Steps(Strict):
    """How many verifications came so far, each counted once."""

    opened: int = _Count
    consented: int = _Count
    document_read: int = Field(ge=0, description="A document was read well enough for a capture.", examples=[11])
    capture_begun: int = _Count
    concluded: int = Field(ge=0, description="The service had its answer: a decision, or a person is asked.")
    referred: int = Field(ge=0, description="Of these, a person was asked.", examples=[1])


class Left(Strict):
    """How many ended without a decision, how, and at which stage."""

    end: str = Field(examples=["expired"])
    stage: str = Field(
        description="`notice`, `document`, `capture`, `between_attempts`, `examination` or `review`.",
        examples=["document"],
    )
    count: int = _Count


class Attempts(Strict):
    """Captures, several of one verification among them."""

    begun: int = _Count
    submitted: int = Field(ge=0, description="All that was asked for was seen.", examples=[12])
    interrupted: int = Field(ge=0, description="Broke off: a connection, a page that was left.", examples=[1])
    retried: int = Field(ge=0, description="Could not tell, and another attempt was left.", examples=[1])
    unacquired: int = Field(
        ge=0, description="Of those submitted, no face could be compared: failure to acquire.", examples=[0]
    )


class Documents(Strict):
    """Times that pictures of a document, or its chip, were shown."""

    read: int = _Count
    unread: int = Field(ge=0, description="Nothing could be captured against what was read.", examples=[2])


class CodeCount(Strict):
    """How often a reason was among those of a decision."""

    code: str = Field(examples=["document_expired"])
    text: str = Field(description="In English; empty for a code of no catalogue.", examples=["The document expired."])
    count: int = _Count


class InstrumentCount(Strict):
    """What captures that failed attack detection looked like: likely, and no proof."""

    instrument: str = Field(examples=["screen"])
    count: int = _Count


class InPerson(Strict):
    """Checks that a person made at the counter, after the holder chose the other way."""

    accepted: int = _Count
    rejected: int = Field(ge=0, examples=[0])


class Bucket(Strict):
    """How many took at most so long, and longer than the bucket before; `up_to` is missing above all bounds."""

    up_to: float | None = Field(default=None, description="Seconds.", examples=[12.5])
    count: int = _Count


class Measure(StrEnum):
    """What takes time."""

    NOTICE = "notice"
    DOCUMENT = "document"
    CAPTURE = "capture"
    ANSWER = "answer"
    REVIEW = "review"


class Times(Strict):
    """How long something took, in seconds. Quantiles come from the buckets: they are off by at most a quarter."""

    measure: Measure = Field(
        description="`notice`: from opening to the consent; `document`: from the consent to the first capture;"
        " `capture`: one capture; `answer`: from the consent to the service's answer; `review`: until people decided."
    )
    count: int = _Count
    p50: float | None = Field(default=None, examples=[14.2])
    p75: float | None = Field(default=None, examples=[18.0])
    p90: float | None = Field(default=None, examples=[24.5])
    p95: float | None = Field(default=None, examples=[31.0])
    buckets: tuple[Bucket, ...]

    @classmethod
    def of(cls, report: FigureReport, measure: Measure) -> Self:
        counts = report.counts.get(FigureKind(f"time.{measure}"), {})
        total = sum(counts.values())
        shares = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95} if total else {}
        known = [(bound, counts.get(f"{bound:g}", 0)) for bound in BOUNDS]
        buckets = [Bucket(up_to=bound, count=count) for bound, count in known if count]
        if counts.get(MORE):
            buckets.append(Bucket(count=counts[MORE]))
        quantiles = {name: round(quantile(counts, share), 2) for name, share in shares.items()}
        return cls(measure=measure, count=total, buckets=tuple(buckets), **quantiles)


class Reasons(Strict):
    """Why: each decision may give several reasons. The most frequent first, at most fifty."""

    rejected: tuple[CodeCount, ...]
    inconclusive: tuple[CodeCount, ...]
    referred: tuple[CodeCount, ...] = Field(description="Why a person was asked.")
    retried: tuple[CodeCount, ...] = Field(description="Why an attempt could not tell.")
    unacquired: tuple[CodeCount, ...] = Field(description="Why no face could be compared.")
    unread: tuple[CodeCount, ...] = Field(description="Why a document could not be read.")


class FiguresDocument(Strict):
    """What became of the verifications that were *opened* on the days of the period, in UTC, whenever it became so."""

    first: date = Field(examples=["2027-03-01"])
    last: date = Field(examples=["2027-03-30"])
    by: Stride
    policy: str | None = Field(default=None, examples=["change_of_line"])
    policies: tuple[str, ...] = Field(
        description="Those that something was opened under.", examples=[["change_of_line"]]
    )
    opened: int = _Count
    open: int = Field(ge=0, description="Not over yet.", examples=[0])
    ended: Ends
    steps: Steps
    left: tuple[Left, ...]
    attempts: Attempts
    documents: Documents
    reasons: Reasons
    suspected: tuple[InstrumentCount, ...]
    in_person: InPerson
    times: tuple[Times, ...]
    series: tuple[SpanFigures, ...]

    @classmethod
    def of(cls, report: FigureReport) -> Self:
        def counts(kind: FigureKind, *values: str) -> dict[str, int]:
            return {value: report.count(kind, value) for value in values}

        def codes(kind: FigureKind) -> tuple[CodeCount, ...]:
            return tuple(
                CodeCount(code=code, text=REASONS[code].text if code in REASONS else "", count=count)
                for code, count in report.ranked(kind)[:_MOST_VALUES]
            )

        opened, ended = report.count(FigureKind.OPENED), report.ranked(FigureKind.ENDED)
        lefts = ((*value.partition("."), count) for value, count in report.ranked(FigureKind.LEFT)[:_MOST_VALUES])
        suspected = report.ranked(FigureKind.SUSPECTED)[:_MOST_VALUES]
        steps = counts(FigureKind.STEP, "consented", "document_read", "capture_begun", "concluded", "referred")
        return cls(
            first=report.first,
            last=report.last,
            by=report.stride,
            policy=report.policy,
            policies=report.policies,
            opened=opened,
            open=opened - sum(count for _, count in ended),
            ended=Ends.of(ended),
            steps=Steps(opened=opened, **steps),
            left=tuple(Left(end=end, stage=stage, count=count) for end, _, stage, count in lefts),
            attempts=Attempts(
                **counts(FigureKind.ATTEMPT, "begun", "submitted", "interrupted", "retried", "unacquired")
            ),
            documents=Documents(**counts(FigureKind.DOCUMENT, "read", "unread")),
            reasons=Reasons(
                rejected=codes(FigureKind.REJECTED_FOR),
                inconclusive=codes(FigureKind.INCONCLUSIVE_FOR),
                referred=codes(FigureKind.REFERRED_FOR),
                retried=codes(FigureKind.RETRIED_FOR),
                unacquired=codes(FigureKind.UNACQUIRED_FOR),
                unread=codes(FigureKind.UNREAD_FOR),
            ),
            suspected=tuple(InstrumentCount(instrument=name, count=count) for name, count in suspected),
            in_person=InPerson(**counts(FigureKind.IN_PERSON, "accepted", "rejected")),
            times=tuple(Times.of(report, measure) for measure in Measure),
            series=tuple(SpanFigures.of(span) for span in report.series),
        )
