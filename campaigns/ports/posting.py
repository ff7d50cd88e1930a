"""X: accounts, what is posted, and what X tells of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True)
class Account:
    """Whose account a connection speaks for."""

    id: str
    handle: str
    name: str


@dataclass(frozen=True)
class Access:
    """What opens an account: OAuth 1.0a's token and its secret, OAuth 2's token alone; or the rehearsal's wall.

    `account`: ours, by which the wall keeps rehearsed accounts apart.
    """

    kind: Literal["oauth1", "oauth2", "rehearsal"]
    account: Account
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


ReplySettings = Literal["everyone", "following", "mentionedUsers", "subscribers", "verified"]


@dataclass(frozen=True)
class Poll:
    """Two to four answers of 25 characters, open for 5 minutes to 7 days."""

    options: tuple[str, ...]
    minutes: int


@dataclass(frozen=True)
class Extras:
    """What goes with a text: to which post it replies, its media (ids that X gave), a poll, and who may answer."""

    reply_to: str | None = None
    media: tuple[str, ...] = ()
    poll: Poll | None = None
    reply_settings: ReplySettings = "everyone"


PLAIN = Extras()

MediaCategory = Literal["image", "gif", "video"]


@dataclass(frozen=True)
class Media:
    """A picture, an animated one or a film, to go with a post. X shows up to four pictures, or one of the others.

    `alt`: what it shows, for who can't see it; up to 1,000 characters.
    """

    content: bytes = field(repr=False)
    content_type: str
    category: MediaCategory = "image"
    alt: str = ""


@dataclass(frozen=True)
class Upload:
    """Media that X has, under an id for Extras.media, good for a day.

    `busy_s`: X still works on it, and is worth asking again after so many seconds; 0: it may be posted.
    """

    x_id: str
    busy_s: int = 0


@dataclass(frozen=True)
class Metrics:
    """What X counts of a post. The last three are told to its owner only, for 30 days; None: not told."""

    impressions: int = 0
    likes: int = 0
    reposts: int = 0
    replies: int = 0
    quotes: int = 0
    bookmarks: int = 0
    link_clicks: int | None = None
    profile_clicks: int | None = None
    engagements: int | None = None


@dataclass(frozen=True)
class Post:
    """A post on X. `urls` are the expanded targets of its links, so that ours can be found in it.

    `metrics`: where they were asked for, and told. `edits`: the ids it had before it was edited on X, oldest first.
    """

    x_id: str
    text: str
    posted_at: datetime
    urls: tuple[str, ...] = ()
    metrics: Metrics | None = None
    edits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """How many follow an account, are followed by it, have it on a list; and how often it posted."""

    followers: int
    following: int
    listed: int
    posts: int


class Publisher(Protocol):
    """X. Raises Refused, Later and, from `post` only, Unknown."""

    rehearses: bool

    def whoami(self) -> Account: ...

    def post(self, text: str, extras: Extras = PLAIN) -> Post:
        """Post a text, its links already in it. One HTTP request, never repeated by itself."""

    def upload(self, media: Media) -> Upload:
        """Send media ahead of its post. Sent twice it is there twice, unseen.

        Refused: `media_unknown`, `media_too_large`, `media_alt_too_long`, `media_unprocessed`.
        """

    def finish_upload(self, x_id: str, alt: str) -> Upload:
        """What became of media that X was still busy with; once it is done, X is told what it shows.

        Refused: `media_unprocessed`.
        """

    def own_posts(self, since: datetime, *, metrics: bool = False) -> list[Post]:
        """Our own timeline since a moment, newest first, as far back as X shows it (3,200); with what X counts."""

    def delete(self, x_id: str) -> None:
        """Take a post down; one that is gone already is no error."""

    def repost(self, x_id: str) -> None:
        """Show a post, ours or another's, to our followers. Once more changes nothing. Refused: `x_post_gone`."""

    def unrepost(self, x_id: str) -> None:
        """Take a repost back; one that is gone already is no error."""

    def profile(self) -> Profile:
        """What X counts of the account."""


class Publishers(Protocol):
    """X, by other accounts than the one that the settings open. Opens nothing itself."""

    def of(self, access: Access) -> Publisher: ...
