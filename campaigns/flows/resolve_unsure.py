"""A person looked on X for a tweet that nobody could tell the fate of, and says what is there."""

from campaigns.kernel.errors import problem
from campaigns.publishing import addresses, tweets
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World


def there(world: World, tweet_id: str, url: str, *, who: str) -> LinkedTweet:
    """It is on X, at this address: sent.

    Raises missing, invalid (`not_a_tweet_url`), conflict (`tweet_not_unsure`, `tweet_url_taken`, `tweet_changed`).
    """
    now, x_id = world.clock.now(), addresses.x_id_of(url)
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        if tweet.state != "unsure":
            raise problem("conflict", "tweet_not_unsure")
        tweet = tweets.mark_sent(
            session, tweet, x_id=x_id, x_url=addresses.x_url_of(x_id, addresses.handle_of(url)),
            sent_at=addresses.posted_at(x_id, tweet.created_at, now), who=who, why="there", now=now,
        )  # fmt: skip
        return linked.linked(session, world.settings, [tweet], now)[0]


def not_there(world: World, tweet_id: str, *, who: str) -> LinkedTweet:
    """It isn't: it goes out now. Raises missing, conflict (`tweet_not_unsure`, `tweet_changed`)."""
    now = world.clock.now()
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        # a connected account rehearses or doesn't, whatever the usual one does
        rehearsed = tweet.rehearsed if tweet.account_id else world.publisher.rehearses
        tweet = tweets.send_again(session, tweet, rehearsed=rehearsed, who=who, now=now)
        return linked.linked(session, world.settings, [tweet], now)[0]
