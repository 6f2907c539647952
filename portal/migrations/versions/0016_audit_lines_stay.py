"""SQLite replaces a line without asking the trigger that forbids deleting it: no line may take another's number."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAME = "audit_lines_no_replace"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        is_there = "select 1 from audit_lines where jurisdiction_id = new.jurisdiction_id and number = new.number"
        refuse = "select raise(abort, 'audit lines stay as they are')"
        op.execute(
            f"create trigger {NAME} before insert on audit_lines when exists ({is_there}) begin {refuse}; end"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"drop trigger {NAME}")
