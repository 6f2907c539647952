"""Which services the public may read: those that public cases bear. What private cases alone bear has no name in addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "services",
        sa.Column("is_shown", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    borne = "select jurisdiction_id, service_id from cases where visibility = 'public'"
    op.execute(f"update services set is_shown = 1 where (jurisdiction_id, service_id) in ({borne})")
    op.execute("update services set slug = '~' || service_id where is_shown = 0")
    op.execute("update labels set slug = '~' || label_id where is_public = 0")


def downgrade() -> None:
    op.drop_column("services", "is_shown")
