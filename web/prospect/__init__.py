"""Public pages: what a prospect sees. No session, no cookie, no script needed."""

from web.prospect import links
from web.prospect.blueprint import blueprint

__all__ = ["blueprint", "links"]
