"""Reports: what residents send, whom to tell, what the city's systems are to be told, and how much one may do."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _reports()
    _notes_and_contacts()
    _outbox()
    op.create_table(
        "buckets",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("filled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction_id", "name"),
    )


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("is_public", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("jurisdiction_id", "case_key"),
        sa.UniqueConstraint(
            "jurisdiction_id",
            "idempotency_key",
            name=op.f("uq_reports_jurisdiction_id_idempotency_key"),
        ),
        sa.UniqueConstraint(
            "jurisdiction_id", "token_hash", name=op.f("uq_reports_jurisdiction_id_token_hash")
        ),
    )


def _notes_and_contacts() -> None:
    op.create_table(
        "report_notes",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction_id", "case_key", "number"),
    )
    op.create_table(
        "contacts",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction_id", "case_key"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("work_order_id", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("jurisdiction_id", "id"),
    )
    waiting = sa.text("state in ('pending', 'leased', 'unknown')")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["jurisdiction_id", "not_before"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
