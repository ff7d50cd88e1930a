"""Signed machines: the body is verified by its signature, so there is no session and no CSRF token."""

from web.hooks import stripe
from web.hooks.blueprint import blueprint

__all__ = ["blueprint", "stripe"]
