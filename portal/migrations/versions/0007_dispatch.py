"""Sending: in what order and to which system a message goes, what the system answered, and which systems are resting or stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WAITING = "state in ('pending', 'leased', 'unknown', 'awaited')"
WAITED_BEFORE = "state in ('pending', 'leased', 'unknown')"


def upgrade() -> None:
    op.add_column(
        "outbox", sa.Column("number", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column(
        "outbox", sa.Column("system", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    for name, kind in (
        ("code", sa.Text()),
        ("token", sa.Text()),
        ("tried_at", sa.BigInteger()),
        ("finished_at", sa.BigInteger()),
    ):
        op.add_column("outbox", sa.Column(name, kind, nullable=True))
    op.execute(_NUMBER)
    _index_waiting(["jurisdiction_id", "system", "not_before"], WAITING)
    op.create_index("ix_outbox_case", "outbox", ["jurisdiction_id", "case_key", "number"])
    op.create_table(
        "work_order_systems",
        sa.Column("jurisdiction_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", sa.BigInteger(), nullable=False),
        sa.Column("is_stopped", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction_id", "name"),
    )


def downgrade() -> None:
    op.drop_table("work_order_systems")
    op.drop_index("ix_outbox_case", "outbox")
    _index_waiting(["jurisdiction_id", "not_before"], WAITED_BEFORE)
    for name in ("finished_at", "tried_at", "token", "code", "system", "number"):
        op.drop_column("outbox", name)


def _index_waiting(columns: list[str], condition: str) -> None:
    op.drop_index("ix_outbox_waiting", "outbox")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        columns,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )


# The report first, then what was said of it, in the order of time.
_NUMBER = """
update outbox set number = (
    select count(*) from outbox o
    where o.jurisdiction_id = outbox.jurisdiction_id and o.case_key = outbox.case_key
        and (o.kind <> 'open_case', o.created_at, o.id) <= (outbox.kind <> 'open_case', outbox.created_at, outbox.id)
)
"""
