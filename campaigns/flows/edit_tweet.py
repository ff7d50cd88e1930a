"""A tweet is changed or deleted, as long as X can't have it."""

from campaigns.kernel.codes import is_id
from campaigns.publishing import media, repeats, tweets
from campaigns.publishing.accounts import Usual
from campaigns.tracking import linked
from campaigns.tracking.linked import Further, LinkedTweet
from campaigns.tracking.links import Link
from campaigns.tracking.rewriting import By, Wanted, rewrite
from campaigns.world import World


def edit_tweet(
    world: World, tweet_id: str, wanted: Wanted, *, who: str, user_id: str | None = None, approves: bool = False
) -> LinkedTweet:
    """The tweet as it is wanted; its plan stays, unless somebody else has to approve the words.

    Raises missing, invalid and conflict as rewriting.rewrite.
    """
    now = world.clock.now()
    keeps_plan = approves or world.settings.approval != "required"
    by = By(who, user_id, now, keeps_plan, Usual(world.publisher.rehearses, world.settings.has_x_account))
    with world.db.write() as session:
        repeats.one_at_a_time(session)
        tweet = rewrite(session, world.settings, tweets.find(session, tweet_id, to_change=True), wanted, by)
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
