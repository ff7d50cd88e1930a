"""Visits: the signed token that a redirect puts into the landing page's address, so that a form knows its click.

The page's HTML stays the same for everybody and no cookie is needed. A token that is missing, forged or too old never
refuses a form: it leaves the lead unattributed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from campaigns.kernel.codes import Signer
from campaigns.kernel.errors import Problem
from campaigns.tracking.hits import Evidence

PARAMETER = "via"
PURPOSE = "via"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVIDENCE = frozenset(get_args(Evidence))


@dataclass(frozen=True)
class Via:
    """The click that a visit began with.

    | field | meaning |
    |---|---|
    | tweet_id | None for a link of no tweet |
    | hit_id | the hit's id; its row may be stored after the lead |
    | at | the moment of the click, to the microsecond |
    | evidence | what the request said, see tracking.sources |
    | referrer | the referring host, or None |
    """

    link_id: str
    tweet_id: str | None
    campaign_id: str
    hit_id: str
    at: datetime
    evidence: Evidence
    referrer: str | None

    def sign(self, signer: Signer) -> str:
        """The token, about 250 characters."""
        ids = [_short(each) for each in (self.link_id, self.tweet_id, self.campaign_id, self.hit_id)]
        at = (self.at - EPOCH) // timedelta(microseconds=1)
        return signer.sign(PURPOSE, [*ids, at, self.evidence, self.referrer], self.at)


def read(signer: Signer, token: str | None, now: datetime, lookback_days: int) -> Via | None:
    """The visit of a token; None when it is missing, forged, or older than the lookback."""
    if not token:
        return None
    try:
        # The token's own moment is cut to the second: one more keeps a click at the window's edge inside.
        value, _made_at = signer.read(PURPOSE, token, now, lookback_days * 86400 + 1)
        return _via(value)
    except (Problem, ValueError, TypeError, OverflowError):
        return None


def _via(value: Any) -> Via:
    link_id, tweet_id, campaign_id, hit_id, at, evidence, referrer = value
    if evidence not in _EVIDENCE:
        raise ValueError("an evidence of another version")
    return Via(
        link_id=_long(link_id),
        tweet_id=_long(tweet_id) if tweet_id else None,
        campaign_id=_long(campaign_id),
        hit_id=_long(hit_id),
        at=EPOCH + timedelta(microseconds=at),
        evidence=evidence,
        referrer=referrer,
    )


def _short(id_: str | None) -> str:
    """22 characters for a UUID's 36: the token stands in an address that people share."""
    return urlsafe_b64encode(UUID(id_).bytes).decode().rstrip("=") if id_ else ""


def _long(short: str) -> str:
    return str(UUID(bytes=urlsafe_b64decode(short + "==")))
