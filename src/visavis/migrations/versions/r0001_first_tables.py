"""The first tables.

Revision 0001, after none.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None


def words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:  # noqa: PLR0915 - one table after another
    op.create_table(
        "api_keys",
        sa.Column("id", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_relying_party"), "api_keys", ["relying_party"])
    op.create_table(
        "attempts",
        sa.Column("scope", words(60), nullable=False),
        sa.Column("subject", words(100), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("scope", "subject", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_began_at"), "attempts", ["began_at"])
    op.create_table(
        "audit_queue",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_queue")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("nodes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    op.create_table(
        "audit_tail",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("tops", sa.LargeBinary(), nullable=False),
        sa.Column("heads", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_tail")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "data_keys",
        sa.Column("owner", words(30), nullable=False),
        sa.Column("master", words(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_data_keys")),
    )
    op.create_index(op.f("ix_data_keys_master"), "data_keys", ["master"])
    op.create_table(
        "idempotency",
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("key", words(64), nullable=False),
        sa.Column("request", words(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"])
    op.create_table(
        "lines",
        sa.Column("id", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("number", words(43), nullable=False),
        sa.Column("card", words(43), nullable=False),
        sa.Column("person", words(43), nullable=False),
        sa.Column("status", words(20), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lines")),
    )
    op.create_index(
        "ix_lines_person",
        "lines",
        ["relying_party", "person", "id"],
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(op.f("ix_lines_relying_party_id"), "lines", ["relying_party", "id"])
    op.create_index(
        "uq_lines_card",
        "lines",
        ["relying_party", "card"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "uq_lines_number",
        "lines",
        ["relying_party", "number"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "members",
        sa.Column("id", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("role", words(20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("last_signed_in_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
    )
    op.create_index(op.f("ix_members_relying_party_id"), "members", ["relying_party", "id"])
    op.create_table(
        "passkeys",
        sa.Column("id", words(30), nullable=False),
        sa.Column("member", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("credential", words(1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name=op.f("fk_passkeys_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkeys_credential")),
    )
    op.create_index(op.f("ix_passkeys_member"), "passkeys", ["member"])
    op.create_table(
        "staff_tokens",
        sa.Column("digest", words(64), nullable=False),
        sa.Column("kind", words(20), nullable=False),
        sa.Column("member", words(30), nullable=True),
        sa.Column("relying_party", words(30), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name=op.f("fk_staff_tokens_member")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_staff_tokens")),
    )
    op.create_index(op.f("ix_staff_tokens_expires_at"), "staff_tokens", ["expires_at"])
    op.create_index(op.f("ix_staff_tokens_member"), "staff_tokens", ["member"])
    op.create_table(
        "outbox",
        sa.Column("event", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("kind", words(60), nullable=False),
        sa.Column("subject", words(30), nullable=False),
        sa.Column("verification", words(30), nullable=True),
        sa.Column("state", words(30), nullable=False),
        sa.Column("outcome", words(30), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", words(20), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due_at",
        "outbox",
        ["due_at", "event"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_outbox_relying_party_event"), "outbox", ["relying_party", "event"])
    op.create_index(op.f("ix_outbox_relying_party_status_event"), "outbox", ["relying_party", "status", "event"])
    op.create_index(op.f("ix_outbox_status_at"), "outbox", ["status", "at"])
    op.create_table(
        "policies",
        sa.Column("digest", words(64), nullable=False),
        sa.Column("policy", words(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policies")),
    )
    op.create_index(op.f("ix_policies_policy_version"), "policies", ["policy", "version"])
    op.create_table(
        "relying_parties",
        sa.Column("id", words(30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("lines_per_person", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("jurisdiction", words(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relying_parties")),
    )
    op.create_table(
        "status_lists",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_lists")),
    )
    op.create_index(op.f("ix_status_lists_uri"), "status_lists", ["uri"], unique=True)
    op.create_table(
        "status_places",
        sa.Column("list", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["list"], ["status_lists.number"], name=op.f("fk_status_places_list")),
        sa.PrimaryKeyConstraint("list", "place", name=op.f("pk_status_places")),
    )
    op.create_index(
        "ix_status_places_marked",
        "status_places",
        ["list", "place"],
        sqlite_where=sa.text("status != 0"),
        postgresql_where=sa.text("status != 0"),
    )
    op.create_table(
        "verifications",
        sa.Column("id", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("purpose", words(100), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("policy_digest", words(64), nullable=False),
        sa.Column("binding", words(64), nullable=True),
        sa.Column("language", words(40), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", words(30), nullable=False),
        sa.Column("state_data", sa.Text(), nullable=False),
        sa.Column("overdue_at", sa.BigInteger(), nullable=True),
        sa.Column("forget_at", sa.BigInteger(), nullable=True),
        sa.Column("person", words(43), nullable=True),
        sa.Column("opened_by", words(30), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_index(
        "ix_verifications_forget_at",
        "verifications",
        ["forget_at"],
        sqlite_where=sa.text("forget_at IS NOT NULL"),
        postgresql_where=sa.text("forget_at IS NOT NULL"),
    )
    op.create_index(
        "ix_verifications_overdue_at",
        "verifications",
        ["overdue_at"],
        sqlite_where=sa.text("overdue_at IS NOT NULL"),
        postgresql_where=sa.text("overdue_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_verifications_relying_party_id"), "verifications", ["relying_party", "id"])
    op.create_index(op.f("ix_verifications_relying_party_state_id"), "verifications", ["relying_party", "state", "id"])
    op.create_table(
        "attestations",
        sa.Column("verification", words(30), nullable=False),
        sa.Column("status_uri", sa.Text(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("fetch_until", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["verification"], ["verifications.id"], name=op.f("fk_attestations_verification")),
        sa.PrimaryKeyConstraint("verification", name=op.f("pk_attestations")),
    )
    op.create_table(
        "consent_receipts",
        sa.Column("verification", words(30), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["verification"], ["verifications.id"], name=op.f("fk_consent_receipts_verification")),
        sa.PrimaryKeyConstraint("verification", name=op.f("pk_consent_receipts")),
    )
    op.create_table(
        "decisions",
        sa.Column("verification", words(30), nullable=False),
        sa.Column("conclusion", words(20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("policy", words(100), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("policy_digest", words(64), nullable=False),
        sa.Column("grants", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["verification"], ["verifications.id"], name=op.f("fk_decisions_verification")),
        sa.PrimaryKeyConstraint("verification", name=op.f("pk_decisions")),
    )
    op.create_table(
        "disputes",
        sa.Column("id", words(30), nullable=False),
        sa.Column("line", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("person", words(43), nullable=False),
        sa.Column("verification", words(30), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("end", words(20), nullable=True),
        sa.ForeignKeyConstraint(["line"], ["lines.id"], name=op.f("fk_disputes_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    op.create_index(op.f("ix_disputes_line"), "disputes", ["line"])
    op.create_index(
        "ix_disputes_open",
        "disputes",
        ["relying_party", "id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "grant_uses",
        sa.Column("verification", words(30), nullable=False),
        sa.Column("grant", words(100), nullable=False),
        sa.Column("used_for", words(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["verification"], ["verifications.id"], name=op.f("fk_grant_uses_verification")),
        sa.PrimaryKeyConstraint("verification", name=op.f("pk_grant_uses")),
    )
    op.create_table(
        "figures",
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("day", words(10), nullable=False),
        sa.Column("policy", words(100), nullable=False),
        sa.Column("kind", words(30), nullable=False),
        sa.Column("value", words(100), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "day", "policy", "kind", "value", name=op.f("pk_figures")),
    )
    op.create_table(
        "figure_notes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("day", words(10), nullable=False),
        sa.Column("policy", words(100), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_figure_notes")),
    )
    op.create_table(
        "holder_tokens",
        sa.Column("digest", words(64), nullable=False),
        sa.Column("verification", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("kind", words(20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["verification"], ["verifications.id"], name=op.f("fk_holder_tokens_verification")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_holder_tokens")),
    )
    op.create_index(op.f("ix_holder_tokens_expires_at"), "holder_tokens", ["expires_at"])
    op.create_index(op.f("ix_holder_tokens_verification"), "holder_tokens", ["verification"])
    op.create_table(
        "line_entries",
        sa.Column("line", words(30), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("act", words(20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", words(43), nullable=False),
        sa.Column("verifications", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["line"], ["lines.id"], name=op.f("fk_line_entries_line")),
        sa.PrimaryKeyConstraint("line", "sequence", name=op.f("pk_line_entries")),
    )
    op.create_table(
        "review_cases",
        sa.Column("id", words(30), nullable=False),
        sa.Column("verification", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("purpose", words(100), nullable=False),
        sa.Column("referred_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("acceptable", sa.Boolean(), nullable=False),
        sa.Column("opened_by", words(30), nullable=True),
        sa.Column("claimed", sa.Text(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("opinions", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended", words(30), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["verification"], ["verifications.id"], name=op.f("fk_review_cases_verification")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_cases")),
        sa.UniqueConstraint("verification", name=op.f("uq_review_cases_verification")),
    )
    op.create_index(
        "ix_review_cases_open",
        "review_cases",
        ["relying_party", "id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_review_cases_relying_party_id"), "review_cases", ["relying_party", "id"])
    op.create_table(
        "sealed_fields",
        sa.Column("owner", words(30), nullable=False),
        sa.Column("label", words(60), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["data_keys.owner"], name=op.f("fk_sealed_fields_owner")),
        sa.PrimaryKeyConstraint("owner", "label", name=op.f("pk_sealed_fields")),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled", words(20), nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("older_secret_until", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.BigInteger(), nullable=True),
        sa.Column("last_success_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index(op.f("ix_webhook_endpoints_relying_party_id"), "webhook_endpoints", ["relying_party", "id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("endpoint", words(30), nullable=False),
        sa.Column("event", words(30), nullable=False),
        sa.Column("relying_party", words(30), nullable=False),
        sa.Column("kind", words(60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("status", words(20), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("result", words(30), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("endpoint", "event", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(op.f("ix_webhook_deliveries_at"), "webhook_deliveries", ["at"])
    op.create_index(
        "ix_webhook_deliveries_due_at",
        "webhook_deliveries",
        ["endpoint", "due_at", "event"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_endpoint_status_event"), "webhook_deliveries", ["endpoint", "status", "event"]
    )
