"""A tweet is given pictures or a film, with what they show in words, as long as X can't have it."""

from campaigns.kernel.errors import Problem
from campaigns.publishing import media, tweets
from campaigns.publishing.media import TweetMedia
from campaigns.tracking import drafts, links, qrs
from campaigns.world import World


def attach(world: World, tweet_id: str, content: bytes, alt: str = "", *, who: str) -> TweetMedia:
    """Another one; the same again is the one that is there. What it is, its content says; it goes to X as it is.

    Raises missing, invalid (`media_unknown`, `media_too_large`, `too_long`), conflict (`media_too_many`,
    `tweet_gone_out`, `tweet_changed`).
    """
    checked, key = media.check(content, alt), media.key_of(tweet_id, content)
    with world.db.read() as session:
        tweets.check_with_us(tweets.find(session, tweet_id))
        if there := media.with_key(session, tweet_id, key):
            return there
    world.files.put(key, content)
    try:
        with world.db.write() as session:
            tweet = tweets.turn(session, tweet_id, who=who, now=world.clock.now(), keeps_plan=_keeps_plan(world))
            there = media.with_key(session, tweet_id, key)
            return there or media.add(session, tweet, checked, key, world.clock.now())
    except Problem:
        with world.db.read() as session:
            is_kept = media.with_key(session, tweet_id, key) is not None  # somebody else brought the same
        if not is_kept:
            world.files.delete(key)
        raise


def attach_qr(world: World, tweet_id: str, *, who: str) -> TweetMedia:
    """A picture with the QR of the tweet's link, which counts by its own mark: for a tweet without its link in words.

    Raises as `attach`.
    """
    now = world.clock.now()
    with world.db.write() as session:
        tweets.check_with_us(tweets.find(session, tweet_id))
        link = links.of_tweet(session, tweet_id)
        assert link
        url = links.url(world.settings, drafts.qr(session, link, now).code)
    return attach(world, tweet_id, qrs.picture(url), url, who=who)


def describe(world: World, tweet_id: str, media_id: str, alt: str, *, who: str) -> TweetMedia:
    """Other words for what it shows. Raises missing, invalid (`too_long`), conflict (`tweet_gone_out` …)."""
    kept = media.check_alt(alt)
    with world.db.write() as session:
        found = media.find(session, tweet_id, media_id)
        tweets.turn(session, tweet_id, who=who, now=world.clock.now(), keeps_plan=_keeps_plan(world))
        found.alt, found.x_media_id, found.x_ask_at = kept, None, None  # X was told the former words
        return found


def detach(world: World, tweet_id: str, media_id: str, *, who: str) -> None:
    """Without it. Raises missing, conflict (`tweet_gone_out`, `tweet_changed`)."""
    with world.db.write() as session:
        found = media.find(session, tweet_id, media_id)
        tweets.turn(session, tweet_id, who=who, now=world.clock.now(), keeps_plan=_keeps_plan(world))
        key = found.key
        session.delete(found)
        session.flush()
        is_shown = media.is_shown(session, key)
    if not is_shown:
        world.files.delete(key)


def _keeps_plan(world: World) -> bool:
    """Whether one that is planned stays so: nobody has to approve what it shows."""
    return world.settings.approval == "off"
