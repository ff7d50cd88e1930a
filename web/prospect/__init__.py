"""Public pages: what a prospect sees. No session, no cookie, no script needed."""

from web.prospect import downloads, links, pages
from web.prospect.blueprint import blueprint

__all__ = ["blueprint", "downloads", "links", "pages"]
