"""Which labels the public may read: those that public cases and boundaries bear."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BORNE = " union ".join(
    f"select jurisdiction_id, {column} from cases where visibility = 'public'"
    for column in (
        "department_id",
        "queue_id",
        "channel_id",
        "neighborhood_id",
        "district_id",
        "tract_id",
        "ward_id",
    )
)


def upgrade() -> None:
    op.add_column(
        "labels",
        sa.Column("is_public", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    borne = f"{_BORNE} union select jurisdiction_id, label_id from boundaries"
    op.execute(f"update labels set is_public = 1 where (jurisdiction_id, label_id) in ({borne})")


def downgrade() -> None:
    op.drop_column("labels", "is_public")
