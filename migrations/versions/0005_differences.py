"""Where packs or reports weren't the facts: a table for the alarm, the metrics, and whoever looks for the bug.

It costs nothing, however many leads there are: the table is new and empty.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.create_table(
        "differences",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_by", sa.String(24), nullable=False),
        sa.Column("campaign_id", ID, nullable=True),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_differences")),
    )
    op.create_index("ix_differences_open", "differences", ["is_open", "campaign_id"], unique=False)


def downgrade() -> None:
    op.drop_table("differences")
