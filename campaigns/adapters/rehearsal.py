"""X, mail and the pages of the rehearsal: everything stays on this machine and is shared by its processes."""

import json
import re
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage

from campaigns.adapters.envelopes import content_of, envelope
from campaigns.adapters.rehearsal_file import RehearsalFile
from campaigns.adapters.rehearsal_payments import Till
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import forbid_open
from campaigns.ports import (
    PLAIN,
    Access,
    Account,
    Clock,
    Extras,
    Media,
    Post,
    Profile,
    Refused,
    RehearsedMail,
    RehearsedRepost,
    Upload,
    media_rules,
)
from campaigns.publishing.addresses import X_EPOCH_MS

URL = re.compile(r"https?://[^\s<>\"“”«»]+")
MOST_POSTS = 3200
HANDLE = "perchoir_rehearsal"
"""Of the usual account of the rehearsal."""


class RehearsalPublisher:
    """X, rehearsed: ids look like X's, the same text is refused for a day as X does."""

    rehearses = True

    def __init__(self, file: RehearsalFile, clock: Clock, account: Account) -> None:
        self._file, self._clock, self._account = file, clock, account

    def whoami(self) -> Account:
        forbid_open()
        return self._account

    def post(self, text: str, extras: Extras = PLAIN) -> Post:
        now, author = self._clock.now(), self._account.handle
        with self._file.write() as rows:
            if (
                extras.reply_to
                and not rows.execute(
                    "SELECT 1 FROM posts WHERE x_id = CAST(? AS INTEGER)", (extras.reply_to,)
                ).fetchone()
            ):
                raise Refused("x_forbidden", "The tweet that you reply to is gone.")
            since = (now - timedelta(days=1)).isoformat()
            same = "SELECT 1 FROM posts WHERE text = ? AND posted_at > ? AND author = ?"
            if rows.execute(same, (text, since, author)).fetchone():
                raise Refused("x_duplicate", "You are not allowed to create a Tweet with duplicate content.")
            shows = _media(rows, extras.media)
            x_id = _next_id(rows.execute("SELECT coalesce(max(x_id), 0) FROM posts"), now)
            rows.execute(
                "INSERT INTO posts (x_id, text, posted_at, author, reply_to, media)"
                " VALUES (?, ?, ?, ?, CAST(? AS INTEGER), ?)",
                (x_id, text, now.isoformat(), author, extras.reply_to, shows),
            )
        return Post(str(x_id), text, now, urls_of(text))

    def upload(self, media: Media) -> Upload:
        media_rules.check(media)
        with self._file.write() as rows:
            media_id = _next_id(rows.execute("SELECT coalesce(max(id), 0) FROM media"), self._clock.now())
            rows.execute(
                "INSERT INTO media (id, content_type, category, alt, content) VALUES (?, ?, ?, ?, ?)",
                (media_id, media.content_type, media.category, media.alt, media.content),
            )
        return Upload(str(media_id))

    def finish_upload(self, x_id: str, alt: str) -> Upload:
        del alt  # told with the media, which are ready at once
        return Upload(x_id)

    def own_posts(self, since: datetime, *, metrics: bool = False) -> list[Post]:
        with self._file.read() as rows:
            found = rows.execute(
                "SELECT * FROM posts WHERE posted_at >= ? AND author = ? ORDER BY x_id DESC LIMIT ?",
                (since.isoformat(), self._account.handle, MOST_POSTS),
            ).fetchall()
        return [_post(row) for row in found]

    def delete(self, x_id: str) -> None:
        with self._file.write() as rows:
            rows.execute("DELETE FROM posts WHERE x_id = CAST(? AS INTEGER)", (x_id,))
            # what another post shows stays, and what was sent a moment ago for one to come
            rows.execute(
                "DELETE FROM media WHERE id < ?"
                " AND id NOT IN (SELECT each.value FROM posts, json_each(posts.media) each)",
                (_id_at(self._clock.now() - timedelta(days=1)),),
            )

    def repost(self, x_id: str) -> None:
        if not (x_id.isascii() and x_id.isdigit()):
            raise Refused("x_refused", "no id of a post")
        with self._file.write() as rows:
            rows.execute(
                "INSERT INTO reposts (x_id, author, reposted_at) VALUES (CAST(? AS INTEGER), ?, ?)"
                " ON CONFLICT DO NOTHING",
                (x_id, self._account.handle, self._clock.now().isoformat()),
            )

    def unrepost(self, x_id: str) -> None:
        with self._file.write() as rows:
            rows.execute(
                "DELETE FROM reposts WHERE x_id = CAST(? AS INTEGER) AND author = ?", (x_id, self._account.handle)
            )

    def profile(self) -> Profile:
        with self._file.read() as rows:
            posts = rows.execute("SELECT count(*) FROM posts WHERE author = ?", (self._account.handle,)).fetchone()[0]
        return Profile(0, 0, 0, posts)


class RehearsalPublishers:
    """The wall, by other accounts than the usual one."""

    def __init__(self, file: RehearsalFile, clock: Clock) -> None:
        self._file, self._clock = file, clock

    def of(self, access: Access) -> RehearsalPublisher:
        return RehearsalPublisher(self._file, self._clock, access.account)


class RehearsalMailer:
    """Mail, rehearsed: letters go into the mailbox."""

    rehearses = True

    def __init__(self, file: RehearsalFile, clock: Clock) -> None:
        self._file, self._clock = file, clock

    def send(self, letter: EmailMessage) -> None:
        _, recipients = envelope(letter)
        content = content_of(letter, international=not "".join(recipients).isascii())
        values = (new_id(), ", ".join(recipients), str(letter["Subject"] or ""), self._clock.now().isoformat())
        with self._file.write() as rows:
            rows.execute(
                "INSERT INTO mails (id, recipient, subject, sent_at, raw) VALUES (?, ?, ?, ?, ?)",
                (*values, content),
            )

    def check(self) -> None:
        with self._file.read() as rows:
            rows.execute("SELECT 1 FROM mails LIMIT 1")


class Rehearsed(Till):
    """What the rehearsal did, for the wall, the mailbox and the till."""

    def posts(self, limit: int, before: str | None = None) -> list[Post]:
        with self._file.read() as rows:
            found = rows.execute(
                "SELECT * FROM posts WHERE ? IS NULL OR x_id < CAST(? AS INTEGER) ORDER BY x_id DESC LIMIT ?",
                (before, before, limit),
            ).fetchall()
        return [_post(row) for row in found]

    def media(self, x_id: str) -> list[Media]:
        with self._file.read() as rows:
            found = rows.execute(
                "SELECT media.* FROM posts, json_each(posts.media) each JOIN media ON media.id = each.value"
                " WHERE posts.x_id = CAST(? AS INTEGER) ORDER BY each.key",
                (x_id,),
            ).fetchall()
        return [Media(row["content"], row["content_type"], row["category"], row["alt"]) for row in found]

    def reposts(self, limit: int) -> list[RehearsedRepost]:
        newest = "SELECT * FROM reposts ORDER BY reposted_at DESC, x_id DESC LIMIT ?"
        with self._file.read() as rows:
            found = rows.execute(newest, (limit,)).fetchall()
        return [
            RehearsedRepost(str(row["x_id"]), row["author"], datetime.fromisoformat(row["reposted_at"]))
            for row in found
        ]

    def pin(self, posts: Sequence[Post]) -> None:
        with self._file.write() as rows:
            rows.executemany(
                "INSERT INTO posts (x_id, text, posted_at, author) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(int(post.x_id), post.text, post.posted_at.isoformat(), HANDLE) for post in posts],
            )

    def mails(self, limit: int, before: str | None = None) -> list[RehearsedMail]:
        with self._file.read() as rows:
            found = rows.execute(
                "SELECT * FROM mails WHERE ? IS NULL OR seq < (SELECT seq FROM mails WHERE id = ?)"
                " ORDER BY seq DESC LIMIT ?",
                (before, before, limit),
            ).fetchall()
        return [_mail(row) for row in found]

    def mail(self, mail_id: str) -> RehearsedMail | None:
        with self._file.read() as rows:
            found = rows.execute("SELECT * FROM mails WHERE id = ?", (mail_id,)).fetchone()
        return _mail(found) if found else None


def urls_of(text: str) -> tuple[str, ...]:
    """The addresses in a text, without the punctuation that ends their sentence.

    >>> urls_of("Read https://go.example/l/abc, then rest.")
    ('https://go.example/l/abc',)
    """
    return tuple(found.rstrip(".,;:!?)]}'") for found in URL.findall(text))


def _id_at(now: datetime) -> int:
    """The first id of a moment, as X makes them."""
    return (int(now.timestamp() * 1000) - X_EPOCH_MS) << 22


def _next_id(newest: sqlite3.Cursor, now: datetime) -> int:
    return max(_id_at(now), int(newest.fetchone()[0]) + 1)


def _media(rows: sqlite3.Connection, media_ids: Sequence[str]) -> str:
    """The ids as a post keeps them. Raises Refused in X's words for what it doesn't know, or won't show together."""
    find = "SELECT category FROM media WHERE id = CAST(? AS INTEGER)"
    found = [rows.execute(find, (each,)).fetchone() for each in media_ids]
    if not all(found):
        raise Refused("x_refused", "400 Your media IDs are invalid.")
    if not media_rules.go_together([row["category"] for row in found]):
        raise Refused("x_refused", "400 Allowed media types: 4 images, or 1 gif, or 1 video.")
    return json.dumps([int(each) for each in media_ids])


def _post(row: sqlite3.Row) -> Post:
    return Post(str(row["x_id"]), row["text"], datetime.fromisoformat(row["posted_at"]), urls_of(row["text"]))


def _mail(row: sqlite3.Row) -> RehearsedMail:
    sent_at = datetime.fromisoformat(row["sent_at"])
    return RehearsedMail(row["id"], row["recipient"], row["subject"], sent_at, row["raw"])
