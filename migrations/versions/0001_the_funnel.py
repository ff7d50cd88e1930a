"""The funnel: campaign, offer, page, tweet, link, hit, lead, coupon, sale; the staff; the views kept as a promise.

On an empty database it costs nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)
JSONS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

TABLES = (
    "agents",
    "api_tokens",
    "audits",
    "campaigns",
    "consent_texts",
    "hits",
    "intents",
    "link_hours",
    "outbox",
    "persons",
    "refunds",
    "salts",
    "stripe_events",
    "tries",
    "users",
    "exports",
    "kept_answers",
    "mail_tokens",
    "offers",
    "sessions",
    "touches",
    "pages",
    "papers",
    "tweets",
    "leads",
    "links",
    "tweet_changes",
    "coupons",
    "deliveries",
    "lead_changes",
    "submissions",
    "checkouts",
    "consents",
    "sales",
    "sale_changes",
)

# The touch that a conversion is credited to by default: the last one within 90 days that isn't direct.
LAST_TOUCH = """
    LEFT JOIN touches t ON t.id = (
        SELECT x.id FROM touches x
        WHERE x.person_id = {person} AND x.evidence <> 'direct' AND x.at <= {moment} AND x.at >= {since}
        ORDER BY x.at DESC, x.id DESC LIMIT 1)
"""
# A link opened from elsewhere than X is spillover: listed with its evidence, the credit of no tweet.
TWEET = "CASE WHEN t.evidence IN ('link+x', 'link', 'code') THEN t.tweet_id END"

VIEWS = {
    "v_leads": """
        SELECT l.id, p.email, l.campaign_id, l.created_at, {tweet} AS tweet_id,
            coalesce(t.evidence, 'direct') AS evidence, l.state, l.rehearsed
        FROM leads l JOIN persons p ON p.id = l.person_id {lead_touch}
    """,
    "v_links": """
        SELECT k.code, k.tweet_id, coalesce(sum(h.hits), 0) AS hits,
            coalesce(sum(CASE WHEN h.klass = 'human' THEN h.hits ELSE 0 END), 0) AS clicks
        FROM links k LEFT JOIN link_hours h ON h.link_id = k.id GROUP BY k.id, k.code, k.tweet_id
    """,
    "v_sales": """
        SELECT coalesce(s.intent, s.stripe_id, s.key) AS payment_id, s.amount, s.currency, s.state,
            {tweet} AS tweet_id, s.id AS sale_id, s.stripe_id AS session_id, s.lead_id, s.campaign_id, s.tax,
            s.refunded, s.disputed, s.amount - s.tax - s.refunded - s.disputed AS net,
            coalesce(t.evidence, 'direct') AS evidence, s.paid_at, s.rehearsed
        FROM sales s {sale_touch}
    """,
    "v_tweets": """
        SELECT w.id, w.state, w.x_id, k.code AS link_code, w.campaign_id, w.sent_at, w.by_hand, w.rehearsed
        FROM tweets w LEFT JOIN links k ON k.tweet_id = w.id
    """,
}


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("text", name=op.f("uq_agents_text")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_table(
        "audits",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("details", JSONS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audits")),
    )
    op.create_index("ix_audits_action", "audits", ["action", "subject", "at"], unique=False)
    op.create_index("ix_audits_at", "audits", ["at"], unique=False)

    op.create_table(
        "campaigns",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("goal_leads", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("budget_amount", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("slug", name=op.f("uq_campaigns_slug")),
    )
    op.create_index("ix_campaigns_created", "campaigns", ["created_at", "id"], unique=False)

    op.create_table(
        "consent_texts",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_consent_texts")),
    )
    op.create_table(
        "hits",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("link_id", ID, nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("klass", sa.String(24), nullable=False),
        sa.Column("classifier", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(24), nullable=False),
        sa.Column("referrer", sa.String(), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("visitor", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hits")),
    )
    op.create_index("ix_hits_visitor", "hits", ["link_id", "visitor", "at"], unique=False)

    op.create_table(
        "intents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
    )
    op.create_table(
        "link_hours",
        sa.Column("link_id", ID, nullable=False),
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("klass", sa.String(24), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("link_id", "hour", "klass", name=op.f("pk_link_hours")),
    )
    op.create_index("ix_link_hours_hour", "link_hours", ["hour"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", JSONS, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("failed_at", MOMENT, nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    for ended in ("done", "failed"):
        op.create_index(
            f"ix_outbox_{ended}",
            "outbox",
            [f"{ended}_at"],
            unique=False,
            sqlite_where=sa.text(f"{ended}_at IS NOT NULL"),
            postgresql_where=sa.text(f"{ended}_at IS NOT NULL"),
        )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )

    op.create_table(
        "persons",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("typed", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("email", name=op.f("uq_persons_email")),
    )
    op.create_table(
        "refunds",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("key", name=op.f("uq_refunds_key")),
    )
    op.create_index(op.f("ix_refunds_intent"), "refunds", ["intent"], unique=False)

    op.create_table(
        "salts",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_salts")),
    )
    op.create_table(
        "stripe_events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("rehearsed", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("payload", JSONS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_events")),
    )
    op.create_index("ix_stripe_events_received", "stripe_events", ["received_at"], unique=False)

    op.create_table(
        "tries",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("window", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window", name=op.f("pk_tries")),
    )
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("lead_notices", sa.String(24), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "exports",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("upto", MOMENT, nullable=False),
        sa.Column("filter", JSONS, nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_exports_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_user", "exports", ["user_id", "at"], unique=False)

    op.create_table(
        "kept_answers",
        sa.Column("token_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_tokens.id"], name=op.f("fk_kept_answers_token_id")),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_kept_answers")),
    )
    op.create_index("ix_kept_answers_created", "kept_answers", ["created_at"], unique=False)

    op.create_table(
        "mail_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mail_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mail_tokens_token_hash")),
    )
    op.create_index(op.f("ix_mail_tokens_user_id"), "mail_tokens", ["user_id"], unique=False)

    op.create_table(
        "offers",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("percent_off", sa.Integer(), nullable=True),
        sa.Column("amount_off", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("price_amount", sa.BigInteger(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("stripe_coupon_id", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("stock IS NULL OR issued <= stock", name=op.f("ck_offers_stock_not_overdrawn")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_offers_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_campaign_id"), "offers", ["campaign_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)

    op.create_table(
        "touches",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("evidence", sa.String(24), nullable=False),
        sa.Column("campaign_id", ID, nullable=True),
        sa.Column("tweet_id", ID, nullable=True),
        sa.Column("link_id", ID, nullable=True),
        sa.Column("hit_id", ID, nullable=True),
        sa.Column("referrer", sa.String(), nullable=True),
        sa.Column("utm", JSONS, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_touches_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touches")),
        sa.UniqueConstraint("key", name=op.f("uq_touches_key")),
    )
    op.create_index("ix_touches_person_at", "touches", ["person_id", "at", "id"], unique=False)
    op.create_index("ix_touches_tweet", "touches", ["tweet_id", "at"], unique=False)

    op.create_table(
        "pages",
        sa.Column("id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("body_html", sa.String(), nullable=False),
        sa.Column("button", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("picture_key", sa.String(), nullable=True),
        sa.Column("picture_alt", sa.String(), nullable=False),
        sa.Column("fields", JSONS, nullable=False),
        sa.Column("consents", JSONS, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_pages_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("slug", name=op.f("uq_pages_slug")),
    )
    op.create_index(op.f("ix_pages_offer_id"), "pages", ["offer_id"], unique=False)

    op.create_table(
        "papers",
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=False),
        sa.Column("cover_key", sa.String(), nullable=True),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_papers_offer_id")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_papers")),
    )
    op.create_table(
        "tweets",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("posted_text", sa.String(), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("local_time", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("scheduled_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("unknowns", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("x_id", sa.String(), nullable=True),
        sa.Column("x_url", sa.String(), nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("rehearsed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_tweets_campaign_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_tweets_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tweets")),
        sa.UniqueConstraint("key", name=op.f("uq_tweets_key")),
        sa.UniqueConstraint("x_id", name=op.f("uq_tweets_x_id")),
    )
    op.create_index("ix_tweets_campaign", "tweets", ["campaign_id", "created_at", "id"], unique=False)
    op.create_index("ix_tweets_created", "tweets", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_tweets_due",
        "tweets",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_tweets_offer_id"), "tweets", ["offer_id"], unique=False)
    op.create_index("ix_tweets_state", "tweets", ["state", "sent_at"], unique=False)

    op.create_table(
        "leads",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("answers", JSONS, nullable=False),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("rehearsed", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_leads_campaign_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_leads_offer_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_leads_page_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_leads_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("person_id", "campaign_id", name=op.f("uq_leads_person_id_campaign_id")),
    )
    op.create_index("ix_leads_campaign", "leads", ["campaign_id", "created_at", "id"], unique=False)
    op.create_index("ix_leads_created", "leads", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_leads_offer_id"), "leads", ["offer_id"], unique=False)
    op.create_index(op.f("ix_leads_page_id"), "leads", ["page_id"], unique=False)
    op.create_index("ix_leads_state", "leads", ["state", "created_at", "id"], unique=False)

    op.create_table(
        "links",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("tweet_id", ID, nullable=True),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_links_campaign_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_links_offer_id")),
        sa.ForeignKeyConstraint(["tweet_id"], ["tweets.id"], name=op.f("fk_links_tweet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("code", name=op.f("uq_links_code")),
        sa.UniqueConstraint("tweet_id", name=op.f("uq_links_tweet_id")),
    )
    op.create_index(op.f("ix_links_campaign_id"), "links", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_links_offer_id"), "links", ["offer_id"], unique=False)

    op.create_table(
        "tweet_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("tweet_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("before", sa.String(24), nullable=True),
        sa.Column("after", sa.String(24), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tweet_id"], ["tweets.id"], name=op.f("fk_tweet_changes_tweet_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tweet_changes")),
    )
    op.create_index(op.f("ix_tweet_changes_tweet_id"), "tweet_changes", ["tweet_id"], unique=False)

    op.create_table(
        "coupons",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("stripe_id", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("redeemed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_coupons_lead_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_coupons_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("code", name=op.f("uq_coupons_code")),
        sa.UniqueConstraint("lead_id", "offer_id", name=op.f("uq_coupons_lead_id_offer_id")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_coupons_stripe_id")),
    )
    op.create_index(op.f("ix_coupons_offer_id"), "coupons", ["offer_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=True),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_deliveries_lead_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_deliveries_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ux_deliveries_lead_offer", "deliveries", ["lead_id", "offer_id"], unique=True)

    op.create_table(
        "lead_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("before", sa.String(24), nullable=True),
        sa.Column("after", sa.String(24), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_changes_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_changes")),
    )
    op.create_index(op.f("ix_lead_changes_lead_id"), "lead_changes", ["lead_id"], unique=False)

    op.create_table(
        "submissions",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("page_revision", sa.Integer(), nullable=False),
        sa.Column("touch_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("answers", JSONS, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_submissions_lead_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_submissions_page_id")),
        sa.ForeignKeyConstraint(["touch_id"], ["touches.id"], name=op.f("fk_submissions_touch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("key", name=op.f("uq_submissions_key")),
    )
    op.create_index(op.f("ix_submissions_lead_id"), "submissions", ["lead_id"], unique=False)

    op.create_table(
        "checkouts",
        sa.Column("id", ID, nullable=False),
        sa.Column("coupon_id", ID, nullable=False),
        sa.Column("stripe_id", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_checkouts_coupon_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkouts")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_checkouts_stripe_id")),
    )
    op.create_index(op.f("ix_checkouts_coupon_id"), "checkouts", ["coupon_id"], unique=False)

    op.create_table(
        "consents",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("lead_id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_consents_lead_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_consents_person_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_consents_submission_id")),
        sa.ForeignKeyConstraint(["text_sha256"], ["consent_texts.sha256"], name=op.f("fk_consents_text_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_lead_id"), "consents", ["lead_id"], unique=False)
    op.create_index("ix_consents_person", "consents", ["person_id", "purpose", "at"], unique=False)

    op.create_table(
        "sales",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("origin", sa.String(24), nullable=False),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("stripe_id", sa.String(), nullable=True),
        sa.Column("lead_id", ID, nullable=True),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("campaign_id", ID, nullable=True),
        sa.Column("offer_id", ID, nullable=True),
        sa.Column("coupon_id", ID, nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(24), nullable=True),
        sa.Column("found_by", sa.String(), nullable=True),
        sa.Column("rehearsed", sa.Boolean(), nullable=False),
        sa.Column("entered_by", ID, nullable=True),
        sa.Column("paid_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_sales_campaign_id")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_sales_coupon_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_sales_lead_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_sales_offer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_sales_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales")),
        sa.UniqueConstraint("intent", name=op.f("uq_sales_intent")),
        sa.UniqueConstraint("key", name=op.f("uq_sales_key")),
    )
    op.create_index("ix_sales_campaign", "sales", ["campaign_id", "paid_at", "id"], unique=False)
    op.create_index(op.f("ix_sales_coupon_id"), "sales", ["coupon_id"], unique=False)
    op.create_index(op.f("ix_sales_lead_id"), "sales", ["lead_id"], unique=False)
    op.create_index("ix_sales_paid", "sales", ["paid_at", "id"], unique=False)
    op.create_index(op.f("ix_sales_person_id"), "sales", ["person_id"], unique=False)

    op.create_table(
        "sale_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("sale_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("before", JSONS, nullable=False),
        sa.Column("after", JSONS, nullable=False),
        sa.ForeignKeyConstraint(["sale_id"], ["sales.id"], name=op.f("fk_sale_changes_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_changes")),
    )
    op.create_index(op.f("ix_sale_changes_sale_id"), "sale_changes", ["sale_id"], unique=False)

    sqlite = op.get_bind().dialect.name == "sqlite"
    # SQLite counts in milliseconds: the fraction is taken over as text, or a touch at the edge would be lost
    exact = "strftime('%Y-%m-%d %H:%M:%S', substr({0}, 1, 19), '-90 days') || substr({0}, 20)"
    since = exact if sqlite else "{0} - interval '2160 hours'"
    parts = {
        "tweet": TWEET,
        "lead_touch": LAST_TOUCH.format(
            person="l.person_id", moment="l.created_at", since=since.format("l.created_at")
        ),
        "sale_touch": LAST_TOUCH.format(person="s.person_id", moment="s.paid_at", since=since.format("s.paid_at")),
    }
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query.format(**parts)}")


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"DROP VIEW {name}")
    for table in reversed(TABLES):
        op.drop_table(table)
