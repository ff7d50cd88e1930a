"""Slots of the week, campaigns that are paused, calendar feeds, and an index of when tweets are planned.

The index is made over all tweets; how long that takes for many wasn't measured. The new columns are empty: nothing is
rewritten.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "slots",
        sa.Column("id", ID, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("local_time", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slots")),
        sa.UniqueConstraint("weekday", "local_time", "zone", name=op.f("uq_slots_weekday_local_time_zone")),
    )
    op.add_column("campaigns", sa.Column("paused_at", MOMENT, nullable=True))
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("feed_digest", sa.String(), nullable=True))
        users.create_unique_constraint(op.f("uq_users_feed_digest"), ["feed_digest"])
    op.create_index("ix_tweets_scheduled", "tweets", ["scheduled_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_tweets_scheduled", "tweets")
    with op.batch_alter_table("users") as users:
        users.drop_constraint(op.f("uq_users_feed_digest"), type_="unique")
        users.drop_column("feed_digest")
    op.drop_column("campaigns", "paused_at")
    op.drop_table("slots")
