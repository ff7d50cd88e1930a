"""Paths: the touches before a conversion, those that count, in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

TWEET_EVIDENCE = frozenset({"link+x", "link", "code"})
"""What makes a conversion a tweet's. A link opened from elsewhere than X is spillover: listed apart."""

REPEAT = timedelta(minutes=30)


@dataclass(frozen=True)
class Touch:
    """The start of a visit. `entity` is what may earn credit: `tweet:<id>`, `spillover:<id>`, `link:<id>`, a source.

    `id` breaks ties of `at`, so that it must sort as it was made: UUIDv7 or a number.
    """

    id: str | int
    at: datetime
    entity: str
    evidence: str = "link"

    @property
    def is_direct(self) -> bool:
        return self.evidence == "direct"


def entity_of(tweet_id: str | None, evidence: str, link_id: str | None = None) -> str:
    """What a touch gives credit to.

    >>> (
    ...     entity_of("1", "link+x"),
    ...     entity_of("1", "link+other"),
    ...     entity_of(None, "link", "7"),
    ...     entity_of(None, "referrer"),
    ... )
    ('tweet:1', 'spillover:1', 'link:7', 'referrer')
    """
    if tweet_id and evidence in TWEET_EVIDENCE:
        return f"tweet:{tweet_id}"
    if tweet_id and evidence == "link+other":
        return f"spillover:{tweet_id}"
    return f"link:{link_id}" if link_id and not tweet_id else evidence


def eligible(touches: Iterable[Touch], moment: datetime, lookback: timedelta) -> list[Touch]:
    """The touches within the lookback before a conversion, closed at both ends, in their order."""
    inside = (touch for touch in touches if timedelta(0) <= moment - touch.at <= lookback)
    return sorted(inside, key=lambda touch: (touch.at, touch.id))


def distinct(touches: Sequence[Touch], window: timedelta = REPEAT) -> list[Touch]:
    """Touches in their order, the same entity once in a window, which begins with a touch kept and doesn't slide.

    A typed code is no visit: it counts beside the click before it.
    """
    kept: list[Touch] = []
    counted: dict[tuple[str, bool], datetime] = {}
    for touch in touches:
        key = touch.entity, touch.evidence == "code"
        before = counted.get(key)
        if before is None or touch.at - before >= window:
            counted[key] = touch.at
            kept.append(touch)
    return kept
