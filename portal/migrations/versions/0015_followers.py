"""Followers: who wants to be told of a case they did not report, and how many they are."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'pending'")
OF_ALERT = "jurisdiction_id, case_key, kind, rev, state, created_at, not_before, attempts, lease_token, lease_expires_at, answer, finished_at"


def upgrade() -> None:
    op.add_column(
        "cases", sa.Column("followers", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_table(
        "followers",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("jurisdiction_id", "token_hash"),
    )
    op.create_index("ix_followers_case", "followers", ["jurisdiction_id", "case_key"])
    _remake_alerts("jurisdiction_id", "case_key", "kind", "rev", "receiver")


def downgrade() -> None:
    op.execute("delete from alerts where receiver <> ''")
    _remake_alerts("jurisdiction_id", "case_key", "kind", "rev")
    op.drop_table("followers")
    op.drop_column("cases", "followers")


def _remake_alerts(*key: str) -> None:
    """SQLite cannot change a primary key, and there are few letters at any time: the table is made anew."""
    op.drop_index("ix_alerts_waiting", "alerts")
    op.rename_table("alerts", "alerts_before")
    op.create_table(
        "alerts",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("case_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger(), autoincrement=False, nullable=False),
        *(
            [sa.Column("receiver", sa.Text(), server_default="", nullable=False)]
            if "receiver" in key
            else []
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(*key),
    )
    op.execute(f"insert into alerts ({OF_ALERT}) select {OF_ALERT} from alerts_before")
    op.drop_table("alerts_before")
    op.create_index(
        "ix_alerts_waiting",
        "alerts",
        ["jurisdiction_id", "not_before"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
