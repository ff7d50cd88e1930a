"""GET /feed/<secret>.ics: a member's calendar, for calendar programs; the secret in its address opens it."""

from datetime import timedelta

from flask import Response
from icalendar import Calendar, Event

from campaigns.people import users
from campaigns.publishing import agendas
from campaigns.publishing.tweets import Tweet
from web.account.blueprint import blueprint
from web.request import now, world

BACK, AHEAD = timedelta(days=31), timedelta(days=366)
LASTS = timedelta(minutes=15)
MARKS = {"sent": "✓ ", "failed": "! ", "unsure": "? "}


@blueprint.get("/feed/<secret>.ics")
def feed(secret: str) -> Response:
    """What went out in the last month and what is planned, without anything of prospects."""
    with world().db.read() as session:
        users.of_feed(session, secret)
        found = agendas.between(session, now() - BACK, now() + AHEAD)
    calendar = Calendar()
    calendar.add("prodid", "-//Perchoir//calendar//")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", world().settings.organization)
    for tweet in found:
        calendar.add_component(_event(tweet))
    response = Response(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _event(tweet: Tweet) -> Event:
    event, at = Event(), agendas.moment_of(tweet)
    event.add("uid", f"{tweet.id}@{world().settings.public_host}")
    event.add("dtstamp", tweet.updated_at)
    event.add("dtstart", at)
    event.add("dtend", at + LASTS)
    event.add("summary", MARKS.get(tweet.state, "") + tweet.text.replace("{link}", "").strip()[:80])
    event.add("url", f"{world().settings.public_url}/tweets/{tweet.id}")
    return event
