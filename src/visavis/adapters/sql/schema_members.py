"""The tables of members, of their passkeys and of their tokens. What a member is called is among the sealed fields."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table

from visavis.adapters.sql.columns import Moment, identifier, words
from visavis.adapters.sql.schema import metadata

__all__ = ["members", "passkeys", "staff_tokens"]

members: Final = Table(
    "members",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("relying_party", identifier(), nullable=False),
    Column("role", words(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("last_signed_in_at", Moment),
    Index(None, "relying_party", "id"),
)

passkeys: Final = Table(
    "passkeys",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("member", identifier(), ForeignKey("members.id"), nullable=False, index=True),
    Column("relying_party", identifier(), nullable=False),
    Column("credential", words(1400), nullable=False, unique=True),  # at most 1,023 bytes, WebAuthn section 4
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),  # 32 bits without a sign
    Column("backed_up", sa.Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
)

staff_tokens: Final = Table(
    "staff_tokens",
    metadata,
    Column("digest", words(64), primary_key=True),
    Column("kind", words(20), nullable=False),
    Column("member", identifier(), ForeignKey("members.id"), index=True),
    Column("relying_party", identifier()),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("seen_at", Moment, nullable=False),
)
