"""The tables of webhooks. Secrets are in neither: they are sealed fields of their endpoint."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from visavis.adapters.sql.columns import Moment, PlainData, identifier, words
from visavis.adapters.sql.schema import metadata

__all__ = ["webhook_deliveries", "webhook_endpoints"]

webhook_endpoints: Final = Table(
    "webhook_endpoints",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("relying_party", identifier(), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", sa.String(200), nullable=False),
    Column("events", PlainData, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled", words(20)),
    Column("disabled_at", Moment),
    Column("older_secret_until", Moment),
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False),
    Column("paused_until", Moment),
    Column("last_success_at", Moment),
    Index(None, "relying_party", "id"),
)

webhook_deliveries: Final = Table(
    "webhook_deliveries",
    metadata,
    Column("endpoint", identifier(), primary_key=True),
    Column("event", identifier(), primary_key=True),
    Column("relying_party", identifier(), nullable=False),
    Column("kind", words(60), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("begun_at", Moment, nullable=False),
    Column("status", words(20), nullable=False),
    Column("due_at", Moment),  # while it waits
    Column("tries", Integer, nullable=False),
    Column("tried_at", Moment),
    Column("result", words(30)),
    Column("http_status", Integer),
    Index(None, "endpoint", "status", "event"),
)
Index(
    "ix_webhook_deliveries_due_at",
    webhook_deliveries.c.endpoint,
    webhook_deliveries.c.due_at,
    webhook_deliveries.c.event,
    sqlite_where=webhook_deliveries.c.due_at.is_not(None),
    postgresql_where=webhook_deliveries.c.due_at.is_not(None),
)
