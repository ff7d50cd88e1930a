"""An index of the visits of each page, for comparing pages.

It reads all visits once; how long that takes for many wasn't measured.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_visits_page", "visits", ["page_id", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_visits_page", "visits")
