"""GET, POST /tweets/new, /tweets/<id>/edit: writing a tweet, for now or for its moment."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from campaigns.flows import edit_tweet as edit
from campaigns.flows import plan_tweet as plan
from campaigns.flows import write_tweet as write
from campaigns.flows.write_tweet import TweetDraft
from campaigns.kernel.errors import Faults, problem
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.publishing import accounts, calendars, media, polls, postings, prices, slots, tweets, weights
from campaigns.publishing.accounts import XAccount
from campaigns.publishing.postings import Spending
from campaigns.publishing.threads import MOST_PARTS
from campaigns.publishing.tweets import WITH_US, Tweet
from campaigns.publishing.weights import LINK, MOST
from campaigns.tracking import linked, links, utm
from web.forms import StaffForm, choices, showing
from web.landing import card_tags
from web.marketer.blueprint import blueprint
from web.marketer.composer_forms import FurtherForm, MediaForm, PlanForm, TweetForm, tweet_form, wanted_of
from web.marketer.tweets import as_drawn, percent, words_of
from web.request import Answer, now, say, viewer, world

BEGINNING = f"\n\n{LINK}"
DEEDS = {"draft", "schedule", "now", "save", "queue", "media", "links", "propose"}
LOOKS = {"preview", "add", "split"}
"""What shows the page again, and keeps nothing."""
TOLD = {"draft": "saved", "save": "saved", "schedule": "scheduled", "now": "sending", "queue": "scheduled"}


@dataclass(frozen=True)
class Card:
    """What X draws under a tweet that leads to an offer: the picture and the title that its page's tags tell."""

    offer_id: str
    title: str
    image: str


@dataclass(frozen=True)
class Place:
    """A campaign with its offers, and the pages of those that are online."""

    campaign: Campaign
    offers: list[Offer]
    online: dict[str, Page]
    accounts: list[XAccount]
    spending: Spending

    @property
    def cards(self) -> list[Card]:
        """One for each offer that has a page online."""
        return [card_of(page) for page in self.online.values()]


def card_of(page: Page) -> Card:
    """The card of a page."""
    tags = card_tags(page, f"/p/{page.slug}/card.jpg?v={page.revision}")
    return Card(page.offer_id, tags["twitter:title"], tags["twitter:image"])


def _place(campaign_id: str) -> Place:
    with world().db.read() as session:
        campaign = campaigns.find(session, campaign_id)
        made = offers.list_of(session, campaign.id)
        online = {offer.id: page for offer in made if (page := pages.online_page_of(session, offer.id))}
        connected = accounts.list_of(session)
        spending = postings.spending(session, world().settings, now())
    return Place(campaign, made, online, connected, spending)


def _form(place: Place, sent: MultiDict[str, str] | None = None, **data: object) -> TweetForm:
    return tweet_form({offer.id: offer.title for offer in place.offers}, place.accounts, sent, **data)


def _deed() -> str:
    """What the pressed button asks for; a draft is the least that can go wrong."""
    deed = request.form.get("do", "draft")
    return deed if deed in DEEDS or deed in LOOKS else "draft"


def _moment(
    form: PlanForm, deed: str, text: str | None = None, *, linkless: bool = False
) -> tuple[str | None, str | None]:
    """When, and in which zone. Raises invalid (`required`), with what is wrong about the text."""
    if deed == "now":
        return now().isoformat(), None
    if deed == "queue":
        return slots.QUEUE, None
    if deed != "schedule":
        return None, None
    typed = (form.scheduled_at.data or "").strip()
    if not typed:
        faults = Faults()
        if text is not None:
            with faults.gather():
                weights.check(text, linkless=linkless)
        faults.add("scheduled_at", "required")
        faults.check()
    return typed, form.zone.data or viewer().zone


@blueprint.route("/tweets/new", methods=["GET", "POST"])
def write_tweet() -> Answer:
    """GET, POST /tweets/new?campaign_id=…; without a campaign, which one is asked first."""
    campaign_id = request.args.get("campaign_id", "")
    if not campaign_id:
        return _ask_for_campaign()
    place = _place(campaign_id)
    wanted = request.args.get("offer_id") or next(iter(place.online), None)
    form = _form(place, text=BEGINNING, zone=viewer().zone, offer_id=wanted, poll_minutes="1440",
                 scheduled_at=request.args.get("at", "")[:16])  # fmt: skip
    if request.method == "POST" and (deed := _deed()) not in LOOKS:
        with showing(form):
            draft = _draft(place, form, deed)
            made = write.write_tweet(world(), draft, who=viewer().name, user_id=viewer().id, approves=viewer().approves)
            return _done(made.tweet.id, deed)
    return _page(form, place, None)


def _draft(place: Place, form: TweetForm, deed: str) -> TweetDraft:
    """What was typed. A part that was left empty is none. Raises invalid, with what is wrong about the moment."""
    typed = wanted_of(form)
    parts = tuple(part for part in typed.parts or () if part.strip())
    moment, zone = _moment(form, deed, typed.text, linkless=bool(typed.linkless or parts))
    return TweetDraft(
        place.campaign.id, form.offer_id.data or "", typed.text or "", moment, zone, typed.account_id or None,
        bool(typed.linkless), parts, typed.reply_settings or "everyone", typed.poll_options or (), typed.poll_minutes,
        request.args.get("variant_of") or None,
    )  # fmt: skip


def _ask_for_campaign() -> Answer:
    with world().db.read() as session:
        known = campaigns.list_page(session).items
    if len(known) == 1:
        return redirect(url_for("marketer.write_tweet", campaign_id=known[0].id))
    return render_template("marketer/choose_campaign.html", known=known)


@blueprint.route("/tweets/<uuid:tweet_id>/edit", methods=["GET", "POST"])
def edit_tweet(tweet_id: UUID) -> Answer:
    """GET, POST /tweets/<id>/edit: its text, and its moment; while X can't have it."""
    with world().db.read() as session:
        tweet = tweets.find(session, str(tweet_id))
    if tweet.state not in WITH_US:
        return redirect(url_for("marketer.tweet", tweet_id=tweet.id))
    place, form = _editing(tweet)
    if request.method == "POST" and (deed := _deed()) not in LOOKS:
        with showing(form):
            _change(tweet, form, deed)
            return _done(tweet.id, deed)
    return _page(form, place, tweet)


def _editing(tweet: Tweet, sent: MultiDict[str, str] | None = None) -> tuple[Place, TweetForm]:
    place = _place(tweet.campaign_id)
    with world().db.read() as session:
        whole = tweets.with_following(session, tweet, WITH_US)
    poll = tweet.poll or {"options": [], "minutes": polls.USUAL_MINUTES}
    form = _form(
        place, sent, text=tweet.text, offer_id=tweet.offer_id, account_id=tweet.account_id or "",
        linkless=all(part.linkless for part in whole), reply_settings=tweet.reply_settings,
        poll_options="\n".join(poll["options"]), poll_minutes=f"{poll['minutes']}", was=_stamp(whole),
        **{f"part_{n}": part.text for n, part in enumerate(whole[1:], 1)}, **planned(tweet),
    )  # fmt: skip
    form.offer_id.data = tweet.offer_id  # its link leads there
    return place, form


def _stamp(whole: Sequence[Tweet]) -> str:
    """What tells other words."""
    return hashlib.sha256("\0".join(part.text for part in whole).encode()).hexdigest()[:16]


def _check_unchanged(tweet: Tweet, form: TweetForm) -> None:
    """Raises conflict (`tweet_changed`) once: pressed again, what was typed here is kept."""
    with world().db.read() as session:
        stamp = _stamp(tweets.with_following(session, tweet, WITH_US))
    was, form.was.data = form.was.data, stamp
    if was and was != stamp:
        raise problem("conflict", "tweet_changed", "text")


def shown_again(tweet_id: str, media_form: MediaForm | None = None, further_form: FurtherForm | None = None) -> Answer:
    """The composer of a tweet whose picture or link was refused, with what is wrong beside it. Raises missing."""
    with world().db.read() as session:
        tweet = tweets.find(session, tweet_id)
    place, form = _editing(tweet, MultiDict())
    return _page(form, place, tweet, media_form, further_form)


def planned(tweet: Tweet) -> dict[str, str]:
    """Its moment as it was typed, else in the viewer's zone."""
    zone = tweet.zone or viewer().zone
    if tweet.scheduled_at is None or tweet.state == "failed":
        return {"scheduled_at": "", "zone": zone}
    return {"scheduled_at": tweet.local_time or calendars.local(tweet.scheduled_at, zone)[:16], "zone": zone}


def _change(tweet: Tweet, form: TweetForm, deed: str) -> None:
    _check_unchanged(tweet, form)
    wanted, me = wanted_of(form), {"who": viewer().name, "user_id": viewer().id}
    is_thread = tweet.part > 1 or any((part or "").strip() for part in wanted.parts or ())
    moment, zone = _moment(form, deed, wanted.text, linkless=bool(wanted.linkless or is_thread))
    if moment:
        plan.plan_tweet(world(), tweet.id, moment, zone, wanted=wanted, approves=viewer().approves, **me)
    elif deed == "draft":
        plan.cancel(world(), tweet.id, wanted=wanted, is_draft_fine=True, **me)
    else:
        edit.edit_tweet(world(), tweet.id, wanted, approves=viewer().approves, **me)


def refused_form(what: str, title: str, tweet_id: UUID, form: StaffForm) -> Answer:
    """A form of a tweet's page that was refused, alone: that page has too many of its own to show them all again.

    `what`: propose, changes, repost or repeat.
    """
    html = render_template("marketer/tweet_again.html", what=what, title=title, tweet_id=tweet_id, form=form)
    return html, 422


def must_ask() -> bool:
    """Whether the viewer's tweets need somebody's word before they go out."""
    return world().settings.approval == "required" and not viewer().approves


def _done(tweet_id: str, deed: str) -> Response:
    if deed == "propose":  # whom, the tweet's page asks
        at = (request.form.get("scheduled_at") or "")[:16]
        return redirect(url_for("marketer.tweet", tweet_id=tweet_id, done="saved", at=at, _anchor="propose"), 303)
    if deed in ("media", "links"):
        return redirect(url_for("marketer.edit_tweet", tweet_id=tweet_id, done="saved", _anchor=f"{deed}-head"), 303)
    return redirect(url_for("marketer.tweet", tweet_id=tweet_id, done=TOLD[deed]), 303)


def _written(form: TweetForm) -> list[str]:
    """The texts of what would be posted: the first, and each part that isn't empty."""
    return [form.text.data or "", *(text for part in form.parts() if (text := part.data or "").strip())]


def _behind(tweet: Tweet | None) -> list[Tweet]:
    if tweet is None:
        return []
    with world().db.read() as session:
        return tweets.with_following(session, tweet, WITH_US)[1:]


def _page(
    form: TweetForm, place: Place, tweet: Tweet | None, media_form: MediaForm | None = None,
    further_form: FurtherForm | None = None,
) -> Answer:  # fmt: skip
    media_form, further_form = media_form or MediaForm(), further_form or FurtherForm()
    titles = {offer.id: offer.title for offer in place.offers}
    further_form.offer_id.choices = choices({"": say("None: an address below")} | titles)
    with world().db.read() as session:
        shows = media.list_of(session, tweet.id) if tweet else []
        all_links = links.all_of_tweets(session, [tweet.id])[tweet.id] if tweet else {}
        earlier = tweets.get(session, form.earlier_id) if form.earlier_id else None
    weight, urls = weights.weigh(form.text.data or ""), linked.urls_of(world().settings, all_links)
    words = words_of(urls or {1: f"{world().settings.short_url or world().settings.public_url}/…"})
    texts = _written(form)
    html = render_template(
        "marketer/composer.html", form=form, place=place, campaign=place.campaign, tweet=tweet, weight=weight,
        most=MOST, percent=percent(weight), drawn=as_drawn(form.text.data or "", words, has_card=not shows),
        words=json.dumps(words), domain=world().settings.public_host,
        chosen=form.offer_id.data, spending=place.spending, price=prices.of_thread(world().settings, texts),
        posts=len(texts), most_parts=MOST_PARTS, empty=weights.weigh(""), behind=_behind(tweet),
        parts=[(part, weights.weigh(part.data or ""), as_drawn(part.data or "", words)) for part in form.parts()],
        percent_of=percent, price_of=partial(prices.of_post, world().settings), shows=shows,
        media_form=media_form, further_form=further_form, earlier=earlier, titles=titles, links=all_links,
        urls=urls, word_of=weights.word_of,
        tags=utm.of_link(all_links[1], place.campaign) if all_links else {}, must_ask=must_ask(),
    )  # fmt: skip
    return html, 422 if form.has_faults or media_form.has_faults or further_form.has_faults else 200
