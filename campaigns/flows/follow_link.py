"""A click: find where the link leads, spool the hit, say where to go.

Nothing here asks the database: the directory knows the links, the spool keeps the hit. The visitor arrives even when
recording fails.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote

from campaigns.kernel.codes import id_bytes
from campaigns.kernel.errors import Problem
from campaigns.tracking import sources, visitors
from campaigns.tracking.hits import Evidence
from campaigns.tracking.requests import Request, kept_text, purpose_of
from campaigns.tracking.sources import LinkSource
from campaigns.tracking.spool import DEAD, MEMBER, Raw
from campaigns.tracking.targets import Way
from campaigns.tracking.visits import EPOCH, Click
from campaigns.world import World

MICROSECOND = timedelta(microseconds=1)


def follow_link(world: World, request: Request) -> str | None:
    """Where to send whoever asked: the tagged target, with the token that tells the page which click it was.

    None: there is no such link, or it leads nowhere at this moment. The hit is kept all the same. Raises later
    (`database_away`) for a link that this process doesn't know while the database is away.
    """
    now = world.clock.now()
    at = (now - EPOCH) // MICROSECOND
    way, away = _find(world, request.code, now)
    leads = way.leads(at) if way else None
    agent = kept_text(request.agent)
    evidence, referrer = _source(way.source if way else None, request.referrer, agent, world.settings.own_hosts)
    headers = request.headers
    visitor = None
    if world.settings.identity_level and not (headers and request.is_private) and (way or away):
        salt = world.directory.salt(now)
        visitor = visitors.hash_of(salt, request.address, agent) if salt else None
    hit = id_bytes(at)
    world.spool.put(
        Raw(
            "hit", hit, at, way.link_id if way else None, _code(request.code), kept_text(request.method, 16),
            agent, referrer, purpose_of(headers) if headers else None, visitor, evidence,
            (MEMBER if request.member else 0) | (0 if leads or away else DEAD),
            world.countries.of(request.address),
        )
    )  # fmt: skip
    if away:
        raise away
    if leads is None or way is None:
        return None
    query = request.query if way.forwards else ""
    token = "" if leads.tail is None else Click(hit, way.link, evidence, referrer).sign(world.signer)
    return leads.with_token(token, query, way.allowed)


def _code(code: str) -> str:
    """As it is kept: an e-mail address in the place of a code is nobody's, and none of ours to keep."""
    plain = unquote(unquote(code)) if "%" in code else code  # what was escaped twice is an address still
    return "@" if "@" in plain or "＠" in plain else kept_text(code, 64)  # as Asian keyboards write it


def _find(world: World, code: str, now: datetime) -> tuple[Way | None, Problem | None]:
    """The link, or why nobody knows whether there is one."""
    try:
        return world.directory.find(code, now), None
    except Problem as away:
        return None, away


@lru_cache(maxsize=20_000)
def _source(
    link: LinkSource | None, referrer: str, agent: str, own_hosts: frozenset[str]
) -> tuple[Evidence, str | None]:
    """What the request proves, and the host that sent it: most clicks look like one before."""
    told = sources.tell(link, referrer=referrer, agent=agent, own_hosts=own_hosts)
    return told.evidence, told.host
