"""Links: the list, making one with its preview, changing it, and codes that are no link's."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.flows import make_link
from campaigns.people import audits
from campaigns.tracking import links
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.makers.planning import make_campaign, make_coupon
from tests.makers.pressed import button, field, opened, press, soup, told_beside
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import follow

Staff = Callable[..., FlaskClient]
TARGET = "https://shop.example/a?b=1"


def made(world: World, campaign_id: str, **more: Any) -> Link:
    draft = LinkDraft(**({"channel": "newsletter", "target": TARGET, "name": "November"} | more))
    return make_link.make_link(world, campaign_id, draft, who="Léa Martin")


def link_of(world: World, code: str) -> Link:
    with world.db.read() as session:
        return links.find_by_code(session, code)


def acts(world: World) -> list[tuple[str, str]]:
    with world.db.read() as session:
        return [(each.action, each.who) for each in audits.list_page(session).items]


def names(client: FlaskClient, query: str = "") -> list[str]:
    page = opened(client, f"/links{query}")
    return [each.get_text(strip=True) for each in page.select("#rows th a")]


def test_a_newsletters_link_is_made_and_leads_there_tagged(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    path = f"/campaigns/{place.campaign_id}/links/new"
    answer = press(marketer, path, "Make the link", {
        "channel": "newsletter", "name": "November", "code": "Lettre-11", "term": "Été 26", "most_clicks": "5 000",
        "starts_at": "2026-11-01T08:05", "ends_at": "2026-12-24T20:00", "zone": "Europe/Paris",
        "over_target": "https://shop.example/over", "forwarding": "listed", "forwarded": "ref, page",
    })  # fmt: skip
    assert answer.status_code == 303
    link = link_of(world, "Lettre-11")
    assert answer.location.split("?")[0] == f"/links/{link.id}"
    assert (link.source, link.medium, link.content, link.term) == ("newsletter", "email", "lettre-11", "ete-26")
    assert (link.offer_id, link.target, link.most_clicks) == (place.offer_id, None, 5_000)
    assert link.starts_at is not None
    assert link.ends_at is not None
    assert (link.starts_at.isoformat(), link.ends_at.isoformat()) == (
        "2026-11-01T07:05:00+00:00", "2026-12-24T19:00:00+00:00",
    )  # fmt: skip
    assert (link.forwarding, link.forwarded) == ("listed", ["ref", "page"])
    target = follow(world, "Lettre-11", query="ref=mail&more=1") or ""
    assert "utm_source=newsletter&utm_medium=email&utm_campaign=rentree&utm_content=lettre-11" in target
    assert target.endswith("ref=mail")
    assert acts(world) == [("link.made", "Léa Martin")]


@pytest.mark.parametrize(
    "typed,label,told",
    [
        ({"code": "a b"}, "Code", "letters, figures"),
        ({"code": "Robots"}, "Code", "“Robots” is a word that Perchoir needs itself"),
        ({"code": "taken-1"}, "Code", "Another link has the code “taken-1” already"),
        ({"target": "javascript:alert(1)"}, "Address it leads to", "begins with https://"),
        ({"offer_id": ""}, "Address it leads to", "Choose an offer, or write an address"),
        ({"over_target": "shop"}, "Where it leads when it is over", "begins with https://"),
        ({"source": "???"}, "utm_source", "letters and figures"),
        ({"starts_at": "2026-12-02T08:00", "ends_at": "2026-12-01T08:00"}, "Is over", "after it starts"),
        ({"starts_at": "2027-03-28T02:30", "zone": "Europe/Paris"}, "Opens", "the clocks skip it"),
        ({"ends_at": "soon"}, "Is over", "can’t be read"),
        ({"most_clicks": "many"}, "Over after so many clicks", "a whole number"),
        ({"most_clicks": "0"}, "Over after so many clicks", "from 1"),
        ({"forwarding": "listed", "forwarded": "a&b"}, "Which parameters", "names of parameters"),
        ({"name": "x" * 121}, "Name", "120 characters at most"),
        ({"contact": "\x07"}, "Contact", "character that can’t be shown"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_all_that_was_typed_is_kept(
    world: World, staff: Staff, typed: dict[str, str], label: str, told: str
) -> None:
    place, marketer = make_place(world), staff("marketer")
    made(world, place.campaign_id, code="taken-1")
    plain = {"name": "Kept as it is", "term": "kept"}
    answer = press(marketer, f"/campaigns/{place.campaign_id}/links/new", "Make the link", plain | typed)
    assert answer.status_code == 422
    page = soup(answer)
    assert told in told_beside(page, label)
    assert field(page, "utm_term")["value"] == "kept"
    for name, value in (plain | typed).items():
        kept = page.select_one(f"[name={name}]")
        assert kept is not None
        if kept.name == "input" and kept.get("type") != "radio" and value != "\x07":
            assert kept["value"] == value
    assert names(marketer) == ["November"]


def test_every_fault_is_told_at_once(world: World, staff: Staff) -> None:
    place = make_place(world)
    answer = press(staff("marketer"), f"/campaigns/{place.campaign_id}/links/new", "Make the link", {
        "code": "!", "target": "x", "most_clicks": "many", "source": "?",
    })  # fmt: skip
    page = soup(answer)
    for label in ("Code", "Address it leads to", "Over after so many clicks", "utm_source"):
        assert told_beside(page, label), label


def test_faults_are_told_in_french(world: World, staff: Staff) -> None:
    place = make_place(world)
    answer = press(
        staff("marketer", locale="fr"), f"/campaigns/{place.campaign_id}/links/new", "Créer le lien", {"code": "admin"}
    )
    assert "«\u00a0admin\u00a0»" in told_beside(soup(answer), "Code")


def test_an_offer_of_another_campaign_is_refused(world: World, staff: Staff) -> None:
    place, other = make_place(world), make_coupon(world)
    answer = press(
        staff("marketer"), f"/campaigns/{place.campaign_id}/links/new", "Make the link", {"offer_id": other.id}
    )
    assert "belongs to another campaign" in told_beside(soup(answer), "Offer")


def test_the_preview_shows_the_final_address_without_a_script_and_makes_nothing(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    path = f"/campaigns/{place.campaign_id}/links/new"
    page = opened(marketer, path)
    assert "http://localhost/l/xxxxxxx" in page.select_one("#preview").get_text()  # type: ignore[union-attr]
    answer = press(marketer, path, "Preview", {
        "channel": "blog", "code": "zoe", "target": "https://shop.example/?x=1#top", "medium": "Guest Post",
    })  # fmt: skip
    assert answer.status_code == 200
    shown = soup(answer).select_one("#preview code.tagged")
    assert shown is not None
    assert shown.get_text() == (
        "https://shop.example/?x=1&utm_source=blog&utm_medium=guest-post&utm_campaign=rentree&utm_content=zoe"
        f"&utm_id={place.campaign_id}#top"
    )
    assert names(marketer) == []


def test_the_live_preview_is_the_same_piece_and_says_what_it_cannot_show(world: World, staff: Staff) -> None:
    place, marketer = make_place(world, online=False), staff("marketer")
    page = opened(marketer, f"/campaigns/{place.campaign_id}/links/new")
    form = page.select_one("form[data-shown]")
    assert form is not None
    token = page.select_one("[name=csrf_token]")
    assert token is not None
    typed = {"csrf_token": token["value"], "channel": "email", "offer_id": place.offer_id}
    answer = marketer.post(str(form["data-shown"]), data=typed)
    assert "Nowhere yet" in answer.text
    assert "<html" not in answer.text
    astray = marketer.post(str(form["data-shown"]), data=typed | {"target": "http://localhost/l/abc"})
    assert "This is a short link already" in astray.text


class TestWithTagsOfItsOwn:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_UTM_SOURCE": "x", "PERCHOIR_UTM_MEDIUM": "organic"}

    def test_the_installations_tags_are_those_of_x(self, world: World, staff: Staff) -> None:
        place = make_place(world)
        link = made(world, place.campaign_id, channel="x_organic")
        assert (link.source, link.medium) == ("x", "organic")
        assert made(world, place.campaign_id, channel="x_paid").medium == "paid_social"
        assert "utm_source=x&utm_medium=organic" in (follow(world, make_tweet(world, place).link.code) or "")


def test_with_several_campaigns_which_one_is_asked_and_a_dead_code_goes_along(world: World, staff: Staff) -> None:
    marketer, first = staff("marketer"), make_campaign(world)
    assert marketer.get("/links/new").location == f"/campaigns/{first.id}/links/new"
    make_campaign(world, name="Second")
    page = opened(marketer, "/links/new?code=lost-1")
    [one, *_] = [str(each["href"]) for each in page.select("main .choose a")]
    assert field(opened(marketer, one), "Code")["value"] == "lost-1"


def test_a_code_asked_for_that_is_nobodys_is_shown_until_it_is_made(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    assert "No such code" in opened(marketer, "/links/dead").get_text()
    for address in ("192.0.2.1", "192.0.2.2"):
        follow(world, "lost-1", address=address)
    follow(world, "lost-1", agent="Twitterbot/1.0")
    follow(world, "q r?")
    page = opened(marketer, "/links/dead")
    told = [[cell.get_text(strip=True) for cell in row.select("th, td.n")] for row in page.select("tbody tr")]
    assert told == [["lost-1", "2", "3"], ["q r?", "1", "1"]]
    assert [str(each["href"]) for each in page.select("tbody a")] == ["/links/new?code=lost-1"]
    made(world, place.campaign_id, code="lost-1")
    assert "lost-1" not in opened(marketer, "/links/dead").get_text()


def test_the_list_shows_three_counts_and_finds_by_code_name_contact_and_address(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    assert "No link yet" in opened(marketer, "/links").get_text()
    tweet = make_tweet(world, place)
    made(world, place.campaign_id, code="Lettre-11", name="Novembre")
    made(world, place.campaign_id, name="", contact="Zoé Petit", channel="x_influencer")
    follow(world, "Lettre-11")
    follow(world, "Lettre-11", agent="Twitterbot/1.0")
    assert names(marketer) == ["Zoé Petit", "Novembre", "Rentrée : le guide est là."]
    row = opened(marketer, "/links?q=novembre").select_one("#rows tr")
    assert row is not None
    assert [each.get_text(strip=True) for each in row.select("td")] == ["Newsletter", "Rentrée", "2", "1", "0"]
    for query, found in {
        "q=LETTRE": ["Novembre"], "q=zoé+petit": ["Zoé Petit"], "q=shop.example": ["Zoé Petit", "Novembre"],
        f"q={tweet.link.code}": ["Rentrée : le guide est là."], "q=%25": [], "q=no+such": [],
        "channel=x_influencer": ["Zoé Petit"], f"campaign_id={place.campaign_id}&q=novembre": ["Novembre"],
        "channel=nonsense": ["Zoé Petit", "Novembre", "Rentrée : le guide est là."],
    }.items():  # fmt: skip
        assert names(marketer, f"?{query}") == found, query
    other = make_campaign(world, name="Other")
    assert "No link in this view" in opened(marketer, f"/links?campaign_id={other.id}").get_text()


def test_a_long_list_goes_on_where_it_ended(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    for n in range(52):
        made(world, place.campaign_id, name=f"n{n}")
    page = opened(marketer, "/links?q=n")
    assert len(page.select("#rows tr")) == 50
    more = page.select_one("a[rel=next]")
    assert more is not None
    assert [each.get_text(strip=True) for each in opened(marketer, str(more["href"])).select("#rows th a")] == [
        "n1", "n0",
    ]  # fmt: skip
    assert marketer.get("/links?before=nonsense").status_code == 422


def test_the_list_is_downloaded_as_cells_that_no_spreadsheet_runs(world: World, staff: Staff) -> None:
    place = make_place(world)
    made(world, place.campaign_id, code="a-1", name="=1+1", contact="@x")
    made(world, place.campaign_id, code="b-1", channel="blog")
    answer = staff("marketer").get("/links/download?channel=newsletter")
    assert answer.content_type == "text/csv; charset=utf-8"
    [row] = list(csv.DictReader(io.StringIO(answer.text)))
    assert (row["code"], row["url"], row["name"], row["contact"]) == (
        "a-1", "http://localhost/l/a-1", "'=1+1", "'@x",
    )  # fmt: skip
    french = staff("sales", locale="fr").get("/links/download")
    assert french.data.startswith(b'\xef\xbb\xbf"code";"url"')


def test_sales_reads_links_and_changes_none(world: World, staff: Staff) -> None:
    link, sales = made(world, make_place(world).campaign_id), staff("sales")
    assert names(sales) == ["November"]
    page = opened(sales, f"/links/{link.id}")
    assert not page.select("main button:not([data-copy]), main a.btn")
    for path in ("edit", "disable", "enable", "qr"):
        assert sales.post(f"/links/{link.id}/{path}").status_code == 403
    assert sales.get("/links/dead").status_code == sales.get("/links/new").status_code == 403


def test_a_link_is_changed_but_for_what_is_out_in_the_world(world: World, staff: Staff) -> None:
    link, marketer = made(world, make_place(world).campaign_id, code="kept-1"), staff("marketer")
    path = f"/links/{link.id}/edit"
    assert field(opened(marketer, path), "Address it leads to")["value"] == TARGET
    answer = press(marketer, path, "Save the changes", {
        "name": "December", "target": "https://new.example/", "ends_at": "2026-12-24T20:00", "zone": "Europe/London",
    })  # fmt: skip
    assert answer.status_code == 303
    changed = link_of(world, "kept-1")
    assert (changed.name, changed.target, changed.source) == ("December", "https://new.example/", "newsletter")
    assert changed.ends_at is not None
    assert changed.ends_at.isoformat() == "2026-12-24T20:00:00+00:00"
    assert (follow(world, "kept-1") or "").startswith("https://new.example/?utm_source=newsletter")
    assert names(marketer, "?q=new.example") == ["December"]
    refused = press(marketer, path, "Save the changes", {"target": "", "name": "Kept"})
    assert "Choose an offer, or write an address" in told_beside(soup(refused), "Address it leads to")
    assert field(soup(refused), "Name")["value"] == "Kept"
    press(marketer, path, "Save the changes")
    assert [action for action, _ in acts(world)] == ["link.changed", "link.made"]


def test_a_links_moment_keeps_its_seconds_until_somebody_writes_another(world: World, staff: Staff) -> None:
    at = world.clock.now().replace(second=42)
    link, marketer = made(world, make_place(world).campaign_id, code="to-the-second", starts_at=at), staff("marketer")
    press(marketer, f"/links/{link.id}/edit", "Save the changes", {"name": "Other"})
    assert link_of(world, "to-the-second").starts_at == at


def test_a_tweets_page_and_a_campaigns_tabs_lead_to_its_links(world: World, staff: Staff) -> None:
    tweet, marketer = make_tweet(world), staff("marketer")
    page = opened(marketer, f"/tweets/{tweet.tweet.id}")
    assert page.select(f'a[href="/links/{tweet.link.id}"]')
    tabs = opened(marketer, f"/campaigns/{tweet.tweet.campaign_id}").select(".tabs a")
    assert f"/links?campaign_id={tweet.tweet.campaign_id}" in [str(each["href"]) for each in tabs]
    assert opened(marketer, "/").select('.rail a[href="/links"]')


@pytest.mark.parametrize("path", ["/links?campaign_id=x", "/links/download?campaign_id=x", "/campaigns/x/links/new"])
def test_what_isnt_there_is_missing(staff: Staff, path: str) -> None:
    assert staff("marketer").get(path).status_code == 404


def test_without_a_campaign_the_next_step_is_one(staff: Staff) -> None:
    marketer = staff("marketer")
    assert opened(marketer, "/links").select_one('.empty a[href="/campaigns/new"]')
    assert opened(marketer, "/links/new").select_one('.empty a[href="/campaigns/new"]')


def test_the_form_sends_by_its_main_button_when_enter_is_pressed(world: World, staff: Staff) -> None:
    page = opened(staff("marketer"), f"/campaigns/{make_campaign(world).id}/links/new")
    first = page.select_one("form.link-form button")
    assert first is not None
    assert first.get("value") is None
    assert button(page, "Make the link").get("name") is None
