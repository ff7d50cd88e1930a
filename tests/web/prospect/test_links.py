from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campaigns.flows.drain_hits import drain_hits
from campaigns.planning import pages
from campaigns.settings import BadSettings, Settings
from campaigns.tracking import drafts, links, targets
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.hits import Hit
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import FIREFOX

PERSON = {"User-Agent": FIREFOX, "Referer": "https://t.co/AbC"}
SHORT = {**PERSON, "Host": "go.example"}


def _hits(world: World) -> list[Hit]:
    drain_hits(world)
    with world.db.read() as session:
        return list(session.scalars(select(Hit).order_by(Hit.id)))


def _code(world: World, place: Place | None = None) -> str:
    return make_tweet(world, place).link.code


def test_a_short_link_redirects_and_nothing_may_keep_the_answer(client: FlaskClient, world: World) -> None:
    answer = client.get(f"/l/{_code(world)}", headers=PERSON)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("http://localhost/p/")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "Set-Cookie" not in answer.headers
    assert answer.data == b""
    assert [hit.klass for hit in _hits(world)] == ["human"]


def test_a_slash_behind_the_code_is_somebodys_typing(client: FlaskClient, world: World) -> None:
    code = _code(world)
    assert client.get(f"/l/{code}/", headers=PERSON).status_code == 302
    assert client.get("/l/nobodys/", headers=PERSON).text == client.get("/l/nobodys", headers=PERSON).text
    assert {(hit.code, hit.klass) for hit in _hits(world)} == {(code, "human"), ("nobodys", "dead_link")}


def test_head_redirects_too_and_other_methods_dont(client: FlaskClient, world: World) -> None:
    code = _code(world)
    assert client.head(f"/l/{code}", headers=PERSON).status_code == 302
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = client.open(f"/l/{code}", method=method, headers=PERSON)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert {hit.klass for hit in _hits(world)} == {"bot"}
    assert len(_hits(world)) == 6


def test_xs_robot_gets_to_the_page_whose_card_it_draws(client: FlaskClient, world: World) -> None:
    answer = client.get(f"/l/{_code(world)}", headers={"User-Agent": "Twitterbot/1.0"})
    assert (answer.status_code, _hits(world)[0].klass) == (302, "bot")


@pytest.mark.parametrize(
    "query",
    [
        "url=https://evil.example",
        "target=//evil.example",
        "next=https://evil.example",
        "utm_source=evil",
        "via=x",
        "//evil.example",
    ],
)
def test_nothing_of_the_requests_query_goes_on(client: FlaskClient, world: World, query: str) -> None:
    place = make_place(world)
    answer = client.get(f"/l/{_code(world, place)}?{query}", headers=PERSON)
    target = urlsplit(answer.headers["Location"])
    assert (target.scheme, target.netloc) == ("http", "localhost")
    assert "evil" not in answer.headers["Location"]
    assert answer.headers["Location"].count("via=") == 1


def test_a_forged_host_is_refused_and_never_told_on(client: FlaskClient, world: World) -> None:
    code = _code(world)
    assert client.get(f"/l/{code}", headers={**PERSON, "Host": "evil.example"}).status_code == 400
    answer = client.get(f"/l/{code}", headers={**PERSON, "X-Forwarded-Host": "evil.example"})
    assert "evil" not in str(answer.headers)


@pytest.mark.parametrize(
    "agent",
    [b"\xff\xfe", b"Mozilla/5.0 \xc3\xa9", b"A" * 10_000, b"<script>alert(1)</script>", b"Mozilla/5.0 \xed\xa0\x80"],
)
@pytest.mark.parametrize("header", ["HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_X_FORWARDED_FOR", "HTTP_SEC_PURPOSE"])
def test_bytes_that_are_no_text_dont_stop_a_visitor(
    client: FlaskClient, world: World, agent: bytes, header: str
) -> None:
    environ = {"HTTP_USER_AGENT": FIREFOX, header: agent.decode("latin-1")}
    assert client.get(f"/l/{_code(world)}", environ_overrides=environ).status_code == 302
    assert len(_hits(world)) == 1


def test_with_no_proxy_trusted_a_forged_address_makes_no_new_visitor(client: FlaskClient, world: World) -> None:
    code = _code(world)
    for n in range(3):
        client.get(f"/l/{code}", headers={**PERSON, "X-Forwarded-For": f"6.6.6.{n}"})
    assert sorted(hit.klass for hit in _hits(world)) == ["duplicate", "duplicate", "human"]


class TestBehindAProxy:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_TRUSTED_PROXIES": "1"}

    def test_the_address_is_the_last_that_our_proxy_vouches_for(self, client: FlaskClient, world: World) -> None:
        code = _code(world)
        for forwarded in ("6.6.6.1, 192.0.2.1", "6.6.6.2,192.0.2.1", "192.0.2.2"):
            client.get(f"/l/{code}", headers={**PERSON, "X-Forwarded-For": forwarded})
        assert sorted(hit.klass for hit in _hits(world)) == ["duplicate", "human", "human"]


class TestUnderHttps:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_BASE_URL": "https://go.example.com"}

    def test_it_leads_to_the_public_address_and_stays_there(self, client: FlaskClient, world: World) -> None:
        answer = client.get(f"/l/{_code(world)}", headers={**PERSON, "Host": "go.example.com"})
        assert answer.headers["Location"].startswith("https://go.example.com/p/")
        assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "path", ["/l/nothere", "/l/%00", "/l/%FF%FE", "/l/%ED%A0%80", f"/l/{'x' * 3000}", "/l/.", "/l/%2e"]
)
def test_a_code_that_isnt_gets_a_page_with_the_campaigns_home(client: FlaskClient, world: World, path: str) -> None:
    place = make_place(world)
    answer = client.get(path, headers=PERSON)
    with world.db.read() as session:
        page = pages.online_page_of(session, place.offer_id)
    assert page
    assert answer.status_code == 404
    assert "This link leads nowhere" in answer.text
    assert f'href="{pages.url(world.settings, page)}"' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert [hit.klass for hit in _hits(world)] == ["dead_link"]


def test_with_nothing_online_the_page_says_so_in_the_visitors_language(client: FlaskClient) -> None:
    answer = client.get("/l/nothere", headers={**PERSON, "Accept-Language": "fr"})
    assert answer.status_code == 404
    assert "Ce lien ne mène nulle part" in answer.text
    assert "Rien n’est proposé" in answer.text


def test_a_closed_page_is_told_as_gone(client: FlaskClient, world: World) -> None:
    code = _code(world, make_place(world, online=False))
    answer = client.get(f"/l/{code}", headers=PERSON)
    assert answer.status_code == 410
    assert "This link is closed" in answer.text


def test_a_disabled_link_is_gone_and_offers_the_campaigns_page(client: FlaskClient, world: World) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    with world.db.write() as session:
        links.disable(session, made.link.id, world.clock.now())
    answer = client.get(f"/l/{made.link.code}", headers=PERSON)
    assert answer.status_code == 410
    assert "/p/" in answer.text


def test_a_plus_behind_the_code_shows_where_it_leads_and_counts_no_click(client: FlaskClient, world: World) -> None:
    made = make_tweet(world)
    answer = client.get(f"/l/{made.link.code}+", headers=PERSON)
    assert answer.status_code == 200
    with world.db.read() as session:
        found = targets.find_destination(session, made.link.code)
    assert str(found.target(world.settings, world.clock.now())) in answer.text
    assert f'href="{links.url(world.settings, made.link.code)}"' in answer.text
    assert "utm_" not in answer.text
    assert _hits(world) == []


def test_a_plus_shows_a_target_elsewhere_in_the_visitors_language(client: FlaskClient, world: World) -> None:
    made = make_tweet(world)
    with world.db.write() as session:
        link = links.find(session, made.link.id)
        drafts.aim(session, world.settings, link, "https://elsewhere.example/<b>?a=1", world.clock.now())
    answer = client.get(f"/l/{made.link.code}+", headers={**PERSON, "Accept-Language": "fr"})
    assert answer.status_code == 200
    assert "Vers une page d’un autre site" in answer.text
    assert "https://elsewhere.example/%3Cb%3E?a=1" in answer.text


def test_a_plus_tells_nothing_of_a_link_that_is_closed_or_isnt(client: FlaskClient, world: World) -> None:
    code = _code(world, make_place(world, online=False))
    assert client.get(f"/l/{code}+", headers=PERSON).status_code == 410
    assert client.get("/l/nothere+", headers=PERSON).status_code == 404
    assert client.get("/l/+", headers=PERSON).status_code == 404


@pytest.mark.parametrize("path", ["/l", "/l/", "/l/a/b", "/links/a"])
def test_other_paths_are_no_links(client: FlaskClient, world: World, path: str) -> None:
    assert client.get(path, headers=PERSON).status_code == 404
    assert _hits(world) == []


def test_a_member_who_is_signed_in_gets_no_cookie_either(staff: Callable[..., FlaskClient], world: World) -> None:
    answer = staff("marketer").get(f"/l/{_code(world)}", headers=PERSON)
    assert answer.status_code == 302
    assert "Set-Cookie" not in answer.headers


def test_every_short_link_is_answered_in_front_of_flask(app: Flask, world: World) -> None:
    seen: list[str] = []
    app.before_request(lambda: seen.append("flask"))
    assert app.test_client().get(f"/l/{_code(world)}", headers=PERSON).status_code == 302
    assert seen == []


def _made(world: World, **more: Any) -> str:
    """The code of a link that is told more than a tweet's."""
    place = make_place(world)
    with world.db.write() as session:
        draft = LinkDraft(offer_id=place.offer_id, **more)
        return drafts.create(session, world.settings, place.campaign_id, draft, world.clock.now()).code


def test_what_a_sentence_leaves_behind_an_address_is_left_out(client: FlaskClient, world: World) -> None:
    code = _code(world)
    for behind in (").", ",", "'", "…", "%E2%80%A6", "%C2%BB", "%E2%80%9D"):
        assert client.get(f"/l/{code}{behind}", headers=PERSON).status_code == 302, behind
    assert client.get(f"/l/{code}-", headers=PERSON).status_code == 404


@pytest.mark.parametrize("asks", ["", "+"])
@pytest.mark.parametrize(
    "language,title,told",
    [
        ("en", "This link isn’t open yet", "It opens on 3 November 2026 at 08:05 (Europe/Paris)."),
        ("fr", "Ce lien n’est pas encore ouvert", "Il ouvre le 3 novembre 2026 à 8\u00a0h\u00a005 (Europe/Paris)."),
    ],
)
def test_before_it_opens_a_link_says_when_and_shows_nothing_of_what_comes(
    client: FlaskClient, world: World, clock: HandClock, asks: str, language: str, title: str, told: str
) -> None:
    code = _made(world, starts_at=datetime(2026, 11, 3, 7, 5, tzinfo=UTC))
    answer = client.get(f"/l/{code}{asks}", headers={**PERSON, "Accept-Language": language})
    assert answer.status_code == 404
    assert title in answer.text
    assert told in answer.text
    assert "/p/" not in answer.text
    clock.advance(seconds=24 * 3600)
    assert client.get(f"/l/{code}", headers=PERSON).status_code == 302


def test_a_link_that_is_over_says_so_or_leads_where_it_was_told_to(
    client: FlaskClient, world: World, clock: HandClock
) -> None:
    ends_at = clock.now() + timedelta(hours=1)
    bare, led = _made(world, ends_at=ends_at), _made(world, ends_at=ends_at, over_target="https://shop.example/over")
    clock.advance(seconds=3600)
    for asks in ("", "+"):
        answer = client.get(f"/l/{bare}{asks}", headers=PERSON)
        assert answer.status_code == 410
        assert "This link is closed" in answer.text
    assert client.get(f"/l/{led}", headers=PERSON).headers["Location"].startswith("https://shop.example/over?utm_")
    assert "https://shop.example/over" in client.get(f"/l/{led}+", headers=PERSON).text


def test_a_plus_behind_a_disabled_links_code_tells_nothing(client: FlaskClient, world: World) -> None:
    code = _made(world, target="https://secret.example/")
    with world.db.write() as session:
        links.disable(session, links.find_by_code(session, code).id, world.clock.now())
    answer = client.get(f"/l/{code}+", headers=PERSON)
    assert answer.status_code == 410
    assert "secret" not in answer.text


class TestOnAShortDomain:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_SHORT_URL": "https://go.example"}

    def test_codes_stand_at_its_root_and_lead_to_the_public_address(self, client: FlaskClient, world: World) -> None:
        made = make_tweet(world)
        assert made.url == f"https://go.example/{made.link.code}"
        for path in (f"/{made.link.code}", f"/{made.link.code}).", f"/l/{made.link.code}"):
            answer = client.get(path, headers=SHORT)
            assert (answer.status_code, answer.headers["Location"][:19]) == (302, "http://localhost/p/")
            assert "Set-Cookie" not in answer.headers
        assert sorted(hit.klass for hit in _hits(world)) == ["duplicate", "duplicate", "human"]
        assert client.get(f"/l/{made.link.code}", headers=PERSON).status_code == 302

    def test_a_plus_shows_where_it_leads_there_too(self, client: FlaskClient, world: World) -> None:
        made = make_tweet(world)
        answer = client.get(f"/{made.link.code}+", headers=SHORT)
        assert answer.status_code == 200
        assert f'href="{made.url}"' in answer.text

    @pytest.mark.parametrize(
        "path",
        [
            "/", "/p/le-guide", "/sign-in", "/campaigns", "/api/v1/campaigns", "/api/docs", "/healthz", "/metrics",
            "/l/", "/l/+", "/+", "/favicon.ico", "/hooks/stripe", "/d/x", "/links", "/.well-known/security.txt",
            "/l/a/b", "//", "/static", "/Robots", "/rehearsal/wall",
        ],
    )  # fmt: skip
    def test_nothing_else_is_there(self, client: FlaskClient, world: World, path: str) -> None:
        make_place(world)
        answer = client.get(path, headers=SHORT)
        assert answer.status_code == 404
        assert "This link leads nowhere" in answer.text
        assert "Set-Cookie" not in answer.headers

    def test_nothing_is_done_there_either(self, client: FlaskClient, world: World) -> None:
        make_place(world)
        for path in ("/p/le-guide", "/sign-in", "/", "/robots.txt"):
            assert client.post(path, headers=SHORT).status_code == 405

    def test_a_dead_links_page_has_its_style_and_robots_may_come(self, client: FlaskClient) -> None:
        page = BeautifulSoup(client.get("/nothere", headers=SHORT).text, "html.parser")
        for sheet in page.select("link[rel=stylesheet]"):
            with client.get(str(sheet["href"]), headers=SHORT) as answer:
                assert answer.status_code == 200
        robots = client.get("/robots.txt", headers=SHORT)
        assert (robots.status_code, robots.content_type) == (200, "text/plain; charset=utf-8")
        assert robots.text == "User-agent: *\nDisallow:\n"
        assert client.head("/robots.txt", headers=SHORT).status_code == 200

    def test_a_host_in_capitals_is_the_same_one(self, client: FlaskClient, world: World) -> None:
        capitals = PERSON | {"Host": "GO.Example"}
        assert client.get(f"/{_code(world)}", headers=capitals).status_code == 302
        assert client.get("/nothere", headers=capitals).status_code == 404
        assert client.get("/sign-in", headers=PERSON | {"Host": "LOCALHOST"}).status_code == 200

    def test_another_host_of_that_name_is_refused(self, client: FlaskClient, world: World) -> None:
        code = _code(world)
        assert client.get(f"/{code}", headers={**PERSON, "Host": "go.example.evil.example"}).status_code == 400
        assert client.get(f"/{code}", headers=PERSON).status_code == 404


@pytest.mark.parametrize("short", ["https://localhost", "https://go.example/l", "http://localhost:9000"])
def test_a_short_domain_is_one_of_its_own(environ: dict[str, str], short: str) -> None:
    with pytest.raises(BadSettings, match="PERCHOIR_SHORT_URL: write a domain"):
        Settings.read(environ | {"PERCHOIR_SHORT_URL": short})
