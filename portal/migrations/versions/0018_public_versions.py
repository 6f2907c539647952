"""Count public changes apart: a hidden report moves no number that anyone can see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The numbers go on from where they are, so that no page that is kept seems new."""
    for name in ("public_rev", "public_changed_at"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        op.add_column("data_versions", column)
    op.execute("update data_versions set public_rev = rev, public_changed_at = changed_at")
