"""The table of holders' links and sessions: digests alone."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Table

from visavis.adapters.sql.columns import Moment, identifier, words
from visavis.adapters.sql.schema import metadata

__all__ = ["holder_tokens"]

holder_tokens: Final = Table(
    "holder_tokens",
    metadata,
    Column("digest", words(64), primary_key=True),
    Column("verification", identifier(), ForeignKey("verifications.id"), nullable=False, index=True),
    Column("relying_party", identifier(), nullable=False),
    Column("kind", words(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
