"""All tables, so that one import knows the whole schema (migrations' check, demo, doctor)."""

from campaigns.capturing import deliveries, leads, persons, submissions, touches
from campaigns.kernel import limits, outbox
from campaigns.kernel.db import Base
from campaigns.measuring import exports
from campaigns.people import answers, audits, mail_tokens, sessions, tokens, users
from campaigns.planning import campaigns, offers, pages, papers
from campaigns.publishing import tweets
from campaigns.selling import coupons, sales
from campaigns.tracking import hits, links

metadata = Base.metadata
MODULES = (
    answers, audits, campaigns, coupons, deliveries, exports, hits, leads, limits, links, mail_tokens, offers, outbox,
    pages,
    papers, persons,
    sales, sessions, submissions, tokens, touches, tweets, users,
)  # fmt: skip
