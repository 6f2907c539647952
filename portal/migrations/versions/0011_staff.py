"""Staff: accounts, sessions, the audit that nobody changes, and words that were hidden."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _table(
        "staff",
        {
            "jurisdiction_id": sa.Text,
            "name": sa.Text,
            "role": sa.Text,
            "password_hash": sa.Text,
            "second_factor": sa.Text,
        }
        | {"last_step": sa.BigInteger, "recovery": sa.Text, "changed_at": sa.BigInteger},
        ("jurisdiction_id", "name"),
    )
    _table(
        "staff_sessions",
        {
            "jurisdiction_id": sa.Text,
            "digest": sa.Text,
            "name": sa.Text,
            "began_at": sa.BigInteger,
            "seen_at": sa.BigInteger,
        },
        ("jurisdiction_id", "digest"),
    )
    _table(
        "audit_lines",
        {
            "jurisdiction_id": sa.Text,
            "number": sa.Integer,
            "at": sa.BigInteger,
            "who": sa.Text,
            "action": sa.Text,
        }
        | {
            "case_key": sa.BigInteger,
            "target": sa.Text,
            "reason": sa.Text,
            "before": sa.Text,
            "after": sa.Text,
        },
        ("jurisdiction_id", "number"),
        may_be_null=("case_key", "before", "after"),
    )
    op.create_index("ix_audit_lines_case", "audit_lines", ["jurisdiction_id", "case_key"])
    _table(
        "hidden_texts",
        {
            "jurisdiction_id": sa.Text,
            "case_key": sa.BigInteger,
            "field": sa.Text,
            "part": sa.Text,
            "hidden_at": sa.BigInteger,
        },
        ("jurisdiction_id", "case_key", "field", "part"),
    )
    for statement in _ON_SQLITE if op.get_bind().dialect.name == "sqlite" else _ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    for name in ("hidden_texts", "audit_lines", "staff_sessions", "staff"):
        op.drop_table(name)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("drop function keep_audit_line()")


def _table(
    name: str, columns: dict, key: tuple[str, ...], may_be_null: tuple[str, ...] = ()
) -> None:
    made = [
        sa.Column(column, kind(), nullable=column in may_be_null, autoincrement=False)
        for column, kind in columns.items()
    ]
    op.create_table(name, *made, sa.PrimaryKeyConstraint(*key))


_ON_SQLITE = tuple(
    f"create trigger audit_lines_no_{verb} before {verb} on audit_lines begin select raise(abort, 'audit lines stay as they are'); end"
    for verb in ("update", "delete")
)
_ON_POSTGRESQL = (
    "create function keep_audit_line() returns trigger language plpgsql as $$ begin raise exception 'audit lines stay as they are'; end $$",
    "create trigger audit_lines_stay before update or delete or truncate on audit_lines execute function keep_audit_line()",
)
