"""A person posted the tweet and pastes its address: sent, by hand, and tracked like any other."""

from campaigns.kernel.errors import problem
from campaigns.publishing import addresses, tweets
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World


def mark_posted(world: World, tweet_id: str, url: str, *, who: str) -> LinkedTweet:
    """The tweet, sent. The same address again changes nothing.

    Raises missing, invalid (`not_a_tweet_url`), conflict (`tweet_url_taken`, `tweet_gone_out`).
    """
    now, x_id = world.clock.now(), addresses.x_id_of(url)
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        [found] = linked.linked(session, world.settings, [tweet], now)
        if tweet.x_id == x_id:
            return found
        if tweet.state not in (*tweets.WITH_US, "unsure"):
            raise problem("conflict", "tweet_gone_out")
        tweet = tweets.mark_sent(
            session, tweet, x_id=x_id, x_url=addresses.x_url_of(x_id, addresses.handle_of(url)),
            sent_at=addresses.posted_at(x_id, tweet.created_at, now), who=who, why="by_hand", now=now,
            posted_text=found.full_text, by_hand=True, rehearsed=False,
        )  # fmt: skip
        return linked.linked(session, world.settings, [tweet], now)[0]
