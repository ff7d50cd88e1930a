"""GET, POST /tweets/new, /tweets/<id>/edit: writing a tweet, for now or for its moment."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField

from campaigns.flows import edit_tweet as edit
from campaigns.flows import plan_tweet as plan
from campaigns.flows import write_tweet as write
from campaigns.flows.write_tweet import TweetDraft
from campaigns.kernel.errors import Faults
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.publishing import calendars, tweets, weights
from campaigns.publishing.tweets import WITH_US, Tweet
from campaigns.publishing.weights import LINK, MOST
from web.forms import StaffForm, _, choices, showing
from web.marketer.blueprint import blueprint
from web.marketer.tweets import as_drawn, percent
from web.options import zones_with
from web.request import Answer, now, viewer, world

BEGINNING = f"\n\n{LINK}"
DEEDS = {"draft", "schedule", "now", "save"}
TOLD = {"draft": "saved", "save": "saved", "schedule": "scheduled", "now": "sending"}


class PlanForm(StaffForm):
    scheduled_at = StringField(_("Day and time"))
    zone = SelectField(_("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone.choices = zones_with(self.zone.data)


class TweetForm(PlanForm):
    offer_id = SelectField(_("Offer"))
    text = TextAreaField(_("Text"))


@dataclass(frozen=True)
class Card:
    """What X draws under a tweet that leads to an offer: the picture and the headline of its page."""

    offer_id: str
    title: str
    image: str


@dataclass(frozen=True)
class Place:
    """A campaign with its offers, and the pages of those that are online."""

    campaign: Campaign
    offers: list[Offer]
    online: dict[str, Page]

    @property
    def cards(self) -> list[Card]:
        """One for each offer that has a page online."""
        return [card_of(page) for page in self.online.values()]


def card_of(page: Page) -> Card:
    """The card of a page."""
    return Card(page.offer_id, page.headline, f"/p/{page.slug}/card.jpg?v={page.revision}")


def _place(campaign_id: str) -> Place:
    with world().db.read() as session:
        campaign = campaigns.find(session, campaign_id)
        made = offers.list_of(session, campaign.id)
        online = {offer.id: page for offer in made if (page := pages.online_page_of(session, offer.id))}
    return Place(campaign, made, online)


def _form(place: Place, **data: object) -> TweetForm:
    form = TweetForm(request.form, data=data)
    form.offer_id.choices = choices({offer.id: offer.title for offer in place.offers})
    return form


def _deed() -> str:
    """What the pressed button asks for; a draft is the least that can go wrong."""
    deed = request.form.get("do", "draft")
    return deed if deed in DEEDS or deed == "preview" else "draft"


def _moment(form: PlanForm, deed: str, text: str | None = None) -> tuple[str | None, str | None]:
    """When, and in which zone. Raises invalid (`required`), with what is wrong about the text."""
    if deed == "now":
        return now().isoformat(), None
    if deed != "schedule":
        return None, None
    typed = (form.scheduled_at.data or "").strip()
    if not typed:
        faults = Faults()
        if text is not None:
            with faults.gather():
                weights.check(text)
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
    form = _form(place, text=BEGINNING, zone=viewer().zone, offer_id=wanted)
    if request.method == "POST" and (deed := _deed()) != "preview":
        with showing(form):
            text = form.text.data or ""
            moment, zone = _moment(form, deed, text)
            draft = TweetDraft(place.campaign.id, form.offer_id.data or "", text, moment, zone)
            made = write.write_tweet(world(), draft, who=viewer().name, user_id=viewer().id)
            return _done(made.tweet.id, deed)
    return _page(form, place, None)


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
    place = _place(tweet.campaign_id)
    form = _form(place, text=tweet.text, offer_id=tweet.offer_id, **planned(tweet))
    form.offer_id.data = tweet.offer_id  # its link leads there
    if request.method == "POST" and (deed := _deed()) != "preview":
        with showing(form):
            _change(tweet, form, deed)
            return _done(tweet.id, deed)
    return _page(form, place, tweet)


def planned(tweet: Tweet) -> dict[str, str]:
    """Its moment as it was typed, else in the viewer's zone."""
    zone = tweet.zone or viewer().zone
    if tweet.scheduled_at is None or tweet.state == "failed":
        return {"scheduled_at": "", "zone": zone}
    return {"scheduled_at": tweet.local_time or calendars.local(tweet.scheduled_at, zone)[:16], "zone": zone}


def _change(tweet: Tweet, form: TweetForm, deed: str) -> None:
    text, who = form.text.data or "", viewer().name
    moment, zone = _moment(form, deed, text)
    if moment:
        plan.plan_tweet(world(), tweet.id, moment, zone, who=who, text=text)
    elif deed == "draft":
        plan.cancel(world(), tweet.id, who=who, text=text, is_draft_fine=True)
    else:
        edit.edit_tweet(world(), tweet.id, text, who=who)


def _done(tweet_id: str, deed: str) -> Response:
    return redirect(url_for("marketer.tweet", tweet_id=tweet_id, done=TOLD[deed]), 303)


def _page(form: TweetForm, place: Place, tweet: Tweet | None) -> Answer:
    weight = weights.weigh(form.text.data or "")
    html = render_template(
        "marketer/composer.html", form=form, place=place, campaign=place.campaign, tweet=tweet, weight=weight,
        most=MOST, percent=percent(weight), drawn=as_drawn(form.text.data or ""), domain=world().settings.public_host,
        chosen=form.offer_id.data,
    )  # fmt: skip
    return html, 422 if form.has_faults else 200
