"""Reviews over HTTP: the queue, a claim, looks, a verdict.

Who reviews is a member who signed in, or, with an API key, whom the relying party names in ``X-Visavis-Reviewer``: a
handle of its own, opaque here. It is believed as far as the key is: what two handles of one key are worth,
`docs/reference/reviews.md` says. No handle has the form of a member's id, so that no key reviews in a member's name.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from visavis.domain.identifiers import Kind
from visavis.errors import InputError
from visavis.service.case_material import KeptEvidence, KeptReading
from visavis.service.ports import UnitOfWork
from visavis.service.records import Scope
from visavis.service.review_ends import conclusion_of
from visavis.service.review_records import Kept, QueueOrder, ReviewCase, Reviewer
from visavis.service.reviews import REVIEWER_FORM, Given
from visavis.web.auth import Caller, caller_with
from visavis.web.cursors import cursor_of, place_of
from visavis.web.idempotent import Once, Reply, once_of, perform
from visavis.web.relying.calling import shown
from visavis.web.schemas.common import Cursor, PageSize, VerificationInPath, identifier, identifier_in_path
from visavis.web.schemas.problems import answers
from visavis.web.schemas.reviews import (
    EvidenceKept,
    GiveVerdict,
    PictureKept,
    ReadingKept,
    Review,
    ReviewPage,
    StateAsked,
)
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

ReviewInPath = Annotated[str, identifier(Kind.REVIEW), identifier_in_path(Kind.REVIEW, "a case")]
PictureInPath = Annotated[PictureKept, Path(description="The document's portrait, or the best frame of the capture.")]
ReviewerNamed = Annotated[
    str | SkipJsonSchema[None],
    Header(
        alias="X-Visavis-Reviewer",
        pattern=f"^{REVIEWER_FORM}$",
        description="With an API key: who reviews, an id of your own staff's accounts, never a name or an address. The"
        " same person always has the same one. A member who signed in reviews as themselves, and needs none.",
        examples=["agent-17"],
    ),
]
Asked = Annotated[Once, Depends(once_of)]
_TAG: Final = "Reviews"
_NAMED: Final = ("reviewer_missing", "reviewer_invalid")
_HELD: Final = (*_NAMED, "review_unknown", "review_closed", "review_not_claimed")
_SEEN_ONCE: Final = {
    "Cache-Control": "no-store",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""A picture is shown where it was asked for: nobody keeps it, saves it by a click, or runs anything in its place."""


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(tags=[_TAG])
    _add_queue(router, setup)
    _add_claims(router, setup)
    _add_looks(router, setup)
    return router


def _told(setup: ServiceSetup, case: ReviewCase, now: datetime) -> Review:
    policies = setup.policies
    title = policies.current(case.purpose).title if case.purpose in policies.names else ""
    return Review.of(case, now, title=title or case.purpose)


def _reviewing(known: Callable[..., Caller]) -> Callable[..., Reviewer]:
    """A dependency: who reviews. Raises InputError ``reviewer_missing``, ``reviewer_invalid``; and as ``known``."""

    def reviewer(caller: Annotated[Caller, Depends(known)], x_visavis_reviewer: ReviewerNamed = None) -> Reviewer:
        if caller.member is not None:
            return Reviewer(id=caller.member.id, key=caller.actor)
        if x_visavis_reviewer is None:
            raise InputError(
                "reviewer_missing",
                "With an API key it must be said who reviews.",
                advice="Send X-Visavis-Reviewer, an id of your own staff's accounts.",
            )
        if x_visavis_reviewer.startswith(f"{Kind.MEMBER}_"):
            raise InputError(
                "reviewer_invalid",
                "A key does not review in the name of a member.",
                advice="Use an id of your own staff's accounts; members sign in themselves.",
            )
        return Reviewer(id=x_visavis_reviewer, key=caller.actor)

    return reviewer


def _add_queue(router: APIRouter, setup: ServiceSetup) -> None:
    Known = Annotated[Caller, Depends(caller_with(setup, Scope.REVIEW))]

    @router.get(
        "/v1/reviews",
        operation_id="list_reviews",
        summary="List cases",
        response_model=ReviewPage,
        responses=answers("cursor_invalid"),
    )
    def list_reviews(
        caller: Known,
        limit: PageSize = 50,
        cursor: Cursor = None,
        order: Annotated[QueueOrder, Query(description="Who waits longest comes first, or last.")] = QueueOrder.OLDEST,
        state: Annotated[StateAsked, Query(description="Those that wait, or those that are closed.")] = StateAsked.OPEN,
    ) -> Response:
        """The queue. A case leaves it once it is closed: by a verdict, by the holder, or by its time."""
        page = setup.reviews.page(
            caller.relying_party,
            limit=limit,
            after=place_of(cursor, Kind.REVIEW),
            order=order,
            closed=state is StateAsked.CLOSED,
        )
        now = setup.clock.now()
        items = tuple(_told(setup, case, now) for case in page.items)
        return shown(ReviewPage(items=items, next_cursor=cursor_of(page.next)))

    @router.get(
        "/v1/reviews/{review}",
        operation_id="read_review",
        summary="Read a case",
        response_model=Review,
        responses=answers("review_unknown"),
    )
    def read_review(caller: Known, review: ReviewInPath) -> Response:
        """Why it was referred, since when it waits, who has it. What was kept is not in it."""
        return shown(_told(setup, setup.reviews.get(caller.relying_party, review), setup.clock.now()))

    @router.get(
        "/v1/verifications/{verification}/review",
        operation_id="read_review_of_verification",
        summary="Read the case of a verification",
        response_model=Review,
        responses=answers("review_unknown"),
    )
    def read_review_of_verification(caller: Known, verification: VerificationInPath) -> Response:
        """The case of a verification that was referred, open or closed."""
        case = setup.reviews.of_verification(caller.relying_party, verification)
        return shown(_told(setup, case, setup.clock.now()))


def _add_claims(router: APIRouter, setup: ServiceSetup) -> None:
    known = caller_with(setup, Scope.REVIEW)
    Known = Annotated[Caller, Depends(known)]
    Named = Annotated[Reviewer, Depends(_reviewing(known))]

    @router.post(
        "/v1/reviews/{review}/claim",
        operation_id="claim_review",
        summary="Take a case",
        response_model=Review,
        responses=answers(
            *_NAMED,
            "review_unknown",
            "review_closed",
            "review_claimed",
            "review_given_already",
            "reviewer_conflict",
            "changed_meanwhile",
            once=True,
        ),
    )
    def claim_review(caller: Known, asked: Asked, reviewer: Named, review: ReviewInPath) -> Response:
        """For 15 minutes, or for 15 minutes more. Nobody else has it meanwhile."""

        def act(unit: UnitOfWork) -> Reply:
            case = setup.reviews.within(unit).claim(caller.relying_party, review, reviewer)
            return Reply(body=_told(setup, case, setup.clock.now()))

        return perform(setup, asked, caller.relying_party, act)

    @router.post(
        "/v1/reviews/{review}/release",
        operation_id="release_review",
        summary="Leave a case to others",
        response_model=Review,
        responses=answers(*_HELD, "changed_meanwhile", once=True),
    )
    def release_review(caller: Known, asked: Asked, reviewer: Named, review: ReviewInPath) -> Response:
        """It waits for others again, at its old place."""

        def act(unit: UnitOfWork) -> Reply:
            case = setup.reviews.within(unit).release(caller.relying_party, review, reviewer)
            return Reply(body=_told(setup, case, setup.clock.now()))

        return perform(setup, asked, caller.relying_party, act)

    @router.post(
        "/v1/reviews/{review}/verdict",
        operation_id="give_verdict",
        summary="Give a verdict",
        response_model=Review,
        responses=answers(
            *_HELD,
            "review_reason_unfitting",
            "review_note_invalid",
            "review_note_personal",
            "review_not_seen",
            "review_not_acceptable",
            "review_given_already",
            "reviewer_conflict",
            "changed_meanwhile",
            once=True,
            body=True,
        ),
    )
    def give_verdict(caller: Known, asked: Asked, reviewer: Named, review: ReviewInPath, body: GiveVerdict) -> Response:
        """Where it settles the case, the verification is decided with it, and everything kept for the review is
        destroyed. Else another reviewer is asked, who is not told what was said.
        """
        given = Given(verdict=body.verdict, reason=body.reason, note=body.note)
        done: list[ReviewCase] = []

        def act(unit: UnitOfWork) -> Reply:
            case = setup.reviews.within(unit).decide(caller.relying_party, review, reviewer, given)
            done[:] = [case]
            return Reply(body=_told(setup, case, setup.clock.now()))

        answer = perform(setup, asked, caller.relying_party, act)
        for case in done:  # not for an answer that was given before
            conclusion = conclusion_of(case)
            if conclusion is not None:
                setup.telemetry.decided(case.purpose, conclusion, [given.reason])
        return answer


def _add_looks(router: APIRouter, setup: ServiceSetup) -> None:
    known = caller_with(setup, Scope.REVIEW)
    Known = Annotated[Caller, Depends(known)]
    Named = Annotated[Reviewer, Depends(_reviewing(known))]
    looked = answers(*_HELD, "not_kept", "looks_used_up", "changed_meanwhile")

    def look(caller: Caller, reviewer: Reviewer, review: str, what: Kept) -> bytes:
        return setup.reviews.look(caller.relying_party, review, reviewer, what)

    @router.get(
        "/v1/reviews/{review}/pictures/{picture}",
        operation_id="look_at_picture",
        summary="Look at a picture",
        response_class=Response,
        responses={
            **looked,
            200: {
                "description": "A JPEG.",
                "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
            },
        },
    )
    def look_at_picture(caller: Known, reviewer: Named, review: ReviewInPath, picture: PictureInPath) -> Response:
        """For who has the case. Every look is in the audit log, with who looked, before the picture is given."""
        content = look(caller, reviewer, review, Kept(picture))
        return Response(content, media_type="image/jpeg", headers=_SEEN_ONCE)

    @router.get(
        "/v1/reviews/{review}/reading",
        operation_id="look_at_reading",
        summary="Look at what was read of the document",
        response_model=ReadingKept,
        responses=looked,
    )
    def look_at_reading(caller: Known, reviewer: Named, review: ReviewInPath) -> Response:
        """Every field that was read. A look like any other: it is counted and in the audit log."""
        kept = KeptReading.read(look(caller, reviewer, review, Kept.READING))
        return shown(ReadingKept(fields=dict(kept.fields), as_read=dict(kept.as_read)))

    @router.get(
        "/v1/reviews/{review}/evidence",
        operation_id="look_at_evidence",
        summary="Look at the evidence",
        response_model=EvidenceKept,
        responses=looked,
    )
    def look_at_evidence(caller: Known, reviewer: Named, review: ReviewInPath) -> Response:
        """Each check with what it measured, and how the capture went over time. A look like any other."""
        return shown(EvidenceKept.of(KeptEvidence.read(look(caller, reviewer, review, Kept.EVIDENCE))))
