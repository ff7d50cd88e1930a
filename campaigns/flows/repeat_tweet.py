"""A tweet comes again: drafts for its next times, each of which needs words of its own before it is planned."""

from campaigns.kernel.errors import Faults
from campaigns.planning import campaigns
from campaigns.publishing import calendars, rhythms, tweets
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World


def repeat_tweet(
    world: World, tweet_id: str, every: str, count: int, zone: str, *, who: str, user_id: str | None = None
) -> list[LinkedTweet]:
    """The drafts, in order: dated, not planned. They begin with the words of now.

    | argument | meaning |
    |---|---|
    | every | week, two_weeks, four_weeks or month |
    | zone | whose clocks count, where the tweet was planned by none |

    Raises missing, invalid (`not_a_choice`, `out_of_range`).
    """
    now, faults = world.clock.now(), Faults()
    rhythm = next((each for each in rhythms.EVERY if each == every), None)
    if rhythm is None:
        faults.add("every", "not_a_choice")
    if not 1 <= count <= rhythms.MOST:
        faults.add("count", "out_of_range", least=1, most=rhythms.MOST)
    faults.check()
    assert rhythm
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id)
        campaign = campaigns.find(session, tweet.campaign_id)
        zone = tweet.zone or zone
        begins = tweet.local_time or calendars.local(tweet.sent_at or tweet.scheduled_at or now, zone)
        made = [
            linked.make(
                session, world.settings, campaign, tweet.offer_id, tweet.text, now, who=who, user_id=user_id,
                account_id=tweet.account_id, reply_settings=tweet.reply_settings, linkless=tweet.linkless,
                series_id=tweet.series_id or tweet.id, scheduled_at=plan.at, local_time=plan.local_time, zone=plan.zone,
            )
            for plan in rhythms.times(begins, zone, rhythm, count, now)
        ]  # fmt: skip
        for each in made:
            linked.copy_links(session, world.settings, campaign, tweet, each)
        return linked.linked(session, world.settings, made, now)
