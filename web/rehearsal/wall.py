"""GET /rehearsal/wall: the tweets as they would look on X, each with the card of its landing page."""

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request, url_for

from campaigns.flows.look_at_rehearsal import Happening, Pinned, look_at_wall
from campaigns.planning import cards
from web.rehearsal.blueprint import blueprint, reader
from web.rehearsal.pieces import Piece, pieces
from web.request import viewer, world

MOST_TITLE, MOST_DESCRIPTION = 70, 200
"""What X shows of a card's tags."""


@dataclass(frozen=True)
class Card:
    """What X draws from the tags of the page."""

    title: str
    description: str
    image: str
    alt: str
    url: str


@dataclass(frozen=True)
class Shown:
    """A tweet as the template needs it; `href`: its page in Perchoir, for whoever may open it."""

    x_id: str
    text: list[Piece]
    posted_at: datetime
    card: Card | None
    host: str
    clicks: int
    href: str


@blueprint.get("/rehearsal/wall")
def wall() -> str:
    """The newest tweets; the older ones by ?before=."""
    found = look_at_wall(world(), reader(), request.args.get("before"))
    return render_template(
        "rehearsal/wall.html", account=found.account, tweets=[_shown(pinned) for pinned in found.tweets.items],
        next=url_for(".wall", before=found.tweets.next) if found.tweets.next else "",
        first=url_for(".wall") if request.args.get("before") else "",
        happenings=[(each, _href(each)) for each in found.happenings],
    )  # fmt: skip


def _shown(pinned: Pinned) -> Shown:
    may_open = pinned.tweet_id and viewer().role != "sales"
    return Shown(
        pinned.post.x_id, pieces(pinned.post.text), pinned.post.posted_at, _card(pinned), pinned.host, pinned.clicks,
        f"/tweets/{pinned.tweet_id}" if may_open else "",
    )  # fmt: skip


def _card(pinned: Pinned) -> Card | None:
    page, paper = pinned.page, pinned.paper
    if page is None:
        return None
    version = cards.version(page, paper)
    return Card(
        title=_cut(page.headline, MOST_TITLE), description=_cut(page.summary or page.headline, MOST_DESCRIPTION),
        image=f"/p/{page.slug}/card.jpg?v={version}", alt=page.picture_alt or page.headline, url=pinned.post.urls[0],
    )  # fmt: skip


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _href(happening: Happening) -> str:
    """Where a line of the log leads."""
    return {
        "posted": f"#t{happening.key}",
        "form": f"/leads/{happening.key}",
        "mail": f"/rehearsal/mailbox/{happening.key}",
        "till": f"/rehearsal/till/{happening.key}",
    }[happening.what]
