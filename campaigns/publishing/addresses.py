"""Addresses of tweets, as people copy them from a browser or a phone."""

import re
from datetime import UTC, datetime, timedelta

from campaigns.kernel.errors import problem

MOST = 500
ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.|m\.)?(?:x|twitter)\.com"
    r"/(?P<name>[A-Za-z0-9_]{1,20}|i/web)/status(?:es)?/(?P<id>[1-9][0-9]{0,18})"
    r"(?:/(?:photo|video)/[0-9]{1,2}|/analytics)?/?(?:[?#].*)?",
    re.IGNORECASE,
)
X_EPOCH_MS = 1_288_834_974_657
"""Ids of tweets count milliseconds from here, in the bits above the 22nd."""


def x_id_of(address: str, field: str = "url") -> str:
    """The id of a tweet from its address. Raises invalid (`not_a_tweet_url`).

    >>> x_id_of("https://mobile.twitter.com/feuillet/status/1985012345678901234?s=20")
    '1985012345678901234'
    """
    found = ADDRESS.fullmatch(address.strip()) if len(address) <= MOST else None
    if not found or int(found["id"]) >= 2**63:
        raise problem("invalid", "not_a_tweet_url", field)
    return found["id"]


def x_url_of(x_id: str, handle: str | None = None) -> str:
    """Where a tweet is to be seen; X finds it without its author's name too.

    >>> x_url_of("20")
    'https://x.com/i/web/status/20'
    """
    return f"https://x.com/{handle}/status/{x_id}" if handle else f"https://x.com/i/web/status/{x_id}"


def handle_of(address: str) -> str | None:
    """The author's name in a tweet's address; None when it has none."""
    found = ADDRESS.fullmatch(address.strip()) if len(address) <= MOST else None
    return found["name"] if found and found["name"].lower() not in ("i", "i/web") else None


def moment_of(x_id: str) -> datetime:
    """The moment that a tweet's id tells.

    >>> moment_of("1985012345678901234").date()
    datetime.date(2025, 11, 2)
    """
    return datetime.fromtimestamp(((int(x_id) >> 22) + X_EPOCH_MS) / 1000, UTC)


def posted_at(x_id: str, earliest: datetime, now: datetime) -> datetime:
    """When a tweet was posted, told by its id; now when that can't be true.

    A tweet that carries our link isn't older than the link (5 minutes for clocks that differ).

    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> posted_at("20", now, now) == now
    True
    """
    moment = moment_of(x_id)
    leeway = timedelta(minutes=5)
    return moment if earliest - leeway <= moment <= now + leeway else now
