"""Make the table of what forms and case pages said of how long such cases take."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty at first: nothing is known of what was shown before."""
    op.create_table(
        "forecasts",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("shown_on", sa.Text(), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.Column("rev", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("days_50", sa.Integer(), nullable=True),
        sa.Column("days_90", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("jurisdiction_id", "case_key", "shown_on"),
    )
    op.create_index("ix_forecasts_shown", "forecasts", ["jurisdiction_id", "shown_at"])
