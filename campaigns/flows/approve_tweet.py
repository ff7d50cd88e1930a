"""A tweet is proposed to somebody, who lets it out or asks for changes: signed in, or by the link in their mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from campaigns.kernel import emails, texts
from campaigns.kernel.errors import Faults, problem
from campaigns.kernel.letters import put
from campaigns.people import users
from campaigns.planning import campaigns
from campaigns.publishing import accounts, letters, proposals, repeats, slots, tweets
from campaigns.publishing.accounts import Usual
from campaigns.publishing.calendars import Plan
from campaigns.publishing.proposals import Proposal
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World

PURPOSE, LASTS_S = "approve", 14 * 86_400
MOST_NOTE = 1_000


@dataclass(frozen=True)
class Opened:
    """A proposal as whoever was asked sees it, the parts of a thread in order."""

    proposal: Proposal
    parts: list[LinkedTweet]
    campaign: str

    @property
    def tweet(self) -> Tweet:
        return self.parts[0].tweet


def propose(
    world: World, tweet_id: str, email: str, note: str = "", when: str = "", zone: str | None = None, *, who: str,
    user_id: str | None = None, locale: str = "en",
) -> LinkedTweet:  # fmt: skip
    """The tweet, and the parts behind it, wait for somebody's word; a letter asks them for it.

    | argument | meaning |
    |---|---|
    | when, zone | when it goes out once it is accepted, slots.QUEUE for a slot; empty: then its writer says so |
    | locale | the letter's language |

    Raises missing, invalid (`email_malformed`, `too_long`; see calendars.plan), conflict (`tweet_gone_out`,
    `no_page_online`, `tweet_duplicate`).
    """
    now, faults, plan = world.clock.now(), Faults(), None
    asked = ""
    with faults.gather():
        asked = emails.read(email)
    note = texts.check(faults, "note", note, most=MOST_NOTE, several_lines=True)
    if when.strip():
        with faults.gather():
            plan = slots.asked(when, zone, now)
    faults.check()
    with world.db.write() as session:
        repeats.one_at_a_time(session)
        if when.strip():
            plan = plan or slots.take(session, now)
        proposer = users.working(session, user_id) if user_id else None
        if proposer and proposer.email == asked and world.settings.approval == "required":
            raise problem("forbidden", "approval_own", "email")
        tweet = tweets.find(session, tweet_id, to_change=True)
        tweets.check_with_us(tweet)
        linked.check_online(session, tweet)
        repeats.check_new(session, tweet, now)
        values: dict[str, Any] = tweets.UNPLANNED | {"problem": None, "detail": None}
        if plan:
            values |= {"scheduled_at": plan.at, "local_time": plan.local_time, "zone": plan.zone}
        tweet, *others = [
            tweets.change(session, each, "proposed", who=who, why="proposed", now=now, **values)
            for each in tweets.with_following(session, tweet, tweets.WITH_US)
        ]
        made = proposals.add(session, [tweet, *others], asked, note, now, who=who, user_id=user_id)
        found = linked.linked(session, world.settings, [tweet], now)[0]
        url = f"{world.settings.public_url}/approve/{world.signer.sign(PURPOSE, made.id, now)}"
        campaign = campaigns.find(session, tweet.campaign_id)
        letter = letters.proposal(locale, found.full_text, tweet, campaign.name, made, url)
        put(session, f"proposal:{made.id}", asked, letter, locale=locale, host=world.settings.public_host, now=now)
        return found


def proposal_of(world: World, token: str) -> str:
    """Whose link it is. Raises forbidden (`token_forged`), gone (`token_expired`)."""
    value, _ = world.signer.read(PURPOSE, token, world.clock.now(), LASTS_S)
    return str(value)


def opened(world: World, proposal_id: str) -> Opened:
    """What is proposed. Raises missing (`proposal_missing`), gone (`proposal_over`)."""
    now = world.clock.now()
    with world.db.read() as session:
        proposal = proposals.find(session, proposal_id)
        tweet = tweets.find(session, proposal.tweet_id)
        proposals.check_open(proposal, tweets.with_following(session, tweet, tweets.WITH_US))
        whole = linked.linked(session, world.settings, tweets.with_following(session, tweet, ("proposed",)), now)
        return Opened(proposal, whole, campaigns.find(session, tweet.campaign_id).name)


def accept(world: World, proposal_id: str, note: str = "", *, who: str = "", user_id: str | None = None) -> LinkedTweet:
    """It may go out; it is planned when its moment is still to come, else its writer is told to name another one.

    `who`: empty is the address that was asked.

    Raises missing, invalid (`too_long`), forbidden (`approval_own`), gone (`proposal_over`), conflict
    (`no_page_online`, `tweet_duplicate`).
    """
    now = world.clock.now()
    note = _note(note, least=0)
    with world.db.write() as session:
        repeats.one_at_a_time(session)
        proposal, tweet = _open(session, proposal_id)
        if user_id and user_id == proposal.made_by_id and world.settings.approval == "required":
            raise problem("forbidden", "approval_own")
        by = who or proposal.email
        whole = tweets.with_following(session, tweet, tweets.WITH_US)
        if any(each.state != "proposed" for each in whole):
            raise problem("gone", "proposal_over")  # a part of the thread is another one since
        approved = [tweets.change(session, each, "approved", who=by, why="approved", now=now) for each in whole]
        if tweet.scheduled_at and tweet.scheduled_at > now:
            usual = Usual(world.publisher.rehearses, world.settings.has_x_account)
            rehearsed = accounts.rehearses(session, tweet.account_id, usual)
            plan = Plan(tweet.scheduled_at, tweet.local_time, tweet.zone)
            approved = [linked.schedule(session, each, plan, rehearsed=rehearsed, who=by, now=now) for each in approved]
        elif tweet.scheduled_at:
            approved = [tweets.was_late(session, each) for each in approved]
        proposals.answer(proposal, "accepted", note, now, who=by)
        _tell(session, world.settings, proposal, approved[0], now)
        return linked.linked(session, world.settings, approved[:1], now)[0]


def ask_changes(world: World, proposal_id: str, note: str, *, who: str = "") -> LinkedTweet:
    """A draft again, with what should be otherwise.

    Raises missing, invalid (`required`, `too_long`), gone (`proposal_over`).
    """
    now = world.clock.now()
    note = _note(note, least=1)
    with world.db.write() as session:
        proposal, tweet = _open(session, proposal_id)
        by = who or proposal.email
        drafts = [
            tweets.back_to_draft(session, each, who=by, why="changes_asked", now=now)
            for each in tweets.with_following(session, tweet, ("proposed",))
        ]
        proposals.answer(proposal, "changes", note, now, who=by)
        _tell(session, world.settings, proposal, drafts[0], now)
        return linked.linked(session, world.settings, drafts[:1], now)[0]


def withdraw(world: World, tweet_id: str, *, who: str) -> LinkedTweet:
    """Its writer thinks again: a draft. Raises missing, conflict (`tweet_not_proposed`)."""
    now = world.clock.now()
    with world.db.write() as session:
        tweet = tweets.find(session, tweet_id, to_change=True)
        if tweet.state != "proposed":
            raise problem("conflict", "tweet_not_proposed")
        drafts = [
            tweets.back_to_draft(session, each, who=who, why="withdrawn", now=now)
            for each in tweets.with_following(session, tweet, ("proposed",))
        ]
        return linked.linked(session, world.settings, drafts[:1], now)[0]


def _open(session: Session, proposal_id: str) -> tuple[Proposal, Tweet]:
    proposal = proposals.find(session, proposal_id)
    tweet = tweets.find(session, proposal.tweet_id, to_change=True)
    session.refresh(proposal)  # another answer may have come while this one waited for the tweet
    proposals.check_open(proposal, tweets.with_following(session, tweet, tweets.WITH_US))
    return proposal, tweet


def _note(note: str, least: int) -> str:
    faults = Faults()
    kept = texts.check(faults, "note", note, most=MOST_NOTE, least=least, several_lines=True)
    faults.check()
    return kept


def _tell(session: Session, settings: Settings, proposal: Proposal, tweet: Tweet, now: datetime) -> None:
    """Whoever asked, when they work here still."""
    user = users.working(session, proposal.made_by_id) if proposal.made_by_id else None
    if user:
        letter = letters.answered(settings, user.locale, tweet, proposal)
        host = settings.public_host
        put(session, f"answered:{proposal.id}", user.email, letter, locale=user.locale, host=host, now=now)
