"""The marketer's pages: home, campaigns, offers, pages, tweets, calendar, links, impact."""

from web.marketer import (
    approvals,
    calendar,
    campaigns,
    compare,
    composer,
    conversions,
    further_links,
    home,
    impact,
    kept_reports,
    link,
    link_form,
    link_import,
    links,
    media,
    offers,
    page_editor,
    previews,
    repeating,
    reposts,
    tweet,
    tweet_import,
    tweets,
)
from web.marketer.blueprint import blueprint

__all__ = [
    "approvals", "blueprint", "calendar", "campaigns", "compare", "composer", "conversions", "further_links", "home",
    "impact", "kept_reports", "link", "link_form", "link_import", "links", "media", "offers", "page_editor", "previews",
    "repeating", "reposts", "tweet", "tweet_import", "tweets",
]  # fmt: skip
