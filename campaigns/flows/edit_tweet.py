"""A tweet is changed or deleted, as long as X can't have it."""

from campaigns.kernel.codes import is_id
from campaigns.publishing import media, tweets, weights
from campaigns.tracking import linked
from campaigns.tracking.linked import Further, LinkedTweet
from campaigns.tracking.links import Link
from campaigns.world import World


def edit_tweet(world: World, tweet_id: str, text: str, *, who: str, approves: bool = False) -> LinkedTweet:
    """The tweet with another text; its plan stays, unless somebody else has to approve the words.

    Raises missing, invalid (see weights.check), conflict (`tweet_gone_out`, `tweet_changed`).
    """
    now = world.clock.now()
    weights.check(text, linkless=True, places=weights.PLACES)
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        kept = linked.check_text(session, tweet, text)
        if tweet.text != kept or tweet.state not in tweets.WITH_US:
            keeps_plan = approves or world.settings.approval != "required"
            tweet = tweets.edit(session, tweet, kept, who=who, now=now, keeps_plan=keeps_plan)
        return linked.linked(session, world.settings, [tweet], now)[0]


def add_link(world: World, tweet_id: str, wanted: Further) -> Link:
    """A further link for its words.

    Raises missing, invalid (see drafts.check), conflict (`tweet_gone_out`, `links_too_many_here`).
    """
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        tweets.check_with_us(tweet)
        return linked.add_link(session, world.settings, tweet, wanted, world.clock.now())


def remove_link(world: World, tweet_id: str, place: int) -> None:
    """Without it. Raises missing, conflict (`tweet_gone_out`, `link_in_text`, `tweet_followed`)."""
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        tweets.check_with_us(tweet)
        linked.remove_link(session, tweet, place)


def delete(world: World, tweet_id: str) -> None:
    """The tweet and its link are gone. Raises missing, conflict (`tweet_gone_out`, `tweet_followed`)."""
    with world.db.write() as session:
        keys = [each.key for each in media.list_of(session, tweet_id)] if is_id(tweet_id) else []
        linked.forget(session, tweet_id, world.clock.now())
        unused = [key for key in keys if not media.is_shown(session, key)]
    for key in unused:
        world.files.delete(key)
