"""The directory: where links lead, kept in each process, so that a redirect asks no database.

A copy is good until the edition turns (kernel.editions): this process's own changes are known at once, others' within a
quarter of a second. While the database is away, or hangs, copies stay good, and so do the salts of visitors.
"""

import threading
from datetime import datetime, timedelta
from time import monotonic

import structlog

from campaigns.kernel import editions
from campaigns.kernel.db import Database
from campaigns.kernel.errors import problem
from campaigns.settings import Settings
from campaigns.tracking import targets, visitors
from campaigns.tracking.targets import Way

LOOK_EVERY_S = 0.25
OLD_S = 1.0
WAIT_S = 0.3
HANGS_S = 2.0
ANSWERS_S = 2.0
MOST_WAYS = 50_000
MOST_MEMBERS = 5_000
LOG_EVERY_S = 1.0

log = structlog.get_logger("directory")


class Directory:
    """The links that a process knows. Opens nothing before it is asked."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._ways: dict[str, tuple[int, Way]] = {}
        self._salts: dict[str, str] = {}
        self._members: set[bytes] = set()
        self._edition = 0
        self._looked_at = float("-inf")
        self._look: threading.Thread | None = None
        self._began_at = 0.0
        self._failed = False
        self._logged_at = float("-inf")
        self._mutex = threading.Lock()

    @property
    def edition(self) -> int:
        """Changes whenever what the public sees has changed, as far as this process knows, and never comes back.

        Its own change counts twice, by its turn and by the number: of a difference one might come again, when a look
        comes between a commit and its turn, and an old copy would be taken for a new one.
        """
        return self._edition + self._db.turns

    @property
    def number(self) -> int:
        """Of the edition that is out, as of the last look."""
        return self._edition

    @property
    def is_away(self) -> bool:
        """The database failed when it was last asked, or takes too long to answer."""
        look = self._look
        return self._failed or (look is not None and look.is_alive() and monotonic() - self._began_at > HANGS_S)

    @property
    def known(self) -> int:
        """How many links it could answer for while the database is away."""
        return len(self._ways)

    def answers(self, now: datetime) -> bool:
        """Ask the database now; whether it says something soon, be it that it refuses. False: it hangs."""
        self._looked_at = float("-inf")
        self.refresh(now)
        look = self._look
        if look:
            look.join(ANSWERS_S)
        return look is not None and not look.is_alive()

    def find(self, code: str, now: datetime) -> Way | None:
        """Where a code leads. Raises later (`database_away`) for one that this process doesn't know by then."""
        if monotonic() - self._looked_at > LOOK_EVERY_S:
            self.refresh(now)
        kept = self._ways.get(code)
        if kept and kept[0] == self.edition:
            return kept[1]
        if self._failed and not kept:
            self._wait()  # what failed a moment ago may be over
        if self.is_away:
            return _known(kept)
        return self._read(code, kept)

    def _read(self, code: str, kept: tuple[int, Way] | None) -> Way | None:
        edition = self.edition  # before it is read: a change in between makes this copy old, not the next one
        try:
            with self._db.read() as session:
                way = targets.way(session, self._settings, code)
        # a database that breaks off in the middle of a query is as far away as one that refuses
        except Exception as failed:  # noqa: BLE001
            self._fail(failed)
            return _known(kept)
        if way:
            if len(self._ways) >= MOST_WAYS:
                self._ways = {}
            self._ways[code] = (edition, way)
        return way

    def look(self, now: datetime) -> int:
        """The edition, as of a quarter of a second ago at most."""
        if monotonic() - self._looked_at > LOOK_EVERY_S:
            self.refresh(now)
        return self.edition

    def salt(self, now: datetime) -> str | None:
        """The day's salt; None: the database was away before it could be read."""
        day = visitors.day_of(now)
        if day not in self._salts and not self.is_away:
            self._looked_at = float("-inf")
            self.refresh(now)
        return self._salts.get(day)

    def visitor(self, address: str, agent: str, now: datetime) -> bytes | None:
        """Who this is today; None at identity level 0, and while nobody knows the day's salt."""
        salt = self.salt(now) if self._settings.identity_level else None
        return visitors.hash_of(salt, address, agent) if salt else None

    def knows_member(self, visitor: bytes) -> bool:
        """Whether this process has written this member down already."""
        return visitor in self._members

    def note_member(self, visitor: bytes) -> None:
        """It has."""
        if len(self._members) >= MOST_MEMBERS:
            self._members = set()
        self._members.add(visitor)

    def refresh(self, now: datetime) -> None:
        """Look whether the edition turned; waits a moment for it when nobody looked for a second."""
        with self._mutex:
            look = self._look
            if look is None or not look.is_alive():
                look = self._look = threading.Thread(target=self._see, args=(now,), name="directory", daemon=True)
                self._began_at = monotonic()
                look.start()
        if monotonic() - self._looked_at > OLD_S:
            self._wait()

    def _wait(self) -> None:
        """A moment for the look that is under way; whoever comes later to a database that hangs doesn't wait again."""
        if look := self._look:
            look.join(max(self._began_at + WAIT_S - monotonic(), 0))

    def close(self) -> None:
        """Wait for the last look."""
        if self._look:
            self._look.join(WAIT_S * 10)

    def _see(self, now: datetime) -> None:
        days = [now, now + timedelta(hours=12)]  # tomorrow's too, in time for an outage over midnight
        # SQLite's writers wait for each other, which is no hanging
        self._db.asked_at = None if self._db.is_sqlite else monotonic()
        try:
            with self._db.read() as session:
                edition = editions.number(session)
                salts = {day: salt for day in days if (salt := visitors.kept_salt(session, day))}
            if len(salts) < len(days):
                with self._db.write() as session:
                    salts = {day: visitors.salt_of(session, day, now) for day in days}
        except Exception as failed:  # noqa: BLE001  the next look is a quarter of a second away
            self._fail(failed)
        else:
            self._edition = edition
            self._salts = {visitors.day_of(day): salt for day, salt in salts.items()}
            self._failed = False
        self._db.asked_at = None
        self._looked_at = monotonic()

    def _fail(self, failed: Exception) -> None:
        self._failed = True
        if monotonic() - self._logged_at >= LOG_EVERY_S:  # an outage fails four times a second
            log.error("directory_stale", reason=repr(failed)[:300], known=len(self._ways))
            self._logged_at = monotonic()


def _known(kept: tuple[int, Way] | None) -> Way:
    if kept is None:
        raise problem("later", "database_away")
    return kept[1]
