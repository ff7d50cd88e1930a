"""Bulks: many links from lines of CSV, checked line by line before any of them is made."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.kernel import editions, sheets
from campaigns.kernel.db import conflict_insert
from campaigns.kernel.errors import Fault, Faults, problem
from campaigns.kernel.sheets import Wrong
from campaigns.planning import campaigns, offers
from campaigns.publishing import calendars
from campaigns.settings import Settings
from campaigns.tracking import drafts
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import Link, free_code

MOST_LINES = 1_000
MOST_BYTES = 1_000_000

COLUMNS = (
    "code", "name", "channel", "contact", "offer", "target", "source", "medium", "content", "term", "starts_at",
    "ends_at", "over_target", "most_clicks", "forwarding", "forwarded",
)  # fmt: skip


@dataclass(frozen=True)
class Bulk:
    """A file as it was checked: what each good line would make, and every fault of the others."""

    columns: list[tuple[str, dict[str, Any]]]  # the code of one's own or nothing, and the link's columns
    wrong: list[Wrong]
    lines: int
    without_code: int
    key: str

    @property
    def bad_lines(self) -> int:
        return len({each.line for each in self.wrong})


def key_of(campaign_id: str, text: str) -> str:
    """What the same lines for the same campaign are known by."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").strip())
    return hashlib.sha256(f"{campaign_id}\n{plain}".encode("utf-8", "replace")).hexdigest()


def check(session: Session, settings: Settings, campaign_id: str, text: str, zone: str) -> Bulk:
    """A file, line by line; times without an offset are those of the zone.

    Raises missing (`campaign_missing`), invalid (`links_none`, `links_too_many`, `links_unreadable`).
    Queries: 3, however many lines.
    """
    campaigns.find(session, campaign_id)
    wrong: list[Wrong] = []
    rows = list(sheets.rows(text, COLUMNS, wrong))
    if not rows and not wrong:
        raise problem("invalid", "links_none", "links")
    if len(rows) > MOST_LINES:
        raise problem("invalid", "links_too_many", "links", most=MOST_LINES, count=len(rows))
    titles = [(offer.id, offer.title) for offer in offers.list_of(session, campaign_id)]
    codes = [row.cells["code"].strip() for row in rows]
    possible = {code for code in codes if drafts.CODE.fullmatch(code)}  # PostgreSQL refuses to be asked for a NUL
    taken = set(session.scalars(select(Link.code).where(Link.code.in_(possible))))
    made, seen = [], dict[str, int]()
    for row, code in zip(rows, codes, strict=True):
        faults = Faults()
        draft = _draft(faults, row.cells, titles, zone)
        columns = drafts.columns(faults, settings, draft)
        if code:
            _check_code(faults, code, taken, seen, row.line)
        wrong += [Wrong(row.line, fault) for fault in _first_of_each(faults.found)]
        if not faults.found:
            made.append((code, columns))
    return Bulk(made, wrong, len(rows), codes.count(""), key_of(campaign_id, text))


def create(session: Session, campaign_id: str, bulk: Bulk, now: datetime) -> int:
    """All links of a file without a fault; how many. Raises invalid (`code_taken`) when one was taken meanwhile."""
    rows = [
        drafts.row(code or free_code(), columns | {"campaign_id": campaign_id, "tweet_id": None}, now)
        for code, columns in bulk.columns
    ]
    session.execute(conflict_insert(session, Link).on_conflict_do_nothing(), rows)
    stored = set(session.scalars(select(Link.id).where(Link.id.in_([row["id"] for row in rows]))))
    for row in rows:
        if row["id"] not in stored:
            raise problem("invalid", "code_taken", "links", taken=row["code"])
    editions.turn(session)
    return len(rows)


def _draft(faults: Faults, cells: dict[str, str], titles: Sequence[tuple[str, str]], zone: str) -> LinkDraft:
    plain = {name: cells[name].strip() for name in COLUMNS}
    return LinkDraft(
        channel=plain["channel"].lower() or "other", name=plain["name"], contact=plain["contact"],
        offer_id=_offer(faults, plain["offer"], titles), target=plain["target"], source=plain["source"],
        medium=plain["medium"], content=plain["content"] or plain["code"], term=plain["term"],
        starts_at=_moment(faults, "starts_at", plain["starts_at"], zone),
        ends_at=_moment(faults, "ends_at", plain["ends_at"], zone), over_target=plain["over_target"],
        most_clicks=_whole(faults, plain["most_clicks"]), forwarding=plain["forwarding"].lower() or "off",
        forwarded=tuple(plain["forwarded"].replace(",", " ").split()),
    )  # fmt: skip


def _offer(faults: Faults, typed: str, titles: Sequence[tuple[str, str]]) -> str | None:
    """An offer by its id or title; something that is none is a fault, and then the target isn't missed too."""
    if not typed:
        return None
    found = [offer_id for offer_id, title in titles if typed == offer_id or typed.casefold() == title.casefold()]
    if len(found) != 1:
        faults.add("offer", "offer_unclear" if found else "offer_missing")
    return found[0] if found else typed


def _moment(faults: Faults, field: str, typed: str, zone: str) -> datetime | None:
    moment = None
    if typed:
        with faults.gather():
            moment = read_moment(typed, zone, field)
    return moment


def read_moment(typed: str, zone: str, field: str) -> datetime:
    """A moment with its offset, or the time that the clocks of a zone show. Raises invalid.

    >>> read_moment("2026-11-03T08:05", "Europe/Paris", "starts_at").isoformat()
    '2026-11-03T07:05:00+00:00'
    """
    try:
        read = datetime.fromisoformat(typed.strip())
        return read.astimezone(UTC) if read.tzinfo else calendars.instant(typed, zone, field)
    except (ValueError, OverflowError):
        raise problem("invalid", "malformed", field, expected=calendars.EXAMPLE) from None


def _whole(faults: Faults, typed: str) -> int | None:
    plain = "".join(typed.split())
    if not plain:
        return None
    if not plain.isascii() or not plain.isdigit() or len(plain) > 12:
        faults.add("most_clicks", "not_a_number")
        return None
    return int(plain)


def _check_code(faults: Faults, code: str, taken: set[str], seen: dict[str, int], line: int) -> None:
    with faults.gather():
        drafts.spell_code(code)
    if code in seen:
        faults.add("code", "code_twice", line=seen[code], taken=code)
    elif code in taken:
        faults.add("code", "code_taken", taken=code)
    seen.setdefault(code, line)


def _first_of_each(found: Sequence[Fault]) -> list[Fault]:
    """A field's first fault: the others follow from it."""
    first: dict[str | None, Fault] = {}
    for fault in found:
        first.setdefault(fault.field, fault)
    return list(first.values())
