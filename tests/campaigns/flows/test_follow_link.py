import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.follow_link import follow_link
from campaigns.kernel.db import Database
from campaigns.kernel.errors import Problem
from campaigns.planning import pages
from campaigns.tracking import drafts, links, targets, visitors, visits
from campaigns.tracking.directory import Directory
from campaigns.tracking.hits import Agent, Hit
from campaigns.tracking.rollups import CLASSES, DeadCode, LinkDay, LinkHour
from campaigns.tracking.visitors import MemberVisitor, RecentVisitor, Salt
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import FIREFOX, X_IPHONE, ask, follow


def _hits(world: World) -> list[Hit]:
    with world.db.read() as session:
        return list(session.scalars(select(Hit).order_by(Hit.id)))


def _classes(world: World) -> list[str]:
    return [hit.klass for hit in _hits(world)]


def _counted(world: World) -> dict[str, int]:
    """Hits by class, as reports read them."""
    with world.db.read() as session:
        row = session.execute(select(*(func.sum(getattr(LinkHour, klass)) for klass in CLASSES))).one()
        return {klass: int(number) for klass, number in zip(CLASSES, row, strict=True) if number}


def _day(world: World, what: str) -> dict[str, int]:
    """One part of the days of all links."""
    with world.db.read() as session:
        return dict(session.execute(select(LinkDay.value, LinkDay.hits).where(LinkDay.what == what)).all())


def test_a_click_leads_to_the_offers_page_tagged_and_signed(world: World) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    target = urlsplit(follow(world, made.link.code) or "")
    with world.db.read() as session:
        page = pages.online_page_of(session, place.offer_id)
        found = targets.destination(session, made.link.code)
    assert page
    assert found
    assert f"{target.scheme}://{target.netloc}{target.path}" == pages.url(world.settings, page)
    query = {key: value for key, [value] in parse_qs(target.query, strict_parsing=True).items()}
    via = visits.read(world.signer, query.pop("via"), world.clock.now(), 90)
    assert query == {
        "utm_source": "twitter",
        "utm_medium": "social",
        "utm_campaign": found.campaign.slug,
        "utm_content": f"t-{made.tweet.key}".lower(),
        "utm_id": place.campaign_id,
    }
    [hit] = _hits(world)
    assert via == visits.Via(made.link.id, hit.id, world.clock.now(), "link+x", "t.co")
    assert (hit.klass, hit.link_id, hit.at, hit.referrer) == ("human", made.link.id, world.clock.now(), "t.co")


def test_what_x_does_with_a_new_tweet_is_no_click_but_four_hits(world: World) -> None:
    code = make_tweet(world).link.code
    assert follow(world, code, agent="Twitterbot/1.0", referrer="")
    for agent in (FIREFOX, "", X_IPHONE):
        assert follow(world, code, agent=agent, method="HEAD", referrer="")
    assert _classes(world) == ["bot"] * 4
    assert _counted(world) == {"bot": 4}
    assert _day(world, "machine") == {"Twitterbot": 1, "bot": 3}
    for what in ("unique", "source", "country", "device", "browser"):
        assert _day(world, what) == {}


def test_the_same_visitor_within_half_an_hour_is_a_duplicate(world: World, clock: HandClock) -> None:
    code = make_tweet(world).link.code
    follow(world, code)
    clock.advance(minutes=20)
    follow(world, code)
    clock.advance(minutes=10)
    follow(world, code)
    assert _classes(world) == ["human", "duplicate", "human"]
    assert _counted(world) == {"human": 2, "duplicate": 1}


def test_another_visitor_or_another_link_is_another_click(world: World) -> None:
    place = make_place(world)
    first, second = make_tweet(world, place).link.code, make_tweet(world, place, "Un autre : {link}").link.code
    follow(world, first)
    follow(world, first, address="192.0.2.2")
    follow(world, first, agent=X_IPHONE)
    follow(world, second)
    assert _classes(world) == ["human"] * 4


def test_a_machine_before_makes_no_duplicate_of_the_person_after(world: World, clock: HandClock) -> None:
    code = make_tweet(world).link.code
    follow(world, code, method="HEAD")
    clock.advance(seconds=1)
    follow(world, code, headers={"Sec-Purpose": "prefetch"})
    clock.advance(seconds=1)
    follow(world, code)
    assert _classes(world) == ["bot", "prefetch", "human"]


def test_eight_clicks_of_one_visitor_at_one_moment_are_one_click(world: World) -> None:
    code = make_tweet(world).link.code
    start = threading.Barrier(8)

    def click(_n: int) -> str | None:
        start.wait()
        return follow(world, code)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(click, range(8)))
    assert sorted(_classes(world)) == ["duplicate"] * 7 + ["human"]
    assert _counted(world) == {"human": 1, "duplicate": 7}


def test_eight_visitors_at_one_moment_are_eight_clicks_with_one_salt_and_one_agent(world: World) -> None:
    code = make_tweet(world).link.code
    start = threading.Barrier(8)

    def click(n: int) -> str | None:
        start.wait()
        return follow(world, code, address=f"192.0.2.{n}")

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(click, range(8)))
    assert _counted(world) == {"human": 8}
    with world.db.read() as session:
        assert session.scalars(select(Salt.day)).all() == [visitors.day_of(world.clock.now())]
        assert session.scalars(select(Agent.text)).all() == [FIREFOX]


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_who_asks_not_to_be_followed_is_counted_and_not_recognised(world: World, header: str) -> None:
    code = make_tweet(world).link.code
    for _twice in range(2):
        follow(world, code, headers={header: "1"})
    assert [(hit.klass, hit.visitor) for hit in _hits(world)] == [("human", None)] * 2


def test_an_address_is_never_stored_and_a_visitor_lasts_a_day(world: World, clock: HandClock) -> None:
    code = make_tweet(world).link.code
    follow(world, code, address="198.51.100.77")
    clock.advance(days=1)
    follow(world, code, address="198.51.100.77")
    first, second = _hits(world)
    assert first.visitor
    assert first.visitor != second.visitor
    kept = " ".join(str(value) for hit in (first, second) for value in vars(hit).values())
    assert "198.51.100.77" not in kept


def test_salts_and_what_they_made_are_destroyed_after_48_hours(world: World, clock: HandClock) -> None:
    code = make_tweet(world).link.code
    follow(world, code)
    with world.db.write() as session:
        visitors.note_member(session, "a member's hash", clock.now())
    clock.advance(hours=47, minutes=59)
    with world.db.write() as session:
        assert visitors.forget(session, clock.now()) == 0
        assert session.scalars(select(RecentVisitor.visitor)).all()
        assert visitors.members(session)
    clock.advance(minutes=1)
    with world.db.write() as session:
        assert visitors.forget(session, clock.now()) > 0
    with world.db.read() as session:
        for table in (Salt, RecentVisitor, MemberVisitor):
            assert session.scalars(select(table)).all() == []


def test_a_code_copied_with_the_sentences_punctuation_leads_on(world: World) -> None:
    code = make_tweet(world).link.code
    for ending in (".", ",", ";", ":", "!", "?", ")", "]", "}", "'", '"', "!).", " ", "\u00a0", "\u202f!", "\u00a0»"):
        assert follow(world, code + ending), ending
    assert {hit.klass for hit in _hits(world)} == {"human", "duplicate"}


def test_codes_tell_capitals_from_small_letters(world: World) -> None:
    code = make_tweet(world).link.code
    assert follow(world, code.swapcase()) is None


@pytest.mark.parametrize(
    "code", ["nothere", ".", "é", "\x00", "a\x00b", "\ud800", "x" * 5_000, "' OR 1=1 --", "%00", "../admin"]
)
def test_a_code_that_isnt_is_a_dead_link_and_kept(world: World, code: str) -> None:
    assert follow(world, code) is None
    [hit] = _hits(world)
    assert (hit.klass, hit.link_id) == ("dead_link", None)
    assert len(hit.code) <= 64
    assert _counted(world) == {}
    with world.db.read() as session:
        [dead] = session.scalars(select(DeadCode)).all()
    assert (dead.code, dead.hits, dead.people) == (hit.code, 1, 1)


@pytest.mark.parametrize("code", ["ann@example.com", "ann%40example.com", "ann%2540example.com", "ann＠example.com"])
def test_an_email_address_in_the_place_of_a_code_is_not_kept(world: World, code: str) -> None:
    assert follow(world, code) is None
    [hit] = _hits(world)
    assert hit.code == "@"


def test_a_link_without_a_page_online_or_disabled_leads_nowhere(world: World) -> None:
    without = make_tweet(world, make_place(world, online=False))
    assert follow(world, without.link.code) is None
    disabled = make_tweet(world)
    with world.db.write() as session:
        assert links.disable(session, disabled.link.id, world.clock.now())
        assert not links.disable(session, disabled.link.id, world.clock.now())
    assert follow(world, disabled.link.code) is None
    assert _classes(world) == ["dead_link"] * 2


def test_a_target_of_its_own_goes_before_the_offers_page(world: World) -> None:
    made, now = make_tweet(world), world.clock.now()
    with world.db.write() as session:
        link = links.find(session, made.link.id, to_change=True)
        drafts.aim(session, world.settings, link, "https://shop.example/é?a=1&utm_source=old#x", now)
    target = follow(world, made.link.code) or ""
    assert target.startswith("https://shop.example/%C3%A9?a=1&utm_source=twitter&")
    assert target.endswith("#x")
    with world.db.write() as session:
        drafts.aim(session, world.settings, links.find(session, made.link.id, to_change=True), None, now)
    assert urlsplit(follow(world, made.link.code) or "").netloc == "localhost"


def test_a_target_of_ours_with_its_usual_port_is_ours(world: World) -> None:
    made, now = make_tweet(world), world.clock.now()
    with world.db.write() as session:
        link = links.find(session, made.link.id, to_change=True)
        drafts.aim(session, world.settings, link, "http://localhost:80/p/x", now)
    assert "&via=" in (follow(world, made.link.code) or "")
    for host, path in (("localhost:80", "/l/"), ("localhost.", "/l/"), ("localhost", "/./l//"), ("LOCALHOST", "/%6c/")):
        round_and_round = f"http://{host}{path}{made.link.code}"
        with world.db.write() as session, pytest.raises(Problem, match="target_is_link"):
            drafts.aim(session, world.settings, link, round_and_round, now)


def test_an_address_that_is_too_long_is_told_so(world: World) -> None:
    made = make_tweet(world)
    with world.db.write() as session, pytest.raises(Problem, match="target_too_long"):
        drafts.aim(session, world.settings, made.link, f"https://shop.example/{'x' * 2_000}", world.clock.now())


HOSTILE = [
    "\x00",
    "\ud800",
    "a" * 10_000,
    "<script>alert(1)</script>",
    "é" * 3_000,
    "\u202e\ufeff",
    "' OR 1=1 --",
    "[::1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_agents_and_referrers_are_kept_short_and_break_nothing(world: World, text: str) -> None:
    code = make_tweet(world).link.code
    assert follow(world, code, agent=f"Mozilla/5.0 {text}", referrer=f"https://{text}/", method=f"GET{text}")
    [hit] = _hits(world)
    with world.db.read() as session:
        agent = session.scalars(select(Agent)).one()
    assert hit.agent_id == agent.id
    assert len(agent.text) <= 500
    assert hit.referrer is None or hit.referrer.isascii()


def _without_a_database(world: World) -> World:
    """The same process, its database gone; what it knew it still knows."""
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    directory = Directory(gone, world.settings)
    directory.__dict__.update({**world.directory.__dict__, "_db": gone})
    return replace(world, db=gone, directory=directory)


def test_the_visitor_arrives_while_the_database_is_away_and_the_hit_waits_for_it(world: World) -> None:
    code = make_tweet(world).link.code
    before = follow_link(world, ask(code))
    away = _without_a_database(world)
    with capture_logs():
        during = [follow_link(away, ask(code, address=f"192.0.2.{n}")) for n in range(5)]
    assert all(during)
    assert before
    assert [str(each).partition("via=")[0] for each in during] == [before.partition("via=")[0]] * 5
    assert _hits(world) == []
    drain_hits(world)
    assert sorted(_classes(world)) == ["duplicate"] + ["human"] * 5


def test_the_visitor_arrives_when_the_hit_cant_be_written(world: World) -> None:
    code = make_tweet(world).link.code
    world.settings.spool_dir.write_text("a file stands where the folder should")
    with capture_logs() as logs:
        assert follow_link(world, ask(code))
    world.settings.spool_dir.unlink()
    assert [line["event"] for line in logs] == ["hits_lost"]
    assert world.spool.lost == 1
    assert _hits(world) == []


def test_hits_are_counted_in_the_hour_they_came_in(world: World, clock: HandClock) -> None:
    code = make_tweet(world).link.code
    for address in ("192.0.2.1", "192.0.2.2"):
        follow(world, code, address=address)
        clock.advance(minutes=59, seconds=59)
    follow(world, code, address="192.0.2.3")
    with world.db.read() as session:
        counted = [row.human for row in session.scalars(select(LinkHour).order_by(LinkHour.hour))]
        [first, *_] = session.scalars(select(LinkHour.hour).order_by(LinkHour.hour))
    assert counted == [2, 1]
    assert first == clock.now() - timedelta(hours=2) + timedelta(seconds=2)
