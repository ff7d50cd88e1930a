"""Proposals of tweets, with their answers. A new table: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", ID, nullable=False),
        sa.Column("tweet_id", ID, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("email", "note")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_by_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("answer", "answered_by")),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answer_note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["tweet_id"], ["tweets.id"], name=op.f("fk_proposals_tweet_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_tweet", "proposals", ["tweet_id", "created_at"])


def downgrade() -> None:
    op.drop_table("proposals")
