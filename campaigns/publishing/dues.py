"""Dues: what the worker has to do for tweets: post one, or look whether one is there.

A tweet is never posted twice. It is claimed (`take`) and committed before the request to X; what came out of it is
written under the version that was claimed, so a worker that was overtaken writes nothing. Of a request that nobody
can tell the outcome of, the account's own timeline tells: it is looked at 60 s after the request and again 30 s
later. Absent twice, the identical text is sent once more, and X would refuse a repeat of what is there after all.
"""

import html
import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session
from twitter_text import extract_urls_with_indices

from campaigns.kernel.arrays import among
from campaigns.kernel.errors import Problem
from campaigns.planning.campaigns import Campaign
from campaigns.ports import Later, MediaCategory, Post, Refused
from campaigns.publishing import holds, media, tweets
from campaigns.publishing.addresses import x_url_of
from campaigns.publishing.media import TweetMedia
from campaigns.publishing.tweets import Tweet, TweetChange

LOOK_AFTER = timedelta(seconds=60)
LOOK_AGAIN = timedelta(seconds=30)
LOOKS = 2
LOOK_BACK = timedelta(hours=26)
"""A look begins that much before the first request: X's clock isn't ours, which may jump a day, and what X calls a
repeat may be a day old. Reading a post again costs nothing on the same day.
"""

HOLDS = ("x_limit", "x_credits", "x_down", "x_refreshing")
"""What keeps the account, not the one tweet: all of them wait."""

MEDIA_AHEAD = timedelta(minutes=10)
"""So long before its moment a tweet's pictures go to X: a film takes minutes there."""

FIRST_WAIT_S = {"x_limit": 60, "x_credits": 900}
LONGEST_WAIT_S = {"x_limit": 900, "x_credits": 3600}


def first(session: Session, now: datetime, *, rehearses: bool) -> Tweet | None:
    """The tweet that is due for the longest time, of the accounts that X didn't ask to wait; X has what it shows.

    Queries: 1.

    | argument | meaning |
    |---|---|
    | rehearses | the usual account does; what was planned for X isn't put on the wall, nor the other way round |
    """
    unsent = exists().where(TweetMedia.tweet_id == Tweet.id, ~media.is_ready(now))
    due = select(Tweet).where(*_open(now, rehearses), Tweet.due_at <= now, ~unsent)
    return session.scalars(due.order_by(Tweet.due_at, Tweet.id).limit(1)).one_or_none()


def first_media(
    session: Session, now: datetime, categories: Collection[MediaCategory], *, rehearses: bool
) -> tuple[Tweet, TweetMedia] | None:
    """What X doesn't have yet of the tweets that are due soon, and nobody is at. Queries: 1."""
    free = or_(TweetMedia.x_ask_at.is_(None), TweetMedia.x_ask_at <= now)
    soon = (
        select(Tweet, TweetMedia)
        .join(TweetMedia, TweetMedia.tweet_id == Tweet.id)
        .where(*_open(now, rehearses), Tweet.due_at <= now + MEDIA_AHEAD)
        .where(TweetMedia.category.in_(categories), ~media.is_ready(now), free)
    )
    found = session.execute(soon.order_by(Tweet.due_at, Tweet.id, TweetMedia.place).limit(1)).one_or_none()
    return (found[0], found[1]) if found else None


def _open(now: datetime, rehearses: bool) -> list[ColumnElement[bool]]:
    """Planned, of no campaign that pauses, and of no account that X asked to wait."""
    held = select(Tweet.account_id).where(
        Tweet.state == "scheduled", Tweet.problem.in_(HOLDS), Tweet.due_at > now
    )  # fmt: skip
    usual_is_held = held.where(Tweet.account_id.is_(None), Tweet.rehearsed == rehearses).exists()
    may = or_(
        and_(Tweet.account_id.is_(None), Tweet.rehearsed == rehearses, ~usual_is_held,
             or_(Tweet.rehearsed, ~holds.usual(now).exists())),
        and_(Tweet.account_id.is_not(None), Tweet.account_id.not_in(held.where(Tweet.account_id.is_not(None))),
             Tweet.account_id.not_in(holds.accounts(now))),
    )  # fmt: skip
    paused = select(Campaign.id).where(Campaign.paused_at.is_not(None))
    return [Tweet.state == "scheduled", may, Tweet.campaign_id.not_in(paused)]


def count(session: Session, now: datetime) -> int:
    """Tweets whose moment has come and that are not out. Queries: 1."""
    due = select(func.count()).select_from(Tweet).where(Tweet.state == "scheduled", Tweet.due_at <= now)
    return session.scalar(due) or 0


def take(session: Session, tweet: Tweet, posted_text: str, worker: str, now: datetime) -> Tweet | None:
    """Claim a tweet for one POST; None when another worker, or a person, was quicker."""
    again = tweet.state == "sending"
    return tweets.try_change(
        session, tweet, "sending", who=worker, why="claimed_again" if again else "claimed", now=now,
        posted_text=posted_text, attempts=Tweet.attempts + 1, looks=0, claimed_by=worker, claimed_at=now,
        due_at=now + LOOK_AFTER, problem=None, detail=None,
    )  # fmt: skip


def is_stale(tweet: Tweet, now: datetime) -> bool:
    """Whether the claim is so old that another worker may act on it: this process slept since, and must not post."""
    return tweet.claimed_at is not None and now - tweet.claimed_at > LOOK_AFTER / 2


def is_late(tweet: Tweet, now: datetime, late_limit_s: int) -> bool:
    """Whether its moment is past for so long that posting it now would surprise. A thread that began goes on."""
    if tweet.part > 1:
        return False
    return tweet.scheduled_at is not None and now - tweet.scheduled_at > timedelta(seconds=late_limit_s)


def fail(session: Session, tweet: Tweet, code: str, worker: str, now: datetime, detail: str = "") -> Tweet | None:
    """It won't go out like this; a person may plan it again."""
    return tweets.try_change(
        session, tweet, "failed", who=worker, why=code, now=now, due_at=None, problem=code, detail=detail or None
    )


def adopt(session: Session, tweet_id: str, post: Post, worker: str, why: str, now: datetime) -> Tweet:
    """It is on X: whatever became of the row in the meantime, this is the truth.

    Another worker may have begun to look, or a person to resolve it. An id that is another tweet's is for a person.
    """
    tweet = tweets.find(session, tweet_id)
    if tweet.state == "sent":
        return tweet
    x_url = None if tweet.rehearsed else x_url_of(post.x_id)
    try:
        return tweets.mark_sent(
            session, tweet, x_id=post.x_id, x_url=x_url, sent_at=post.posted_at, who=worker, why=why, now=now
        )
    except Problem as refused:
        if [fault.code for fault in refused.faults] != ["tweet_url_taken"]:
            raise
    return tweets.change(
        session, tweet, "unsure", who=worker, why="tweet_url_taken", now=now, due_at=None, problem="tweet_url_taken"
    )


def refused(session: Session, tweet: Tweet, refusal: Refused, worker: str, now: datetime) -> Tweet | None:
    """X said no. As a repeat, it may be there already: look before believing that it isn't."""
    if refusal.code == "x_duplicate":
        return unknown(session, tweet, refusal.detail, worker, now, code="x_duplicate")
    return fail(session, tweet, refusal.code, worker, now, refusal.detail)


def later(session: Session, tweet: Tweet, wait: Later, worker: str, now: datetime) -> Tweet | None:
    """X said not now, and nothing happened: scheduled again for when it said, or a little later each time."""
    until = moment(wait, tweet.attempts, now)
    if not tweet.rehearsed:
        holds.put(session, tweet.account_id, wait.code, until)
    return tweets.try_change(
        session, tweet, "scheduled", who=worker, why=wait.code, now=now, due_at=until, problem=wait.code,
        detail=wait.detail or None, claimed_by=None, claimed_at=None,
    )  # fmt: skip


def unknown(
    session: Session, tweet: Tweet, detail: str, worker: str, now: datetime, code: str = "x_unknown"
) -> Tweet | None:
    """Nobody knows: it stays on its way, to be looked for."""
    return tweets.try_change(
        session, tweet, "sending", who=worker, why=code, now=now, due_at=now + LOOK_AFTER, problem=code,
        detail=detail or None,
    )  # fmt: skip


def any_look(session: Session, now: datetime, *, rehearses: bool) -> bool:
    """Whether there is a tweet to look for. Queries: 1."""
    due = exists().where(Tweet.state == "sending", Tweet.due_at <= now, _ours(rehearses))
    return bool(session.scalar(select(due)))


def take_looks(session: Session, now: datetime, *, rehearses: bool) -> list[Tweet]:
    """Claim the tweets of one account to look for, so that one worker at a time does; others take other accounts'.

    A worker that dies leaves them for a minute. Queries: 2, and 1 each.
    """
    due = select(Tweet).where(Tweet.state == "sending", Tweet.due_at <= now, _ours(rehearses))
    first = session.scalars(due.order_by(Tweet.due_at, Tweet.id).limit(1)).one_or_none()
    if first is None:
        return []
    mine = due.where(Tweet.account_id == first.account_id if first.account_id else Tweet.account_id.is_(None))
    found = session.scalars(mine.order_by(Tweet.id)).all()
    return [taken for tweet in found if (taken := _lease(session, tweet, now + LOOK_AFTER))]


def look_later(session: Session, looked_for: Iterable[Tweet], wait: Later, now: datetime) -> None:
    """The timeline can't be read now. Nothing was learnt, so nothing is counted."""
    for tweet in looked_for:
        _lease(session, tweet, moment(wait, 1, now))


def since(session: Session, looked_for: Collection[Tweet], now: datetime) -> datetime:
    """From when on the timeline is to be read for these: before the first request for any of them. 1 query."""
    first = session.scalar(
        select(func.min(TweetChange.at)).where(
            among(session, TweetChange.tweet_id, [tweet.id for tweet in looked_for]), TweetChange.after == "sending"
        )
    )
    return min(first or now, now) - LOOK_BACK


def _ours(rehearses: bool) -> ColumnElement[bool]:
    return or_(Tweet.account_id.is_not(None), Tweet.rehearsed == rehearses)


def find_post(posts: Iterable[Post], urls: Iterable[str], text: str | None = None) -> Post | None:
    """The post that carries a tweet's link, or one of them: as X expanded it, or in the text as it was sent.

    One without a link is found by its text, which X doesn't take twice from an account.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 11, 2, tzinfo=UTC)
    >>> post = Post("1", "Read https://t.co/x", at, ("https://go.example/l/abcdefg",))
    >>> find_post([post], ["https://go.example/l/abcdefg"]) is post
    True
    >>> find_post([post], ["https://go.example/l/abcdef"])
    """
    mine = set(urls)
    alone = re.compile(f"(?:{'|'.join(map(re.escape, mine))})(?![A-Za-z0-9_-])")
    if text is not None and not alone.search(text):
        said = _words(text)
        found = [post for post in posts if said and _words(html.unescape(post.text)) == said]
    else:
        found = [post for post in posts if mine.intersection(post.urls) or alone.search(post.text)]
    # another one with its link has other words; a repost of it by the account is younger
    words = _words(text or "")
    return min(found, key=lambda post: (_words(html.unescape(post.text)) != words, post.posted_at), default=None)


def says(post: Post, text: str | None, urls: Iterable[str]) -> bool:
    """Whether a post has a tweet's words, however X writes them; another person's own, or an edited one, hasn't.

    Names may stand before them, as X puts them before an answer.

    >>> at, url = datetime(2026, 11, 2), "https://go.example/l/abcdefg"
    >>> says(Post("1", "Caf\u00e9&amp;co https://t.co/x", at), f"Cafe\u0301 & co {url}", [url])
    True
    >>> says(Post("1", "Look at this https://t.co/x", at), f"Six Fridays {url}", [url])
    False
    >>> says(Post("1", "Look at this plumage https://t.co/x", at), f"Lu {url}", [url])
    False
    """
    shown, written = html.unescape(post.text), text or ""
    for url in urls:  # one of a host that X knows for none stays in the text, and would be words
        shown, written = shown.replace(url, " "), written.replace(url, " ")
    return _letters(shown).endswith(_letters(written))


def absent(session: Session, tweet: Tweet, worker: str, now: datetime, late_limit_s: int) -> bool:
    """It isn't on the timeline. Whether its text is to be sent once more."""
    if tweet.looks + 1 < LOOKS:
        _lease(session, tweet, now + LOOK_AGAIN, looks=tweet.looks + 1)
        return False
    if tweet.unknowns:
        # twice nobody could tell; X may yet show one, so a person looks
        tweets.try_change(
            session, tweet, "unsure", who=worker, why="absent_twice", now=now, due_at=None, unknowns=Tweet.unknowns + 1,
            looks=LOOKS, problem=tweet.problem or "x_unknown",
        )  # fmt: skip
        return False
    if tweet.problem == "x_duplicate" or is_late(tweet, now, late_limit_s):
        fail(session, tweet, tweet.problem if tweet.problem == "x_duplicate" else "missed", worker, now)
        return False
    return True


def take_again(session: Session, tweet: Tweet, worker: str, now: datetime) -> Tweet | None:
    """Claim one that is absent for its second POST, of the identical text."""
    taken = take(session, tweet, tweet.posted_text or "", worker, now)
    return taken and tweets.touch(session, taken, unknowns=Tweet.unknowns + 1)


def put_off(session: Session, tweet: Tweet, until: datetime, worker: str, now: datetime) -> Tweet | None:
    """One that is absent waits for its second POST, for X or for its campaign: nothing but that is left to it."""
    return tweets.try_change(
        session, tweet, "scheduled", who=worker, why="absent", now=now, due_at=until, claimed_by=None, claimed_at=None,
        unknowns=Tweet.unknowns + 1,
    )  # fmt: skip


def give_up(session: Session, tweet: Tweet, code: str, worker: str, now: datetime) -> Tweet | None:
    """Nobody can tell what became of it, nor look: it is a person's to decide."""
    return tweets.try_change(session, tweet, "unsure", who=worker, why=code, now=now, due_at=None, problem=code)


def _lease(session: Session, tweet: Tweet, due_at: datetime, **values: object) -> Tweet | None:
    return tweets.touch(session, tweet, due_at=due_at, **values)


def moment(wait: Later, attempts: int, now: datetime) -> datetime:
    """When to try again: not before X said, a day at most; else 15 s (a minute, a quarter of an hour), doubling."""
    if wait.until and wait.until > now:  # by X's clock, which isn't ours: what is past already tells nothing
        return min(wait.until, now + timedelta(days=1))
    wait_s = FIRST_WAIT_S.get(wait.code, 15) * 2 ** min(max(attempts - 1, 0), 12)
    return now + timedelta(seconds=min(wait_s, LONGEST_WAIT_S.get(wait.code, 60)))


def _letters(text: str) -> str:
    """Its letters and digits alone."""
    return "".join(each for each in unicodedata.normalize("NFKC", _words(text)).casefold() if each.isalnum())


def _words(text: str) -> str:
    """A text without the addresses in it: X writes others in their place, and its media's behind it."""
    for url in sorted({found["url"] for found in extract_urls_with_indices(text)}, key=len, reverse=True):
        text = text.replace(url, " ")
    return " ".join(text.split())
