"""Pictures and films of tweets. A new table: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "tweet_media",
        sa.Column("id", ID, nullable=False),
        sa.Column("tweet_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("key", "content_type", "category", "alt")),
        sa.Column("bytes", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("x_media_id", "x_for")),
        sa.Column("x_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tweet_id"], ["tweets.id"], name=op.f("fk_tweet_media_tweet_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tweet_media")),
    )  # fmt: skip
    op.create_index(op.f("ix_tweet_media_tweet_id"), "tweet_media", ["tweet_id"])


def downgrade() -> None:
    op.drop_table("tweet_media")
