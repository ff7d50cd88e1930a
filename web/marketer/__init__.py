"""The marketer's pages: home, campaigns, offers, pages, tweets, impact."""

from web.marketer.blueprint import blueprint

__all__ = ["blueprint"]
