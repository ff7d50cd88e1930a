from datetime import timedelta

from sqlalchemy import func, select

from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.follow_link import follow_link
from campaigns.flows.keep_house import keep_house
from campaigns.kernel import limits, outbox
from campaigns.kernel.limits import Try
from campaigns.kernel.outbox import OutboxRow
from campaigns.people import answers, mail_tokens, sessions, tokens, users
from campaigns.people.answers import KeptAnswer
from campaigns.tracking import visitors
from campaigns.tracking.hits import Hit
from campaigns.tracking.rollups import LinkDay
from campaigns.tracking.visitors import Salt
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import due_tweets, make_account, make_tweet, tweet_of, with_x
from tests.makers.tracking import ask, follow


def test_what_must_not_stay_is_forgotten_and_the_rest_is_kept(world: World, clock: HandClock) -> None:
    def leave_traces(name: str) -> None:
        now = clock.now()
        with world.db.write() as session:
            token, _ = tokens.create(session, name, "admin", now)
            limits.count_try(session, name, 300, now)
            visitors.salt_of(session, now, now)
            answers.claim(session, token.id, name, "hash", now)
            outbox.put(session, "mail", name, {}, now)
            [row] = outbox.claim(session, "w", now)
            outbox.done(session, row.id, "w", now)

    def counts() -> list[int]:
        with world.db.read() as session:
            tables = (Try, Salt, KeptAnswer, OutboxRow)
            return [session.scalars(select(func.count()).select_from(table)).one() for table in tables]

    leave_traces("old")
    keep_house(world)
    assert counts() == [1, 1, 1, 1]
    clock.advance(days=31)
    leave_traces("new")
    keep_house(world)
    keep_house(world)
    assert counts() == [1, 1, 1, 1]
    clock.advance(hours=49)
    keep_house(world)
    assert counts() == [0, 0, 0, 1]


def test_plans_for_the_rehearsal_end_when_x_is_connected(world: World, clock: HandClock) -> None:
    [due], planned = due_tweets(world, 1), make_tweet(world, scheduled_at="2026-11-03T08:00Z")
    keep_house(world)
    assert {tweet_of(world, each.tweet.id).state for each in (due, planned)} == {"scheduled"}
    connected, x = with_x(world)
    real = make_tweet(connected, scheduled_at=(clock.now() + timedelta(days=1)).isoformat())
    keep_house(connected)
    assert {tweet_of(world, each.tweet.id).state for each in (due, planned)} == {"draft"}
    assert tweet_of(world, real.tweet.id).state == "scheduled"
    assert x.asked == []


def test_sessions_and_mailed_links_go_a_month_after_nobody_can_use_them(world: World, clock: HandClock) -> None:
    with world.db.write() as session:
        user = users.create(
            session, "ines@feuillet.example", "Inès", "admin", clock.now(), locale="en", zone="Europe/Paris"
        )
        sessions.start(session, user, "tests", clock.now())
        mail_tokens.issue(session, user, "invite", clock.now())
    tables = (sessions.UserSession, mail_tokens.MailToken)
    clock.advance(days=30)
    keep_house(world)
    with world.db.read() as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == [1, 1]
    clock.advance(days=8)
    keep_house(world)
    with world.db.read() as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == [0, 0]


def test_a_worker_that_was_away_for_days_still_knows_who_came_before(world: World, clock: HandClock) -> None:
    code = make_tweet(world).link.code
    follow(world, code)
    clock.advance(minutes=5)
    follow_link(world, ask(code))  # the worker is gone by now
    clock.advance(days=3)
    keep_house(world)
    drain_hits(world)
    with world.db.read() as session:
        assert list(session.scalars(select(Hit.klass).order_by(Hit.at))) == ["human", "duplicate"]
        assert session.scalars(select(LinkDay.hits).where(LinkDay.what == "unique")).all() == [1]
        assert not [salt for salt in session.scalars(select(Salt)) if clock.now() - salt.created_at > timedelta(days=2)]
    keep_house(world)
    with world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(visitors.RecentVisitor)) == 0


def test_what_is_planned_by_a_rehearsed_account_stays_planned_beside_a_connected_x(
    world: World, clock: HandClock
) -> None:
    world, _ = with_x(world)
    account = make_account(world, "rehearsal")
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    planned = make_tweet(world, account_id=account.id, scheduled_at=tomorrow)
    keep_house(world)
    assert (tweet_of(world, planned.tweet.id).state, tweet_of(world, planned.tweet.id).rehearsed) == ("scheduled", True)
