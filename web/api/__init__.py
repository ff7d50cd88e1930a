"""The machines' side: API v1, token by token, and what describes it."""

from web.api import (
    accounts,
    approvals,
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
    tweets,
)
from web.api.blueprint import blueprint

__all__ = [
    "accounts", "approvals", "blueprint", "campaigns", "leads", "links", "media", "offers", "openapi", "pages",
    "papers", "repeating", "reports", "reposts", "tweets",
]  # fmt: skip
