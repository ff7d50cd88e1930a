"""GET /healthz, GET /readyz: is the process alive; can it serve, with the schema it wants."""

from flask import Response, jsonify

from campaigns import schema
from campaigns.kernel.errors import Problem
from web.ops.blueprint import blueprint
from web.request import world


@blueprint.get("/healthz")
def healthz() -> Response:
    """Alive: it answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Ready: the database answers and has the newest schema; otherwise 503 and what is missing."""
    try:
        with world().db.read():
            database = "ok" if schema.is_ready(world().db) else "schema"
    except Problem:
        database = "away"
    ready = database == "ok"
    return jsonify(status="ready" if ready else "not ready", database=database), 200 if ready else 503
