"""The traffic of the sample data: requests for its links and sights of its pages, raw, as the web spools them.

What each of them is, the drainer's own rules judge: so hits, clicks and visits agree in every report.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from campaigns.kernel.codes import id_bytes, id_text
from campaigns.tracking import sources
from campaigns.tracking.hits import Purpose
from campaigns.tracking.sources import LinkSource, Source
from campaigns.tracking.spool import DEAD, Raw
from campaigns.tracking.visits import EPOCH

KINDS, SHARES = ("person", "machine", "nobody yet", "again"), (63, 23, 6, 8)
SEEN = 0.7
"""Of the clicks, those whose page came up; the others closed it before, or block scripts."""

COUNTRIES, OF_COUNTRIES = ("FR", "BE", "CH", "CA", "LU", None), (70, 9, 6, 5, 2, 8)
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 "
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0 Safari/537.36"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {WEBKIT} "
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.5 Safari/605.1.15"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPAD = f"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) {WEBKIT} Version/18.5 Mobile/15E148 Safari/604.1"
SAFARI = f"{IPHONE}Version/18.5 Mobile/15E148 Safari/604.1"
PHONE = f"{ANDROID}Mobile Safari/537.36"


class Way(NamedTuple):
    """How a link is opened; how often, of all that are drawn beside it."""

    weight: int
    agent: str
    referrer: str = ""
    purpose: Purpose | None = None
    method: str = "GET"


ON_X = (
    Way(23, f"{IPHONE}Mobile/15E148 Twitter for iPhone/11.2"), Way(17, f"{PHONE} TwitterAndroid"),
    Way(11, CHROME, "https://t.co/"), Way(4, MAC, "https://t.co/"), Way(2, FIREFOX, "https://x.com/"),
    Way(12, SAFARI), Way(12, CHROME), Way(8, PHONE), Way(3, FIREFOX), Way(2, IPAD),
    Way(2, PHONE, "https://m.facebook.com/"), Way(2, CHROME, "https://mail.google.com/"),
    Way(1, f"{IPHONE}Mobile/15E148 [LinkedInApp]/9.30"), Way(1, MAC, "https://www.linkedin.com/"),
)  # fmt: skip
IN_MAIL = (
    Way(40, CHROME, "https://mail.google.com/"), Way(20, CHROME, "https://outlook.live.com/"), Way(25, SAFARI),
    Way(10, FIREFOX, "https://webmail.free.fr/"), Way(5, PHONE, "https://t.co/"),
)  # fmt: skip
ON_PAPER = (Way(60, SAFARI), Way(40, PHONE))
MACHINES = (
    Way(30, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    Way(20, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"), Way(15, "python-requests/2.32.3"),
    Way(15, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    Way(10, CHROME, method="HEAD"), Way(10, ""),
)  # fmt: skip
AHEAD = (
    Way(60, SAFARI, purpose="preview"), Way(40, CHROME, "https://t.co/", purpose="prefetch"),
)  # fmt: skip
SWARM = (
    Way(1, "Twitterbot/1.0"), Way(1, CHROME, method="HEAD"), Way(1, "", method="HEAD"), Way(1, SAFARI, method="HEAD"),
)  # fmt: skip
"""What X itself does as soon as a tweet has a link."""


class Place(NamedTuple):
    """A link's row, when it went out, and how it is opened."""

    link: dict[str, Any]
    since: datetime
    ways: Sequence[Way]
    weight: float


@dataclass
class Traffic:
    """What comes to a campaign's links. `clicks`: of people, `seen` tells whose page came up."""

    page_id: str
    now: datetime
    dice: random.Random
    rows: list[Raw] = field(default_factory=list)
    clicks: list[dict[str, Any]] = field(default_factory=list)

    def come(self, places: Sequence[Place], hits: int) -> None:
        """So many hits, those of X's own machines among them."""
        tweeted = [place for place in places if place.ways is ON_X]
        for place in tweeted:
            for later, way in enumerate(SWARM):
                self._hit(place, way, place.since + timedelta(seconds=later))
        weights = [place.weight for place in places]
        for _ in range(hits - len(SWARM) * len(tweeted)):
            place, kind = self.dice.choices(places, weights)[0], self.dice.choices(KINDS, SHARES)[0]
            if kind == "again" and self.clicks:
                self._again(self.dice.choice(self.clicks))
            elif kind == "machine":
                self._hit(place, self._of(MACHINES), self._moment(place))
            elif kind == "nobody yet":
                self._hit(place, self._of(AHEAD), self._moment(place))
            else:
                self._person(place)

    def miss(self, code: str, hits: int) -> None:
        """Somebody's way to a code that is nobody's."""
        for _ in range(hits):
            at = _us(self.now - timedelta(minutes=self.dice.randint(90, 40_000)))
            agent = self._of(ON_PAPER).agent
            self.rows.append(
                Raw("hit", id_bytes(at), at, None, code, "GET", agent, None, None, None, "direct", DEAD, "FR")
            )

    def _person(self, place: Place) -> None:
        row = self._hit(place, self._of(place.ways), self._moment(place), visitor=self.dice.randbytes(16))
        is_seen = self.dice.random() < SEEN
        if is_seen:
            at = row.at + self.dice.randint(600, 9_000) * 1000
            self.rows.append(
                row._replace(kind="visit", id=id_bytes(at), at=at, visitor=None, about=row.id, page_id=self.page_id)
            )
        self.clicks.append({
            "id": id_text(row.id), "at": EPOCH + timedelta(microseconds=row.at), "evidence": row.evidence,
            "referrer": row.referrer, "link_id": row.link_id, "tweet_id": place.link["tweet_id"], "seen": is_seen,
            "row": row,
        })  # fmt: skip

    def _again(self, click: dict[str, Any]) -> None:
        at = click["row"].at + self.dice.randint(5, 100) * 1_000_000
        self.rows.append(click["row"]._replace(id=id_bytes(at), at=at))

    def _hit(self, place: Place, way: Way, moment: datetime, visitor: bytes | None = None) -> Raw:
        link, at = place.link, _us(moment)
        told = _told(LinkSource(link["channel"], link["source"], link["medium"]), way.referrer, way.agent)
        row = Raw(
            "hit", id_bytes(at), at, link["id"], link["code"], way.method, way.agent, told.host, way.purpose, visitor,
            told.evidence, 0, self.dice.choices(COUNTRIES, OF_COUNTRIES)[0],
        )  # fmt: skip
        self.rows.append(row)
        return row

    def _of(self, ways: Sequence[Way]) -> Way:
        return self.dice.choices(ways, [way.weight for way in ways])[0]

    def _moment(self, place: Place) -> datetime:
        """Soon after it went out, thinning out; a poster hangs on."""
        hours = min(self.dice.expovariate(1 / 7), self.dice.expovariate(1 / 60) + 1)
        if place.ways is ON_PAPER:
            hours = self.dice.uniform(0, 38 * 24)
        late = place.since + timedelta(hours=hours)
        return min(late, self.now - timedelta(seconds=self.dice.randint(180, 5_400)))


@cache
def _told(link: LinkSource, referrer: str, agent: str) -> Source:
    return sources.tell(link, referrer=referrer, agent=agent)


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
