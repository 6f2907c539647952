"""What a city's source offers to those who report, and which reports no rule of its file covers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_definitions",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("asks", sa.SmallInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("questions_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("jurisdiction_id", "service_code"),
    )
    op.add_column(
        "reports",
        sa.Column("is_unrouted", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("reports", "is_unrouted")
    op.drop_table("service_definitions")
