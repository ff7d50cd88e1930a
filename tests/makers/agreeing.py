"""Visitors who agreed to be recognised, many at once: their visits, and the leads that some of them became."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from campaigns.capturing.conversions import Conversion
from campaigns.capturing.persons import Person
from campaigns.capturing.touches import Touch
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import Base
from campaigns.tracking.browsers import LIFE, Browser
from campaigns.tracking.linked import LinkedTweet
from campaigns.tracking.visits import Visit
from campaigns.world import World
from tests.makers.publishing import Place

STEP = timedelta(hours=1)


def make_paths(world: World, place: Place, paths: Sequence[tuple[Sequence[LinkedTweet], int, int]]) -> None:
    """Each path gone by so many who became leads, and by so many who didn't; an hour from visit to visit to now."""
    now = world.clock.now()
    rows: dict[type[Base], list[dict[str, Any]]] = {Person: [], Browser: [], Visit: [], Touch: [], Conversion: []}
    for tweets, leads, lost in paths:
        for n in range(leads + lost):
            at = [now - STEP * (len(tweets) - place) for place in range(len(tweets))]
            person_id = _became_a_lead(rows, place, tweets, at) if n < leads else None
            browser = new_id()
            rows[Browser].append(
                {"id": browser, "consented_at": at[0], "ends_at": at[0] + LIFE, "person_id": person_id}
            )
            rows[Visit].extend(_visit(tweet, moment, browser) for tweet, moment in zip(tweets, at, strict=True))
    with world.db.write() as session:
        for table, values in rows.items():
            if values:
                session.execute(insert(table), values)


def _became_a_lead(
    rows: dict[type[Base], list[dict[str, Any]]], place: Place, tweets: Sequence[LinkedTweet], at: Sequence[datetime]
) -> str:
    person_id, moment = new_id(), at[-1] + STEP / 2
    address = f"{person_id}@example.com"
    rows[Person].append({"id": person_id, "email": address, "typed": address, "created_at": moment})
    for tweet, touched in zip(tweets, at, strict=True):
        rows[Touch].append(
            {"id": new_id(), "person_id": person_id, "at": touched, "evidence": "link+x", "tweet_id": tweet.tweet.id,
             "campaign_id": place.campaign_id, "link_id": tweet.link.id, "hit_id": None, "referrer": None, "utm": {},
             "key": new_id()}
        )  # fmt: skip
    rows[Conversion].append(
        {"id": new_id(), "key": f"lead:{person_id}", "kind": "lead", "at": moment, "moment": moment,
         "campaign_id": place.campaign_id, "person_id": person_id, "lead_id": None, "sale_id": None, "currency": None,
         "amount": 0, "excluded": None, "rehearsed": False}
    )  # fmt: skip
    return person_id


def _visit(tweet: LinkedTweet, at: datetime, browser: str) -> dict[str, Any]:
    return {
        "id": new_id(), "at": at, "link_id": tweet.link.id, "page_id": None, "evidence": "link+x", "source": "",
        "browser": browser, "counted": True,
    }  # fmt: skip
