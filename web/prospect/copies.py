"""GET /p/<slug> from a copy: a landing page as Flask answered it, kept in each process and served in front of Flask.

The page is the same for everybody who gave the banner the same answer. What isn't is put in as it goes out: the stamp
that tells when it was opened. A copy is good until the edition turns, or for as long as its view says; while the
database is away it is good as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from campaigns.kernel.codes import Signer
from campaigns.kernel.errors import Problem
from campaigns.tracking.visits import EPOCH
from campaigns.world import World
from web.prospect import choices

PREFIX = "/p/"
FOLLOWING = ("GET", "HEAD")
MARK = "perchoir.copy"
MOST_COPIES = 500
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Wish:
    """What a view says of its answer: where its stamp stands, until when it may be kept, after when never more."""

    page_id: str
    stamp: str
    until: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Copy:
    """An answer of Flask's, cut where the stamp goes."""

    edition: int
    since: datetime
    until: datetime
    ends_at: datetime | None
    page: bytes
    status: str
    headers: list[tuple[str, str]]
    before: bytes
    after: bytes

    def is_good(self, edition: int, now: datetime, *, is_away: bool) -> bool:
        if is_away:
            return self.ends_at is None or now <= self.ends_at
        return self.edition == edition and self.since <= now < self.until


class Copies:
    """Answers with a copy while there is a good one; everything else is the next application's."""

    def __init__(self, following: WSGIApplication, world: World) -> None:
        self._next = following
        self._world = world
        self._kept: dict[tuple[str, str, str], Copy] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if not path.startswith(PREFIX) or environ["REQUEST_METHOD"] not in FOLLOWING or path.count("/") != 2:
            return self._next(environ, start_response)
        now, directory = self._world.clock.now(), self._world.directory
        edition = directory.look(now)
        key = path, environ.get("HTTP_HOST", ""), choices.of_environ(self._world.settings, environ)
        copy = self._kept.get(key)
        if copy is None or not copy.is_good(edition, now, is_away=directory.is_away):
            return self._ask(key, edition, now, environ, start_response)
        start_response(copy.status, list(copy.headers))
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        return [copy.before, stamp(self._world.signer, copy.page, now).encode(), copy.after]

    def _ask(
        self, key: tuple[str, str, str], edition: int, now: datetime, environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:  # fmt: skip
        """Flask's own answer, kept when its view wishes so."""
        told: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told[:] = [status, headers]
            return start_response(status, headers, *more)

        answer = self._next(environ, note)
        wish: Wish | None = environ.get(MARK)
        if wish is None:
            return answer
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        before, found, after = body.partition(wish.stamp.encode())
        if found:
            if len(self._kept) >= MOST_COPIES:
                self._kept = {}
            page = UUID(wish.page_id).bytes
            self._kept[key] = Copy(edition, now, wish.until, wish.ends_at, page, told[0], list(told[1]), before, after)
        return [body]


def stamp(signer: Signer, page: bytes, now: datetime) -> str:
    """When a page (its id's 16 bytes) was opened, to the second: always of the same length."""
    return signer.seal("stamp", page + ((now - EPOCH) // SECOND).to_bytes(8, "big"))


def stamped_at(signer: Signer, told: str, now: datetime, most_s: int) -> datetime | None:
    """The moment of a stamp; None when it is another key's, or of long ago: who left the page open must get through."""
    try:
        raw = signer.unseal("stamp", told)
        at = EPOCH + timedelta(seconds=int.from_bytes(raw[16:], "big"))
    except (Problem, OverflowError):
        return None
    return at if now - at <= timedelta(seconds=most_s) else None
