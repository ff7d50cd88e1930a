"""Public pages: what a prospect sees. No session, no cookie, no script needed."""

from flask import Blueprint

blueprint = Blueprint("prospect", __name__)
