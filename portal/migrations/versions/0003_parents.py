"""Cases that repeat or belong to another."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KNOWN = sa.text("parent_case_id is not null")


def upgrade() -> None:
    op.add_column("cases", sa.Column("parent_case_id", sa.Text(), nullable=True))
    op.create_index(
        "ix_cases_parent",
        "cases",
        ["jurisdiction_id", "parent_case_id"],
        sqlite_where=_KNOWN,
        postgresql_where=_KNOWN,
    )


def downgrade() -> None:
    op.drop_index("ix_cases_parent", "cases")
    op.drop_column("cases", "parent_case_id")
