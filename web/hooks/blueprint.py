"""Signed machines: the body is verified by its signature, so there is no session and no CSRF token."""

from flask import Blueprint

blueprint = Blueprint("hooks", __name__)
