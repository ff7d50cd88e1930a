"""Conversions: what counts, each once, in a table of its own, and packs of them that reports are computed from.

Those of the past are made from leads, forms, states, sales and refunds; a lead can be excluded from here on.

It reads leads, forms, states and sales once each and writes a row for each; on a million leads it wasn't measured.
"""

from collections.abc import Iterator
from secrets import randbits
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)
EARNED = "('paid', 'partly_refunded', 'refunded', 'disputed')"
COLUMNS = "id, key, kind, at, moment, campaign_id, person_id, lead_id, sale_id, currency, amount, excluded, rehearsed"
# the ids of what they were made of: they sort as it came
FROM_LEADS = f"""
    INSERT INTO conversions ({COLUMNS})
    SELECT id, 'lead:' || id, 'lead', created_at, created_at, campaign_id, person_id, id, NULL, NULL, 0, NULL, rehearsed
    FROM leads
"""
FROM_FORMS = f"""
    INSERT INTO conversions ({COLUMNS})
    SELECT s.id, 'repeat:' || s.id, 'repeat', s.at, s.at, l.campaign_id, l.person_id, l.id, NULL, NULL, 0, NULL,
        l.rehearsed
    FROM submissions s JOIN leads l ON l.id = s.lead_id
    WHERE EXISTS (SELECT 1 FROM submissions b WHERE b.lead_id = s.lead_id AND (b.at, b.id) < (s.at, s.id))
"""
FROM_STATES = f"""
    INSERT INTO conversions ({COLUMNS})
    SELECT c.id, 'qualified:' || l.id, 'qualified', c.at, c.at, l.campaign_id, l.person_id, l.id, NULL, NULL, 0, NULL,
        l.rehearsed
    FROM leads l JOIN lead_changes c ON c.id = (
        SELECT d.id FROM lead_changes d WHERE d.lead_id = l.id AND d.after IN ('qualified', 'won')
        ORDER BY d.at, d.id LIMIT 1)
    WHERE l.state NOT IN ('new', 'contacted')
"""
FROM_SALES = f"""
    INSERT INTO conversions ({COLUMNS})
    SELECT id, 'sale:' || id, 'sale', paid_at, paid_at, campaign_id, person_id, lead_id, id, currency, amount - tax,
        NULL, rehearsed
    FROM sales WHERE state IN {EARNED}
"""
FIRST_SALES = f"""
    SELECT l.id AS lead_id, l.campaign_id, l.person_id, s.paid_at AS at, s.rehearsed
    FROM leads l JOIN sales s ON s.id = (
        SELECT e.id FROM sales e WHERE e.lead_id = l.id AND e.state IN {EARNED}
        ORDER BY e.rehearsed, e.paid_at, e.id LIMIT 1)
"""
REFUNDS = f"""
    SELECT r.id, r.key, r.kind, r.amount, r.at, r.currency = s.currency AS is_same, s.id AS sale_id, s.campaign_id,
        s.person_id, s.lead_id, s.currency, s.paid_at, s.rehearsed, s.refunded, s.disputed
    FROM refunds r JOIN sales s ON s.intent = r.intent WHERE s.state IN {EARNED} ORDER BY s.id, r.at, r.id
"""


# The touch that a conversion is credited to by default: the last one within 90 days that isn't direct.
LAST_TOUCH = """
    LEFT JOIN touches t ON t.id = (
        SELECT x.id FROM touches x
        WHERE x.person_id = {person} AND x.evidence <> 'direct' AND x.at <= {moment} AND x.at >= {since}
        ORDER BY x.at DESC, x.id DESC LIMIT 1)
"""
TWEET = "CASE WHEN t.evidence IN ('link+x', 'link', 'code') THEN t.tweet_id END"
V_LEADS = """
    CREATE VIEW v_leads AS
    SELECT l.id, p.email, l.campaign_id, l.created_at, {tweet} AS tweet_id,
        coalesce(t.evidence, 'direct') AS evidence, l.state, l.rehearsed {excluded}
    FROM leads l JOIN persons p ON p.id = l.person_id {touch}
"""
V_SALES = """
    CREATE VIEW v_sales AS
    SELECT coalesce(s.intent, s.stripe_id, s.key) AS payment_id, s.amount, s.currency, s.state,
        {tweet} AS tweet_id, s.id AS sale_id, s.stripe_id AS session_id, s.lead_id, s.campaign_id, s.tax,
        s.refunded, s.disputed, s.amount - s.tax - s.refunded - s.disputed AS net,
        coalesce(t.evidence, 'direct') AS evidence, s.paid_at, s.rehearsed {excluded}
    FROM sales s {lead} {touch}
"""


def _views(*, excluded: bool) -> None:
    """Both views again, with a column that says what doesn't count, or without."""
    # SQLite counts in milliseconds: the fraction is taken over as text, or a touch at the edge would be lost
    exact = "strftime('%Y-%m-%d %H:%M:%S', substr({0}, 1, 19), '-90 days') || substr({0}, 20)"
    since = exact if op.get_bind().dialect.name == "sqlite" else "{0} - interval '2160 hours'"
    for view in ("v_leads", "v_sales"):
        op.execute(f"DROP VIEW {view}")
    touch = LAST_TOUCH.format(person="l.person_id", moment="l.created_at", since=since.format("l.created_at"))
    op.execute(V_LEADS.format(tweet=TWEET, touch=touch, excluded=", l.excluded" if excluded else ""))
    touch = LAST_TOUCH.format(person="s.person_id", moment="s.paid_at", since=since.format("s.paid_at"))
    lead = "LEFT JOIN leads l ON l.id = s.lead_id" if excluded else ""
    op.execute(V_SALES.format(tweet=TWEET, touch=touch, lead=lead, excluded=", l.excluded" if excluded else ""))


def upgrade() -> None:
    for table in ("leads", "lead_changes"):
        op.add_column(table, sa.Column("excluded", sa.String(24), nullable=True))
    _views(excluded=True)
    _tables()
    for made in (FROM_LEADS, FROM_FORMS, FROM_STATES, FROM_SALES):
        op.execute(made)
    _from_customers()
    _from_refunds()


def downgrade() -> None:
    for table in ("pack_sums", "packs", "restated", "conversions"):
        op.drop_table(table)
    _views(excluded=False)
    for table in ("lead_changes", "leads"):
        op.drop_column(table, "excluded")


def _tables() -> None:
    op.create_table(
        "conversions",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("moment", MOMENT, nullable=False),
        sa.Column("campaign_id", ID, nullable=True),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("lead_id", ID, nullable=True),
        sa.Column("sale_id", ID, nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("excluded", sa.String(24), nullable=True),
        sa.Column("rehearsed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_conversions_campaign_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_conversions_person_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_conversions_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversions")),
        sa.UniqueConstraint("key", name=op.f("uq_conversions_key")),
    )
    counted = ["amount", "excluded", "rehearsed"]
    for name, columns in {
        "campaign": ["campaign_id", "id"], "totals": ["campaign_id", "kind", "currency", "at", *counted],
        "at": ["at", "campaign_id", "kind", "currency", *counted], "person": ["person_id", "moment"],
        "lead": ["lead_id"],
    }.items():  # fmt: skip
        op.create_index(f"ix_conversions_{name}", "conversions", columns, unique=False)
    op.create_table(
        "restated",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=True),
        sa.Column("conversion_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restated")),
    )
    op.create_index("ix_restated_campaign", "restated", ["campaign_id", "conversion_id"], unique=False)
    op.create_table(
        "packs",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("last_id", ID, nullable=False),
        sa.Column("first_id", ID, nullable=False),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("columns", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packs")),
        sa.UniqueConstraint("campaign_id", "last_id", name=op.f("uq_packs_campaign_id_last_id")),
    )
    op.create_table(
        "pack_sums",
        sa.Column("pack_id", ID, nullable=False),
        sa.Column("lens", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pack_id", "lens", name=op.f("pk_pack_sums")),
    )


def _from_customers() -> None:
    first = op.get_bind().execute(sa.text(FIRST_SALES).columns(at=MOMENT, rehearsed=sa.Boolean()))
    _insert(
        {
            "id": _id(row.at), "key": f"customer:{row.lead_id}", "kind": "customer", "at": row.at, "moment": row.at,
            "campaign_id": row.campaign_id, "person_id": row.person_id, "lead_id": row.lead_id, "sale_id": None,
            "currency": None, "amount": 0, "rehearsed": row.rehearsed,
        }
        for row in first
    )  # fmt: skip


def _from_refunds() -> None:
    """As much in all as the sale says went back, the earlier first; a dispute that was won took nothing."""
    told = op.get_bind().execute(sa.text(REFUNDS).columns(at=MOMENT, paid_at=MOMENT, rehearsed=sa.Boolean())).all()
    won = {row.key for row in told if row.kind == "dispute_won"}
    left: dict[tuple[str, str], int] = {}
    made = []
    for row in told:
        if row.kind == "dispute_won" or not row.is_same or f"{row.key}:won" in won:
            continue
        place = (row.sale_id, row.kind)
        rest = left.setdefault(place, row.refunded if row.kind == "refund" else row.disputed)
        amount = min(row.amount, rest)
        left[place] = rest - amount
        if amount:
            made.append({
                "id": row.id, "key": f"back:{row.id}", "kind": row.kind, "at": row.at, "moment": row.paid_at,
                "campaign_id": row.campaign_id, "person_id": row.person_id, "lead_id": row.lead_id,
                "sale_id": row.sale_id, "currency": row.currency, "amount": -amount, "rehearsed": row.rehearsed,
            })  # fmt: skip
    _insert(iter(made))


def _insert(rows: Iterator[dict[str, Any]]) -> None:
    table = sa.table(
        "conversions", sa.column("id", ID), sa.column("key"), sa.column("kind"), sa.column("at", MOMENT),
        sa.column("moment", MOMENT), sa.column("campaign_id", ID), sa.column("person_id", ID), sa.column("lead_id", ID),
        sa.column("sale_id", ID), sa.column("currency"), sa.column("amount"), sa.column("rehearsed", sa.Boolean()),
    )  # fmt: skip
    some = []
    for row in rows:
        some.append(row)
        if len(some) == 5_000:
            op.bulk_insert(table, some)
            some = []
    op.bulk_insert(table, some)


def _id(at: Any) -> str:
    """A UUIDv7 of that moment."""
    text = f"{int(at.timestamp() * 1000):012x}7{randbits(12):03x}{randbits(2) + 8:x}{randbits(60):015x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
