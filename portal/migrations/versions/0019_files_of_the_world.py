"""Days without an hour, spellings of one name, and what a sync noticed in its rows.

A store that has some of the columns already keeps them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_WITH_SPELLINGS = sa.text("spellings is not null")


def upgrade() -> None:
    """What is stored had no days, and each spelling was a name of its own."""
    day_only = sa.Column("day_only", sa.SmallInteger(), nullable=False, server_default=sa.text("0"))
    _add_column("cases", day_only)
    _add_column("cases", sa.Column("spellings", sa.Text()))
    _add_column("services", sa.Column("written", sa.Text()))
    _add_column("labels", sa.Column("written", sa.Text()))
    _add_column("sync_runs", sa.Column("notes", sa.Text()))
    op.create_index(
        "ix_cases_spellings",
        "cases",
        ["jurisdiction_id", "service_id"],
        sqlite_where=_WITH_SPELLINGS,
        postgresql_where=_WITH_SPELLINGS,
        if_not_exists=True,
    )


def _add_column(table: str, column: sa.Column) -> None:
    there = {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in there:
        op.add_column(table, column)
