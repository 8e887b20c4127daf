"""Reviews of referred cases. ``reviewer``: the handle of whoever reviews, an id of your own staff's accounts."""

from visavis.client.call import Call, Page, get, path, post, raw
from visavis.client.models import EvidenceKept, ReadingKept, Review

__all__ = [
    "claim",
    "evidence",
    "of_verification",
    "page",
    "picture",
    "read",
    "reading",
    "release",
    "verdict",
]

_ONE = "/v1/reviews/{id}"


def _named(reviewer: str) -> dict[str, str]:
    return {"X-Visavis-Reviewer": reviewer}


def page(
    *, state: str | None = None, order: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Call[Page[Review]]:
    """``state``: open or closed; ``order``: oldest or newest first."""
    query = {"state": state, "order": order, "limit": limit, "cursor": cursor}
    return get("/v1/reviews", Page[Review], query=query)


def read(review: str) -> Call[Review]:
    return get(path(_ONE, id=review), Review)


def of_verification(verification: str) -> Call[Review]:
    return get(path("/v1/verifications/{id}/review", id=verification), Review)


def claim(review: str, *, reviewer: str, key: str | None = None) -> Call[Review]:
    """Take it for 15 minutes, or for 15 minutes more."""
    return post(path(_ONE + "/claim", id=review), Review, key=key, headers=_named(reviewer))


def release(review: str, *, reviewer: str, key: str | None = None) -> Call[Review]:
    return post(path(_ONE + "/release", id=review), Review, key=key, headers=_named(reviewer))


def picture(review: str, which: str, *, reviewer: str) -> Call[bytes]:
    """A JPEG; ``which``: portrait or probe. Every look is counted and in the audit log."""
    return raw(path(_ONE + "/pictures/{which}", id=review, which=which), headers=_named(reviewer))


def reading(review: str, *, reviewer: str) -> Call[ReadingKept]:
    return get(path(_ONE + "/reading", id=review), ReadingKept, headers=_named(reviewer))


def evidence(review: str, *, reviewer: str) -> Call[EvidenceKept]:
    return get(path(_ONE + "/evidence", id=review), EvidenceKept, headers=_named(reviewer))


def verdict(
    review: str, *, reviewer: str, verdict: str, reason: str, note: str = "", key: str | None = None
) -> Call[Review]:
    """``verdict``: accept, reject or cannot_tell; ``reason``: one of docs/reference/reviews.md that fits it."""
    body = {"verdict": verdict, "reason": reason, "note": note}
    return post(path(_ONE + "/verdict", id=review), Review, body, key=key, headers=_named(reviewer))
