"""Reposts, and how many follow an account day by day. Two new tables: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)
DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "reposts",
        sa.Column("id", ID, nullable=False),
        sa.Column("x_id", sa.String(), nullable=False),
        *(sa.Column(name, ID, nullable=True) for name in ("tweet_id", "account_id")),
        sa.Column("rehearsed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("local_time", "zone")),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("due_at", "done_at")),
        sa.Column("tries", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("problem", "detail")),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tweet_id"], ["tweets.id"], name=op.f("fk_reposts_tweet_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reposts")),
    )
    op.create_index("ix_reposts_due", "reposts", ["due_at"], sqlite_where=DUE, postgresql_where=DUE)
    for name, columns in (("post", ["x_id", "account_id"]), ("tweet", ["tweet_id", "done_at"]),
                          ("planned", ["planned_at", "id"])):  # fmt: skip
        op.create_index(f"ix_reposts_{name}", "reposts", columns)
    op.create_table(
        "audience_days",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("followers", "following", "listed", "posts")),
        sa.PrimaryKeyConstraint("account", "day", name=op.f("pk_audience_days")),
    )


def downgrade() -> None:
    op.drop_table("audience_days")
    op.drop_table("reposts")
