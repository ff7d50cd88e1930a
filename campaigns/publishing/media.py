"""Media: the pictures, the animated one or the film that a tweet shows, kept here until they go to X with it."""

import hashlib
import io
import warnings
from collections.abc import Collection
from datetime import datetime, timedelta

from PIL import Image, UnidentifiedImageError
from sqlalchemy import ColumnElement, ForeignKey, String, and_, case, cast, exists, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import texts
from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed
from campaigns.kernel.errors import Faults, problem
from campaigns.ports import Media, MediaCategory, Refused, Upload, media_rules
from campaigns.publishing.tweets import Tweet

MAX_MEGAPIXELS = 50
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
QUICKTIME = b"qt  "
GOOD_FOR = timedelta(hours=20)
"""X forgets what was sent to it after a day."""
LEASE = timedelta(minutes=2)
USUAL, REHEARSED = "usual", " rehearsed"


class TweetMedia(Base):
    """A picture or a film of a tweet, in its `place` from 1; the file lies under `key`.

    | column | meaning |
    |---|---|
    | alt | what it shows, for who can't see it |
    | x_media_id, x_for, x_at | X's id once it was sent there, for which account, and when: good for a day |
    | x_ask_at | until then a worker is at it, or X is; none: X is done with it, or nobody began |
    """

    __tablename__ = "tweet_media"

    id: Mapped[Pk]
    tweet_id: Mapped[str] = mapped_column(ID, ForeignKey("tweets.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]
    key: Mapped[str]
    content_type: Mapped[str]
    category: Mapped[MediaCategory]
    alt: Mapped[str]
    bytes: Mapped[int]
    x_media_id: Mapped[str | None]
    x_for: Mapped[str | None]
    x_at: Mapped[datetime | None]
    x_ask_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


def kind_of(content: bytes) -> tuple[str, MediaCategory]:
    """Content type and category, by the content and not by its name. Raises invalid (`media_unknown`)."""
    if content[4:8] == b"ftyp":
        return ("video/quicktime" if content[8:12] == QUICKTIME else "video/mp4"), "video"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged by our own limit
            picture = Image.open(io.BytesIO(content), formats=tuple(PICTURES))
            is_large = picture.width * picture.height > MAX_MEGAPIXELS * 1e6
            if not is_large:
                picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        raise problem("invalid", "media_unknown", "media") from None
    if is_large:
        raise problem("invalid", "media_unknown", "media")
    content_type = PICTURES[str(picture.format)]
    return content_type, "gif" if content_type == "image/gif" else "image"


def check(content: bytes, alt: str) -> Media:
    """What X would take. Raises invalid (`media_unknown`, `media_too_large`, `too_long`)."""
    content_type, category = kind_of(content)
    media = Media(content, content_type, category, check_alt(alt))
    try:
        media_rules.check(media)
    except Refused as refused:
        raise problem("invalid", refused.code, "media") from None
    return media


def check_alt(alt: str) -> str:
    """As it is kept. Raises invalid (`too_long`)."""
    faults = Faults()
    kept = texts.check(faults, "alt", alt, most=media_rules.MOST_ALT)
    faults.check()
    return kept


def add(session: Session, tweet: Tweet, media: Media, key: str, now: datetime) -> TweetMedia:
    """Another one of a tweet. Raises conflict (`media_too_many`). Queries: 3."""
    found = list_of(session, tweet.id)
    if not media_rules.go_together([*(each.category for each in found), media.category]):
        raise problem("conflict", "media_too_many", "media")
    made = TweetMedia(
        id=new_id(), tweet_id=tweet.id, place=max((each.place for each in found), default=0) + 1, key=key,
        content_type=media.content_type, category=media.category, alt=media.alt, bytes=len(media.content),
        created_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def list_of(session: Session, tweet_id: str) -> list[TweetMedia]:
    """A tweet's, in their order. 1 query."""
    return list(session.scalars(select(TweetMedia).where(TweetMedia.tweet_id == tweet_id).order_by(TweetMedia.place)))


def of_tweets(session: Session, tweet_ids: Collection[str]) -> dict[str, list[TweetMedia]]:
    """Those of several tweets, in their order. 1 query."""
    rows = select(TweetMedia).where(TweetMedia.tweet_id.in_(tweet_ids)).order_by(TweetMedia.place)
    found: dict[str, list[TweetMedia]] = {}
    for each in session.scalars(rows) if tweet_ids else ():
        found.setdefault(each.tweet_id, []).append(each)
    return found


def key_of(tweet_id: str, content: bytes) -> str:
    """Where its file lies: brought twice, it is there once."""
    return f"media/{tweet_id}/{hashlib.sha256(content).hexdigest()}"


def copy(session: Session, each: TweetMedia, tweet: Tweet) -> None:
    """The same file for another tweet: X hears of it anew. 1 query."""
    session.add(
        TweetMedia(
            id=new_id(), tweet_id=tweet.id, place=each.place, key=each.key, content_type=each.content_type,
            category=each.category, alt=each.alt, bytes=each.bytes, created_at=tweet.created_at,
        )
    )  # fmt: skip
    session.flush()


def is_shown(session: Session, key: str) -> bool:
    """Whether any tweet shows the file: one that comes again shares it. 1 query."""
    return bool(session.scalar(select(exists().where(TweetMedia.key == key))))


def find(session: Session, tweet_id: str, media_id: str) -> TweetMedia:
    """One of a tweet. Raises missing (`media_missing`)."""
    found = session.get(TweetMedia, media_id) if is_id(media_id) else None
    if found is None or found.tweet_id != tweet_id:
        raise problem("missing", "media_missing")
    return found


def with_key(session: Session, tweet_id: str, key: str) -> TweetMedia | None:
    """The one of a tweet whose file lies there. 1 query."""
    return session.scalars(select(TweetMedia).where(TweetMedia.tweet_id == tweet_id, TweetMedia.key == key)).first()


def is_ready(now: datetime) -> ColumnElement[bool]:
    """Whether X has one of a Tweet's, done with, for the account that the tweet goes to."""
    whose = func.coalesce(cast(Tweet.account_id, String), USUAL) + case((Tweet.rehearsed, REHEARSED), else_="")
    is_hers = and_(TweetMedia.x_media_id.is_not(None), TweetMedia.x_for == whose)
    return and_(is_hers, TweetMedia.x_at > now - GOOD_FOR, TweetMedia.x_ask_at.is_(None))


def take(session: Session, each: TweetMedia, now: datetime) -> bool:
    """Claim one to send, or to ask about, for two minutes; False when another worker was quicker. 1 query."""
    free = or_(TweetMedia.x_ask_at.is_(None), TweetMedia.x_ask_at <= now)
    as_read = TweetMedia.x_at.is_not_distinct_from(each.x_at)  # nobody sent it meanwhile
    mine = update(TweetMedia).where(TweetMedia.id == each.id, free, as_read).values(x_ask_at=now + LEASE)
    return bool(changed(session, mine))


def is_at_work(each: TweetMedia, tweet: Tweet, now: datetime) -> bool:
    """Whether X had it whole when it was last asked, and wasn't done with it."""
    is_hers = each.x_media_id is not None and each.x_for == _for(tweet)
    return is_hers and each.x_ask_at is not None and each.x_at is not None and now - each.x_at < GOOD_FOR


def told(session: Session, each: TweetMedia, tweet: Tweet, upload: Upload, now: datetime) -> None:
    """What X said of it; nothing when it was described in other words meanwhile. 1 query."""
    values = {
        "x_media_id": upload.x_id, "x_for": _for(tweet),
        "x_ask_at": now + timedelta(seconds=upload.busy_s) if upload.busy_s else None,
        "x_at": each.x_at if is_at_work(each, tweet, now) else now,
    }  # fmt: skip
    session.execute(update(TweetMedia).where(TweetMedia.id == each.id, TweetMedia.alt == each.alt).values(**values))


def later(session: Session, each: TweetMedia, until: datetime) -> None:
    """Nobody tries before. 1 query."""
    session.execute(update(TweetMedia).where(TweetMedia.id == each.id).values(x_ask_at=until))


def refused(session: Session, each: TweetMedia, until: datetime) -> None:
    """X made nothing of it: from its beginning, and not before. 1 query."""
    session.execute(
        update(TweetMedia).where(TweetMedia.id == each.id).values(x_media_id=None, x_ask_at=until)
    )  # fmt: skip


def ids_of(session: Session, tweet: Tweet) -> tuple[str, ...]:
    """X's ids, in the order in which they are shown. 1 query."""
    return tuple(each.x_media_id for each in list_of(session, tweet.id) if each.x_media_id)


def _for(tweet: Tweet) -> str:
    """Whose it is on X: what one account sent, another can't show."""
    return f"{tweet.account_id or USUAL}{REHEARSED if tweet.rehearsed else ''}"
