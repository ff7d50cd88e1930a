"""The machines' side: API v1, token by token, and what describes it."""

from web.api import (
    accounts,
    approvals,
    calendar,
    campaigns,
    leads,
    links,
    media,
    offers,
    openapi,
    pages,
    papers,
    repeating,
    reports,
    reposts,
    threads,
    tweets,
)
from web.api.blueprint import blueprint

__all__ = [
    "accounts", "approvals", "blueprint", "calendar", "campaigns", "leads", "links", "media", "offers", "openapi",
    "pages", "papers", "repeating", "reports", "reposts", "threads", "tweets",
]  # fmt: skip
