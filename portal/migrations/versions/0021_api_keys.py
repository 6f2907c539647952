"""Make the table of API keys, and indexes for programs that walk through what has changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The indexes are made from all cases: a minute where there are millions."""
    op.create_table(
        "api_keys",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_hash", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("jurisdiction_id", "id"),
        sa.UniqueConstraint(
            "jurisdiction_id", "key_hash", name="uq_api_keys_jurisdiction_id_key_hash"
        ),
    )
    op.create_index("ix_api_keys_owner", "api_keys", ["jurisdiction_id", "owner_hash"])
    op.create_index("ix_cases_updated", "cases", ["jurisdiction_id", "updated_at", "id"])
    op.create_index("ix_case_notes_said", "case_notes", ["jurisdiction_id", "said_at"])
