"""The marketer's pages: home, campaigns, offers, pages, tweets, impact."""

from web.marketer import campaigns, composer, home, impact, offers, page_editor, previews, tweet, tweets
from web.marketer.blueprint import blueprint

__all__ = [
    "blueprint", "campaigns", "composer", "home", "impact", "offers", "page_editor", "previews", "tweet", "tweets",
]  # fmt: skip
