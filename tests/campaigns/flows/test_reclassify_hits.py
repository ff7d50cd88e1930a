"""Judging past hits again: hits and rollups agree before, after, and wherever it is stopped."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from campaigns.flows.drain_hits import drain_hits, drainer
from campaigns.flows.follow_link import follow_link
from campaigns.flows.reclassify_hits import reclassify_hits
from campaigns.kernel import editions
from campaigns.kernel.codes import id_bytes
from campaigns.publishing.tweets import Tweet
from campaigns.tracking import requests
from campaigns.tracking.hits import Agent, Hit, HitClass
from campaigns.tracking.judgements import TODAY, Findings, Rules
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import CLASSES, LinkDay, LinkHour, LinkSum
from campaigns.tracking.spool import Raw
from campaigns.tracking.visits import EPOCH, Visit
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import FIREFOX, X_IPHONE, ask, follow

CURL = "curl/8.5.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/153.0.0.0 Safari/537.36"


def described(text: str) -> dict[str, str | None]:
    """A dictionary in which Firefox is a robot and curl a person's tablet."""
    if "Firefox" in text:
        return {"name": "Fox", "device": None, "browser": None, "system": None}
    if "curl" in text:
        return {"name": None, "device": "tablet", "browser": "Curl", "system": None}
    return TODAY.describe(text)


OTHERS = Rules(
    version=TODAY.version + 1,
    judge=requests.judge,
    is_bot=lambda text: "curl" not in text and ("Firefox" in text or TODAY.is_bot(text)),
    describe=described,
)


def rollups_of(world: World) -> dict[str, Counter[Any]]:
    """What the reports see."""
    with world.db.read() as session:
        hours = session.scalars(select(LinkHour)).all()
        sums = session.scalars(select(LinkSum)).all()
        days = session.scalars(select(LinkDay)).all()
    columns = (*CLASSES, "visits")
    return {
        "hours": +Counter({(row.link_id, row.hour, name): getattr(row, name) for row in hours for name in columns}),
        "sums": +Counter({(row.link_id, row.day, name): getattr(row, name) for row in sums for name in columns}),
        "days": Counter({(row.link_id, row.day, row.what, row.value): row.hits for row in days}),
    }


def counted_anew(world: World, rules: Rules) -> dict[str, Counter[Any]]:
    """The same, counted from raw hits in the plainest way."""
    hours: Counter[Any] = Counter()
    days: Counter[Any] = Counter()
    sums: Counter[Any] = Counter()
    uniques: set[Any] = set()
    with world.db.read() as session:
        texts = dict(session.execute(select(Agent.id, Agent.text)).all())
        visits = set(session.scalars(select(Visit.id)))
        hits = session.scalars(select(Hit).where(Hit.link_id.is_not(None))).all()
    for hit in hits:
        link_id, day, hour = hit.link_id, hit.at.date(), hit.at.replace(minute=0, second=0, microsecond=0)
        told = rules.describe(texts[hit.agent_id]) if hit.agent_id else dict.fromkeys(("name", "device", "browser"))
        names: list[str] = [hit.klass]
        if hit.klass == "human":
            names += ["visits"] if hit.id in visits else []
            source = f"{hit.evidence} {hit.referrer}" if hit.referrer else hit.evidence
            values = {"source": source, "country": hit.country or "", "device": told["device"] or "",
                      "browser": told["browser"] or ""}  # fmt: skip
            days.update((link_id, day, what, value) for what, value in values.items())
            uniques |= {(link_id, day, "unique", "", hit.visitor)} if hit.visitor else set()
        elif hit.klass in ("bot", "preview", "prefetch"):
            days[link_id, day, "machine", told["name"] or hit.klass] += 1
        hours.update((link_id, hour, name) for name in names)
        sums.update((link_id, day, name) for name in names)
    days.update(unique[:4] for unique in uniques)
    return {"hours": hours, "sums": sums, "days": days}


def classes(world: World) -> list[str]:
    with world.db.read() as session:
        return list(session.scalars(select(Hit.klass).order_by(Hit.at, Hit.id)))


def visit_of(world: World, hit: Hit) -> None:
    """The page that a click led to was seen."""
    at = (world.clock.now() - EPOCH) // timedelta(microseconds=1)
    about = bytes.fromhex(hit.id.replace("-", ""))
    assert world.spool.put(
        Raw("visit", id_bytes(at), at, hit.link_id, "", "GET", X_IPHONE, "t.co", None, None, "link+x", 0, None, about)
    )


@pytest.fixture
def link(world: World) -> Link:
    return make_tweet(world).link


@pytest.fixture
def crowd(world: World, clock: HandClock, link: Link) -> World:
    """Two days of two links: people, machines, duplicates, those who mustn't be told apart, visits, dead ends."""
    other = make_tweet(world, make_place(world), "Un autre : {link}").link
    for _day in range(2):
        for code in (link.code, other.code):
            for agent in (FIREFOX, CURL, X_IPHONE, CHROME, "Twitterbot/1.0", ""):
                for _again in range(2):
                    clock.advance(minutes=7)
                    for number in range(2):
                        follow_link(world, ask(code, agent=agent, address=f"192.0.2.{number}"))
            follow_link(world, ask(code, agent=FIREFOX, headers={"DNT": "1"}))
            follow_link(world, ask(code, agent=CHROME, headers={"Sec-Purpose": "prefetch"}))
            follow_link(world, ask(code, agent=CURL, method="HEAD"))
            follow_link(world, ask(code, agent=FIREFOX, member=True))
        follow_link(world, ask("nobodys", agent=FIREFOX))
        clock.advance(hours=20)
        drain_hits(world)
    with world.db.read() as session:
        hits = session.scalars(select(Hit).where(Hit.link_id.is_not(None)).order_by(Hit.at, Hit.id)).all()
    for hit in hits[::3]:
        visit_of(world, hit)
    drain_hits(world)
    return world


def test_by_the_same_rules_nothing_changes(crowd: World) -> None:
    before, hits = rollups_of(crowd), classes(crowd)
    assert before == counted_anew(crowd, TODAY)
    found = reclassify_hits(crowd)
    assert (found.changed, found.changes, found.links) == (0, {}, {})
    assert found.judged == len([klass for klass in hits if klass != "dead_link"])
    assert (rollups_of(crowd), classes(crowd)) == (before, hits)


@pytest.mark.parametrize("most", [1, 3, 5_000])
def test_by_other_rules_hits_and_rollups_change_together(crowd: World, most: int) -> None:
    before = Counter(classes(crowd))
    found = reclassify_hits(crowd, rules=OTHERS, most=most)
    assert rollups_of(crowd) == counted_anew(crowd, OTHERS)
    assert found.changes["human", "bot"] > 0
    assert found.changes["bot", "human"] > 0
    assert found.changes["bot", "duplicate"] > 0
    after = Counter(classes(crowd))
    for klass in CLASSES:
        came = sum(number for (_, to), number in found.changes.items() if to == klass)
        went = sum(number for (was, _), number in found.changes.items() if was == klass)
        assert after[klass] == before[klass] + came - went
    assert sum(found.links.values()) == found.changed
    with crowd.db.read() as session:
        judged_by = session.execute(
            select(Hit.classifier, func.count()).where(Hit.klass != "dead_link").group_by(Hit.classifier)
        ).all()
        names = set(session.scalars(select(Agent.name).where(Agent.text == FIREFOX)))
    assert judged_by == [(OTHERS.version, found.judged)]
    assert names == {"Fox"}
    # again, and back again
    assert reclassify_hits(crowd, rules=OTHERS).changed == 0
    assert rollups_of(crowd) == counted_anew(crowd, OTHERS)
    back = replace(TODAY, version=OTHERS.version + 1)
    assert reclassify_hits(crowd, rules=back).changed == found.changed
    assert rollups_of(crowd) == counted_anew(crowd, back)
    assert Counter(classes(crowd)) == before


def test_a_cap_follows_what_are_clicks_now(world: World) -> None:
    code = make_tweet(world).link.code
    with world.db.write() as session:
        session.execute(update(Link).values(most_clicks=2))
        editions.turn(session)
    for number in range(2):
        follow(world, code, agent=FIREFOX, address=f"192.0.2.{number}")
    assert follow(world, code, agent=CHROME) is None
    assert reclassify_hits(world, rules=OTHERS).changed == 2
    assert follow(world, code, agent=CHROME)
    back = replace(TODAY, version=OTHERS.version + 1)
    reclassify_hits(world, rules=back)
    assert follow(world, code, agent=CHROME, address="192.0.2.9") is None


def test_a_dry_run_tells_the_same_and_changes_nothing(crowd: World) -> None:
    before, hits = rollups_of(crowd), classes(crowd)
    told = reclassify_hits(crowd, rules=OTHERS, tries=True, most=3)
    assert (rollups_of(crowd), classes(crowd)) == (before, hits)
    with crowd.db.read() as session:
        assert set(session.scalars(select(Agent.classifier))) == {TODAY.version}
    assert told == reclassify_hits(crowd, rules=OTHERS)


class Stopped(Exception):
    pass


def stops_after(rules: Rules, judged: int) -> Rules:
    left = iter(range(judged))

    def judge(**request: Any) -> HitClass:
        if next(left, None) is None:
            raise Stopped
        return rules.judge(**request)

    return replace(rules, judge=judge)


def test_it_may_be_stopped_anywhere_and_begun_again(crowd: World) -> None:
    for judged in (1, 10, 33, 60):
        with pytest.raises(Stopped):
            reclassify_hits(crowd, rules=stops_after(OTHERS, judged), most=3)
        mixed = rollups_of(crowd)
        with crowd.db.read() as session:
            for klass in CLASSES:
                stored = session.scalar(select(func.count()).where(Hit.klass == klass, Hit.link_id.is_not(None)))
                assert stored == sum(n for (_, _, name), n in mixed["hours"].items() if name == klass)
        assert min(mixed["days"].values()) > 0
    reclassify_hits(crowd, rules=OTHERS, most=3)
    assert rollups_of(crowd) == counted_anew(crowd, OTHERS)


def test_what_was_dead_or_a_members_stays_so(world: World, link: Link, clock: HandClock) -> None:
    follow(world, "nobodys")
    clock.advance(seconds=1)
    follow(world, link.code, member=True)
    with world.db.write() as session:
        session.execute(update(Hit).where(Hit.klass == "internal").values(member=False))  # by the day's hash alone
    clock.advance(days=3)
    assert reclassify_hits(world, rules=replace(OTHERS, is_bot=lambda _text: True)).changed == 0
    assert classes(world) == ["dead_link", "internal"]


def test_a_members_click_on_a_rehearsed_tweet_stays_one(world: World, link: Link) -> None:
    with world.db.write() as session:
        session.execute(update(Tweet).values(rehearsed=True))
    follow(world, link.code, member=True)
    assert classes(world) == ["human"]
    assert reclassify_hits(world).changed == 0


def test_without_the_machine_before_it_the_next_hit_is_a_click_and_the_one_after_a_duplicate(
    world: World, link: Link, clock: HandClock
) -> None:
    for _ in range(3):
        follow(world, link.code, agent=CURL)
        clock.advance(minutes=20)
    assert classes(world) == ["bot"] * 3
    reclassify_hits(world, rules=OTHERS)
    assert classes(world) == ["human", "duplicate", "human"]


def test_the_drainer_goes_on_from_what_the_hits_are_now(world: World, link: Link, clock: HandClock) -> None:
    follow(world, link.code, agent=FIREFOX)
    clock.advance(minutes=5)
    reclassify_hits(world, rules=OTHERS)  # it was a robot's
    follow(world, link.code, agent=FIREFOX)  # judged by the drainer, to whom it is a person's
    assert classes(world) == ["bot", "human"]


def test_a_drainer_works_beside_it(crowd: World, link: Link, clock: HandClock) -> None:
    kept = drainer(crowd)
    at: list[int] = []

    def judge_between(_day: date, _found: Findings) -> None:
        for number in range(3):
            follow_link(crowd, ask(link.code, agent=CHROME, address=f"198.51.100.{len(at)}{number}"))
        at.append(drain_hits(crowd, kept))

    reclassify_hits(crowd, rules=OTHERS, tell=judge_between)
    kept.spooled.close()
    assert at == [3, 3]
    reclassify_hits(crowd, rules=OTHERS)
    assert rollups_of(crowd) == counted_anew(crowd, OTHERS)


def test_since_a_day_leaves_the_days_before_alone(crowd: World, clock: HandClock) -> None:
    told: list[date] = []
    since = clock.now().date()
    found = reclassify_hits(crowd, since - timedelta(days=1), rules=OTHERS, tell=lambda day, _found: told.append(day))
    assert told == [since - timedelta(days=1)]
    assert found.changed
    with crowd.db.read() as session:
        early = session.scalars(
            select(Hit.classifier).where(Hit.at < datetime.combine(told[0], datetime.min.time(), UTC))
        )
        assert set(early) == {TODAY.version}
    # what those earlier hits are counted by is remembered until their turn comes
    reclassify_hits(crowd, rules=OTHERS)
    assert rollups_of(crowd) == counted_anew(crowd, OTHERS)


def test_hits_from_before_the_days_were_counted_get_their_days(crowd: World) -> None:
    expected = counted_anew(crowd, TODAY)
    with crowd.db.write() as session:
        session.execute(update(Hit).values(classifier=1))
        session.execute(update(Agent).values(classifier=1, name=None, device=None, browser=None))
        session.execute(delete(LinkDay))
    reclassify_hits(crowd)
    assert rollups_of(crowd) == expected


def test_counts_of_hits_that_are_gone_stay(crowd: World, clock: HandClock) -> None:
    before = rollups_of(crowd)
    with crowd.db.write() as session:
        session.execute(delete(Hit))
    assert reclassify_hits(crowd, rules=OTHERS).judged == 0
    assert rollups_of(crowd) == before


class TestKeptForThirtyDays:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_HITS_KEPT_DAYS": "30"}

    def test_a_day_that_is_about_to_be_forgotten_is_left_alone(
        self, world: World, link: Link, clock: HandClock
    ) -> None:
        follow(world, link.code)
        clock.advance(days=29, hours=16)
        assert reclassify_hits(world, rules=OTHERS).judged == 0
        clock.advance(days=-1)
        assert reclassify_hits(world, rules=OTHERS).judged == 1


def test_a_visitor_with_more_hits_than_a_batch_is_judged_whole(world: World, link: Link, clock: HandClock) -> None:
    for _ in range(9):
        follow_link(world, ask(link.code, agent=CURL))
        clock.advance(minutes=10)
    drain_hits(world)
    reclassify_hits(world, rules=OTHERS, most=2)
    assert classes(world) == ["human", "duplicate", "duplicate"] * 3
    assert rollups_of(world) == counted_anew(world, OTHERS)
