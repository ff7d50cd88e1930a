"""A curve is looked at closer: by dragging over it, and by keys."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import insert

from campaigns.tracking.rollups import LinkHour
from tests.makers.publishing import make_place, make_tweet
from tests.stories.conftest import Running, Visitors, sign_in


def days_of(address: str) -> tuple[str, str]:
    query = parse_qs(urlsplit(address).query)
    return query["from"][0], query["to"][0]


def test_a_span_of_days_is_chosen_by_mouse_and_by_keys(perchoir: Running, visitors: Visitors) -> None:
    with perchoir.world() as world:
        place = make_place(world)
        link = make_tweet(world, place, "Le guide : {link}").link
        now = world.clock.now().replace(minute=0, second=0, microsecond=0)
        blank = dict.fromkeys(
            (column.name for column in LinkHour.__table__.columns if column.name not in ("link_id", "hour")), 0
        )
        with world.db.write() as session:
            rows = [blank | {"link_id": link.id, "hour": now - timedelta(days=n), "human": n + 1} for n in range(11)]
            session.execute(insert(LinkHour), rows)
    desk = visitors.desk()
    sign_in(desk, perchoir, *perchoir.user("marketer"))
    desk.goto(f"{perchoir.url}/campaigns/{place.campaign_id}")
    box = desk.locator("div[data-zoom] svg.wide").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    desk.mouse.move(box["x"] + box["width"] * 0.3, middle)
    desk.mouse.down()
    desk.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    desk.mouse.up()
    desk.wait_for_url("**from=**")
    since, until = days_of(desk.url)
    assert since < until
    desk.get_by_role("link", name="Show all of it").click()
    desk.wait_for_url("**period=ever**")
    curve = desk.locator("div[data-zoom]")
    curve.focus()
    for key in ("ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"):
        curve.press(key)
    assert " – " in curve.locator("[data-zoom-told]").inner_text()
    curve.press("Escape")
    assert curve.locator("[data-zoom-told]").inner_text() == ""
    for key in ("ArrowLeft", "Shift+ArrowLeft", "Enter"):
        curve.press(key)
    desk.wait_for_url("**from=**")
    since, until = days_of(desk.url)
    assert since < until
