"""The machines' side: API v1, token by token, and what describes it."""

from web.api import (
    accounts,
    approvals,
    calendar,
    campaigns,
    further_links,
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
    results,
    threads,
    tweets,
)
from web.api.blueprint import blueprint

__all__ = [
    "accounts", "approvals", "blueprint", "calendar", "campaigns", "further_links", "leads", "links", "media", "offers",
    "openapi", "pages", "papers", "repeating", "reports", "reposts", "results", "threads", "tweets",
]  # fmt: skip
