"""POST /tweets/<id>/repeat: a tweet comes again, in words of its own each time."""

from uuid import UUID

from flask import redirect, request, url_for
from wtforms import SelectField, StringField

from campaigns.flows.repeat_tweet import repeat_tweet as repeat
from web.forms import StaffForm, _, choices, showing
from web.marketer.blueprint import blueprint
from web.marketer.composer import refused_form
from web.request import Answer, say, viewer, world


class RepeatForm(StaffForm):
    every = SelectField(_("Again every"), validate_choice=False)
    count = StringField(_("How often"))


def repeat_form(sent: object = None) -> RepeatForm:
    """Every week, four times, as it is first shown."""
    form = RepeatForm(sent, data={"count": "4"})
    form.every.choices = choices(
        {"week": say("week"), "two_weeks": say("two weeks"), "four_weeks": say("four weeks"), "month": say("month")}
    )
    return form


@blueprint.post("/tweets/<uuid:tweet_id>/repeat")
def repeat_tweet(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/repeat: drafts for its next times; each is planned once its words are others."""
    form = repeat_form(request.form)
    with showing(form):
        typed = (form.count.data or "").strip()
        count = int(typed) if typed.isdecimal() and len(typed) < 4 else 0
        made = repeat(
            world(), str(tweet_id), form.every.data or "", count, viewer().zone, who=viewer().name, user_id=viewer().id
        )
        first = made[0].tweet.scheduled_at
        return redirect(url_for("marketer.calendar", on=first.date() if first else None, done="made"), 303)
    return refused_form("repeat", say("Repeat it"), tweet_id, form)
