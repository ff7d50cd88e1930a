"""No cookie on redirects, at any identity level: nor on what stands at a short link's address instead of one."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient

from campaigns.flows.drain_hits import drain_hits
from campaigns.flows.make_link import make_qr
from campaigns.planning.pages import Page
from campaigns.tracking import links
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import FIREFOX
from web.prospect import choices

BASES = {"/l/": "localhost", "/": "go.example"}
"""Where codes stand, and on which host."""


@pytest.fixture(params=[0, 1, 2])
def environ(request: pytest.FixtureRequest, environ: dict[str, str]) -> dict[str, str]:
    return environ | {"PERCHOIR_IDENTITY_LEVEL": str(request.param), "PERCHOIR_SHORT_URL": "https://go.example"}


class Made(NamedTuple):
    """A link with its QR's, and one that is closed."""

    found: Link
    qr: Link
    closed: Link
    place: Place


@pytest.fixture
def made(world: World) -> Made:
    place = make_place(world)
    found, closed = make_tweet(world, place).link, make_tweet(world, place).link
    with world.db.write() as session:
        links.disable(session, closed.id, world.clock.now())
    return Made(found, make_qr(world, found.id, who="tests"), closed, place)


@pytest.fixture
def visitors(client: FlaskClient, world: World, made: Made, staff: Callable[..., FlaskClient]) -> list[dict[str, str]]:
    """Headers of: somebody new, somebody who wants not to be followed, who agreed, who refused, a member, a forger."""
    with world.db.read() as session:
        page = f"/p/{session.get_one(Page, made.place.page_id).slug}"
    answers = [client.post(page, data={"pc-choice": said}, headers={"User-Agent": FIREFOX}) for said in ("yes", "no")]
    given = [answer.headers.get("Set-Cookie", "").partition(";")[0] for answer in answers]
    assert all(given) == (world.settings.identity_level == 2)  # there is a cookie that could come with a redirect
    name = choices.cookie_of(world.settings)
    member = staff("marketer").get_cookie(own_cookie(world))
    assert member
    cookies = [*filter(None, given), f"{member.key}={member.value}", f"{name}=x; {own_cookie(world)}=x; session=x"]
    return [{}, {"Sec-GPC": "1", "DNT": "1"}, *({"Cookie": cookie} for cookie in cookies)]


def own_cookie(world: World) -> str:
    return f"perchoir-{world.settings.cookie_suffix}"


def told(world: World, client: FlaskClient, visitors: list[dict[str, str]], path: str, **more: Any) -> dict[str, int]:
    """Ask as each visitor at both addresses; the status that each host gives to all, once none of them set a cookie."""
    told: dict[str, int] = {}
    for base, host in BASES.items():
        statuses = set()
        for visitor in visitors:
            answer = client.open(base + path, headers={"User-Agent": FIREFOX, "Host": host, **visitor}, **more)
            assert answer.headers.getlist("Set-Cookie") == [], (host, visitor)
            statuses.add(answer.status_code)
        [told[host]] = statuses
    drain_hits(world)
    return told


def both(status: int) -> dict[str, int]:
    return dict.fromkeys(BASES.values(), status)


@pytest.fixture
def stranger(app: Any) -> FlaskClient:
    """Keeps no cookie: each request has those of its headers and no other."""
    client: FlaskClient = app.test_client(use_cookies=False)
    return client


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_cookie_on_a_redirect(
    world: World, stranger: FlaskClient, visitors: list[dict[str, str]], made: Made, method: str
) -> None:
    assert told(world, stranger, visitors, made.found.code, method=method) == both(302)
    assert told(world, stranger, visitors, f"{made.found.code}?utm_source=x).", method=method) == both(302)


def test_no_cookie_on_the_redirect_of_a_qr(
    world: World, stranger: FlaskClient, visitors: list[dict[str, str]], made: Made
) -> None:
    assert told(world, stranger, visitors, made.qr.code) == both(302)


def test_no_cookie_on_a_dead_link(
    world: World, stranger: FlaskClient, visitors: list[dict[str, str]], made: Made
) -> None:
    assert told(world, stranger, visitors, "nothere") == both(404)
    assert told(world, stranger, visitors, made.closed.code) == both(410)
    assert told(world, stranger, visitors, made.found.code, method="POST") == both(405)


def test_no_cookie_on_what_a_code_with_a_plus_shows(
    world: World, stranger: FlaskClient, visitors: list[dict[str, str]], made: Made
) -> None:
    assert told(world, stranger, visitors, f"{made.found.code}+") == both(200)
    assert told(world, stranger, visitors, f"{made.qr.code}+") == both(200)
    assert told(world, stranger, visitors, f"{made.closed.code}+") == both(410)
    assert told(world, stranger, visitors, "nothere+") == both(404)


@pytest.mark.parametrize("file", ["qr.svg", "qr.png"])
def test_no_cookie_on_a_qr(
    stranger: FlaskClient, staff: Callable[..., FlaskClient], visitors: list[dict[str, str]], made: Made, file: str
) -> None:
    path = f"/links/{made.found.id}/{file}"
    for visitor in visitors:
        for host, statuses in (("localhost", {200, 302}), ("go.example", {404})):  # 302: to the sign-in page
            answer = stranger.get(path, headers={"User-Agent": FIREFOX, "Host": host, **visitor})
            assert answer.status_code in statuses
            assert answer.headers.getlist("Set-Cookie") == [], (host, visitor)
    answer = staff("sales").get(path)
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])
