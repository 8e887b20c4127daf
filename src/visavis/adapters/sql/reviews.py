"""Cases that people review, in a table."""

import dataclasses
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from visavis.adapters.sql.schema_reviews import review_cases
from visavis.adapters.sql.statements import page_of
from visavis.decision.vocabulary import Review, TryLimit
from visavis.service.problems import changed_meanwhile
from visavis.service.records import Page
from visavis.service.review_records import Claim, Kept, Opinion, QueueOrder, ReviewCase

__all__ = ["SqlReviews"]


class SqlReviews:
    """A `visavis.service.review_records.ReviewStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, case: ReviewCase) -> None:
        self._connection.execute(sa.insert(review_cases), _values(case))

    def find(self, relying_party: str, case: str, *, lock: bool = False) -> ReviewCase | None:
        mine = (review_cases.c.id == case, review_cases.c.relying_party == relying_party)
        return self._one(sa.select(review_cases).where(*mine), lock=lock)

    def of_verification(self, verification: str, *, lock: bool = False) -> ReviewCase | None:
        return self._one(sa.select(review_cases).where(review_cases.c.verification == verification), lock=lock)

    def save(self, case: ReviewCase) -> ReviewCase:
        saved = dataclasses.replace(case, version=case.version + 1)
        statement = sa.update(review_cases).where(review_cases.c.id == case.id, review_cases.c.version == case.version)
        if self._connection.execute(statement.values(_values(saved))).rowcount != 1:
            raise changed_meanwhile()
        return saved

    def page(
        self, relying_party: str, *, limit: int, after: str | None, order: QueueOrder, closed: bool
    ) -> Page[ReviewCase]:
        state = review_cases.c.closed_at.is_not(None) if closed else review_cases.c.closed_at.is_(None)
        statement = sa.select(review_cases).where(review_cases.c.relying_party == relying_party, state)
        oldest = order is QueueOrder.OLDEST
        return page_of(
            self._connection, statement, review_cases.c.id, _case, limit=limit, after=after, ascending=oldest
        )

    def _one(self, statement: sa.Select[Any], *, lock: bool) -> ReviewCase | None:
        row = self._connection.execute(statement.with_for_update() if lock else statement).one_or_none()
        return None if row is None else _case(row)


_TERMS = ("review", "grants", "keep_accepted", "limit")


def _values(case: ReviewCase) -> dict[str, Any]:
    values = {field.name: getattr(case, field.name) for field in dataclasses.fields(case)}
    terms = {
        "persons": case.review.persons,
        "on_disagreement": case.review.on_disagreement,
        "grants": case.grants,
        "keep_accepted": int(case.keep_accepted.total_seconds()),
        "limit": case.limit,
    }
    kept = {name: value for name, value in values.items() if name not in {*_TERMS, "claim", "end"}}
    return {**kept, "terms": terms, "claimed": case.claim, "ended": case.end}


def _case(row: Row[Any]) -> ReviewCase:
    values = dict(row._mapping)  # noqa: SLF001 - a row's public way to its names
    terms, claimed, ended = (values.pop(name) for name in ("terms", "claimed", "ended"))
    return ReviewCase(
        **values
        | {
            "reasons": tuple(row.reasons),
            "kept": tuple(Kept(label) for label in row.kept),
            "opinions": msgspec.convert(values["opinions"], tuple[Opinion, ...]),
        },
        end=ended,
        claim=None if claimed is None else msgspec.convert(claimed, Claim),
        review=msgspec.convert({name: terms[name] for name in ("persons", "on_disagreement")}, Review),
        grants=tuple(terms["grants"]),
        keep_accepted=timedelta(seconds=terms["keep_accepted"]),
        limit=None if terms["limit"] is None else msgspec.convert(terms["limit"], TryLimit),
    )
