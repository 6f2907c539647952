"""Why a report is held, for staff."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reports", sa.Column("doubts", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("reports", "doubts")
