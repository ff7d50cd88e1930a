"""A form that meets a database that is away comes back with all that was typed."""

from pathlib import Path

from flask.testing import FlaskClient

from campaigns import compose
from campaigns.settings import Settings
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.forms import coupon_url, field, filled, soup
from web import create_app

ZOE = "zoe@ecole.example"


def broken(world: World) -> Path:
    """The database's file as it can't be read: the tables are gone from under the app."""
    path = Path(str(world.db.url.database))
    world.db.close()
    for each in path.parent.glob("perchoir.db*"):
        each.rename(each.with_name(f"away-{each.name}"))
    path.mkdir()
    return path


def test_a_database_that_is_away_from_the_start_gives_back_what_was_typed(
    world: World, environ: dict[str, str], clock: HandClock
) -> None:
    """By a process that doesn't know the page yet: there are no words of its form."""
    url = f"{coupon_url(world)}?utm_source=x"
    path = broken(world)
    client = create_app(compose.world(Settings.read(environ), clock)).test_client()
    answer = client.post(url, data={"email": ZOE, "school": "<i>Moulin", "pc-consent": "news"})
    path.rmdir()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    html = soup(answer)
    assert [each.get_text() for each in html.select(".typed li")] == [ZOE, "<i>Moulin"]
    form = html.find("form")
    assert form.get("action") is None
    kept = {each["name"]: each["value"] for each in form.find_all("input")}
    assert kept == {"email": ZOE, "school": "<i>Moulin", "pc-consent": "news"}


def test_a_database_that_is_away_gives_back_what_was_typed(world: World, client: FlaskClient, clock: HandClock) -> None:
    url = f"{coupon_url(world)}?utm_source=x"
    data = filled(soup(client.get(url)), email=ZOE, school="<i>Moulin", **{"pc-consent": "news"})
    clock.advance(seconds=5)
    path = broken(world)
    answer = client.post(url, data=data)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    html = soup(answer)
    assert html.find("form").get("action") is None
    assert (field(html, "E-mail")["value"], field(html, "Your school")["value"]) == (ZOE, "<i>Moulin")
    assert field(html, "Write to me").has_attr("checked")
    kept = filled(html, email=ZOE, school="<i>Moulin", **{"pc-consent": "news"})
    assert kept == data
    path.rmdir()
    for each in path.parent.glob("away-*"):
        each.rename(each.with_name(each.name.removeprefix("away-")))
    assert client.post(url, data=kept).status_code == 303
    assert client.get(url).status_code == 200
