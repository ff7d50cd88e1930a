"""Until when X takes nothing of an account. A new table: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("whose", name=op.f("pk_holds")),
    )


def downgrade() -> None:
    op.drop_table("holds")
