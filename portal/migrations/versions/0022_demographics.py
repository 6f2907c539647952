"""Make the tables of who lives in a census tract, and of models that are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Both are empty until the city's census is loaded (python -m data_sync demographics)."""
    op.create_table(
        "tract_measures",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction_id", "label_id", "measure"),
    )
    op.create_table(
        "fitted_models",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction_id", "name"),
    )
