"""Several links of a tweet, each with its place. A new column: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("place", sa.Integer(), nullable=False, server_default="1"))
    _index("tweet_id", "place")


def downgrade() -> None:
    # a tweet that has several keeps its own
    op.execute("UPDATE links SET tweet_id = NULL WHERE place > 1")
    _index("tweet_id")
    op.drop_column("links", "place")


def _index(*columns: str) -> None:
    own = sa.text("qr_of IS NULL")
    op.drop_index("uq_links_tweet", "links")
    op.create_index("uq_links_tweet", "links", list(columns), unique=True, sqlite_where=own, postgresql_where=own)
