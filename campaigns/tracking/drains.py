"""Drains: raw rows of the spool become hits, rollups and visits, in the transaction that notes how far it got.

One transaction does all of it, and drainers take turns: crash anywhere, begin again, nothing is counted twice.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import editions
from campaigns.kernel.arrays import among, merge
from campaigns.kernel.codes import id_text, new_id
from campaigns.kernel.db import Base, conflict_insert
from campaigns.publishing.tweets import Tweet
from campaigns.tracking import bots, browsers, rollups, sources, tallies, targets, visitors
from campaigns.tracking.agents import Agents
from campaigns.tracking.hits import Hit
from campaigns.tracking.links import Link
from campaigns.tracking.requests import CLASSIFIER, judge
from campaigns.tracking.rollups import Loss
from campaigns.tracking.spool import DEAD, MEMBER, Raw
from campaigns.tracking.tallies import Tally
from campaigns.tracking.visitors import RecentVisitor
from campaigns.tracking.visits import EPOCH, Visit

REPEAT = timedelta(minutes=30)
"""Within this time of a click, the same visitor on the same link is a duplicate; the window doesn't slide."""


class Drain(Base):
    """How far a segment of a spool has come into the database: what makes a crash harmless."""

    __tablename__ = "drains"

    spool: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    lost: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


@dataclass(frozen=True)
class Progress:
    """Of one segment: the last row that is in the database, and the lost ones that were told."""

    seq: int = 0
    lost: int = 0


def progress(session: Session, spools: Collection[str]) -> dict[str, Progress]:
    """How far each of these segments has come. Queries: 1."""
    rows = select(Drain.spool, Drain.seq, Drain.lost).where(Drain.spool.in_(spools))
    found = {spool: Progress(seq, lost) for spool, seq, lost in session.execute(rows)}
    return {spool: found.get(spool, Progress()) for spool in spools}


def note(session: Session, spool: str, before: Progress, after: Progress, now: datetime) -> None:
    """A segment has come so far; what was lost since is told. Queries: 1, 2 with losses."""
    row = conflict_insert(session, Drain).values(spool=spool, seq=after.seq, lost=after.lost, at=now)
    values = {"seq": after.seq, "lost": after.lost, "at": now}
    session.execute(row.on_conflict_do_update(index_elements=[Drain.spool], set_=values))
    if after.lost > before.lost:
        session.add(Loss(id=new_id(), at=now, hits=after.lost - before.lost))


def vouch(session: Session, spools: Collection[str], now: datetime) -> None:
    """These segments are still there. Queries: 1."""
    session.execute(update(Drain).where(Drain.spool.in_(spools)).values(at=now))


def give_up(session: Session, now: datetime) -> None:
    """A row that the database refuses is lost, and told."""
    session.add(Loss(id=new_id(), at=now, hits=1))


def forget(session: Session, now: datetime) -> None:
    """Segments that are gone for a month leave no trace; a file that turns up again is known by its hits' ids."""
    session.execute(delete(Drain).where(Drain.at < now - timedelta(days=31)))


def store(session: Session, agents: Agents, rows: Sequence[Raw], now: datetime) -> set[str]:
    """Judge rows, keep them, count them. `agents` must have learnt theirs. Queries: about 15, whatever their number.

    Gives the ids of the visits that are now known to be a person's.
    """
    rows = sorted(_agreed(session, _with_links(session, _unknown(session, rows))), key=lambda row: row.at)
    hits = [row for row in rows if row.kind == "hit"]
    tally = Tally()
    stored = _judged(session, agents, hits, tally)
    if stored:
        tallies.insert_hits(session, stored)
    humans = {hit["id"]: hit for hit in stored if hit["klass"] == "human"}
    seen = _visits(session, [row for row in rows if row.kind == "visit"], stored, humans, tally)
    tallies.write(session, tally)
    _cap(session, {hit["link_id"] for hit in humans.values()}, now)
    return seen


def _agreed(session: Session, rows: list[Raw]) -> list[Raw]:
    """A browser whose user withdrew meanwhile, or never agreed, is none."""
    told = {row.browser for row in rows if row.browser}
    gone = told - browsers.agreed(session, told)
    return [row._replace(browser=None) if row.browser in gone else row for row in rows] if gone else rows


def _unknown(session: Session, rows: Sequence[Raw]) -> list[Raw]:
    """Without the hits that are here already: a spool that was copied or restored must not count twice."""
    ids = {id_text(row.id): row for row in rows if row.kind == "hit"}
    if not ids:
        return list(rows)
    at = [row.at for row in ids.values()]
    when = Hit.at >= moment(min(at)), Hit.at <= moment(max(at))
    here = set(session.scalars(select(Hit.id).where(among(session, Hit.id, ids), *when)))
    if not here:
        return list(rows)
    return [row for row in rows if row.kind != "hit" or id_text(row.id) not in here]


def _with_links(session: Session, rows: list[Raw]) -> list[Raw]:
    """Hits that came while the database was away, to a process that didn't know their link: it is found now.

    They were told to come back; but who followed a link that led somewhere clicked. Queries: 0 without such hits, or 1.
    """
    lost = {row.code for row in rows if row.link_id is None and _is_lost(row)}
    if not lost:
        return rows
    found = targets.destinations(session, lost)
    return [_with_link(row, found.get(row.code)) if _is_lost(row) else row for row in rows]


def _is_lost(row: Raw) -> bool:
    return row.kind == "hit" and row.link_id is None and not row.flags & DEAD


def _with_link(row: Raw, found: targets.Destination | None) -> Raw:
    if found is None:
        return row._replace(flags=row.flags | DEAD)
    referrer = f"https://{row.referrer}/" if row.referrer else None
    evidence = sources.tell(found.source, referrer=referrer, agent=row.agent).evidence
    flags = row.flags if found.leads(moment(row.at)) else row.flags | DEAD
    return row._replace(link_id=found.link.id, evidence=evidence, flags=flags)


def moment(at_us: int) -> datetime:
    """Microseconds since 1970 as a moment."""
    return EPOCH + timedelta(microseconds=at_us)


def _judged(session: Session, agents: Agents, hits: Sequence[Raw], tally: Tally) -> list[dict[str, Any]]:
    by_members = _by_members(session, hits)
    recent = Recent.of(session, hits)
    stored = []
    for row in hits:
        agent = agents.find(row.agent)
        visitor = row.visitor.hex() if row.visitor else None
        at = moment(row.at)
        klass = judge(
            method=row.method, purpose=row.purpose, is_machine=agent.is_machine,
            is_member=row.id in by_members, is_dead=bool(row.flags & DEAD),
        )  # fmt: skip
        is_first = False
        if klass == "human" and row.link_id and visitor:
            told = recent.see(row.link_id, visitor, at)
            klass, is_first = ("duplicate" if told == "again" else "human"), told == "first"
        hit = {
            "id": id_text(row.id), "at": at, "link_id": row.link_id, "code": row.code, "method": row.method,
            "klass": klass, "classifier": CLASSIFIER, "evidence": row.evidence, "referrer": row.referrer,
            "agent_id": agent.id, "visitor": visitor, "purpose": row.purpose, "member": row.id in by_members,
            "country": row.country,
        }  # fmt: skip
        stored.append(hit)
        tally.count(hit, agent, is_unique=is_first)
    recent.keep(session)
    return stored


def _by_members(session: Session, hits: Sequence[Raw]) -> set[bytes]:
    """The hits of members. On a rehearsed tweet they are visitors like any other: nobody else can see it."""
    members = visitors.members(session)
    made = [row for row in hits if row.flags & MEMBER or (row.visitor and row.visitor.hex() in members)]
    if not made:
        return set()
    on = Link.id.in_({row.link_id for row in made if row.link_id})
    rehearsed = set(session.scalars(select(Link.id).join(Tweet, Tweet.id == Link.tweet_id).where(on, Tweet.rehearsed)))
    return {row.id for row in made if row.link_id not in rehearsed}


class Recent:
    """Who clicked what in the last half hour, or came to which page, while a batch is judged."""

    def __init__(self, known: dict[tuple[str, str], datetime]) -> None:
        self._known = known
        self._changed: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, session: Session, rows: Iterable[Raw]) -> "Recent":
        """Those of a batch. Queries: 1."""
        named = {row.visitor.hex() for row in rows if row.visitor}
        if not named:
            return cls({})
        found = session.execute(
            select(RecentVisitor.thing_id, RecentVisitor.visitor, RecentVisitor.at).where(
                among(session, RecentVisitor.visitor, named)
            )
        )
        return cls({(thing_id, visitor): at for thing_id, visitor, at in found})

    def see(self, thing_id: str, visitor: str, at: datetime) -> str:
        """first: never seen that day; back: after half an hour; again: a duplicate."""
        key = thing_id, visitor
        before = self._known.get(key)
        if before is not None and abs(at - before) < REPEAT:
            return "again"
        self._known[key] = at
        self._changed.add(key)
        return "back" if before else "first"

    def keep(self, session: Session) -> None:
        """Remember those who came. Queries: 1."""
        if not self._changed:
            return
        values = [
            {"thing_id": thing_id, "visitor": visitor, "at": self._known[thing_id, visitor]}
            for thing_id, visitor in sorted(self._changed)
        ]
        merge(session, RecentVisitor, values, ["visitor", "thing_id"], lambda new: {"at": new.at})


def _visits(
    session: Session, rows: Sequence[Raw], stored: Sequence[Mapping[str, Any]], humans: Mapping[str, Any], tally: Tally
) -> set[str]:
    """Keep confirmed visits; those of a click count in its hour, once the click is here and was a person's."""
    seen = [row for row in rows if not bots.is_bot(row.agent)]
    by_link: dict[str, Raw] = {}
    for row in seen:
        if row.about and (row.browser or id_text(row.about) not in by_link):
            by_link[id_text(row.about)] = row
    recent = Recent.of(session, seen)
    values = []
    for row in seen:
        if row.about is None and row.page_id:
            again = row.visitor and recent.see(row.page_id, row.visitor.hex(), moment(row.at)) == "again"
            if not again:
                tally.count_page(row.page_id, moment(row.at), row.evidence, row.source or "")
            if not again or row.browser:  # who agrees in the middle of a visit makes it that browser's
                values.append(_visit(row, id_text(row.id), counted=True))
    pages = {value["id"] for value in values}
    values += [_visit(row, hit_id, counted=False) for hit_id, row in by_link.items()]
    recent.keep(session)
    merge(session, Visit, values, ["id"], lambda new: {"browser": func.coalesce(Visit.browser, new.browser)})
    return pages | _settle(session, [*by_link, *(hit["id"] for hit in stored)], humans, tally)


def _visit(row: Raw, visit_id: str, *, counted: bool) -> dict[str, Any]:
    return {
        "id": visit_id, "at": moment(row.at), "link_id": row.link_id, "page_id": row.page_id, "evidence": row.evidence,
        "source": row.source or "", "browser": row.browser, "counted": counted,
    }  # fmt: skip


def _settle(session: Session, hit_ids: Collection[str], humans: Mapping[str, Any], tally: Tally) -> set[str]:
    """Count the visits whose click is here, and was a person's: it may come before its visit, with it, or after."""
    waiting = set(session.scalars(select(Visit.id).where(among(session, Visit.id, hit_ids), Visit.counted.is_(False))))
    if not waiting:
        return set()
    clicks = {hit_id: (humans[hit_id]["link_id"], humans[hit_id]["at"]) for hit_id in waiting & humans.keys()}
    if others := waiting - clicks.keys():
        # an id holds its moment, so PostgreSQL looks into the months that they are of and no other
        at = sorted(_made_at(each) for each in others)
        when = Hit.at >= at[0], Hit.at <= at[-1] + timedelta(milliseconds=1)
        theirs = among(session, Hit.id, others), Hit.klass == "human"
        found = session.execute(select(Hit.id, Hit.link_id, Hit.at).where(*theirs, *when))
        clicks |= {hit_id: (link_id, moment_) for hit_id, link_id, moment_ in found}
    for link_id, at_ in clicks.values():
        tally.count_visit(link_id, at_)
    session.execute(update(Visit).where(among(session, Visit.id, clicks)).values(counted=True))
    return set(clicks)


def _made_at(id_: str) -> datetime:
    return EPOCH + timedelta(milliseconds=int.from_bytes(UUID(id_).bytes[:6], "big"))


def _cap(session: Session, link_ids: Collection[str | None], now: datetime) -> None:
    """Close the links whose clicks are used up by this batch. Queries: 1, 2 when there are links with a cap, 1 for each
    that is full.
    """
    capped = select(Link.id, Link.most_clicks).where(
        Link.id.in_(link_ids), Link.most_clicks.is_not(None), Link.capped_at.is_(None)
    )
    limits = dict(session.execute(capped).all())
    if not limits:
        return
    clicks = rollups.clicks_of(session, limits)
    full = [link_id for link_id, most in limits.items() if most and clicks.get(link_id, 0) >= most]
    for link_id in full:
        still = Link.most_clicks <= clicks[link_id]  # it may have been raised just now
        session.execute(update(Link).where(Link.id == link_id, still).values(capped_at=now))
    if full:
        editions.turn(session)
