"""GET /metrics: the numbers, as Prometheus reads them (text format 0.0.4). Each is explained in docs/metrics.md."""

import hmac
from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

from flask import Response, request

from campaigns.flows.look_at_health import Health, Numbers, count_for_metrics, look_at_health
from campaigns.kernel.errors import Problem
from web.ops.blueprint import blueprint
from web.request import world

FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
"""Whoever comes through a proxy on this machine is not this machine."""


class Metric(NamedTuple):
    """A name, its kind, what it is, and its values by label."""

    name: str
    kind: str
    help: str
    values: dict[str, float]


@blueprint.get("/metrics")
def metrics() -> Response:
    """The numbers of this node and of the whole, for Prometheus. From this machine, or with the token as a bearer."""
    _check()
    health, numbers = look_at_health(world()), count_for_metrics(world())
    lines = [line for metric in _all(health, numbers) for line in _lines(metric)]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _check() -> None:
    """Let in who may read; raises forbidden."""
    token = world().settings.metrics_token.get_secret_value()
    if token:
        told = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(told.encode("utf-8", "replace"), token.encode()):
            return
    elif _is_this_machine():
        return
    raise Problem("forbidden")


def _is_this_machine() -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _all(health: Health, numbers: Numbers | None) -> Iterator[Metric]:
    spool = health.spool
    yield Metric("database_up", "gauge", "Whether the database answers.", {"": health.database != "away"})
    yield Metric("spool_rows", "gauge", "Hits and visits not in the database yet.", {"": spool.rows})
    yield Metric("spool_segments", "gauge", "Files of the spool.", {"": spool.segments})
    yield Metric("spool_broken", "gauge", "Files of the spool put aside.", {"": spool.broken})
    yield Metric("drain_lag_seconds", "gauge", "Age of the oldest row of the spool.", {"": round(health.lag_s, 3)})
    yield Metric("directory_links", "gauge", "Links that this process knows.", {"": health.known})
    yield Metric("directory_stale", "gauge", "Whether what is known can't be renewed.", {"": health.is_stale})
    yield Metric("edition", "gauge", "Number of the public edition.", {"": health.edition})
    if numbers is None:
        return
    by_class = {f'{{class="{klass}"}}': float(hits) for klass, hits in numbers.hits.items()}
    yield Metric("hits_total", "counter", "Hits of links since midnight UTC, by class.", by_class)
    yield Metric("hits_lost_total", "counter", "Hits that were lost, ever, as told.", {"": numbers.lost})
    yield Metric("outbox_open", "gauge", "Mails and other promises not kept yet.", {"": numbers.outbox})
    yield Metric("tweets_due", "gauge", "Tweets whose moment has come and that are not out.", {"": numbers.due_tweets})
    differing = numbers.differing
    yield Metric(
        "packs_differ", "gauge", "Campaigns whose packs weren't the facts when last checked.", {"": differing.packs}
    )
    yield Metric(
        "reports_refused_total", "counter", "Reports whose parts didn't make the whole, ever.", {"": differing.reports}
    )


def _lines(metric: Metric) -> Iterator[str]:
    name = f"perchoir_{metric.name}"
    yield f"# HELP {name} {metric.help}"
    yield f"# TYPE {name} {metric.kind}"
    for label, value in metric.values.items():
        yield f"{name}{label} {float(value):g}" if abs(value) < 1e6 else f"{name}{label} {value:.0f}"
