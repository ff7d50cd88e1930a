"""A tweet is written: its text is weighed, its link made with it, and it waits as a draft or for its moment.

A thread is several, each with a link of its own, whether that stands in the words or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from campaigns.kernel.errors import Faults, Problem, problem
from campaigns.planning import campaigns, offers
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.ports import ReplySettings
from campaigns.publishing import accounts, families, polls, repeats, slots, tweets, weights
from campaigns.publishing.accounts import Usual
from campaigns.publishing.threads import MOST_PARTS
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings
from campaigns.tracking import linked
from campaigns.tracking.linked import Further, LinkedTweet
from campaigns.world import World


@dataclass(frozen=True)
class TweetDraft:
    """A tweet as it was typed, not checked yet.

    | field | meaning |
    |---|---|
    | scheduled_at | ISO 8601, without an offset a time in `zone`; slots.QUEUE: the next free slot |
    | account_id | who posts it; None: the usual account |
    | linkless | it may do without {link} |
    | parts | those that follow it in a thread; at least one of all holds {link}, unless linkless |
    | variant_of | another wording of this tweet |
    | further | where {link2} leads, then {link3} and {link4}, in any part |
    | poll_options, poll_minutes | 2 to 4 answers; none: no poll |
    """

    campaign_id: str
    offer_id: str
    text: str
    scheduled_at: str | None = None
    zone: str | None = None
    account_id: str | None = None
    linkless: bool = False
    parts: tuple[str, ...] = ()
    reply_settings: ReplySettings = "everyone"
    poll_options: tuple[str, ...] = ()
    poll_minutes: int = polls.USUAL_MINUTES
    variant_of: str | None = None
    further: tuple[Further, ...] = ()


def write_tweet(
    world: World, draft: TweetDraft, *, who: str, user_id: str | None = None, approves: bool = False
) -> LinkedTweet:
    """The new tweet, a thread's first one.

    Raises invalid with every field's fault (`campaign_missing`, `offer_missing`, `account_missing`; see weights.check,
    polls.check, calendars.plan), conflict (`no_page_online`) when it is planned and its link would lead nowhere,
    (`tweet_duplicate`) when the same words are planned or were posted, (`slots_none`, `slots_full`).
    """
    now, faults, plan = world.clock.now(), Faults(), None
    texts, poll = _texts(draft, faults), None
    with faults.gather():
        poll = polls.check(draft.poll_options, draft.poll_minutes)
    if draft.scheduled_at:
        with faults.gather():
            plan = slots.asked(draft.scheduled_at, draft.zone, now)
    if draft.scheduled_at and world.settings.approval == "required" and not approves:
        faults.add("scheduled_at", "approval_needed")
    with world.db.write() as session:
        if draft.scheduled_at:
            repeats.one_at_a_time(session)
        campaign, offer = _belonging(session, draft, faults)
        if draft.account_id:
            accounts.usable(session, draft.account_id)
        more = {
            "account_id": draft.account_id or None, "reply_settings": draft.reply_settings, "who": who,
            "user_id": user_id,
            "variant_of": _first_wording(session, draft.variant_of, campaign) if draft.variant_of else None,
        }  # fmt: skip
        made: list[Tweet] = []
        for n, text in enumerate(texts, 1):
            values = more | ({"poll": poll} if n == 1 else {}) | _place(made, n, len(texts), text, draft)
            made.append(linked.make(session, world.settings, campaign, offer.id, text, now, **values))
        _add_links(session, world.settings, made, draft.further, now)
        if len(made) > 1:
            made[0].thread_id = made[0].id
            session.flush()
        if draft.scheduled_at:
            plan = plan or slots.take(session, now)
            usual = Usual(world.publisher.rehearses, world.settings.has_x_account)
            rehearsed = accounts.rehearses(session, draft.account_id, usual)
            made = [linked.schedule(session, each, plan, rehearsed=rehearsed, who=who, now=now) for each in made]
        return linked.linked(session, world.settings, made[:1], now)[0]


def _add_links(
    session: Session, settings: Settings, made: Sequence[Tweet], further: Sequence[Further], now: datetime
) -> None:
    """Each part gets those that stand in its words."""
    for tweet in made:
        for place in set(weights.places_in(tweet.text)) - {1}:
            linked.add_link(session, settings, tweet, further[place - 2], now, place)


def _first_wording(session: Session, tweet_id: str, campaign: Campaign) -> str:
    """Raises invalid (`tweet_missing`, `variants_too_many`)."""
    try:
        tweet = tweets.find(session, tweet_id)
    except Problem:
        raise problem("invalid", "tweet_missing", "variant_of") from None
    if tweet.campaign_id != campaign.id:
        raise problem("invalid", "tweet_missing", "variant_of")
    if len(families.variants(session, tweet)) >= families.MOST_VARIANTS:
        raise problem("invalid", "variants_too_many", "variant_of", most=families.MOST_VARIANTS)
    return tweet.variant_of or tweet.id


def _texts(draft: TweetDraft, faults: Faults) -> list[str]:
    """All of them as they are kept. A thread's link may stand in any of its parts."""
    whole = [draft.text, *draft.parts]
    texts = []
    needless = draft.linkless or (len(whole) > 1 and any(weights.LINK in part for part in draft.parts))
    places = range(1, min(len(draft.further), len(weights.PLACES) - 1) + 2)
    for n, text in enumerate(whole):
        with faults.gather():
            field = f"part_{n}" if n else "text"
            texts.append(weights.check(text, field, linkless=needless or n > 0, places=places))
    if len(whole) > MOST_PARTS:
        faults.add("text", "thread_too_long", most=MOST_PARTS)
    used = {place for text in whole for place in weights.places_in(text)}
    for place in sorted(set(places) - used - {1}):
        faults.add("further", "link_unused", word=weights.word_of(place))
    return texts


def _place(made: list[Tweet], part: int, parts: int, text: str, draft: TweetDraft) -> dict[str, Any]:
    linkless = draft.linkless or (parts > 1 and weights.LINK not in text)
    return {"part": part, "linkless": linkless, "thread_id": made[0].id if made else None}


def _belonging(session: Session, draft: TweetDraft, faults: Faults) -> tuple[Campaign, Offer]:
    """The campaign and its offer; raises what was gathered with what is wrong about them."""
    campaign = offer = None
    try:
        campaign = campaigns.find(session, draft.campaign_id)
    except Problem:
        faults.add("campaign_id", "campaign_missing")
    if campaign:
        offer = next((each for each in offers.list_of(session, campaign.id) if each.id == draft.offer_id), None)
        if offer is None:
            faults.add("offer_id", "offer_missing")
    faults.check()
    assert campaign
    assert offer
    return campaign, offer
