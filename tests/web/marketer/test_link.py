"""A link's page: three counts, its curve, where its clicks came from, its last hits; closing it, and its QR."""

import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from PIL import Image

from campaigns.flows import make_link, mark_posted
from campaigns.people import audits
from campaigns.tracking import links, tallies
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import LinkDay
from campaigns.tracking.tallies import Tally
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.pressed import opened, press
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import FIREFOX, X_IPHONE, follow

Staff = Callable[..., FlaskClient]
SVG = "{http://www.w3.org/2000/svg}"


def made(world: World, **more: Any) -> Link:
    place = make_place(world)
    draft = LinkDraft(offer_id=place.offer_id, **({"channel": "newsletter", "name": "November"} | more))
    return make_link.make_link(world, place.campaign_id, draft, who="Léa Martin")


def figures(page: BeautifulSoup) -> list[str]:
    return [each.contents[0].get_text(strip=True) for each in page.select("dl.figures dd")]


def table(page: BeautifulSoup, caption: str) -> list[list[str]]:
    for each in page.find_all("table"):
        if each.caption and each.caption.get_text(strip=True) == caption:
            return [
                [" ".join(cell.get_text(" ").split()) for cell in row.select("th, td")]
                for row in each.select("tbody tr")
            ]
    raise AssertionError(f"no table is called {caption!r}")


def test_three_counts_stand_side_by_side_and_say_who_is_not_counted(world: World, staff: Staff) -> None:
    link = made(world, channel="x_organic")
    follow(world, link.code)
    follow(world, link.code)  # again within half an hour
    follow(world, link.code, address="192.0.2.2", agent=X_IPHONE)
    follow(world, link.code, agent="Twitterbot/1.0")
    follow(world, link.code, method="HEAD")
    follow(world, link.code, headers={"Sec-Purpose": "prefetch"})
    follow(world, link.code, member=True)
    page = opened(staff("marketer"), f"/links/{link.id}")
    assert figures(page) == ["7", "2", "0"]
    told = " ".join(page.get_text(" ").split())
    for word in ("Machine 2", "Loaded ahead 1", "Again within 30 minutes 1", "One of us 1"):
        assert word in told
    assert table(page, "Where clicks came from") == [["A link+x · t.co", "2"]]
    assert table(page, "Machines") == [["Twitterbot", "1"], ["Machine", "1"], ["Loaded ahead", "1"]]
    assert table(page, "Devices") == [["Computer", "1"], ["Phone", "1"]]
    assert table(page, "Browsers") == [["Firefox", "1"], ["X app", "1"]]
    [[_day, unique]] = table(page, "Unique visitors by day")
    assert unique == "≥ 2"
    assert "A lower bound" in told


def test_the_last_hits_tell_nothing_of_who_it_was(world: World, staff: Staff) -> None:
    link = made(world, channel="x_organic")
    follow(world, link.code, address="203.0.113.77", referrer="https://news.example/private?user=zoe")
    follow(world, link.code, agent="Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")
    answer = staff("marketer").get(f"/links/{link.id}")
    rows = table(BeautifulSoup(answer.text, "html.parser"), "Last hits")
    assert sorted(row[1:] for row in rows) == [
        ["Click", "C link+other", "news.example", "Computer, Firefox"],
        ["Machine", "A link+x", "t.co", "Slackbot"],
    ]
    for private in ("203.0.113", "user=zoe", FIREFOX, "Mozilla"):
        assert private not in answer.text


def test_no_more_than_fifty_hits_are_shown(world: World, staff: Staff) -> None:
    link = made(world)
    for n in range(53):
        follow(world, link.code, address=f"192.0.2.{n}")
    assert len(table(opened(staff("marketer"), f"/links/{link.id}"), "Last hits")) == 50


def hour(world: World, link: Link, at: datetime, clicks: int, visits: int = 0) -> None:
    with world.db.write() as session:
        tallies.write(session, Tally(Counter({(link.id, at, "human"): clicks, (link.id, at, "visits"): visits})))


def test_the_curve_goes_by_hours_in_the_viewers_zone_with_the_tweets_time_marked(
    world: World, staff: Staff, clock: HandClock
) -> None:
    tweet = make_tweet(world)
    clock.advance(seconds=1800)  # 10:30 in Paris
    mark_posted.mark_posted(world, tweet.tweet.id, "https://x.com/a/status/1985012345678901234", who="Léa Martin")
    start = datetime(2026, 11, 2, 10, tzinfo=UTC)
    hour(world, tweet.link, start, 40, 12)
    hour(world, tweet.link, start + timedelta(hours=5), 9, 1)
    page = opened(staff("marketer"), f"/links/{tweet.link.id}")
    assert page.find("h2", string="Clicks by hour")
    assert table(page, "Clicks by hour, confirmed visits below") == [
        ["Mon 2 Nov, 11:00", "40", "40", "12"], ["Mon 2 Nov, 16:00", "9", "9", "1"],
    ]  # fmt: skip
    [wide] = page.select("svg.wide")
    assert wide.find("text", string="Tweet, 10:30")
    assert len(wide.select("circle.pin")) == 1
    assert len(wide.select("rect.bar-soft")) == 2
    assert figures(page) == ["49", "49", "13"]


def test_after_two_weeks_it_goes_by_days_and_its_first_hours_are_a_click_away(world: World, staff: Staff) -> None:
    link, marketer = made(world), staff("marketer")
    start = datetime(2026, 10, 1, 22, 0, tzinfo=UTC)  # in Paris it is the 2nd already
    hour(world, link, start, 3)
    hour(world, link, start + timedelta(days=20), 4)
    page = opened(marketer, f"/links/{link.id}")
    assert [row[0] for row in table(page, "Clicks by day, confirmed visits below")] == ["Fri 2 Oct", "Thu 22 Oct"]
    assert page.select_one('a[href="?by=hour#c-t"]')
    by_hour = opened(marketer, f"/links/{link.id}?by=hour")
    assert [row[2] for row in table(by_hour, "Clicks by hour, confirmed visits below")] == ["3"]
    assert figures(by_hour) == ["7", "7", "0"]
    opened(marketer, f"/links/{link.id}?by=nonsense")


def test_a_clock_that_is_turned_back_takes_no_day_away(world: World, staff: Staff) -> None:
    link = made(world)
    for day in (20, 24, 25, 26):  # on the 25th Paris turns back
        hour(world, link, datetime(2026, 10, day, 0, tzinfo=UTC), day)
    hour(world, link, datetime(2026, 9, 30, 0, tzinfo=UTC), 1)
    rows = table(opened(staff("marketer"), f"/links/{link.id}"), "Clicks by day, confirmed visits below")
    assert [row[1] for row in rows] == ["1", "20", "24", "25", "26"]


def test_many_sources_are_cut_and_the_rest_is_summed(world: World, staff: Staff) -> None:
    link = made(world)
    hour(world, link, world.clock.now(), 100)
    with world.db.write() as session:
        for n in range(1, 16):
            session.add(LinkDay(
                link_id=link.id, day=world.clock.now().date(), what="source", value=f"link+other s{n}.example", hits=n
            ))  # fmt: skip
    rows = table(opened(staff("marketer"), f"/links/{link.id}"), "Where clicks came from")
    assert rows[0] == ["C link+other · s15.example", "15"]
    assert (len(rows), rows[-1]) == (13, ["Others", "6"])


def test_a_link_nobody_followed_says_what_will_stand_there(world: World, staff: Staff) -> None:
    link = made(world)
    page = opened(staff("marketer", locale="fr"), f"/links/{link.id}")
    assert "Pas encore suivi" in page.get_text()
    assert figures(page) == ["0", "0", "0"]
    assert not page.select("svg.chart")


def test_a_link_is_disabled_and_opened_again_and_both_are_written_down(world: World, staff: Staff) -> None:
    link, marketer = made(world), staff("marketer")
    path = f"/links/{link.id}"
    assert press(marketer, path, "Disable it").status_code == 303
    assert follow(world, link.code) is None
    assert "Disabled" in opened(marketer, path).select_one(".page-head .state").get_text()  # type: ignore[union-attr]
    assert press(marketer, path, "Open it again").status_code == 303
    assert follow(world, link.code)
    with world.db.read() as session:
        noted = [(each.action, each.subject) for each in audits.list_page(session).items]
    assert noted == [("link.enabled", link.id), ("link.disabled", link.id), ("link.made", link.id)]
    log = opened(staff("admin"), "/settings/log").get_text(" ")
    assert "disabled a link" in log
    assert link.code in log


@pytest.mark.parametrize(
    "more,state",
    [
        ({"starts_at": datetime(2026, 12, 1, tzinfo=UTC)}, "Not open yet"),
        ({"ends_at": datetime(2026, 11, 1, tzinfo=UTC), "over_target": "https://shop.example/over"}, "Over"),
        ({"most_clicks": 1, "forwarding": "listed", "forwarded": ("ref",), "contact": "Zoé"}, "Open"),
    ],
)
def test_its_state_is_said_in_words(world: World, staff: Staff, more: dict[str, Any], state: str) -> None:
    page = opened(staff("marketer"), f"/links/{made(world, **more).id}")
    assert page.select_one(".page-head .state").get_text(strip=True) == state  # type: ignore[union-attr]


def test_a_cap_that_was_reached_is_told(world: World, staff: Staff) -> None:
    link = made(world, most_clicks=1)
    follow(world, link.code)
    page = opened(staff("marketer"), f"/links/{link.id}")
    assert page.select_one(".page-head .state").get_text(strip=True) == "Over"  # type: ignore[union-attr]
    assert "over after 1; reached Mon 2 Nov" in " ".join(page.get_text(" ").split())


def qr_of(world: World, link: Link) -> Link:
    with world.db.read() as session:
        found = links.qr_of(session, link)
    assert found
    return found


def test_a_qr_is_made_by_pressing_and_has_a_mark_and_counts_of_its_own(world: World, staff: Staff) -> None:
    link, marketer = made(world), staff("marketer")
    path = f"/links/{link.id}"
    assert marketer.get(f"{path}/qr.svg").status_code == marketer.get(f"{path}/qr.png").status_code == 404
    assert press(marketer, path, "Make its QR").location == f"{path}?done=made#qr"
    qr = qr_of(world, link)
    assert (qr.medium, qr.channel, qr.code == link.code) == ("qr", "qr", False)
    assert "utm_medium=qr" in (follow(world, qr.code, referrer="") or "")
    page = opened(marketer, path)
    assert figures(page) == ["0", "0", "0"]
    picture = page.select_one(".qr img")
    assert picture is not None
    assert picture["alt"] == f"QR that opens {qr.code}"
    assert figures(opened(marketer, f"/links/{qr.id}")) == ["1", "1", "0"]
    marketer.post(f"{path}/qr", headers={"X-CSRF-Token": str(page.select_one("[name=csrf_token]")["value"])})  # type: ignore[index]
    assert qr_of(world, link).id == qr.id


def test_a_qr_prints_sharp_with_its_white_edge_and_says_what_it_opens(world: World, staff: Staff) -> None:
    link, marketer = made(world), staff("marketer")
    press(marketer, f"/links/{link.id}", "Make its QR")
    qr = qr_of(world, link)
    drawn = marketer.get(f"/links/{link.id}/qr.svg")
    assert drawn.content_type == "image/svg+xml"
    assert drawn.headers["Content-Disposition"] == f'attachment; filename="qr-{qr.code}.svg"'
    root = ElementTree.fromstring(drawn.text)
    assert root.find(f"{SVG}title").text == "November"  # type: ignore[union-attr]
    assert root.find(f"{SVG}desc").text == f"QR that opens http://localhost/l/{qr.code}"  # type: ignore[union-attr]
    assert re.fullmatch(r"\d+mm", root.attrib["width"])
    for size, least in ((2, 236), (8, 944), (20, 2_362)):
        answer = marketer.get(f"/links/{link.id}/qr.png?cm={size}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="qr-{qr.code}-{size}cm.png"'
        picture = Image.open(io.BytesIO(answer.data))
        modules = 33  # 25 of a code so short, and 4 on each side
        assert picture.width == picture.height
        assert least <= picture.width < least + modules
        assert picture.width % modules == 0
        edge = 4 * picture.width // modules
        grey = picture.convert("L")
        assert grey.crop((0, 0, picture.width, edge)).getextrema() == (255, 255)
        assert grey.getpixel((edge, edge)) == 0
        assert round(picture.info["dpi"][0]) == 300
    assert marketer.get(f"/links/{link.id}/qr.png?cm=9000").status_code == 200


def test_what_is_printed_leads_where_its_link_is_led_later(world: World, staff: Staff) -> None:
    link, marketer = made(world), staff("marketer")
    path = f"/links/{link.id}"
    press(marketer, path, "Make its QR")
    qr = qr_of(world, link)
    press(marketer, f"{path}/edit", "Save the changes", {"target": "https://new.example/"})
    assert (follow(world, qr.code) or "").startswith("https://new.example/?")
    press(marketer, path, "Disable it")
    assert follow(world, qr.code) is None
    press(marketer, path, "Open it again")
    assert follow(world, qr.code)
    assert marketer.get(f"/links/{qr.id}/edit").location == f"{path}/edit"


def test_a_link_made_for_print_is_its_own_qr(world: World, staff: Staff) -> None:
    link, marketer = made(world, channel="qr", code="affiche"), staff("marketer")
    assert marketer.get(f"/links/{link.id}/qr.svg").status_code == 200
    assert not opened(marketer, f"/links/{link.id}").select('form[action$="/qr"]')


def test_a_link_that_isnt_there_is_missing(staff: Staff) -> None:
    marketer = staff("marketer")
    for path in ("", "/edit", "/qr.svg", "/qr.png"):
        assert marketer.get(f"/links/0193a1b2-0000-7000-8000-00000000000a{path}").status_code == 404
