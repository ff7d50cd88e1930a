"""The marketer's pages: home, campaigns, offers, pages, tweets, impact."""

from flask import Blueprint

from web.access import gate

blueprint = Blueprint("marketer", __name__)
gate(blueprint, full=("admin", "marketer"), readers=("sales",), readable=("home", "campaigns", "campaign"))
