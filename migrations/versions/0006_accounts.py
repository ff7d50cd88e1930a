"""Accounts that are connected here, what was asked of X and what it cost, threads, tweets without a link.

New columns of tweets have a default or none: nothing is rewritten, whatever the number of tweets.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
JSONS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("x_id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=True),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("refreshing_until", MOMENT, nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("worked_at", MOMENT, nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("problem_at", MOMENT, nullable=True),
        sa.Column("connected_by", ID, nullable=True),
        sa.Column("connected_at", MOMENT, nullable=False),
        sa.Column("disconnected_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("x_id", "kind", name=op.f("uq_accounts_x_id_kind")),
    )
    op.create_table(
        "postings",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("tweet_id", ID, nullable=True),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("rehearsed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
    )
    for name, columns in {"account": ["account_id", "at"], "at": ["at", "micros"], "tweet": ["tweet_id"]}.items():
        op.create_index(f"ix_postings_{name}", "postings", columns, unique=False)
    for column in (
        sa.Column("account_id", ID, nullable=True),
        sa.Column("thread_id", ID, nullable=True),
        sa.Column("part", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("linkless", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("reply_settings", sa.String(24), nullable=False, server_default="everyone"),
        sa.Column("poll", JSONS, nullable=True),
    ):
        op.add_column("tweets", column)
    op.create_index("ix_tweets_thread", "tweets", ["thread_id", "part"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_tweets_thread", "tweets")
    for name in ("poll", "reply_settings", "linkless", "part", "thread_id", "account_id"):
        op.drop_column("tweets", name)
    op.drop_table("postings")
    op.drop_table("accounts")
