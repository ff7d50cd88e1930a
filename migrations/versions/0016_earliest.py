"""From when the lookbacks of a pack count back. An empty column: packs without it are read as before."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("packs", sa.Column("earliest", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("packs", "earliest")
