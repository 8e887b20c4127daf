"""The tables of what decisions rest on and lead to: versions of policies, and attestations that were issued."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from visavis.adapters.sql.columns import Moment, identifier, words
from visavis.adapters.sql.schema import metadata

__all__ = ["attestations", "policies"]

policies: Final = Table(
    "policies",
    metadata,
    Column("digest", words(64), primary_key=True),
    Column("policy", words(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Index(None, "policy", "version"),
)

attestations: Final = Table(
    "attestations",
    metadata,
    Column("verification", identifier(), ForeignKey("verifications.id"), primary_key=True),
    Column("status_uri", Text, nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("fetch_until", Moment, nullable=False),
    Column("revoked_at", Moment),
)
