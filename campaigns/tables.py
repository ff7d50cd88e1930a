"""All tables, so that one import knows the whole schema (migrations' check, demo, doctor)."""

from campaigns.capturing import conversions, deliveries, leads, persons, submissions, touches
from campaigns.kernel import editions, limits, outbox
from campaigns.kernel.db import Base
from campaigns.measuring import differences, exchange_rates, exports, fits, packs, shares
from campaigns.people import answers, audits, mail_tokens, sessions, tokens, users
from campaigns.planning import campaigns, offers, pages, papers
from campaigns.publishing import accounts, audiences, holds, media, postings, proposals, reposts, results, slots, tweets
from campaigns.selling import coupons, sales
from campaigns.tracking import browsers, drains, hits, links, rollups, visitors, visits

metadata = Base.metadata
MODULES = (
    accounts, answers, audiences, audits, browsers, campaigns, conversions, coupons, deliveries, differences, drains,
    editions, exchange_rates, exports, fits, hits, holds, leads, limits, links, mail_tokens, media, offers, outbox,
    packs, pages, papers, persons, postings, proposals, reposts, results, rollups, sales, sessions, shares,
    slots, submissions, tokens, touches, tweets, users, visitors, visits,
)  # fmt: skip
