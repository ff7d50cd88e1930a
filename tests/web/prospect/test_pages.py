import io
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaigns import compose
from campaigns.capturing.leads import Lead
from campaigns.capturing.submissions import Consent, Submission
from campaigns.capturing.touches import Touch
from campaigns.kernel.outbox import OutboxRow
from campaigns.planning import pages
from campaigns.planning.fields import Field
from campaigns.planning.pages import Page
from campaigns.selling.coupons import Coupon
from campaigns.settings import Settings
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import at_once, count_of, rows_of, via_of_click
from tests.makers.forms import altered, coupon_url, field, filled, sent, soup
from tests.makers.planning import make_campaign, make_coupon, make_page
from web import create_app

ZOE = "zoe@ecole.example"


def test_a_form_leads_to_the_code(world: World, client: FlaskClient, clock: HandClock) -> None:
    answer = sent(client, clock, coupon_url(world), email=ZOE)
    assert answer.status_code == 303
    thanks = client.get(answer.location)
    [coupon] = rows_of(world, Coupon)
    html = soup(thanks)
    assert html.find("output").get_text() == coupon.code
    assert "Use it now, €96" in html.get_text()
    assert html.find("meta", {"name": "robots"})["content"] == "noindex"
    assert "no-store" in thanks.headers["Cache-Control"]


def test_a_form_leads_to_the_paper(world: World, client: FlaskClient, clock: HandClock) -> None:
    answer = sent(client, clock, f"/p/{make_page(world).slug}", email=ZOE)
    html = soup(client.get(answer.location))
    link = html.find("a", string="Download the PDF")
    assert client.get(link["href"]).data.startswith(b"%PDF-")


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    page = make_page(
        world,
        make_coupon(world),
        fields=(
            Field("email", "E-mail address", "email", True),
            Field("size", "How many pupils", "choice", True, ("Under 50", "More")),
            Field("why", "Why", "textarea"),
            Field("terms", "I am a teacher", "checkbox"),
        ),
    )
    url = f"/p/{page.slug}?via=x"
    typed = {"why": "<b>\nline two", "terms": "yes", "pc-consent": "news", "size": ""}
    answer = sent(client, clock, url, email="nobody", **typed)
    assert answer.status_code == 422
    html = soup(answer)
    email = field(html, "E-mail address")
    assert (email["value"], email["aria-invalid"]) == ("nobody", "true")
    assert html.find(id=email["aria-describedby"]).get_text() == "Write an address such as name@school.fr"
    assert field(html, "How many pupils").get("aria-invalid") == "true"
    assert field(html, "Why").get_text() == "<b>\nline two"
    assert field(html, "I am a teacher").has_attr("checked")
    assert field(html, "Write to me").has_attr("checked")
    summary = html.find(id="errors")
    assert (summary["role"], summary["tabindex"]) == ("alert", "-1")
    assert [html.find(id=link["href"][1:])["name"] for link in summary.find_all("a")] == ["email", "size"]
    assert count_of(world, Lead) == [0]


def test_no_box_is_ticked_by_itself(world: World, client: FlaskClient, clock: HandClock) -> None:
    url = coupon_url(world)
    html = soup(client.get(url))
    assert [each.has_attr("checked") for each in html.select("input[type=checkbox]")] == [False]
    sent(client, clock, url, email=ZOE)
    sent(client, clock, url, email="paul@ecole.example", **{"pc-consent": "news"})
    assert [each.state for each in rows_of(world, Consent)] == ["refused", "granted"]


def test_the_token_of_the_click_stays_in_the_address_and_comes_with_the_form(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    campaign = make_campaign(world)
    page = make_page(world, make_coupon(world, campaign))
    tweet_id, via = via_of_click(world, page, campaign.id)
    answer = sent(client, clock, f"/p/{page.slug}?via={via}&utm_source=Twitter&utm_content=t-1", email=ZOE)
    assert answer.status_code == 303
    [touch] = rows_of(world, Touch)
    assert (touch.tweet_id, touch.utm) == (tweet_id, {"utm_source": "twitter", "utm_content": "t-1"})


def test_tags_without_our_code_are_evidence_of_their_own(world: World, client: FlaskClient, clock: HandClock) -> None:
    sent(client, clock, f"{coupon_url(world)}?utm_source=news&utm_term=a%40b.example", email=ZOE)
    [touch] = rows_of(world, Touch)
    assert (touch.evidence, touch.utm) == ("utm", {"utm_source": "news"})


def test_a_form_sent_in_under_two_seconds_is_asked_to_confirm_and_keeps_everything(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    url = coupon_url(world)
    data = filled(soup(client.get(url)), email=ZOE, school="Moulin", **{"pc-consent": "news"})
    clock.advance(seconds=1)
    asked = client.post(url, data=data)
    assert asked.status_code == 422
    html = soup(asked)
    assert (field(html, "E-mail")["value"], field(html, "Your school")["value"]) == (ZOE, "Moulin")
    assert html.find("button").get_text() == "Yes, send it"
    again = filled(html, email=ZOE, school="Moulin", **{"pc-consent": "news"})
    assert client.post(url, data=again).status_code == 422  # a robot: at once
    clock.advance(seconds=1)
    assert client.post(url, data=again).status_code == 303
    assert count_of(world, Lead) == [1]


def test_a_click_a_second_ago_is_hasty_too(world: World, client: FlaskClient, clock: HandClock) -> None:
    campaign = make_campaign(world)
    page = make_page(world, make_coupon(world, campaign))
    _, via = via_of_click(world, page, campaign.id)
    clock.advance(seconds=1)
    url = f"/p/{page.slug}?via={via}"
    assert client.post(url, data={"email": ZOE}).status_code == 422
    clock.advance(seconds=1)
    assert client.post(url, data={"email": ZOE}).status_code == 303


def test_mending_a_field_takes_less_than_two_seconds(world: World, client: FlaskClient, clock: HandClock) -> None:
    url = coupon_url(world)
    wrong = sent(client, clock, url, email="zoe@")
    assert client.post(url, data=filled(soup(wrong), email=ZOE)).status_code == 303


def test_who_fills_the_field_that_nobody_sees_is_asked_to_confirm(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    url = coupon_url(world)
    asked = sent(client, clock, url, email=ZOE, **{"pc-website": "https://spam.example"})
    assert (asked.status_code, count_of(world, Lead)) == (422, [0])
    clock.advance(seconds=2)
    # a password manager filled it: the person presses the button, the field still filled
    data = filled(soup(asked), email=ZOE, **{"pc-website": "https://spam.example"})
    assert client.post(url, data=data).status_code == 303


def test_a_confirmation_is_of_one_page_and_ends(world: World, client: FlaskClient, clock: HandClock) -> None:
    campaign = make_campaign(world)
    first, second = (f"/p/{make_page(world, make_coupon(world, campaign)).slug}" for _ in range(2))
    asked = sent(client, clock, first, email=ZOE, **{"pc-website": "x"})
    clock.advance(seconds=2)
    data = filled(soup(asked), email=ZOE, **{"pc-website": "x"})
    assert client.post(second, data=data).status_code == 422
    clock.advance(hours=2)
    assert client.post(first, data=data).status_code == 422
    assert count_of(world, Lead) == [0]


def test_over_its_limit_an_address_confirms_and_far_over_it_waits(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    url = coupon_url(world)
    data = filled(soup(client.get(url)), email=ZOE)
    clock.advance(seconds=3)
    statuses = [client.post(url, data=data).status_code for _ in range(20)]
    assert statuses == [303] * 20
    over = client.post(url, data=data)
    assert (over.status_code, over.headers["Retry-After"]) == (429, "60")
    assert soup(over).find("button").get_text() == "Yes, send it"
    clock.advance(seconds=1)
    assert client.post(url, data=filled(soup(over), email=ZOE)).status_code == 303
    for _ in range(178):
        client.post(url, data=data)
    far = client.post(url, data=filled(soup(over), email=ZOE))
    assert (far.status_code, far.headers["Retry-After"]) == (429, "60")
    elsewhere = client.post(url, data=data, environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert elsewhere.status_code == 303


def test_a_forwarded_address_that_nobody_vouches_for_escapes_no_limit(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    url = coupon_url(world)
    data = filled(soup(client.get(url)), email=ZOE)
    clock.advance(seconds=3)
    statuses = {
        client.post(url, data=data, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(25)
    }
    assert 429 in statuses


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_another_sites_form_is_refused(world: World, client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post(coupon_url(world), data={"email": ZOE}, headers=headers)
    assert (answer.status_code, count_of(world, Lead)) == (403, [0])


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {}])
def test_our_own_form_is_taken(world: World, client: FlaskClient, clock: HandClock, headers: dict[str, str]) -> None:
    answer = client.post(coupon_url(world), data={"email": ZOE}, headers=headers)
    assert answer.status_code == 303


def test_a_page_opened_a_day_ago_still_submits(world: World, client: FlaskClient, clock: HandClock) -> None:
    url = coupon_url(world)
    data = filled(soup(client.get(url)), email=ZOE)
    clock.advance(hours=24)
    assert client.post(url, data=data).status_code == 303


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_page_opened_before_the_key_changed_still_submits(
    world: World, client: FlaskClient, clock: HandClock, environ: dict[str, str], is_kept: bool
) -> None:
    url = coupon_url(world)
    data = filled(soup(client.get(url)), email=ZOE)
    former = environ["PERCHOIR_SECRET_KEY"]
    more = {"PERCHOIR_SECRET_KEY": former[::-1], "PERCHOIR_SECRET_KEY_FALLBACKS": former if is_kept else ""}
    restarted = compose.world(Settings.read(environ | more), clock)
    clock.advance(seconds=30)
    assert create_app(restarted).test_client().post(url, data=data).status_code == 303
    restarted.db.close()


def test_a_closed_page_says_so_in_its_language(world: World, client: FlaskClient, clock: HandClock) -> None:
    page = make_page(world, locale="fr")
    with world.db.write() as session:
        pages.close(session, pages.find(session, page.id), clock.now())
    for answer in (client.get(f"/p/{page.slug}"), client.post(f"/p/{page.slug}", data={"email": ZOE})):
        assert answer.status_code == 410
        assert soup(answer).h1.get_text() == "Cette page est fermée"  # type: ignore[union-attr]
        assert 'lang="fr"' in answer.text


def test_an_offer_that_ended_says_so(world: World, client: FlaskClient, clock: HandClock) -> None:
    url = coupon_url(world, expires_on=date(2026, 11, 2))
    assert "Last day" in client.get(url).text
    clock.advance(days=1)
    answer = client.get(url)
    assert (answer.status_code, "This offer has ended" in answer.text) == (410, True)


@pytest.mark.parametrize("slug", ["nothing", "É", "a" * 300, "x%00y", "..%2f..%2fetc"])
def test_a_page_that_is_not_there_is_404(world: World, client: FlaskClient, slug: str) -> None:
    assert client.get(f"/p/{slug}").status_code == 404


def test_a_page_that_never_was_online_is_404(world: World, client: FlaskClient) -> None:
    page = make_page(world, published=False)
    assert client.get(f"/p/{page.slug}").status_code == 404


def test_the_last_code_is_gone(world: World, client: FlaskClient, clock: HandClock) -> None:
    url = coupon_url(world, stock=1)
    assert "of 1 codes left" in client.get(url).text
    late = filled(soup(client.get(url)), email="late@ecole.example")
    first = sent(client, clock, url, email=ZOE)
    assert "All the codes are given out" in client.get(url).text
    answer = client.post(url, data=late)
    assert (answer.status_code, soup(answer).h1.get_text()) == (410, "All the codes are gone")  # type: ignore[union-attr]
    assert count_of(world, Lead) == [1]
    again = sent(client, clock, url, email=ZOE)
    assert soup(client.get(again.location)).output == soup(client.get(first.location)).output


@pytest.mark.parametrize(
    "typed",
    [
        "\x00",
        "a\x00b",
        "\u202eright to left",
        "👩‍🚀" * 40,
        "' OR 1=1 --",
        "{{ 7*191 }}",
        "<script>alert(1)</script>",
        "%(name)s",
        "é" * 10_000,
    ],
)
def test_whatever_is_typed_is_taken_or_told_of_and_shown_as_text(
    world: World, client: FlaskClient, clock: HandClock, typed: str
) -> None:
    answer = sent(client, clock, coupon_url(world), email="nobody", school=typed)
    assert answer.status_code == 422
    assert field(soup(answer), "Your school")["value"] == typed.replace("\x00", "�") or "\x00" in typed
    assert answer.text.count("<script") == 1, "ours alone"
    assert "1337" not in answer.text


def test_more_parts_than_a_form_has_are_refused(world: World, client: FlaskClient) -> None:
    data = {f"f{n}": (io.BytesIO(b"x"), "x.txt") for n in range(1_001)}
    assert client.post(coupon_url(world), data=data).status_code == 413


def test_more_than_a_form_weighs_is_refused(world: World, client: FlaskClient) -> None:
    assert client.post(coupon_url(world), data={"email": "x" * 100_000}).status_code == 413


@pytest.mark.parametrize("spoil", ["cut", "other", "none"])
def test_thanks_need_their_own_claim(world: World, client: FlaskClient, clock: HandClock, spoil: str) -> None:
    campaign = make_campaign(world)
    first, second = (make_page(world, make_coupon(world, campaign)) for _ in range(2))
    location = sent(client, clock, f"/p/{first.slug}", email=ZOE).location
    [claim] = parse_qs(urlsplit(location).query)["claim"]
    wrong = {
        "cut": f"/p/{first.slug}/thanks?claim={altered(claim)}",
        "other": f"/p/{second.slug}/thanks?claim={claim}",
        "none": f"/p/{first.slug}/thanks",
    }[spoil]
    assert client.get(wrong).status_code == 403


def test_thanks_last_a_day_and_outlast_the_page(world: World, client: FlaskClient, clock: HandClock) -> None:
    page = make_page(world, make_coupon(world))
    location = sent(client, clock, f"/p/{page.slug}", email=ZOE).location
    with world.db.write() as session:
        pages.close(session, pages.find(session, page.id), clock.now())
    clock.advance(hours=23)
    assert client.get(location).status_code == 200
    clock.advance(hours=2)
    assert client.get(location).status_code == 410


def test_a_form_sent_twice_gets_the_same_thanks_and_one_mail(
    world: World, client: FlaskClient, clock: HandClock
) -> None:
    url = coupon_url(world)
    data = filled(soup(client.get(url)), email=ZOE)
    clock.advance(seconds=5)
    first, second = (client.get(client.post(url, data=data).location) for _ in range(2))
    assert soup(first).output == soup(second).output
    assert count_of(world, Lead, Submission) == [1, 1]
    assert [row.kind for row in rows_of(world, OutboxRow)].count("mail") == 1


@pytest.mark.parametrize("path", ["", "/thanks", "/card.jpg", "/picture.webp"])
def test_every_answer_carries_its_headers(world: World, client: FlaskClient, path: str) -> None:
    page: Page = make_page(world)
    answer = client.get(f"/p/{page.slug}{path}")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.both_databases
def test_eight_presses_at_one_moment_are_one_lead_and_one_code(world: World, app: Flask, clock: HandClock) -> None:
    url = coupon_url(world)
    data = filled(soup(app.test_client().get(url)), email=ZOE)
    clock.advance(seconds=5)
    answers = at_once(8, lambda _: app.test_client().post(url, data=data).status_code)
    assert (answers, count_of(world, Lead, Submission, Coupon)) == ([303] * 8, [1, 1, 1])
