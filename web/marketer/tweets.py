"""GET /tweets; POST /tweets/count, /tweets/bill: all tweets, X's own count of a text, and what it asks."""

import re
from collections.abc import Mapping

from flask import render_template, request

from campaigns.planning import campaigns
from campaigns.publishing import postings, prices, weights
from campaigns.publishing.threads import MOST_PARTS
from campaigns.publishing.tweets import STATES
from campaigns.publishing.weights import LINK, MOST, Weight
from campaigns.tracking import linked
from web.marketer.blueprint import blueprint
from web.request import Answer, now, say, world

MOST_CAMPAIGNS = 200
SHOWN = 26
"""So many characters of an address X shows."""


def state_words() -> dict[str, str]:
    """The states of a tweet, in words."""
    return {
        "draft": say("Draft"), "proposed": say("Proposed"), "approved": say("Accepted"),
        "scheduled": say("Scheduled"), "sending": say("Sending"), "sent": say("Sent"),
        "failed": say("Failed"), "unsure": say("Unsure"),
    }  # fmt: skip


@blueprint.app_template_filter("drawn")
def as_drawn(text: str, words: Mapping[int, str] | None = None, *, has_card: bool = True) -> str:
    """The text as X shows it: an address at its end gives way to the card. `words`: what stands for its links.

    >>> as_drawn("Read it {link}"), as_drawn("{link} tells how"), as_drawn("It {link}", {1: "x.fr/l/a"}, has_card=False)
    ('Read it', '… tells how', 'It x.fr/l/a')
    """
    plain = weights.normal(text)
    if has_card and plain.endswith(LINK):
        plain = plain.removesuffix(LINK).rstrip()
    return weights.with_links(plain, {place: (words or {}).get(place, "…") for place in weights.PLACES})


def words_of(urls: Mapping[int, str]) -> dict[int, str]:
    """The addresses as X writes them: without their scheme, and cut.

    >>> words_of({1: "https://go.example/l/abcdefg"})
    {1: 'go.example/l/abcdefg'}
    """
    bare = {place: url.partition("://")[2] for place, url in urls.items()}
    return {place: each if len(each) <= SHOWN else f"{each[:SHOWN]}…" for place, each in bare.items()}


TAG = re.compile(r"((?<!\w)[#@]\w+)")


@blueprint.app_template_filter("tagged")
def in_pieces(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, with whether each is a hashtag or a name, which X marks.

    >>> in_pieces("Read #six & co")
    [('Read ', False), ('#six', True), (' & co', False)]
    """
    return [(piece, n % 2 == 1) for n, piece in enumerate(TAG.split(text)) if piece]


@blueprint.get("/tweets")
def tweets() -> Answer:
    """GET /tweets?campaign_id=&state=: newest first."""
    wanted, asked = request.args.get("campaign_id", ""), request.args.get("state", "")
    state = next((each for each in STATES if each == asked), None)
    with world().db.read() as session:
        campaign = campaigns.find(session, wanted) if wanted else None
        found = linked.list_page(
            session, world().settings, now(), campaign_id=campaign.id if campaign else None,
            state=state, before=request.args.get("before"),
        )  # fmt: skip
        known = campaigns.list_page(session, limit=MOST_CAMPAIGNS).items
    return render_template(
        "marketer/tweets.html", tweets=found.items, next=found.next, campaign=campaign, known=known, state=state,
        names={each.id: each.name for each in known}, states=state_words(), is_later="before" in request.args,
    )  # fmt: skip


def percent(weight: Weight) -> int:
    """How full the ring is."""
    return min(100, weight.weight * 100 // MOST)


@blueprint.post("/tweets/count")
def count_tweet() -> Answer:
    """POST /tweets/count: what X counts, as the composer shows it while one types."""
    weight = weights.weigh(request.form.get("text", ""))
    price = prices.of_post(world().settings, request.form.get("text", ""))
    return render_template("marketer/tweet_count.html", weight=weight, most=MOST, percent=percent(weight), price=price)


@blueprint.post("/tweets/bill")
def bill_of() -> Answer:
    """POST /tweets/bill: what X asks for all parts, and what the month leaves."""
    first, *parts = request.form.getlist("text")[:MOST_PARTS] or [""]
    texts = [first, *(text for text in parts if text.strip())]
    with world().db.read() as session:
        spending = postings.spending(session, world().settings, now())
    price = prices.of_thread(world().settings, texts)
    return render_template("marketer/tweet_bill.html", price=price, posts=len(texts), spending=spending)
