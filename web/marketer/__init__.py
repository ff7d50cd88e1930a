"""The marketer's pages: home, campaigns, offers, pages, tweets, links, impact."""

from web.marketer import (
    campaigns,
    compare,
    composer,
    conversions,
    home,
    impact,
    link,
    link_form,
    link_import,
    links,
    offers,
    page_editor,
    previews,
    tweet,
    tweets,
)
from web.marketer.blueprint import blueprint

__all__ = [
    "blueprint", "campaigns", "compare", "composer", "conversions", "home", "impact", "link", "link_form",
    "link_import", "links", "offers", "page_editor", "previews", "tweet", "tweets",
]  # fmt: skip
