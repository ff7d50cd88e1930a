"""A click: find where the link leads, keep the hit, say where to go.

The visitor arrives even when recording fails, and while the database is away as long as this process knows the link.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from campaigns.kernel.codes import new_id
from campaigns.tracking import hits, links, sources, utm, visitors, visits
from campaigns.tracking.hits import Hit
from campaigns.tracking.links import Destination
from campaigns.tracking.requests import CLASSIFIER, Request, judge, kept_text
from campaigns.world import World

log = structlog.get_logger()
T = TypeVar("T")

LOG_EVERY_S = 1.0
MOST_SEEN = 10_000


@dataclass
class Memory:
    """What a process remembers between clicks: links it saw, for when the database is away; when it last complained.

    Never read while the database answers: an edited link leads to its new target at once, in every process.
    """

    seen: dict[str, Destination] = field(default_factory=dict)
    failures: int = 0
    logged_at: float = float("-inf")


def follow_link(world: World, request: Request, memory: Memory) -> str | None:
    """Where to send whoever asked: the tagged target, with the token that tells the page which click it was.

    None: there is no such link, it is disabled, or its offer has no page online. The hit is kept all the same.
    """
    now = world.clock.now()
    found, known = _find(world, request.code, memory)
    target = found.target(world.settings) if found else None
    source = sources.tell(
        sources.LinkSource.of(found.link.medium) if found else None, referrer=request.referrer, agent=request.agent
    )
    hit = Hit(
        id=new_id(), at=now, link_id=found.link.id if found else None, code=kept_text(request.code, 64),
        method=kept_text(request.method, 16), classifier=CLASSIFIER, evidence=source.evidence,
        referrer=sources.referrer_host(request.referrer),
    )  # fmt: skip
    if known:
        _try(memory, lambda: _keep(world, request, hit, leads_somewhere=target is not None))
    if found is None or target is None:
        return None
    via = visits.Via(
        found.link.id, found.link.tweet_id, found.link.campaign_id, hit.id, now, source.evidence, hit.referrer
    )
    tagged = utm.tag(target, utm.of_link(found.link, found.campaign))
    return utm.put(tagged, {visits.PARAMETER: via.sign(world.signer)})


def _find(world: World, code: str, memory: Memory) -> tuple[Destination | None, bool]:
    """The link, and whether the database answered."""

    def read() -> tuple[Destination | None, bool]:
        with world.db.read() as session:
            return links.destination(session, code), True

    found, known = _try(memory, read) or (memory.seen.get(code), False)
    if found:
        if len(memory.seen) >= MOST_SEEN:
            memory.seen.clear()
        memory.seen[code] = found
    return found, known


def _keep(world: World, request: Request, hit: Hit, *, leads_somewhere: bool) -> None:
    with world.db.write() as session:
        hit.visitor = _visitor(session, request, hit)
        hit.klass = judge(request, leads_somewhere=leads_somewhere)
        if hit.klass == "human" and hit.link_id and hits.is_repeated(session, hit.link_id, hit.visitor, hit.at):
            hit.klass = "duplicate"
        hits.record(session, hit, kept_text(request.agent))


def _visitor(session: Session, request: Request, hit: Hit) -> str | None:
    if request.is_private or hit.link_id is None:
        return None
    return visitors.hash_of(visitors.salt_of(session, hit.at), request.address, kept_text(request.agent))


def _try(memory: Memory, work: Callable[[], T]) -> T | None:
    """The work's result, or None and a line in the log when it failed."""
    try:
        return work()
    except Exception as failed:  # noqa: BLE001  whatever is wrong here, the visitor's click must arrive
        memory.failures += 1
        if monotonic() - memory.logged_at >= LOG_EVERY_S:  # a database away fails thousands of times a second
            log.error("hit_not_recorded", failures=memory.failures, reason=repr(failed)[:300])
            memory.logged_at = monotonic()
        return None
