"""Publishing by an account whose token has ended: it is refreshed first, and its trouble is its own."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from campaigns.flows.publish_due import publish_due
from campaigns.flows.take_down import take_down
from campaigns.kernel.errors import Problem
from campaigns.ports import Account, Keys
from campaigns.publishing import accounts
from campaigns.publishing.accounts import XAccount
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.server import Trouble
from tests.loopback.x import USER, FakeX
from tests.makers.connected import connected
from tests.makers.publishing import due_tweets, make_account, make_tweet, tweet_of

REFRESH = "POST /2/oauth2/token"


@pytest.fixture
def x(clock: HandClock) -> Iterator[FakeX]:
    with FakeX(clock) as server:
        server.doors.refreshes["refresh-0"] = "tweet.read tweet.write offline.access"
        yield server


@pytest.fixture
def real(world: World, x: FakeX, environ: dict[str, str]) -> World:
    """The same installation, connected to X by its settings."""
    return connected(world, environ | x.environ | x.client_environ)


@pytest.fixture
def account(real: World) -> XAccount:
    """One whose token ended while nothing was due."""
    whose = Account(USER["id"], USER["username"], USER["name"])
    keys = Keys("ended", "", "refresh-0", real.clock.now() - timedelta(hours=1), "tweet.read")
    return make_account(real, "oauth2", whose, keys)


def due_by(world: World, account: XAccount, count: int = 1) -> list[str]:
    ids = [each.tweet.id for each in due_tweets(world, count)]
    with world.db.write() as session:
        session.execute(update(Tweet).where(Tweet.id.in_(ids)).values(account_id=account.id))
    return ids


def test_a_due_tweet_goes_out_by_the_next_token(real: World, x: FakeX, account: XAccount) -> None:
    ids = due_by(real, account, 2)
    assert publish_due(real, "w") == 2
    assert [tweet_of(real, each).state for each in ids] == ["sent", "sent"]
    assert len(x.asked(REFRESH)) == 1
    assert "ended" not in {request.headers["authorization"] for request in x.asked("POST /2/tweets")}
    with real.db.read() as session:
        assert accounts.find(session, account.id).worked_at == real.clock.now()


def test_an_account_that_x_let_go_fails_its_tweets_and_no_other_s(real: World, x: FakeX, account: XAccount) -> None:
    x.doors.refreshes.clear()
    [refused] = due_by(real, account)
    other = make_tweet(real, text="Un autre {link}", scheduled_at=real.clock.now().isoformat())
    publish_due(real, "w")
    assert (tweet_of(real, refused).state, tweet_of(real, refused).problem) == ("failed", "x_unauthorized")
    assert tweet_of(real, other.tweet.id).state == "sent"
    with real.db.read() as session:
        assert accounts.find(session, account.id).problem == "x_unauthorized"


def test_while_somebody_else_refreshes_its_tweets_wait(
    real: World, x: FakeX, account: XAccount, clock: HandClock
) -> None:
    waits, behind = due_by(real, account, 2)
    with real.db.write() as session:
        accounts.take_refresh(session, account.id, clock.now())
    publish_due(real, "w")
    assert (tweet_of(real, waits).state, tweet_of(real, waits).problem) == ("scheduled", "x_refreshing")
    assert (tweet_of(real, behind).state, tweet_of(real, behind).problem) == ("scheduled", None)  # it isn't even tried
    assert x.requests == []
    clock.advance(seconds=61)
    publish_due(real, "w")
    assert [tweet_of(real, each).state for each in (waits, behind)] == ["sent"] * 2


def test_an_x_that_gives_no_token_now_makes_its_tweets_wait(
    real: World, x: FakeX, account: XAccount, clock: HandClock
) -> None:
    x.trouble(REFRESH, Trouble(status=503))
    [waits] = due_by(real, account)
    publish_due(real, "w")
    assert (tweet_of(real, waits).state, tweet_of(real, waits).problem) == ("scheduled", "x_down")
    clock.advance(minutes=2)
    publish_due(real, "w")
    assert tweet_of(real, waits).state == "sent"


def test_an_unknown_outcome_is_looked_up_by_the_next_token(
    real: World, x: FakeX, account: XAccount, clock: HandClock
) -> None:
    [lost] = due_by(real, account)
    x.trouble("POST /2/tweets", Trouble(cut="silent", effect=True))
    publish_due(real, "w")
    clock.advance(hours=3)
    publish_due(real, "w")
    assert tweet_of(real, lost).state == "sent"
    assert (len(x.tweets), len(x.asked(REFRESH))) == (1, 2)


def test_a_tweet_is_taken_down_by_the_next_token(real: World, x: FakeX, account: XAccount, clock: HandClock) -> None:
    [sent] = due_by(real, account)
    publish_due(real, "w")
    clock.advance(hours=3)
    x.trouble(REFRESH, Trouble(status=503))
    with pytest.raises(Problem, match="x_down"):
        take_down(real, sent, who="Léa")
    assert (len(x.tweets), tweet_of(real, sent).gone_at) == (1, None)
    clock.advance(minutes=2)
    assert take_down(real, sent, who="Léa").tweet.gone_at == clock.now()
    assert x.tweets == []


def test_a_token_that_x_ended_early_is_refreshed_and_the_tweet_goes_out(
    real: World, x: FakeX, account: XAccount, clock: HandClock
) -> None:
    with real.db.write() as session:  # by our clock it is good for an hour
        session.execute(update(XAccount).values(ends_at=clock.now() + timedelta(hours=1)))
    [tweet_id] = due_by(real, account)
    for _ in range(4):
        publish_due(real, "w")
        clock.advance(seconds=2)
    assert tweet_of(real, tweet_id).state == "sent"
    assert len(x.asked(REFRESH)) == 1


def test_a_refusal_that_a_fresh_token_hears_too_is_believed(
    real: World, x: FakeX, account: XAccount, clock: HandClock
) -> None:
    with real.db.write() as session:
        session.execute(update(XAccount).values(ends_at=clock.now() + timedelta(hours=1)))
    x.trouble("POST /2/tweets", Trouble(status=401), times=None)
    [tweet_id] = due_by(real, account)
    for _ in range(6):
        publish_due(real, "w")
        clock.advance(seconds=2)
    assert (tweet_of(real, tweet_id).state, tweet_of(real, tweet_id).problem) == ("failed", "x_unauthorized")
    assert len(x.asked("POST /2/tweets")) == 2
