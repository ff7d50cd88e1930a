"""Several wordings of a tweet, and tweets that repeat one. Two empty columns: nothing is rewritten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    for name in ("variant_of", "series_id"):
        op.add_column("tweets", sa.Column(name, ID, nullable=True))
        op.create_index(op.f(f"ix_tweets_{name}"), "tweets", [name])


def downgrade() -> None:
    for name in ("series_id", "variant_of"):
        op.drop_index(op.f(f"ix_tweets_{name}"), "tweets")
        op.drop_column("tweets", name)
