"""Photos: what we know of each, and what of it is to be fetched."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photos",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("source_hash", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("jurisdiction_id", "name"),
        sa.UniqueConstraint(
            "jurisdiction_id",
            "case_key",
            "kind",
            "source_hash",
            name=op.f("uq_photos_jurisdiction_id_case_key_kind_source_hash"),
        ),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_photos_pending",
        "photos",
        ["jurisdiction_id", "taken_at"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
