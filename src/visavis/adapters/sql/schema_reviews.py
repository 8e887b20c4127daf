"""The table of cases that people review."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from visavis.adapters.sql.columns import Moment, PlainData, identifier, words
from visavis.adapters.sql.schema import metadata

__all__ = ["review_cases"]

review_cases: Final = Table(
    "review_cases",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("verification", identifier(), ForeignKey("verifications.id"), nullable=False, unique=True),
    Column("relying_party", identifier(), nullable=False),
    Column("purpose", words(100), nullable=False),
    Column("referred_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("reasons", PlainData, nullable=False),
    Column("summary", PlainData, nullable=False),
    Column("terms", PlainData, nullable=False),
    Column("kept", PlainData, nullable=False),
    Column("acceptable", sa.Boolean, nullable=False),
    Column("opened_by", identifier()),
    Column("claimed", PlainData),
    Column("looks", Integer, nullable=False),
    Column("opinions", PlainData, nullable=False),
    Column("closed_at", Moment),
    Column("ended", words(30)),
    Column("version", Integer, nullable=False),
    Index(None, "relying_party", "id"),
)
Index(
    "ix_review_cases_open",
    review_cases.c.relying_party,
    review_cases.c.id,
    sqlite_where=review_cases.c.closed_at.is_(None),
    postgresql_where=review_cases.c.closed_at.is_(None),
)
