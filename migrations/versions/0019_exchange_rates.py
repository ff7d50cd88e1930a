"""Exchange rates by the day. A new table: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_rates",
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("millionths", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("currency", "day", name=op.f("pk_exchange_rates")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_exchange_rates_day", "exchange_rates", ["day"])


def downgrade() -> None:
    op.drop_table("exchange_rates")
