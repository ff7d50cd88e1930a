"""What packs know of themselves: from when their lookbacks count back, hours of leads, whether any is rehearsed.

Packs hold nothing that isn't in the facts: they are dropped, and the worker makes them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM pack_sums")
    op.execute("DELETE FROM packs")
    op.add_column("packs", sa.Column("earliest", sa.DateTime(timezone=True), nullable=True))
    op.add_column("packs", sa.Column("rehearsed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("packs", sa.Column("hours", sa.LargeBinary(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("hours", "rehearsed", "earliest"):
        op.drop_column("packs", name)
