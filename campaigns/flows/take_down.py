"""A tweet that is out is taken down from X, by whoever asks for it twice. Its link, and what it brought, stay."""

from campaigns.kernel.errors import Problem, problem
from campaigns.ports import Later, Publisher, Refused, Unknown
from campaigns.publishing import postings, prices, tweets
from campaigns.refreshing import ready_access
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World


def take_down(world: World, tweet_id: str, *, who: str) -> LinkedTweet:
    """The tweet, gone from X; one that is gone already stays so.

    Raises missing, conflict (`tweet_not_out`, `tweet_changed`), gone (`x_account_gone`), later (what X said).
    """
    now, publisher = world.clock.now(), _publisher(world, tweet_id)
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        if tweet.gone_at:
            return linked.linked(session, world.settings, [tweet], now)[0]
        if tweet.state != "sent" or not tweet.x_id:
            raise problem("conflict", "tweet_not_out")
        if tweet.rehearsed != publisher.rehearses:
            raise problem("conflict", "wall_stays")
        price = prices.micros(world.settings.x_price_delete)
        posting_id = postings.note(
            session, "delete", price, now, account_id=tweet.account_id, tweet_id=tweet.id, rehearsed=tweet.rehearsed
        )  # fmt: skip
    try:
        publisher.delete(tweet.x_id)
    except (Refused, Later) as said:
        with world.db.write() as session:
            postings.took_nothing(session, posting_id)
        raise _problem(said) from None
    except Unknown as silence:
        raise _problem(silence) from None
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        tweet = tweets.change(session, tweet, "sent", who=who, why="taken_down", now=now, gone_at=now)
        return linked.linked(session, world.settings, [tweet], now)[0]


def _publisher(world: World, tweet_id: str) -> Publisher:
    """The tweet's account, ready. Raises missing, gone (`x_account_gone`), conflict and later (what X said)."""
    with world.db.read() as session:
        tweet = tweets.find(session, tweet_id)
    if tweet.account_id is None or tweet.gone_at or tweet.state != "sent":
        return world.publisher
    try:
        return world.publishers.of(ready_access(world, tweet.account_id))
    except (Refused, Later) as said:
        raise _problem(said) from None


def _problem(said: Refused | Later | Unknown) -> Problem:
    if isinstance(said, Refused):
        return problem("conflict", said.code)
    return problem("later", said.code if isinstance(said, Later) else "x_down")
