"""The machines' side: API v1, token by token, and what describes it."""

from web.api import campaigns, offers, openapi, pages, papers
from web.api.blueprint import blueprint

__all__ = ["blueprint", "campaigns", "offers", "openapi", "pages", "papers"]
