"""Sights: a landing page that somebody has before their eyes, as facts without HTTP; its first one confirms a visit."""

from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.kernel.codes import digest, id_bytes
from campaigns.tracking import sources
from campaigns.tracking.requests import kept_text
from campaigns.tracking.sources import Source
from campaigns.tracking.spool import Raw
from campaigns.tracking.visits import EPOCH, Via

MICROSECOND = timedelta(microseconds=1)


class Sight(NamedTuple):
    """A page that is seen.

    | field | meaning |
    |---|---|
    | token | of the page's address: the click that led here, see tracking.visits |
    | query | of the page's address |
    | referrer | as the page's script told it; None: no script ran, so nobody knows |
    | agent, address | as a click's; the address is hashed, never kept |
    | private | whoever it is asks not to be followed |
    | member | it carries a member's session |
    | browser | the secret of a browser whose user agreed to be recognised; empty: there is none |
    """

    token: str | None = None
    query: str = ""
    referrer: str | None = None
    agent: str = ""
    address: str = ""
    private: bool = False
    member: bool = False
    browser: str = ""


NOTHING_SEEN = Sight()
"""A form that came without its page."""


def source(sight: Sight, own_hosts: frozenset[str]) -> Source:
    """Where a visit came from that no link of ours led to."""
    return sources.tell(
        None, referrer=sight.referrer, agent=kept_text(sight.agent), query=sight.query, own_hosts=own_hosts
    )


def row(sight: Sight, page_id: str, via: Via | None, told: Source, visitor: bytes | None, now: datetime) -> Raw | None:
    """The visit as it is spooled; None for what begins none: a way between our own pages, or a member's.

    With a click it is that click's visit, whoever made it: the drainer knows whether it was a person's.
    """
    if via is None and (told.internal or sight.member):
        return None
    at = (now - EPOCH) // MICROSECOND
    browser = digest(sight.browser) if sight.browser and not sight.private else None
    agent = kept_text(sight.agent)
    if via:
        about = bytes.fromhex(via.hit_id.replace("-", ""))
        return Raw(
            "visit", id_bytes(at), at, via.link_id, "", "GET", agent, via.referrer, None, visitor, via.evidence, 0,
            None, about=about, page_id=page_id, browser=browser,
        )  # fmt: skip
    return Raw(
        "visit", id_bytes(at), at, None, "", "GET", agent, told.host, None, visitor, told.evidence, 0, None,
        page_id=page_id, source=told.source, browser=browser,
    )  # fmt: skip
