"""Media that X is still at work on. A new column: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tweet_media", sa.Column("x_ask_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("tweet_media", "x_ask_at")
