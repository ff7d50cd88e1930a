"""Judgements: past hits judged again by today's rules, and what that changes in the rollups.

Those of one visitor, link and day belong together: whether one is a duplicate hangs on the others and on nothing else,
since a visitor lasts a day. A batch changes hits and rollups by their difference, so both agree whenever it ends, and
nothing is lost of what is gone from the hits. What was dead or a member's at its time stays so.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, String, cast, delete, func, literal, select, tuple_, update
from sqlalchemy.orm import Session

from campaigns.kernel import editions
from campaigns.kernel.arrays import among, merge
from campaigns.kernel.columns import ID
from campaigns.tracking import agents, bots, drafts, requests, tallies, visitors
from campaigns.tracking.agents import NOTHING, Describe, Known
from campaigns.tracking.drains import Recent
from campaigns.tracking.hits import Agent, Hit, HitClass
from campaigns.tracking.links import Link
from campaigns.tracking.requests import CLASSIFIER
from campaigns.tracking.rollups import HITS, LinkDay, LinkHour
from campaigns.tracking.tallies import Tally
from campaigns.tracking.visitors import RecentVisitor
from campaigns.tracking.visits import Visit

Differing = TypeVar("Differing")
DAY = timedelta(days=1)
DAYS_SINCE = 2
"""The first version of the rules whose hits are counted by day (LinkDay); those before get it by being judged again."""


@dataclass(frozen=True)
class Rules:
    """A version of the rules and of the dictionary of agents. `judge`: as requests.judge."""

    version: int
    judge: Callable[..., HitClass]
    is_bot: Callable[[str], bool]
    describe: Describe


TODAY = Rules(CLASSIFIER, requests.judge, bots.is_bot, agents.described)


@dataclass
class Findings:
    """What judging again brought: hits by their class before and after, and by link."""

    judged: int = 0
    changes: Counter[tuple[HitClass, HitClass]] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        return self.changes.total()

    def add(self, other: "Findings") -> None:
        self.judged += other.judged
        self.changes += other.changes
        self.links += other.links


class Dictionary:
    """What agents say, by today's rules and by those before. `keeps`: it may write what it finds."""

    def __init__(self, rules: Rules, *, keeps: bool) -> None:
        self._rules = rules
        self._keeps = keeps
        self._agents: dict[int, Agent] = {}
        self._now: dict[int, Known] = {}

    def learn(self, session: Session, ids: Collection[int]) -> None:
        """Know these. Queries: 0 for known ones, else 1, and 1 when there is something to write."""
        if len(self._now) > agents.MOST_KNOWN:
            self._agents, self._now = {}, {}
        wanted = ids - self._now.keys()
        if not wanted:
            return
        found = session.scalars(select(Agent).where(Agent.id.in_(wanted))).all()
        with session.no_autoflush:
            for agent in found:
                agents.renew(agent, self._rules.version, self._rules.describe)
                self._agents[agent.id] = agent
                self._now[agent.id] = agents.known(agent, is_machine=self._rules.is_bot(agent.text))
        if self._keeps:
            session.flush()
        else:
            session.expunge_all()

    def now(self, agent_id: int | None) -> Known:
        return NOTHING if agent_id is None else self._now[agent_id]

    def before(self, agent_id: int | None, version: int) -> Known:
        """As the rollups know it of hits that this version judged."""
        return NOTHING if agent_id is None else agents.known_by(self._agents[agent_id], version)


class Key(NamedTuple):
    """Where a batch ended: a link, and a visitor of it."""

    link_id: str
    whose: str


class Again(NamedTuple):
    """A hit that was judged again."""

    hit: Hit
    klass: HitClass


WHOSE: ColumnElement[str] = func.coalesce(Hit.visitor, cast(Hit.id, String))
"""A visitor; who isn't known has one hit alone."""


def days(session: Session, since: datetime) -> list[date]:
    """The days of UTC that have hits, from that moment's on. Queries: 1."""
    ends = select(func.min(LinkHour.hour), func.max(LinkHour.hour)).where(LinkHour.hour >= _midnight(since))
    found: Any = session.execute(ends).one()
    first, last = found
    if first is None:
        return []
    return [first.date() + DAY * n for n in range((last.date() - first.date()).days + 1)]


def links_of(session: Session, day: date) -> list[tuple[str, int]]:
    """The links that have hits on a day, with how many. Queries: 1."""
    begins = _begin(day)
    of_day = LinkHour.hour >= begins, LinkHour.hour < begins + DAY
    rows = select(LinkHour.link_id, func.sum(HITS)).where(*of_day).group_by(LinkHour.link_id).order_by(LinkHour.link_id)
    return [(link_id, int(hits)) for link_id, hits in session.execute(rows)]


def codes_of(session: Session, link_ids: Collection[str]) -> dict[str, str]:
    """The codes of links. Queries: 1."""
    return dict(session.execute(select(Link.id, Link.code).where(Link.id.in_(link_ids))).all())


def read(
    session: Session, link_ids: Collection[str], day: date, after: Key | None, most: int
) -> tuple[list[list[Hit]], Key | None]:
    """Hits of a day, visitor by visitor, about so many; where to go on. Queries: 1, 2 for a visitor with more."""
    begins = _begin(day)
    wanted = select(Hit).where(
        among(session, Hit.link_id, link_ids), Hit.at >= begins, Hit.at < begins + DAY, Hit.klass != "dead_link"
    )
    if after:
        wanted = wanted.where(tuple_(Hit.link_id, WHOSE) > tuple_(literal(after.link_id, ID), literal(after.whose)))
    ordered = wanted.order_by(Hit.link_id, WHOSE, Hit.at, Hit.id)
    rows = session.scalars(ordered.limit(most + 1)).all()
    groups = _groups(rows)
    if len(rows) <= most:
        return groups, None
    if len(groups) == 1:
        link_id, visitor = rows[0].link_id, rows[0].visitor
        return [list(session.scalars(ordered.where(Hit.link_id == link_id, Hit.visitor == visitor)))], _key(rows[0])
    return groups[:-1], _key(groups[-2][0])


def _groups(rows: Iterable[Hit]) -> list[list[Hit]]:
    return [list(group) for _, group in groupby(rows, _key)]


def _key(hit: Hit) -> Key:
    return Key(str(hit.link_id), hit.visitor or hit.id)


def judge_again(
    session: Session, rules: Rules, known: Dictionary, groups: Sequence[Sequence[Hit]], now: datetime, *, keeps: bool
) -> Findings:
    """Judge hits of visitors again, and unless it only tries, keep what they are now. Queries: about 12."""
    known.learn(session, {hit.agent_id for group in groups for hit in group if hit.agent_id is not None})
    judged = [_of_one(rules, known, group) for group in groups]
    changed = [each for group in judged for each in group if each.klass != each.hit.klass]
    if keeps:
        judged = [group for group in judged if any(_differs(each, rules) for each in group)]
        tally = _difference(known, judged)
        _move_visits(session, changed, tally)
        tallies.write(session, tally)
        _cap(session, {str(each.hit.link_id) for each in changed}, now)
        _sweep(session, tally)
        _mend_recent(session, [group for group in judged if any(each.klass != each.hit.klass for each in group)], now)
        _keep(session, rules, judged)
    return Findings(
        sum(map(len, groups)),
        Counter((each.hit.klass, each.klass) for each in changed),
        Counter(str(each.hit.link_id) for each in changed),
    )


def _of_one(rules: Rules, known: Dictionary, group: Sequence[Hit]) -> list[Again]:
    """The hits of one visitor on one link, in their order."""
    recent, judged = Recent({}), []
    for hit in group:
        klass = rules.judge(
            method=hit.method, purpose=hit.purpose, is_machine=known.now(hit.agent_id).is_machine,
            is_member=hit.klass == "internal", is_dead=False,
        )  # fmt: skip
        if klass == "human" and hit.visitor and recent.see(str(hit.link_id), hit.visitor, hit.at) == "again":
            klass = "duplicate"
        judged.append(Again(hit, klass))
    return judged


def _differs(again: Again, rules: Rules) -> bool:
    return again.klass != again.hit.klass or again.hit.classifier != rules.version


def _difference(known: Dictionary, judged: Iterable[Sequence[Again]]) -> Tally:
    """What is to be added to the rollups, so that they say what the hits say now; much of it is below nothing."""
    before, by_hour_only, after = Tally(), Tally(), Tally()
    for group in judged:
        for hit, klass in group:
            was = by_hour_only if hit.classifier < DAYS_SINCE else before
            was.count(vars(hit), known.before(hit.agent_id, hit.classifier), is_unique=False)
            after.count({**vars(hit), "klass": klass}, known.now(hit.agent_id), is_unique=False)
        _count_unique(before, [each.hit.klass for each in group if each.hit.classifier >= DAYS_SINCE], group[0].hit)
        _count_unique(after, [each.klass for each in group], group[0].hit)
    after.hours.subtract(before.hours)
    after.hours.subtract(by_hour_only.hours)
    after.days.subtract(before.days)
    return Tally(_differing(after.hours), _differing(after.days))


def _differing(counter: Counter[Differing]) -> Counter[Differing]:
    return Counter({key: number for key, number in counter.items() if number})


def _count_unique(tally: Tally, klasses: Collection[HitClass], hit: Hit) -> None:
    if hit.visitor and "human" in klasses:
        tally.days[str(hit.link_id), hit.at.date(), "unique", ""] += 1


def _cap(session: Session, link_ids: Collection[str], now: datetime) -> None:
    """Close links whose clicks are used up, and open those whose aren't any more. Queries: 0 or 1, 2 for a cap."""
    if not link_ids:
        return
    limited = select(Link).where(among(session, Link.id, link_ids), Link.most_clicks.is_not(None))
    for link in session.scalars(limited.with_for_update()).all():
        before = link.capped_at
        drafts.cap(session, link, now)
        if link.capped_at != before:
            editions.turn(session)


def _sweep(session: Session, tally: Tally) -> None:
    """Rows of days that say nothing any more. Queries: 0 or 1."""
    emptied = {(link_id, day) for (link_id, day, _, _), number in tally.days.items() if number < 0}
    if emptied:
        theirs = among(session, LinkDay.link_id, {link_id for link_id, _ in emptied})
        on = LinkDay.day.in_({day for _, day in emptied})
        session.execute(delete(LinkDay).where(theirs, on, LinkDay.hits <= 0))


def _move_visits(session: Session, changed: Sequence[Again], tally: Tally) -> None:
    """Only the visit of a click counts: with its hit, it becomes one or stops to be. Queries: 1, 3 with changes."""
    turned = {each.hit.id: each for each in changed if "human" in (each.klass, each.hit.klass)}
    if not turned:
        return
    theirs = among(session, Visit.id, turned.keys())
    for visit_id, was in session.execute(select(Visit.id, Visit.counted).where(theirs)).all():
        hit, klass = turned[visit_id]
        if was != (klass == "human"):
            hour = hit.at.replace(minute=0, second=0, microsecond=0)
            tally.hours[str(hit.link_id), hour, "visits"] += -1 if was else 1
    for counts in (True, False):
        ids = [id_ for id_, each in turned.items() if (each.klass == "human") is counts]
        session.execute(update(Visit).where(among(session, Visit.id, ids)).values(counted=counts))


def _mend_recent(session: Session, groups: Sequence[Sequence[Again]], now: datetime) -> None:
    """What the drainer compares the next hits with, while it may still be known."""
    mended: list[dict[str, Any]] = []
    for group in groups:
        hit = group[-1].hit
        if hit.visitor is None or hit.at <= now - visitors.SALT_LIFE:
            continue
        session.execute(
            delete(RecentVisitor).where(RecentVisitor.visitor == hit.visitor, RecentVisitor.thing_id == hit.link_id)
        )
        if clicks := [each.hit.at for each in group if each.klass == "human"]:
            mended.append({"visitor": hit.visitor, "thing_id": hit.link_id, "at": clicks[-1]})
    merge(session, RecentVisitor, mended, ["visitor", "thing_id"])


def _keep(session: Session, rules: Rules, judged: Iterable[Sequence[Again]]) -> None:
    ids: dict[HitClass, list[Hit]] = {}
    for group in judged:
        for hit, klass in group:
            if _differs(Again(hit, klass), rules):
                ids.setdefault(klass, []).append(hit)
    for klass, hits in ids.items():
        when = Hit.at >= min(hit.at for hit in hits), Hit.at <= max(hit.at for hit in hits)
        theirs = among(session, Hit.id, [hit.id for hit in hits])
        values: Mapping[str, Any] = {"klass": klass, "classifier": rules.version}
        session.execute(update(Hit).where(theirs, *when).values(**values), execution_options=UNSEEN)


UNSEEN = {"synchronize_session": False}
"""The hits at hand are let go of anyway."""


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _midnight(moment: datetime) -> datetime:
    return _begin(moment.astimezone(UTC).date())
