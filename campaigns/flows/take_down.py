"""A tweet that is out is taken down from X, by whoever asks for it twice. Its link, and what it brought, stay."""

from campaigns.kernel.errors import problem
from campaigns.ports import Later, Refused, Unknown
from campaigns.publishing import accounts, postings, prices, tweets
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World


def take_down(world: World, tweet_id: str, *, who: str) -> LinkedTweet:
    """The tweet, gone from X; one that is gone already stays so.

    Raises missing, conflict (`tweet_not_out`, `tweet_changed`), gone (`x_account_gone`), later (what X said).
    """
    now = world.clock.now()
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        if tweet.gone_at:
            return linked.linked(session, world.settings, [tweet], now)[0]
        if tweet.state != "sent" or not tweet.x_id:
            raise problem("conflict", "tweet_not_out")
        account = accounts.find(session, tweet.account_id) if tweet.account_id else None
        access = accounts.access(account, world.vault) if account else None
        price = prices.micros(world.settings.x_price_delete)
        postings.note(
            session, "delete", price, now, account_id=tweet.account_id, tweet_id=tweet.id, rehearsed=tweet.rehearsed
        )  # fmt: skip
    try:
        (world.publishers.of(access) if access else world.publisher).delete(tweet.x_id)
    except Refused as refused:
        raise problem("conflict", refused.code) from None
    except (Later, Unknown) as wait:
        raise problem("later", wait.code if isinstance(wait, Later) else "x_down") from None
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        tweet = tweets.change(session, tweet, "sent", who=who, why="taken_down", now=now, gone_at=now)
        return linked.linked(session, world.settings, [tweet], now)[0]
