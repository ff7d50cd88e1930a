"""What the address asks the desk for: a view, the words for it, and the way to take each part of it off."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import request, url_for

from campaigns.measuring import desk
from campaigns.measuring.desk import NOBODY, View
from web import filters
from web.forms import Typed
from web.request import locale, say, with_rehearsal, zone

PARTS = ("campaign_id", "tweet_id", "q", "since", "until", "rehearsal", "counts")
"""Of an address, beside the state."""


@dataclass(frozen=True)
class Chip:
    """A part of the view in words, and the address without it."""

    word: str
    href: str


def state_words() -> dict[str, str]:
    """The states of a lead, each in words."""
    return {
        "new": say("New"), "contacted": say("Contacted"), "qualified": say("Qualified"), "won": say("Won"),
        "lost": say("Lost"),
    }  # fmt: skip


def exclusion_words() -> dict[str, str]:
    """Why a lead doesn't count; empty: it does."""
    return {"": say("Counts"), "test": say("A test"), "internal": say("One of our own people"), "spam": say("Spam")}


def count_words(number: int) -> str:
    """A count as it is shown: up to where it stopped, then with a plus."""
    told = filters.number(min(number, desk.MOST_COUNTED), locale())
    return f"{told}+" if number > desk.MOST_COUNTED else told


def kept(*without: str) -> dict[str, Any]:
    """The view's parts as they stand in the address, but for those named."""
    parts = {name: request.args.get(name, "") for name in (*PARTS, "state")}
    return {name: value for name, value in parts.items() if value and name not in without}


def asked() -> View:
    """The view. Days are whole ones in the viewer's zone, the last included. Raises invalid (`date_unreadable`)."""
    typed = Typed(request.args)
    since, until = typed.date("since"), typed.date("until")
    typed.faults.check()
    return View(
        campaign_id=typed.text("campaign_id") or None, state=typed.text("state") or None, text=typed.text("q"),
        tweet_id=typed.text("tweet_id") or None, since=_midnight(since), until=_midnight(_after(until)),
        rehearsal=with_rehearsal(), excluded=typed.text("counts") == "no",
    )  # fmt: skip


def _after(day: date | None) -> date | None:
    return day + timedelta(days=1) if day and day < date.max else day


def _midnight(day: date | None) -> datetime | None:
    # a year of one figure has no moment in every zone
    return datetime.combine(day, time(), zone()) if day and 1970 <= day.year < 9999 else None


def chips(campaign: str | None, tweet: str | None) -> list[Chip]:
    """What the view is narrowed to, beside words and days, which stand in their fields."""
    found = []
    if campaign:
        found.append(Chip(campaign, url_for("sales.leads", **kept("campaign_id"))))
    if request.args.get("tweet_id"):
        word = say("Unattributed") if request.args["tweet_id"] == NOBODY else (tweet or say("A tweet that is gone"))
        found.append(Chip(word, url_for("sales.leads", **kept("tweet_id"))))
    if request.args.get("rehearsal") in ("true", "false"):
        word = say("With rehearsals") if with_rehearsal() else say("Real only")
        found.append(Chip(word, url_for("sales.leads", **kept("rehearsal"))))
    if request.args.get("counts") == "no":
        found.append(Chip(say("Not counted"), url_for("sales.leads", **kept("counts"))))
    return found
