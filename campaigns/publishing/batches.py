"""Batches: many tweets from lines of CSV, each read into what a person would have typed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from campaigns.kernel import sheets
from campaigns.kernel.errors import Faults, problem
from campaigns.kernel.sheets import Wrong
from campaigns.planning.offers import Offer
from campaigns.ports import ReplySettings
from campaigns.publishing import calendars, prices, weights
from campaigns.publishing.accounts import XAccount
from campaigns.publishing.calendars import Plan
from campaigns.settings import Settings

MOST_LINES = 500
COLUMNS = ("text", "scheduled_at", "zone", "offer", "account", "reply_settings", "linkless")
YES, NO = {"yes", "y", "true", "1", "oui", "x"}, {"", "no", "n", "false", "0", "non"}
EUROPEAN = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})[ T]+(\d{1,2})[:hH](\d{2})")


@dataclass(frozen=True)
class Line:
    """A tweet to be: its number in the file, and what it is made of. `micros`: what X asks for it."""

    number: int
    text: str
    weight: int
    micros: int
    plan: Plan | None
    offer: Offer
    account_id: str | None
    reply_settings: ReplySettings
    linkless: bool


@dataclass
class Batch:
    """A file as it was read: good lines, and every fault of the others."""

    lines: list[Line] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    is_made: bool = False

    @property
    def micros(self) -> int:
        """What X asks for all of them, in millionths of a dollar."""
        return sum(line.micros for line in self.lines)

    @property
    def bad_lines(self) -> int:
        return len({each.line for each in self.wrong})


def read(
    settings: Settings, text: str, zone: str, offers: Sequence[Offer], accounts: Sequence[XAccount], now: datetime
) -> Batch:
    """A file, line by line; a line without a zone is in this one.

    Raises invalid (`links_none`, `tweets_too_many`).
    """
    batch = Batch()
    rows = list(sheets.rows(text, COLUMNS, batch.wrong))
    if not rows and not batch.wrong:
        raise problem("invalid", "links_none", "lines")
    if len(rows) > MOST_LINES:
        raise problem("invalid", "tweets_too_many", "lines", most=MOST_LINES, count=len(rows))
    for row in rows:
        faults = Faults()
        line = _line(faults, settings, row, zone, offers, accounts, now)
        batch.wrong += [Wrong(row.line, fault) for fault in faults.found]
        if line and not faults.found:
            batch.lines.append(line)
    return batch


def _line(
    faults: Faults, settings: Settings, row: sheets.Row, zone: str, offers: Sequence[Offer],
    accounts: Sequence[XAccount], now: datetime,
) -> Line | None:  # fmt: skip
    cells = {name: row.cells[name].strip() for name in COLUMNS}
    linkless, text, plan = _is_yes(faults, cells), "", None
    with faults.gather():
        text = weights.check(row.cells["text"], linkless=linkless)
    if cells["scheduled_at"]:
        with faults.gather():
            plan = calendars.plan(iso(cells["scheduled_at"]), cells["zone"] or zone, now)
    offer, account_id = _offer(faults, cells["offer"], offers), _account(faults, cells["account"], accounts)
    if cells["reply_settings"] and cells["reply_settings"] not in get_args(ReplySettings):
        faults.add("reply_settings", "not_a_choice")
    reply_settings: ReplySettings = next(
        (each for each in get_args(ReplySettings) if each == cells["reply_settings"]), "everyone"
    )
    if offer is None:
        return None
    return Line(
        row.line, text, weights.weigh(text).weight, prices.of_post(settings, text), plan, offer, account_id,
        reply_settings, linkless,
    )  # fmt: skip


def iso(typed: str) -> str:
    """A time as spreadsheets of Europe write it, else as it is.

    >>> iso("24/11/2026 8h05"), iso("2026-11-24 08:05")
    ('2026-11-24T08:05', '2026-11-24 08:05')
    """
    found = EUROPEAN.fullmatch(typed)
    if not found:
        return typed
    day, month, year, hour, minute = (int(each) for each in found.groups())
    return f"{year}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}"


def _is_yes(faults: Faults, cells: Mapping[str, str]) -> bool:
    told = cells["linkless"].lower()
    if told not in YES | NO:
        faults.add("linkless", "not_a_choice")
    return told in YES


def _offer(faults: Faults, typed: str, offers: Sequence[Offer]) -> Offer | None:
    """By its id or title; the campaign's only one where none is named."""
    found = [each for each in offers if not typed or typed == each.id or typed.casefold() == each.title.casefold()]
    if len(found) == 1:
        return found[0]
    faults.add("offer", "offer_missing" if not found else "offer_unclear")
    return None


def _account(faults: Faults, typed: str, accounts: Sequence[XAccount]) -> str | None:
    """By its handle; None: the usual one."""
    if not typed:
        return None
    found = [each for each in accounts if each.handle.casefold() == typed.removeprefix("@").casefold()]
    if not found:
        faults.add("account", "account_missing")
        return None
    return found[0].id
