import io
from datetime import date
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from PIL import Image

from campaigns.flows.upload_picture import upload_picture
from campaigns.kernel.money import Money
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.forms import coupon_url, soup, weight
from tests.makers.planning import make_campaign, make_coupon, make_page, make_white_paper, picture_bytes


def test_the_head_tells_x_and_search_engines_what_the_page_is(world: World, client: FlaskClient) -> None:
    offer = make_white_paper(world)
    page = make_page(world, offer, summary="One hour a week.", headline='A "school" magazine')
    french = make_page(world, offer, locale="fr", headline="Le guide")
    html = soup(client.get(f"/p/{page.slug}?via=x&utm_source=y"))

    def told(name: str) -> str:
        found = html.find("meta", {"name": name}) or html.find("meta", {"property": name})
        return str(found["content"])

    url = f"http://localhost/p/{page.slug}"
    assert html.title.get_text() == 'A "school" magazine · Feuillet'  # type: ignore[union-attr]
    assert (told("twitter:card"), told("description")) == ("summary_large_image", "One hour a week.")
    assert (told("twitter:title"), told("og:title"), told("og:url")) == ('A "school" magazine',) * 2 + (url,)
    assert html.find("link", rel="canonical")["href"] == url
    others = {each["hreflang"]: each["href"] for each in html.select("link[rel=alternate]")}
    assert others == {"en": url, "fr": f"http://localhost/p/{french.slug}"}
    card = client.get(urlsplit(told("twitter:image")).path)
    assert told("twitter:image").startswith("http://localhost/")
    assert told("og:image") == told("twitter:image")
    picture = Image.open(io.BytesIO(card.data))
    assert (picture.format, picture.size) == ("JPEG", (1200, 600))


def test_a_page_without_a_picture_has_a_card_of_its_headline(world: World, client: FlaskClient) -> None:
    page = make_page(world, make_coupon(world), headline="Noël à l’école 🎄 " + "très " * 20)
    assert client.get(f"/p/{page.slug}/picture.webp").status_code == 404
    card = client.get(f"/p/{page.slug}/card.jpg")
    assert Image.open(io.BytesIO(card.data)).size == (1200, 600)


@pytest.mark.parametrize("size,shown", [((900, 500), (600, 400)), ((300, 900), (600, 400))])
def test_a_picture_has_its_size_before_it_comes(
    world: World, client: FlaskClient, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    page = make_page(world)
    upload_picture(world, page.id, picture_bytes(size), "A teal field")
    img = soup(client.get(f"/p/{page.slug}")).img
    assert img
    assert (img["alt"], img["width"], img["height"]) == ("A teal field", "600", "400")
    assert Image.open(io.BytesIO(client.get(str(img["src"])).data)).size == shown


def test_a_picture_stays_for_a_year_under_its_own_address_alone(world: World, client: FlaskClient) -> None:
    page = make_page(world)
    upload_picture(world, page.id, picture_bytes(), "A teal field")
    html = soup(client.get(f"/p/{page.slug}"))
    card, img = html.find("meta", property="og:image"), html.img
    assert card
    assert img
    own = (str(img["src"]), urlsplit(str(card["content"]))._replace(scheme="", netloc="").geturl())

    def kept(address: str) -> str:
        return client.get(address).headers["Cache-Control"]

    assert {kept(each) for each in own} == {"public, max-age=31536000, immutable"}
    others = [f"{each.partition('?')[0]}{query}" for each in own for query in ("", "?v=", "?v=1", "?v=99-0-9")]
    assert {kept(each) for each in others} == {"public, max-age=300"}
    upload_picture(world, page.id, picture_bytes((900, 500)), "Another")
    assert {kept(each) for each in own} == {"public, max-age=300"}


def test_another_picture_has_another_address(world: World, client: FlaskClient) -> None:
    page = make_page(world)
    before = soup(client.get(f"/p/{page.slug}")).img
    upload_picture(world, page.id, picture_bytes(), "A teal field")
    after = soup(client.get(f"/p/{page.slug}")).img
    assert before
    assert after
    assert before["src"] != after["src"]


@pytest.mark.parametrize("locale,words", [("en", ["21 days", "€147", "€210"]), ("fr", ["21 jours", "147 €", "210 €"])])
def test_a_coupon_says_its_facts_in_the_pages_language(
    world: World, client: FlaskClient, clock: HandClock, locale: str, words: list[str]
) -> None:
    offer = make_coupon(world, percent_off=30, expires_on=date(2026, 11, 23), price=Money(21_000, "EUR"), stock=220)
    page = make_page(world, offer, locale=locale, headline="Feuillet")
    text = soup(client.get(f"/p/{page.slug}", headers={"Accept-Language": "de"})).get_text().replace("\u00a0", " ")
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    "locale, headline, shown",
    [
        ("fr", "30 % sur la première année", "30\u00a0% sur la première année"),
        ("en", "30% off your first year", "30% off your first year"),
    ],
)
def test_a_headline_that_begins_with_the_reduction_says_it_once(
    world: World, client: FlaskClient, locale: str, headline: str, shown: str
) -> None:
    page = make_page(world, make_coupon(world, percent_off=30), locale=locale, headline=headline)
    html = soup(client.get(f"/p/{page.slug}"))
    assert html.h1.get_text() == shown  # type: ignore[union-attr]
    assert [each.name for each in html.select(".off")] == ["span"]


def test_the_last_day_is_that_of_the_campaigns_zone(world: World, client: FlaskClient, clock: HandClock) -> None:
    campaign = make_campaign(world, zone="America/New_York")
    url = f"/p/{make_page(world, make_coupon(world, campaign, expires_on=date(2026, 12, 13))).slug}"
    assert "until 13 December" in client.get(url).text


def test_only_a_headline_makes_a_page(world: World, client: FlaskClient) -> None:
    page = make_page(world, make_coupon(world, price=None, stock=None), body="", fields=(), consents=())
    html = soup(client.get(f"/p/{page.slug}"))
    assert html.h1.get_text() == page.headline  # type: ignore[union-attr]
    assert [each["name"] for each in html.select("form#form input:not([type=hidden])")] == ["email", "pc-website"]


def test_a_page_sets_no_cookie_and_asks_nobody_else(world: World, client: FlaskClient) -> None:
    answer = client.get(coupon_url(world))
    assert "Set-Cookie" not in answer.headers
    html = soup(answer)
    pulled = html.select("img, script, link[rel=stylesheet], link[rel=icon]")
    asked = [each.get("src") or each.get("href") for each in pulled]
    assert [str(url).rpartition("/")[2] for url in asked if "/js/" in str(url)] == ["seen.js"]
    assert [url for url in asked if not str(url).startswith("/")] == []
    form = html.select_one("form#form")
    assert form
    assert form.get("action") is None


def test_a_page_weighs_under_30_kb_with_all_it_asks_for(world: World, client: FlaskClient) -> None:
    page = make_page(world, body="## More\n\n" + "A sentence of eight words stands here now. " * 60)
    noise = io.BytesIO()
    Image.effect_noise((1200, 800), 90).convert("RGB").save(noise, "PNG")
    upload_picture(world, page.id, noise.getvalue(), "Noise")
    answer = client.get(f"/p/{page.slug}")
    html = soup(answer)
    parts = [each.get("src") or each.get("href") for each in html.select("img, link[rel=stylesheet], link[rel=icon]")]
    assert len(parts) == 4
    assert len(answer.data) + sum(weight(client, str(url)) for url in parts) < 30_000
