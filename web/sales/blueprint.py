"""The sales desk: leads and their downloads."""

from flask import Blueprint

from web.access import gate

blueprint = Blueprint("sales", __name__)
gate(blueprint, full=("admin", "sales"), readers=("marketer",), readable=("leads", "lead"))
