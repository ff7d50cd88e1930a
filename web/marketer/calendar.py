"""GET /calendar; POST /tweets/<id>/move, /campaigns/<id>/pause; GET, POST /calendar/slots and what belongs to it."""

from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, SelectMultipleField, StringField

from campaigns.flows import plan_tweet as plan
from campaigns.people import users
from campaigns.planning import campaigns
from campaigns.publishing import agendas, slots
from web import filters
from web.forms import StaffForm, _, choices, showing
from web.marketer.blueprint import blueprint
from web.marketer.tweets import MOST_CAMPAIGNS, state_words
from web.options import zones_with
from web.request import Answer, locale, now, viewer, world, zone

A_DAY = 5
"""So many tweets of a day are shown in a month; the others behind a link to the week."""
YEARS = 20


class MoveForm(StaffForm):
    on = StringField(_("Day"))


class SlotForm(StaffForm):
    weekdays = SelectMultipleField(_("Days"), validate_choice=False)
    local_time = StringField(_("Time"))
    zone = SelectField(_("Time zone"), validate_choice=False)


@blueprint.get("/calendar")
def calendar() -> Answer:
    """GET /calendar?on=2026-11-23&view=week&campaign_id=…: what went out and what will, in the viewer's zone."""
    return _page(MoveForm())


def _page(form: MoveForm) -> Answer:
    today = now().astimezone(zone()).date()
    on, is_week = _day(request.args.get("on", ""), today), request.args.get("view") == "week"
    days = agendas.week(on) if is_week else agendas.month(on)
    with world().db.read() as session:
        campaign = campaigns.find(session, wanted) if (wanted := request.args.get("campaign_id", "")) else None
        shown = agendas.days_of(session, days, zone().key, locale(), now(), campaign.id if campaign else None)
        known = campaigns.list_page(session, limit=MOST_CAMPAIGNS).items
    step = timedelta(days=7) if is_week else timedelta(days=31)
    middle = on if is_week else on.replace(day=15)
    html = render_template(
        "marketer/calendar.html", days=shown, today=today, on=on, is_week=is_week, campaign=campaign, known=known,
        back=middle - step, onward=middle + step, states=state_words(), moment_of=agendas.moment_of,
        month=filters.month(on, locale()), form=form, most=100 if is_week else A_DAY,
        was=_day(request.args.get("was", ""), today), moved=request.args.get("tweet", ""),
    )  # fmt: skip
    return html, 422 if form.has_faults else 200


def _day(text: str, today: date) -> date:
    """The day that was asked for; today when it can't be read, or is too far."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return today
    return on if abs(on.year - today.year) <= YEARS else today


@blueprint.post("/tweets/<uuid:tweet_id>/move")
def move_tweet(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/move: the same time on another day."""
    form = MoveForm(request.form)
    with showing(form):
        _moved, was = plan.move(
            world(), str(tweet_id), form.on.data or "", zone().key, who=viewer().name, approves=viewer().approves
        )
        asked = {name: told for name, told in request.args.items() if name in ("on", "view", "campaign_id")}
        again = asked | {"done": "moved", "tweet": str(tweet_id), "was": was.isoformat()}
        return redirect(f"{url_for('marketer.calendar')}?{urlencode(again)}#t-{tweet_id}", 303)
    return _page(form)


@blueprint.route("/calendar/slots", methods=["GET", "POST"])
def calendar_slots() -> Answer:
    """GET, POST /calendar/slots: the usual times of the week, and the address of the feed."""
    form = _slot_form()
    if request.method == "POST":
        with showing(form):
            with world().db.write() as session:
                slots.add(session, form.weekdays.data or [], (form.local_time.data or "").strip(), form.zone.data or "")
            return redirect(url_for("marketer.calendar_slots", done="made"), 303)
    return _slots(form)


def _slot_form() -> SlotForm:
    form = SlotForm(
        request.form if request.endpoint == "marketer.calendar_slots" else None, data={"zone": viewer().zone}
    )
    form.zone.choices = zones_with(form.zone.data)
    form.weekdays.choices = choices({f"{day}": filters.whole_weekday(day, locale()) for day in range(7)})
    return form


def _slots(form: SlotForm, feed: str = "") -> Answer:
    with world().db.read() as session:
        found = slots.list_of(session)
    html = render_template("marketer/calendar_slots.html", slots=found, form=form, feed=feed)
    return html, 422 if form.has_faults else 200


@blueprint.post("/calendar/slots/<uuid:slot_id>/remove")
def remove_slot(slot_id: UUID) -> Response:
    """POST /calendar/slots/<id>/remove: tweets that are planned for it stay planned."""
    with world().db.write() as session:
        slots.remove(session, str(slot_id))
    return redirect(url_for("marketer.calendar_slots", done="deleted"), 303)


@blueprint.post("/calendar/feed")
def new_feed() -> Answer:
    """POST /calendar/feed: an address for calendar programs, told once; the one before opens nothing any more."""
    with world().db.write() as session:
        secret = users.new_feed(session, users.find(session, viewer().id))
    return _slots(_slot_form(), f"{world().settings.public_url}/feed/{secret}.ics")


@blueprint.post("/campaigns/<uuid:campaign_id>/pause")
def pause_campaign(campaign_id: UUID) -> Response:
    """POST /campaigns/<id>/pause, on=yes or no: its tweets wait, or go on; what is too late by then is missed."""
    is_paused = request.form.get("on") == "yes"
    with world().db.write() as session:
        campaigns.pause(campaigns.find(session, str(campaign_id), to_change=True), now() if is_paused else None)
    done = "paused" if is_paused else "resumed"
    return redirect(url_for("marketer.tweets", campaign_id=campaign_id, done=done), 303)
