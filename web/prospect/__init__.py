"""Public pages: what a prospect sees. No session, no cookie, no script needed."""

from web.prospect import checkouts, downloads, links, pages, refusals, seen
from web.prospect.blueprint import blueprint

__all__ = ["blueprint", "checkouts", "downloads", "links", "pages", "refusals", "seen"]
