"""What X counts of our posts, as it was read. A new table and two empty columns: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "results",
        sa.Column("tweet_id", ID, nullable=False),
        sa.Column("hour", MOMENT, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False)
          for name in ("impressions", "likes", "reposts", "replies", "quotes", "bookmarks")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("link_clicks", "profile_clicks", "engagements")),
        sa.ForeignKeyConstraint(["tweet_id"], ["tweets.id"], name=op.f("fk_results_tweet_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tweet_id", "hour", name=op.f("pk_results")),
    )  # fmt: skip
    op.add_column("tweets", sa.Column("impressions", sa.Integer(), nullable=True))
    op.add_column("tweets", sa.Column("gone_at", MOMENT, nullable=True))


def downgrade() -> None:
    for name in ("gone_at", "impressions"):
        op.drop_column("tweets", name)
    op.drop_table("results")
