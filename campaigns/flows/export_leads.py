"""Sales downloads leads: streamed in batches, each read in a transaction of its own, and written down."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from campaigns.kernel import zones
from campaigns.kernel.errors import problem
from campaigns.measuring import exports, spreadsheets
from campaigns.measuring.desk import View
from campaigns.measuring.exports import TAIL, Batch, Columns, Line, Place
from campaigns.measuring.spreadsheets import Book, Writing
from campaigns.people import audits
from campaigns.world import World

Kind = Literal["csv", "xlsx"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PIECE = 64 * 1024


@dataclass(frozen=True)
class Asking:
    """Who downloads. `user_id` is None for a machine; locale and zone are for the file's writing and its name."""

    who: str
    user_id: str | None
    locale: str = "en"
    zone: str = "UTC"


@dataclass(frozen=True)
class Download:
    """A file on its way: whoever takes the pieces to their end has it whole, and only that is written down so."""

    name: str
    media_type: str
    pieces: Iterator[bytes]


@dataclass
class _Seen:
    """What went out: how many leads, and the youngest of them."""

    upto: datetime
    rows: int = 0
    tail: list[str] = field(default_factory=list)


def export_leads(world: World, view: View, kind: str, asking: Asking, *, only_new: bool = False) -> Download:
    """The leads of a view as a file.

    `only_new`: those that the member's last download of the same view didn't hold; all when there was none.
    Raises invalid for a view that can't be and for a format there isn't (`not_a_choice`).
    """
    if kind not in KINDS:
        raise problem("invalid", "not_a_choice", "format")
    now = world.clock.now()
    with world.db.write() as session:
        after = exports.last(session, asking.user_id, view) if only_new and asking.user_id else None
        batch = Batch(view, world.settings.lookback_days, now, after)
        exports.conditions(session, batch)
        export = exports.write_down(session, batch, kind, who=asking.who, user_id=asking.user_id)
        told = {name: value for name, value in exports.asked(view).items() if name != "text"}  # may be an address
        audits.note(session, "leads.exported", now, who=asking.who, user_id=asking.user_id, subject=export.id,
                    format=kind, only_new=only_new, **told)  # fmt: skip
    seen = _Seen(now)
    if after and after.upto > now - TAIL:  # what it held is still within reach of the next one
        seen.tail += after.filter.get("tail", [])
    if kind == "csv":
        pieces = _csv(world, batch, export.id, spreadsheets.WRITINGS.get(asking.locale, spreadsheets.ENGLISH), seen)
    else:
        pieces = _xlsx(world, batch, export.id, seen)
    day = zones.day(now, asking.zone)
    return Download(f"leads-{day.isoformat()}.{kind}", TYPES[kind], pieces)


def _csv(world: World, batch: Batch, export_id: str, writing: Writing, seen: _Seen) -> Iterator[bytes]:
    columns = _columns(world, batch)
    mark = b"\xef\xbb\xbf" if writing.mark else b""
    yield mark + spreadsheets.csv_text([exports.header(columns)], writing)
    for lines in _batches(world, batch, columns, seen):
        yield spreadsheets.csv_text((spreadsheets.csv_row(line, writing) for line in lines), writing)
    _finish(world, export_id, seen)


def _xlsx(world: World, batch: Batch, export_id: str, seen: _Seen) -> Iterator[bytes]:
    columns = _columns(world, batch)
    # a zip's directory stands at its end: the file is whole before its first byte leaves, on disk and not in memory
    with tempfile.TemporaryFile() as file:
        book = Book(file, exports.header(columns))
        for lines in _batches(world, batch, columns, seen):
            for line in lines:
                book.add(line)
        book.close()
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
    _finish(world, export_id, seen)


def _columns(world: World, batch: Batch) -> Columns:
    """The union over all leads of the view: first what its pages ask for, in their order, then what they once did."""
    with world.db.read() as session:
        names, purposes = exports.asked_fields(session, batch), exports.purposes(session, batch)
        answered, place = exports.answered_fields(session, batch, None)
    while place:
        with world.db.read() as session:
            more, place = exports.answered_fields(session, batch, place)
        answered |= more
    once = sorted(answered.keys() - names.keys())
    return Columns((*names, *once), purposes)


def _batches(world: World, batch: Batch, columns: Columns, seen: _Seen) -> Iterator[Iterable[Line]]:
    place: Place | None = None
    while True:
        with world.db.read() as session:
            lines, rows, place = exports.lines(session, batch, columns, place)
        seen.rows += len(rows)
        seen.tail += [row.lead.id for row in rows if row.lead.created_at > seen.upto - TAIL]
        yield lines
        if place is None:
            return


def _finish(world: World, export_id: str, seen: _Seen) -> None:
    with world.db.write() as session:
        exports.finish(session, export_id, seen.rows, seen.tail)
