"""GET /tweets/<id>, and what can be done with it: POST /tweets/<id>/schedule, /publish, /cancel, /posted, /not-there;
GET, POST /tweets/<id>/delete."""

import re
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from campaigns.crediting.models import Lens
from campaigns.flows import edit_tweet as edit
from campaigns.flows import mark_posted as posted
from campaigns.flows import plan_tweet as plan
from campaigns.flows import resolve_unsure as unsure
from campaigns.flows import take_down as down
from campaigns.measuring import fits, funnels, profiles
from campaigns.measuring.questions import Asked
from campaigns.planning import campaigns, offers, pages
from campaigns.publishing import families, proposals, reasons, reposts, results, tweets
from campaigns.publishing.reposts import Repost
from campaigns.publishing.tweets import MAY_GO, WITH_US, Tweet, TweetChange
from campaigns.tracking import linked, targets, utm
from campaigns.tracking.linked import LinkedTweet
from web.curve_drawings import Posted
from web.forms import StaffForm, _, showing
from web.marketer import table_files
from web.marketer.approvals import propose_form
from web.marketer.blueprint import blueprint
from web.marketer.composer import card_of, must_ask, planned
from web.marketer.composer_forms import PlanForm
from web.marketer.repeating import repeat_form
from web.marketer.report_tables import of_delays, of_hours, of_models
from web.marketer.reposts import repost_form
from web.marketer.reposts import state_words as repost_words
from web.marketer.tweet_drawings import drawn_delays, drawn_hours, drawn_models
from web.marketer.tweets import as_drawn, state_words, words_of
from web.request import Answer, now, say, viewer, world

WORKER = re.compile(r"\S+:\d+:\w+")
"""A worker's name: host, process, code."""


class AddressForm(StaffForm):
    url = StringField(_("The tweet’s address on X"))


def advice(code: str) -> str:
    """What to do about a tweet that failed."""
    return {
        "x_duplicate": say("Look on X. If it is there, paste its address below; else change the words and publish it."),
        "x_cap": say("Raise the cap in the settings, or give it a time in the next month."),
        "x_part_before": say("See to the part before it first; then publish this one."),
        "media_missing": say("Remove the picture and bring it again, then publish the tweet again."),
        "x_account_gone": say("An administrator connects the account again under Accounts, then publish it again."),
        "vault_closed": say("An administrator connects the account again under Accounts, then publish it again."),
        "x_text_too_long": say("Take some words out, then publish it again."),
        "x_unauthorized": say("An administrator connects X again under Settings, then publish it again."),
        "x_forbidden": say("Look on X whether the account may post, or post it yourself below."),
        "missed": say("Give it another time, or publish it now."),
        "no_page_online": say("Put the offer’s page online, then publish it again."),
    }.get(code, say("Publish it again, or post it yourself below."))


@blueprint.get("/tweets/<uuid:tweet_id>")
def tweet(tweet_id: UUID) -> Answer:
    """GET /tweets/<id>: how it looks, what it brought, what became of it."""
    return _page(str(tweet_id))


@blueprint.post("/tweets/<uuid:tweet_id>/schedule")
def schedule_tweet(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/schedule: its moment, or another one."""
    form = PlanForm(request.form)
    with showing(form):
        plan.plan_tweet(
            world(), str(tweet_id), form.scheduled_at.data or "", form.zone.data or None, who=viewer().name,
            approves=viewer().approves,
        )  # fmt: skip
        return _done(tweet_id, "scheduled")
    return _page(str(tweet_id), plan_form=form)


@blueprint.post("/tweets/<uuid:tweet_id>/publish")
def publish_tweet(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/publish: due now."""
    form = StaffForm()
    with showing(form):
        plan.publish(world(), str(tweet_id), who=viewer().name, approves=viewer().approves)
        return _done(tweet_id, "sending")
    return _page(str(tweet_id), deed_form=form)


@blueprint.post("/tweets/<uuid:tweet_id>/cancel")
def cancel_tweet(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/cancel: a draft again."""
    form = StaffForm()
    with showing(form):
        plan.cancel(world(), str(tweet_id), who=viewer().name)
        return _done(tweet_id, "cancelled")
    return _page(str(tweet_id), deed_form=form)


@blueprint.post("/tweets/<uuid:tweet_id>/posted")
def mark_posted(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/posted: a person posted it, or found it there; its address."""
    form = AddressForm(request.form)
    with world().db.read() as session:
        is_unsure = tweets.find(session, str(tweet_id)).state == "unsure"
    with showing(form):
        mark = unsure.there if is_unsure else posted.mark_posted
        mark(world(), str(tweet_id), form.url.data or "", who=viewer().name)
        return _done(tweet_id, "posted")
    return _page(str(tweet_id), address_form=form)


@blueprint.post("/tweets/<uuid:tweet_id>/not-there")
def send_again(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/not-there: a person looked; it goes out now."""
    form = StaffForm()
    with showing(form):
        unsure.not_there(world(), str(tweet_id), who=viewer().name)
        return _done(tweet_id, "sending")
    return _page(str(tweet_id), deed_form=form)


@blueprint.route("/tweets/<uuid:tweet_id>/delete", methods=["GET", "POST"])
def delete_tweet(tweet_id: UUID) -> Answer:
    """GET, POST /tweets/<id>/delete: asks first."""
    with world().db.read() as session:
        found = linked.find(session, world().settings, str(tweet_id), now())
    form = StaffForm()
    if request.method == "POST":
        with showing(form):
            edit.delete(world(), str(tweet_id))
            return redirect(url_for("marketer.tweets", campaign_id=found.tweet.campaign_id, done="deleted"), 303)
        return _page(str(tweet_id), deed_form=form)
    return render_template("marketer/tweet_delete.html", tweet=found.tweet)


@blueprint.route("/tweets/<uuid:tweet_id>/take-down", methods=["GET", "POST"])
def take_down_tweet(tweet_id: UUID) -> Answer:
    """GET, POST /tweets/<id>/take-down: from X; asks first."""
    form = StaffForm()
    if request.method == "POST":
        with showing(form):
            down.take_down(world(), str(tweet_id), who=viewer().name)
            return _done(tweet_id, "taken_down")
        return _page(str(tweet_id), deed_form=form)
    with world().db.read() as session:
        found = tweets.find(session, str(tweet_id))
    return render_template("marketer/tweet_take_down.html", tweet=found)


def _done(tweet_id: UUID, done: str) -> Response:
    return redirect(url_for("marketer.tweet", tweet_id=tweet_id, done=done), 303)


def who_told(change: TweetChange) -> str:
    """Who changed it: a member by name, a worker by the product's."""
    return "Perchoir" if WORKER.fullmatch(change.who) else change.who


def _page(
    tweet_id: str, *, plan_form: PlanForm | None = None, address_form: AddressForm | None = None,
    deed_form: StaffForm | None = None,
) -> Answer:  # fmt: skip
    shown = _shown(tweet_id)
    found: LinkedTweet = shown["found"]
    forms = {
        "plan_form": plan_form or PlanForm(data=planned(found.tweet)),
        "address_form": address_form or AddressForm(),
        "deed_form": deed_form or StaffForm(),
    }
    code = found.tweet.problem or ""
    profile: profiles.Profile = shown["profile"]
    tables = {
        "hours": lambda: of_hours(profile.hours), "models": lambda: of_models(profile),
        "to-lead": lambda: of_delays(profile.to_lead), "to-sale": lambda: of_delays(profile.to_sale),
    }  # fmt: skip
    earlier_id = next((form.earlier_id for form in forms.values() if form.earlier_id), "")
    with world().db.read() as session:
        earlier = tweets.get(session, earlier_id) if earlier_id else None
    if answer := table_files.asked_for(tables, f"tweet-{found.tweet.key}"):
        return answer
    html = render_template(
        "marketer/tweet.html", **shown, **forms, tweet=found.tweet, states=state_words(),
        can_change=found.tweet.state in WITH_US, domain=world().settings.public_host,
        drawn=as_drawn(found.tweet.text, words_of(found.urls), has_card=not found.shows),
        propose_form=propose_form(tweet_id), repeat_form=repeat_form(), must_ask=must_ask(), may_go=MAY_GO,
        repost_form=repost_form() if found.tweet.state == "sent" else None, repost_states=repost_words(),
        intent=f"https://x.com/intent/post?text={quote(found.full_text)}", why=say(reasons.words(code)) if code else "",
        advice=advice(code) if code else "", weight=found.weight, counted=_counted(found.tweet), earlier=earlier,
    )  # fmt: skip
    return html, 422 if any(form.has_faults for form in forms.values()) else 200


def _counted(tweet: Tweet) -> str:
    """The question whose rows this page's figures count, as an address."""
    asked = {"period": "ever", "campaign_id": tweet.campaign_id, "key": tweet.id}
    counts = {"rehearsal": "true"} if tweet.rehearsed and not world().publisher.rehearses else {}
    return urlencode(asked | counts)


def _marks(tweet: Tweet, again: list[Repost]) -> list[Posted]:
    """When it went out, and when it was shown again."""
    out = [Posted(tweet.sent_at, "1", say("out"))] if tweet.sent_at else []
    done = [each.done_at for each in again if each.done_at]
    return out + [Posted(at, f"{number}", say("reposted")) for number, at in enumerate(done, 2)]


def _shown(tweet_id: str) -> dict[str, Any]:
    settings = world().settings
    with world().db.read() as session:
        found = linked.find(session, settings, tweet_id, now())
        campaign = campaigns.find(session, found.tweet.campaign_id)
        rehearsal = found.tweet.rehearsed or world().publisher.rehearses
        asked = Asked(Lens(lookback_days=settings.lookback_days), campaign.zone, rehearsal=rehearsal)
        row = funnels.of_tweet(session, campaign, found.tweet.id, asked)
        fit = fits.get(session, campaign.id, asked.lens, rehearsal, now())
        again = reposts.of_tweet(session, found.tweet.id)
        profile = profiles.of_tweet(session, campaign.id, found.tweet.id, asked, now(), fit)
        destination = targets.find_destination(session, found.link.code)
        online = pages.online_page_of(session, found.tweet.offer_id)
        target, tags = destination.target(settings, now()), utm.of_link(found.link, campaign)
        return {
            "found": found, "campaign": campaign, "offer": offers.find(session, found.tweet.offer_id),
            "titles": {each.id: each.title for each in offers.list_of(session, campaign.id)},
            "row": row, "profile": profile, "models": drawn_models(profile),
            "delays": drawn_delays(profile.to_lead, profile.still_expected),
            "sale_delays": drawn_delays(profile.to_sale),
            "hours": drawn_hours(profile.hours, _marks(found.tweet, again)), "reposts": again,
            "lookback_days": settings.lookback_days, "target": target, "tags": tags,
            "card": card_of(online) if online else None, "thread": tweets.parts(session, found.tweet),
            "proposal": proposals.last(session, found.tweet.id), "wordings": families.variants(session, found.tweet),
            "told": results.latest(session, found.tweet.id),
            "history": [
                (change, who_told(change), say(reasons.words(change.why)))
                for change in reversed(tweets.history(session, found.tweet.id))
            ],
        }  # fmt: skip
