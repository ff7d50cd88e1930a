"""Tweets: one post on X each, and every change of its state with who, when and why."""

from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ForeignKey, Index, delete, exists, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import keysets
from campaigns.kernel.codes import is_id, new_code, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed, take_turns
from campaigns.kernel.errors import problem
from campaigns.ports import ReplySettings
from campaigns.publishing.calendars import Plan

TweetState = Literal["draft", "proposed", "approved", "scheduled", "sending", "sent", "failed", "unsure"]
STATES: tuple[TweetState, ...] = get_args(TweetState)

WITH_US: tuple[TweetState, ...] = ("draft", "proposed", "approved", "scheduled", "failed")
"""X can't have it: it may be edited, planned and deleted."""

MAY_GO: tuple[TweetState, ...] = ("approved", "scheduled", "failed")
"""Where an approval is required: those that have it, as long as their words stay."""

UNPLANNED = {
    "local_time": None, "zone": None, "scheduled_at": None, "due_at": None, "claimed_by": None, "claimed_at": None,
    "rehearsed": False,
}  # fmt: skip

KEY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""utm_content is in small letters."""


class Tweet(Base):
    """A tweet.

    | column | meaning |
    |---|---|
    | key | utm_content is t-<key>: minted before the tweet exists |
    | text | as written, with {link} once; `posted_text` is what left, the short link in it |
    | local_time, zone | the time as it was typed; scheduled_at is the instant it meant |
    | claimed_by, claimed_at | the worker that is posting it; committed before the request to X |
    | attempts | POSTs made since it was planned; looks: how often the timeline was looked at since the last one |
    | unknowns | POSTs of which nobody could tell the outcome, looks included; a second one is for a person |
    | due_at | when the worker has something to do: post, or look; none: nothing |
    | problem, detail | a code of the words for faults, and what X said |
    | by_hand | posted by a person, its address pasted back |
    | rehearsed | it was put on the rehearsal's wall, not on X; or is planned for it |
    | account_id | who posts it; None: the usual account |
    | thread_id, part | the id of a thread's first tweet, and the place in it from 1; None: it stands alone |
    | linkless | it may go out without its link: a code in the words, a QR in the picture, a part of a thread |
    | variant_of | the first of several wordings; None: it stands alone, or is that one |
    | series_id | the tweet that it repeats, in words of its own |
    | impressions | as X told last, see publishing.results; None: never |
    | gone_at | when it was found to be on X no more |
    | reply_settings, poll | who may answer, as X names it; options and minutes |
    """

    __tablename__ = "tweets"
    __table_args__ = (
        # serves the worker: what is due among the scheduled and the sending, seldom more than a few rows
        Index(
            "ix_tweets_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_tweets_campaign", "campaign_id", "created_at", "id"),  # the ledger and the list of a campaign
        Index("ix_tweets_created", "created_at", "id"),  # the list of all
        Index("ix_tweets_scheduled", "scheduled_at"),  # the calendar, and which slots are taken
        Index("ix_tweets_thread", "thread_id", "part"),  # the parts of a thread, in order
        Index("ix_tweets_state", "state", "sent_at"),  # the same text elsewhere; what failed; the list of a state
    )

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(unique=True)
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.id"))
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), index=True)
    text: Mapped[str]
    posted_text: Mapped[str | None]
    state: Mapped[TweetState]
    local_time: Mapped[str | None]
    zone: Mapped[str | None]
    scheduled_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)
    unknowns: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]
    detail: Mapped[str | None]
    x_id: Mapped[str | None] = mapped_column(unique=True)
    x_url: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    by_hand: Mapped[bool] = mapped_column(default=False)
    rehearsed: Mapped[bool] = mapped_column(default=False)
    account_id: Mapped[str | None] = mapped_column(ID)
    thread_id: Mapped[str | None] = mapped_column(ID)
    part: Mapped[int] = mapped_column(default=1)
    linkless: Mapped[bool] = mapped_column(default=False)
    reply_settings: Mapped[ReplySettings] = mapped_column(default="everyone")
    poll: Mapped[dict[str, Any] | None]
    variant_of: Mapped[str | None] = mapped_column(ID, index=True)
    series_id: Mapped[str | None] = mapped_column(ID, index=True)
    impressions: Mapped[int | None]
    gone_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TweetChange(Base):
    """A change of a tweet's state: append-only. `why`: a key of reasons.REASONS, or of the words for faults."""

    __tablename__ = "tweet_changes"

    id: Mapped[Pk]
    tweet_id: Mapped[str] = mapped_column(ID, ForeignKey("tweets.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    before: Mapped[TweetState | None]
    after: Mapped[TweetState]
    who: Mapped[str]
    why: Mapped[str]


def create(
    session: Session, *, campaign_id: str, offer_id: str, text: str, now: datetime, who: str,
    user_id: str | None = None, **more: Any,
) -> Tweet:  # fmt: skip
    """A draft with its key. `text` as weights.check gave it; `more`: account_id, thread_id, part … Queries: 3."""
    key = new_code(7, KEY_ALPHABET)
    while session.scalar(select(exists().where(Tweet.key == key))):  # one in 10^4 with three million tweets
        key = new_code(7, KEY_ALPHABET)
    tweet = Tweet(
        id=new_id(), key=key, campaign_id=campaign_id, offer_id=offer_id, text=text, state="draft", created_by=user_id,
        created_at=now, updated_at=now, attempts=0, looks=0, unknowns=0, by_hand=False, rehearsed=False, version=1,
        **({"part": 1, "linkless": False, "reply_settings": "everyone"} | more),
    )  # fmt: skip
    session.add(tweet)
    session.flush()
    _note(session, tweet.id, None, "draft", who, "written", now)
    return tweet


def get(session: Session, tweet_id: str) -> Tweet | None:
    """The tweet, if it is there."""
    return session.get(Tweet, tweet_id)


def find(session: Session, tweet_id: str, *, to_change: bool = False) -> Tweet:
    """The tweet. Raises missing (`tweet_missing`).

    | argument | meaning |
    |---|---|
    | to_change | nobody else changes it until this transaction ends |
    """
    if is_id(tweet_id):
        wanted = select(Tweet).where(Tweet.id == tweet_id).execution_options(populate_existing=True)
        if found := session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none():
            return found
    raise problem("missing", "tweet_missing")


def list_page(
    session: Session, *, campaign_id: str | None = None, state: TweetState | None = None, before: str | None = None,
    limit: int = keysets.LIMIT,
) -> keysets.Slice[Tweet]:  # fmt: skip
    """Tweets, newest first. Raises invalid for a cursor that isn't one. Queries: 1."""
    rows = select(Tweet)
    if campaign_id is not None:
        if not is_id(campaign_id):
            raise problem("invalid", "malformed", "campaign_id", expected="id")
        rows = rows.where(Tweet.campaign_id == campaign_id)
    if state is not None:
        rows = rows.where(Tweet.state == state)
    return keysets.read_page(session, rows, Tweet.created_at, Tweet.id, before, limit)


def history(session: Session, tweet_id: str) -> list[TweetChange]:
    """What happened to a tweet, oldest first."""
    rows = select(TweetChange).where(TweetChange.tweet_id == tweet_id).order_by(TweetChange.at, TweetChange.id)
    return list(session.scalars(rows))


def try_change(
    session: Session, tweet: Tweet, after: TweetState, *, who: str, why: str, now: datetime, **values: Any
) -> Tweet | None:
    """Bring a tweet into a state; None, and nothing written, when it was changed since it was read.

    The only place where a state changes. Queries: 2.
    """
    before = tweet.state
    row = touch(session, tweet, state=after, updated_at=now, **values)
    if row:
        _note(session, row.id, before, after, who, why, now)
    return row


def touch(session: Session, tweet: Tweet, **values: Any) -> Tweet | None:
    """Change what isn't its state; None, and nothing written, when it was changed since it was read. Queries: 1."""
    statement = (
        update(Tweet)
        .where(Tweet.id == tweet.id, Tweet.state == tweet.state, Tweet.version == tweet.version)
        .values(version=Tweet.version + 1, **values)
        .returning(Tweet)
    )
    fresh = {"synchronize_session": False, "populate_existing": True}
    return session.scalars(statement, execution_options=fresh).one_or_none()


def change(
    session: Session, tweet: Tweet, after: TweetState, *, who: str, why: str, now: datetime, **values: Any
) -> Tweet:
    """As `try_change`; raises conflict: `tweet_gone_out` when it is X's now, else `tweet_changed`."""
    row = try_change(session, tweet, after, who=who, why=why, now=now, **values)
    if row:
        return row
    state = session.scalar(select(Tweet.state).where(Tweet.id == tweet.id))
    raise problem("conflict", "tweet_changed" if state in (None, *WITH_US) else "tweet_gone_out")


def turn(session: Session, tweet_id: str, *, who: str, now: datetime, keeps_plan: bool) -> Tweet:
    """Something of it beside its text is about to change: what was approved, or read to be claimed, it is no more.

    Raises missing, conflict (`tweet_gone_out`, `tweet_changed`). Queries: 3.
    """
    tweet = find(session, tweet_id, to_change=True)
    return edit(session, tweet, tweet.text, who=who, now=now, keeps_plan=keeps_plan)


def edit(
    session: Session, tweet: Tweet, text: str, *, who: str, now: datetime, keeps_plan: bool, **values: Any
) -> Tweet:
    """Another text, and other `values`; a failure is over, and so is an approval. Raises conflict (`tweet_gone_out`).

    | argument | meaning |
    |---|---|
    | keeps_plan | one that is planned stays so: nobody has to approve it |
    """
    check_with_us(tweet)
    stays = tweet.state == "scheduled" and keeps_plan
    after: TweetState = "scheduled" if stays else "draft"
    plan = UNPLANNED if tweet.state == "scheduled" and not stays else {}
    told = tweet.problem if stays and tweet.due_at is None else None  # what waits for a word still does
    return change(
        session, tweet, after, who=who, why="edited", now=now, text=text, posted_text=None, problem=told, detail=None,
        **values | plan,
    )  # fmt: skip


def schedule(
    session: Session, tweet: Tweet, plan: Plan, *, rehearsed: bool, who: str, why: str, now: datetime
) -> Tweet:
    """Give it to the worker for a moment. Raises conflict (`tweet_gone_out`).

    | argument | meaning |
    |---|---|
    | rehearsed | the publisher of now only rehearses |
    """
    check_with_us(tweet)
    return _schedule(session, tweet, plan, rehearsed=rehearsed, who=who, why=why, now=now)


def send_again(session: Session, tweet: Tweet, *, rehearsed: bool, who: str, now: datetime) -> Tweet:
    """Somebody looked: an unsure tweet isn't on X. Raises conflict (`tweet_not_unsure`)."""
    if tweet.state != "unsure":
        raise problem("conflict", "tweet_not_unsure")
    return _schedule(session, tweet, Plan(now), rehearsed=rehearsed, who=who, why="not_there", now=now)


def unschedule(session: Session, tweet: Tweet, *, who: str, why: str, now: datetime) -> Tweet:
    """Back to a draft. Raises conflict (`tweet_not_scheduled`, `tweet_gone_out`)."""
    if tweet.state != "scheduled":
        raise problem("conflict", "tweet_not_scheduled" if tweet.state in WITH_US else "tweet_gone_out")
    return back_to_draft(session, tweet, who=who, why=why, now=now)


def back_to_draft(session: Session, tweet: Tweet, *, who: str, why: str, now: datetime) -> Tweet:
    """A draft again, whatever it was; raises as `change`."""
    return change(
        session, tweet, "draft", who=who, why=why, now=now, posted_text=None, problem=None, detail=None, **UNPLANNED
    )  # fmt: skip


def was_late(session: Session, tweet: Tweet) -> Tweet:
    """It was approved after its moment: it has none any more, and says so. Raises conflict (`tweet_changed`)."""
    if row := touch(session, tweet, problem="accepted_late", **UNPLANNED):
        return row
    raise problem("conflict", "tweet_changed")


def mark_sent(
    session: Session, tweet: Tweet, *, x_id: str, x_url: str | None, sent_at: datetime, who: str, why: str,
    now: datetime, **values: Any,
) -> Tweet:  # fmt: skip
    """It is on X, under this id. Raises conflict (`tweet_url_taken`) when another tweet has the id. Queries: 4."""
    take_turns(session, f"x:{x_id}")
    if session.scalar(select(exists().where(Tweet.x_id == x_id, Tweet.id != tweet.id))):
        raise problem("conflict", "tweet_url_taken", "url")
    sent = change(
        session, tweet, "sent", who=who, why=why, now=now, x_id=x_id, x_url=x_url, sent_at=sent_at, due_at=None,
        problem=None, detail=None, **values,
    )  # fmt: skip
    if sent.thread_id:
        go_on(session, sent.thread_id, sent.part, now)
    return sent


def go_on(session: Session, thread_id: str, part: int, now: datetime) -> None:
    """Let the next part of a thread go out, when it is planned: those before it are. Queries: 1."""
    following = select(Tweet.id).where(Tweet.thread_id == thread_id, Tweet.part > part, Tweet.state != "sent")
    waits = Tweet.id == following.order_by(Tweet.part).limit(1).scalar_subquery()
    session.execute(
        update(Tweet)
        .where(waits, Tweet.state == "scheduled", Tweet.due_at.is_(None))
        .values(due_at=now, version=Tweet.version + 1)
        .execution_options(synchronize_session=False)
    )


def parts(session: Session, tweet: Tweet) -> list[Tweet]:
    """All of its thread, in order; itself when it stands alone. Queries: 1."""
    if tweet.thread_id is None:
        return [tweet]
    return list(session.scalars(select(Tweet).where(Tweet.thread_id == tweet.thread_id).order_by(Tweet.part)))


def with_following(session: Session, tweet: Tweet, states: tuple[TweetState, ...]) -> list[Tweet]:
    """The tweet, whatever its state, and the parts behind it in one of these. Queries: 1."""
    return [tweet, *(each for each in parts(session, tweet) if each.part > tweet.part and each.state in states)]


def before(session: Session, tweet: Tweet) -> Tweet | None:
    """The part before it, which it replies to; None for a first one. Queries: 1."""
    if tweet.thread_id is None:
        return None
    earlier = select(Tweet).where(Tweet.thread_id == tweet.thread_id, Tweet.part < tweet.part)
    return session.scalars(earlier.order_by(Tweet.part.desc()).limit(1)).one_or_none()


def in_trouble(session: Session, since: datetime, limit: int = 200) -> list[Tweet]:
    """Those that failed, or are a person's to decide, since a moment. Index: state. Queries: 1."""
    wanted = select(Tweet).where(Tweet.state.in_(("failed", "unsure")), Tweet.updated_at >= since)
    return list(session.scalars(wanted.order_by(Tweet.updated_at, Tweet.id).limit(limit)))


def close_gap(session: Session, thread_id: str, part: int, now: datetime) -> None:
    """A part of a thread is gone: the next one waits for the part before that, for its own moment, or for a word.

    What would go out at once for want of the part before it is a person's to let go. Queries: 2.
    """
    following = select(Tweet).where(Tweet.thread_id == thread_id, Tweet.part > part).order_by(Tweet.part).limit(1)
    after = session.scalars(following).one_or_none()
    if after is None or after.state != "scheduled" or after.due_at:
        return
    first = before(session, after)
    if first is None or first.state == "sent":
        is_ahead = after.scheduled_at is not None and after.scheduled_at > now
        touch(session, after, **({"due_at": after.scheduled_at} if is_ahead else {"problem": "part_deleted"}))


def forget(session: Session, tweet: Tweet) -> None:
    """Delete a tweet that X can't have, and its history; its link went before. Raises conflict (`tweet_gone_out`)."""
    check_with_us(tweet)
    mine = delete(Tweet).where(Tweet.id == tweet.id, Tweet.version == tweet.version, Tweet.state == tweet.state)
    if not changed(session, mine.execution_options(synchronize_session=False)):
        raise problem("conflict", "tweet_gone_out")
    session.expunge(tweet)


def _schedule(
    session: Session, tweet: Tweet, plan: Plan, *, rehearsed: bool, who: str, why: str, now: datetime
) -> Tweet:
    first = before(session, tweet)
    waits = first is not None and first.state != "sent"  # it goes out as soon as the part before it is there
    return change(
        session, tweet, "scheduled", who=who, why=why, now=now, scheduled_at=plan.at, due_at=None if waits else plan.at,
        local_time=plan.local_time, zone=plan.zone, rehearsed=rehearsed, posted_text=None, problem=None, detail=None,
        attempts=0, looks=0, unknowns=0, claimed_by=None, claimed_at=None,
    )  # fmt: skip


def check_with_us(tweet: Tweet) -> None:
    """Raises conflict (`tweet_gone_out`) when X has it, or may."""
    if tweet.state not in WITH_US:
        raise problem("conflict", "tweet_gone_out")


def _note(
    session: Session, tweet_id: str, before: TweetState | None, after: TweetState, who: str, why: str, now: datetime
) -> None:
    session.add(TweetChange(id=new_id(), tweet_id=tweet_id, at=now, before=before, after=after, who=who, why=why))
