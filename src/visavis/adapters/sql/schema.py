"""The tables. What is personal is in none of them in plain: pseudonyms to find it by, sealed bytes to read it from.

An index that serves a sweep holds only the rows that wait for it: their column is NULL once nothing is waited for.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from visavis.adapters.sql.columns import Moment, PlainData, identifier, words
from visavis.domain.pseudonyms import PSEUDONYM_LETTERS

__all__ = [
    "ACTIVE",
    "REVISION",
    "api_keys",
    "attempts",
    "consent_receipts",
    "data_keys",
    "decisions",
    "disputes",
    "grant_uses",
    "idempotency",
    "line_entries",
    "lines",
    "metadata",
    "outbox",
    "relying_parties",
    "sealed_fields",
    "verifications",
]

REVISION: Final = "0001"
"""The newest migration; what a database must be at."""

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _pseudonym() -> sa.types.TypeEngine[str]:
    return words(PSEUDONYM_LETTERS)


def _digest() -> sa.types.TypeEngine[str]:
    return words(64)


relying_parties: Final = Table(
    "relying_parties",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("name", sa.String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("lines_per_person", Integer, nullable=False),
    Column("contact", sa.String(200), nullable=False),
    Column("jurisdiction", words(20), nullable=False),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("relying_party", identifier(), nullable=False, index=True),
    Column("name", sa.String(200), nullable=False),
    Column("scopes", PlainData, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
)

verifications: Final = Table(
    "verifications",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("relying_party", identifier(), nullable=False),
    Column("purpose", words(100), nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("policy_digest", _digest(), nullable=False),
    Column("binding", _digest()),
    Column("language", words(40), nullable=False),
    Column("return_url", Text),
    Column("labels", PlainData, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("state", words(30), nullable=False),
    Column("state_data", PlainData, nullable=False),
    Column("overdue_at", Moment),  # expires_at while it is open
    Column("forget_at", Moment),
    Column("person", _pseudonym()),
    Column("opened_by", identifier()),
    Column("version", Integer, nullable=False),
    Index(None, "relying_party", "id"),
    Index(None, "relying_party", "state", "id"),
)
Index(
    "ix_verifications_overdue_at",
    verifications.c.overdue_at,
    sqlite_where=verifications.c.overdue_at.is_not(None),
    postgresql_where=verifications.c.overdue_at.is_not(None),
)
Index(
    "ix_verifications_forget_at",
    verifications.c.forget_at,
    sqlite_where=verifications.c.forget_at.is_not(None),
    postgresql_where=verifications.c.forget_at.is_not(None),
)

decisions: Final = Table(
    "decisions",
    metadata,
    Column("verification", identifier(), ForeignKey("verifications.id"), primary_key=True),
    Column("conclusion", words(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reasons", PlainData, nullable=False),
    Column("policy", words(100), nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("policy_digest", _digest(), nullable=False),
    Column("grants", PlainData, nullable=False),
    Column("summary", PlainData, nullable=False),
)

consent_receipts: Final = Table(
    "consent_receipts",
    metadata,
    Column("verification", identifier(), ForeignKey("verifications.id"), primary_key=True),
    Column("content", PlainData, nullable=False),
)

grant_uses: Final = Table(
    "grant_uses",
    metadata,
    Column("verification", identifier(), ForeignKey("verifications.id"), primary_key=True),  # so: once
    Column("grant", words(100), nullable=False),
    Column("used_for", words(64), nullable=False),
    Column("at", Moment, nullable=False),
)

data_keys: Final = Table(
    "data_keys",
    metadata,
    Column("owner", identifier(), primary_key=True),
    Column("master", words(64), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
)

sealed_fields: Final = Table(
    "sealed_fields",
    metadata,
    Column("owner", identifier(), ForeignKey("data_keys.owner"), primary_key=True),
    Column("label", words(60), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

outbox: Final = Table(
    "outbox",
    metadata,
    Column("event", identifier(), primary_key=True),
    Column("relying_party", identifier(), nullable=False),
    Column("kind", words(60), nullable=False),
    Column("subject", identifier(), nullable=False),
    Column("verification", identifier()),
    Column("state", words(30), nullable=False),
    Column("outcome", words(30)),
    Column("at", Moment, nullable=False),
    Column("status", words(20), nullable=False),
    Column("due_at", Moment),  # while it waits
    Column("tries", Integer, nullable=False),
    Index(None, "relying_party", "event"),
    Index(None, "relying_party", "status", "event"),
    Index(None, "status", "at"),
)
Index(
    "ix_outbox_due_at",
    outbox.c.due_at,
    outbox.c.event,
    sqlite_where=outbox.c.due_at.is_not(None),
    postgresql_where=outbox.c.due_at.is_not(None),
)

idempotency: Final = Table(
    "idempotency",
    metadata,
    Column("relying_party", identifier(), primary_key=True),
    Column("key", _digest(), primary_key=True),
    Column("request", _digest(), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("headers", PlainData, nullable=False),
)

attempts: Final = Table(
    "attempts",
    metadata,
    Column("scope", words(60), primary_key=True),
    Column("subject", words(100), primary_key=True),
    Column("began_at", Moment, nullable=False, index=True),
    Column("count", Integer, nullable=False),
    Column("locked_until", Moment),
)

lines: Final = Table(
    "lines",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("relying_party", identifier(), nullable=False),
    Column("number", _pseudonym(), nullable=False),
    Column("card", _pseudonym(), nullable=False),
    Column("person", _pseudonym(), nullable=False),
    Column("status", words(20), nullable=False),
    Column("registered_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("disputed", sa.Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "relying_party", "id"),
)
ACTIVE: Final = lines.c.status == sa.literal_column("'active'")
"""Written out, so that the indexes of active lines serve a prepared statement as well."""
Index(
    "uq_lines_number", lines.c.relying_party, lines.c.number, unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE
)
Index("uq_lines_card", lines.c.relying_party, lines.c.card, unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE)
Index(
    "ix_lines_person", lines.c.relying_party, lines.c.person, lines.c.id, sqlite_where=ACTIVE, postgresql_where=ACTIVE
)

line_entries: Final = Table(
    "line_entries",
    metadata,
    Column("line", identifier(), ForeignKey("lines.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("act", words(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("person", _pseudonym(), nullable=False),
    Column("verifications", PlainData, nullable=False),
)

disputes: Final = Table(
    "disputes",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("line", identifier(), ForeignKey("lines.id"), nullable=False, index=True),
    Column("relying_party", identifier(), nullable=False),
    Column("person", _pseudonym(), nullable=False),
    Column("verification", identifier(), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("end", words(20)),
)
Index(
    "ix_disputes_open",
    disputes.c.relying_party,
    disputes.c.id,
    sqlite_where=disputes.c.closed_at.is_(None),
    postgresql_where=disputes.c.closed_at.is_(None),
)
