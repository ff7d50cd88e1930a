"""GET /healthz, GET /readyz: is the process alive; can it serve, and what should somebody look at."""

from typing import Any

from flask import Response, jsonify

from campaigns.flows.look_at_health import Health, look_at_health
from web.ops.blueprint import blueprint
from web.request import world


@blueprint.get("/healthz")
def healthz() -> Response:
    """Alive: it answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Ready: the database answers and has the newest schema; otherwise 503. With spool, directory and alarms."""
    health = look_at_health(world())
    return jsonify(_told(health)), 200 if health.is_ready else 503


def _told(health: Health) -> dict[str, Any]:
    spool = health.spool
    return {
        "status": "ready" if health.is_ready else "not ready",
        "database": health.database,
        "alarms": health.alarms,
        "spool": {
            "rows": spool.rows, "segments": spool.segments, "lag_s": round(health.lag_s, 1),
            "broken": spool.broken,
        },
        "lost": health.lost,
        "directory": {"known": health.known, "edition": health.edition, "stale": health.is_stale},
    }  # fmt: skip
