"""Touches: where each visit that led to something came from. Append-only: credit is computed from them, later."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.capturing import conversions
from campaigns.kernel.codes import new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, put_once, take_turns
from campaigns.tracking.browsers import IDLE, Stay
from campaigns.tracking.hits import Evidence
from campaigns.tracking.links import Link
from campaigns.tracking.sources import Source
from campaigns.tracking.visits import Via

REPEAT = timedelta(minutes=30)
VISITS: tuple[Evidence, ...] = ("link+x", "link")
"""A visit by a tweet's own link, from X or from nowhere: the same touch. A typed code is none."""


class Touch(Base):
    """The visit of a submission, the code typed at a till, or the visit that a link in a letter of ours began.

    `at` is the moment of the click (a direct visit: of the form). tweet_id, link_id and hit_id come from the signed
    token in the page's address, so a lead never waits for the click's row. The keys are plain columns: a hit may be
    stored after its touch.
    """

    __tablename__ = "touches"
    __table_args__ = (
        Index("ix_touches_person_at", "person_id", "at", "id"),  # a person's path, in order
        Index("ix_touches_tweet", "tweet_id", "at"),
    )

    id: Mapped[Pk]
    person_id: Mapped[str] = mapped_column(ID, ForeignKey("persons.id"))
    at: Mapped[datetime]
    evidence: Mapped[Evidence]
    campaign_id: Mapped[str | None] = mapped_column(ID)
    tweet_id: Mapped[str | None] = mapped_column(ID)
    link_id: Mapped[str | None] = mapped_column(ID)
    hit_id: Mapped[str | None] = mapped_column(ID)
    referrer: Mapped[str | None]
    utm: Mapped[dict[str, Any]]
    key: Mapped[str] = mapped_column(
        unique=True
    )  # hit:<id>:<person>, visit:<id>:<person>, submission:<id>, code:<sale> or mail:<delivery>:<half hour>

    @property
    def is_mailed(self) -> bool:
        """Whether a link in a letter of ours began it."""
        return self.key.startswith("mail:")


def add(session: Session, key: str, person_id: str, at: datetime, evidence: Evidence, **more: Any) -> Touch:
    """A touch, once: the same key gives the touch that is there, the same tweet or link within 30 minutes its first.

    `more`: campaign_id, tweet_id, link_id, hit_id, referrer, utm. Queries: 3, one more when conversions came after it.
    """
    if before := _going_on(session, person_id, at, evidence, more):
        return before
    values: dict[str, Any] = {
        "campaign_id": None,
        "tweet_id": None,
        "link_id": None,
        "hit_id": None,
        "referrer": None,
        "utm": {},
    }
    new = Touch(id=new_id(), key=key, person_id=person_id, at=at, evidence=evidence, **(values | more))
    if put_once(session, new):
        conversions.touched(session, person_id, at)
        return new
    return session.scalars(select(Touch).where(Touch.key == key)).one()


def _going_on(session: Session, person_id: str, at: datetime, evidence: Evidence, more: dict[str, Any]) -> Touch | None:
    """The touch that this one repeats: what is stored is what is counted, in SQL as in every model."""
    tweet_id, link_id = more.get("tweet_id"), more.get("link_id")
    if evidence == "code" or (tweet_id is None and link_id is None):
        return None
    same = [Touch.tweet_id == tweet_id] if tweet_id else [Touch.tweet_id.is_(None), Touch.link_id == link_id]
    proofs = VISITS if evidence in VISITS else (evidence,)
    near = [Touch.person_id == person_id, Touch.at > at - REPEAT, Touch.at <= at, Touch.evidence.in_(proofs)]
    return session.scalars(select(Touch).where(*near, *same).order_by(Touch.at, Touch.id).limit(1)).one_or_none()


def of_visit(
    session: Session, person_id: str, via: Via | None, link: Link | None, source: Source, utm: Mapping[str, str],
    submission_id: str, now: datetime, going_on: Touch | None = None,
) -> Touch:  # fmt: skip
    """The touch of a form: the click that its page's address tells of, else where the visit came from.

    A visit that sends its form twice is one touch of its person.

    | argument | meaning |
    |---|---|
    | link | the token's; gone, it proves nothing |
    | going_on | the touch that began this visit, when its browser is known: direct never overwrites it |
    """
    if via is None or link is None:
        if going_on and source.evidence in ("direct", going_on.evidence):
            return going_on
        host = None if source.internal else source.host
        key = f"submission:{submission_id}"
        return add(session, key, person_id, now, source.evidence, referrer=host, utm=dict(utm))
    return add(
        session, f"hit:{via.hit_id}:{person_id}", person_id, min(via.at, now), via.evidence,
        campaign_id=link.campaign_id, tweet_id=link.tweet_id, link_id=link.id, hit_id=via.hit_id,
        referrer=via.referrer, utm=dict(utm),
    )  # fmt: skip


def of_browser(session: Session, person_id: str, stays: Sequence[Stay]) -> Touch | None:
    """A person's visits with a browser that they agreed to be recognised by, as touches, each once; the last one's.

    Queries: 2, and 1 for each visit.
    """
    if not stays:
        return None
    ids = {stay.first.link_id for stay in stays if stay.first.link_id}
    links = {link.id: link for link in session.scalars(select(Link).where(Link.id.in_(ids)))}
    sent = list(session.scalars(_SENT, {"person_id": person_id, "since": stays[0].first.at}))
    last = None
    for stay in stays:
        visit, link = stay.first, links.get(stay.first.link_id or "")
        if link:
            last = add(
                session, f"hit:{visit.id}:{person_id}", person_id, visit.at, visit.evidence, hit_id=visit.id,
                campaign_id=link.campaign_id, tweet_id=link.tweet_id, link_id=link.id,
            )  # fmt: skip
        elif not any(visit.at <= at <= stay.until + IDLE for at in sent):  # its form is its touch
            tags = {"utm_source": visit.source} if visit.evidence == "utm" else {}
            last = add(session, f"visit:{visit.id}:{person_id}", person_id, visit.at, visit.evidence, utm=tags)
    return last


def of_mail(session: Session, person_id: str, delivery_id: str, campaign_id: str, now: datetime) -> Touch | None:
    """The visit that a link in a letter to this person begins; None while one that is known of goes on.

    No link of a tweet, no tag and no other site led here: it is direct, and never takes from what did. Asked twice
    at one moment the second waits for the first. Queries: 4, one more when conversions came after it.
    """
    take_turns(session, f"mail:{person_id}")
    near = [Touch.person_id == person_id, Touch.at > now - REPEAT, Touch.at <= now, Touch.evidence != "code"]
    if session.scalar(select(Touch.id).where(*near).limit(1)):
        return None
    key = f"mail:{delivery_id}:{int(now.timestamp() // REPEAT.total_seconds())}"
    return add(session, key, person_id, now, "direct", campaign_id=campaign_id)


_SENT = select(Touch.at).where(
    Touch.person_id == bindparam("person_id"), Touch.at >= bindparam("since"), Touch.key.startswith("submission:")
)


def last_from_outside(session: Session, person_id: str, until: datetime) -> Touch | None:
    """A person's last touch up to a moment that isn't a direct visit. Index: person_at."""
    wanted = select(Touch).where(Touch.person_id == person_id, Touch.at <= until, Touch.evidence != "direct")
    return session.scalars(wanted.order_by(Touch.at.desc(), Touch.id.desc()).limit(1)).one_or_none()
