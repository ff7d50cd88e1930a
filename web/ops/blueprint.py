"""For monitoring: is it alive, can it serve, how much."""

from flask import Blueprint

blueprint = Blueprint("ops", __name__)
