"""Identity levels: what is set, asked, kept and forgotten at each of them."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from campaigns.capturing.touches import Touch
from campaigns.flows.drain_hits import drain_hits
from campaigns.planning.pages import Page
from campaigns.tracking.browsers import Browser
from campaigns.tracking.visits import Visit
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import count_of, rows_of
from tests.makers.pressed import soup
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import FIREFOX

PERSON = {"User-Agent": FIREFOX}
MONTHS_S = 395 * 86400

pytestmark = pytest.mark.both_databases


@pytest.fixture(params=[2])
def environ(request: pytest.FixtureRequest, environ: dict[str, str]) -> dict[str, str]:
    return environ | {"PERCHOIR_IDENTITY_LEVEL": str(request.param)}


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


@pytest.fixture
def path(world: World, place: Place) -> str:
    with world.db.read() as session:
        return f"/p/{session.get_one(Page, place.page_id).slug}"


@pytest.fixture
def client(client: FlaskClient, world: World) -> Iterator[FlaskClient]:
    yield client
    drain_hits(world)


def banner(client: FlaskClient, path: str, **headers: str) -> bool:
    sent = PERSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return soup(client.get(path, headers=sent)).select_one(".choose") is not None


def say(client: FlaskClient, address: str, choice: str, **headers: str) -> SimpleCookie:
    """Press a button; the cookies that come back."""
    sent = PERSON | {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post(address, data={"pc-choice": choice}, headers=sent)
    assert answer.status_code == 303
    assert answer.location == address
    return SimpleCookie("\n".join(answer.headers.getlist("Set-Cookie")))


def come(client: FlaskClient, world: World, place: Place, path: str) -> str:
    """By a tweet: click, page, script. The page's address."""
    link = make_tweet(world, place).link
    target = client.get(f"/l/{link.code}", headers=PERSON | {"Referer": "https://t.co/a"})
    assert "Set-Cookie" not in target.headers
    query = urlsplit(target.location).query
    client.post(f"{path}/seen?{query}", data={"referrer": "https://t.co/a"}, headers=PERSON)
    drain_hits(world)
    return f"{path}?{query}"


def send(client: FlaskClient, clock: HandClock, address: str, email: str = "zoe@ecole.example") -> None:
    clock.advance(seconds=20)
    answer = client.post(address, data={"email": email, "pc-from": "-"}, headers=PERSON)
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("environ", [0, 1], indirect=True)
def test_below_level_2_nothing_is_asked_or_set_whatever_is_sent(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    assert not banner(client, path)
    assert say(client, path, "yes") == {}
    address = come(client, world, place, path)
    send(client, clock, address)
    assert count_of(world, Browser) == [0]
    assert client._cookies == {}


@pytest.mark.parametrize("kept", ["x", "yes", "é" * 43, "a" * 42, "a b"])
def test_a_cookie_that_we_never_gave_answers_nothing(client: FlaskClient, world: World, path: str, kept: str) -> None:
    name = f"perchoir-browser-{world.settings.cookie_suffix}"
    client.set_cookie(name, kept)
    assert banner(client, path)
    client.set_cookie(name, "no")
    assert not banner(client, path)


def test_both_answers_look_alike_and_nothing_is_set_before(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=PERSON)
    assert "Set-Cookie" not in answer.headers
    buttons = soup(answer).select(".choose button")
    assert [(each["value"], each.get("class")) for each in buttons] == [("yes", None), ("no", None)]


def test_who_agrees_gets_one_cookie_that_is_never_renewed(
    client: FlaskClient, world: World, path: str, clock: HandClock
) -> None:
    cookies = say(client, f"{path}?utm_source=x&via=y", "yes")
    [(name, cookie)] = cookies.items()
    assert name.startswith("perchoir-browser-")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert 0 < int(cookie["max-age"]) <= MONTHS_S
    assert len(cookie.value) > 40
    [browser] = rows_of(world, Browser)
    assert browser.id != cookie.value
    clock.advance(days=100)
    assert say(client, path, "yes") == {}
    assert "Set-Cookie" not in client.get(path, headers=PERSON).headers
    assert count_of(world, Browser) == [1]
    assert not banner(client, path)


def test_a_refusal_is_remembered_by_a_cookie_that_says_only_that(client: FlaskClient, world: World, path: str) -> None:
    [cookie] = say(client, path, "no").values()
    assert cookie.value == "no"
    assert not banner(client, path)
    assert count_of(world, Browser) == [0]
    [gone] = say(client, path, "withdraw").values()
    assert gone["max-age"] == "0"
    assert banner(client, path)


@pytest.mark.parametrize("header", ["DNT", "Sec_GPC"])
def test_who_asks_not_to_be_followed_is_not_asked_and_not_recognised(
    client: FlaskClient, world: World, place: Place, path: str, header: str
) -> None:
    asked = {header: "1"}
    assert not banner(client, path, **asked)
    assert say(client, path, "yes", **asked) == {}
    say(client, path, "yes")
    client.post(f"{path}/seen", data={"referrer": ""}, headers=PERSON | {header.replace("_", "-"): "1"})
    drain_hits(world)
    assert sorted(visit.browser is None for visit in rows_of(world, Visit)) == [False, True]
    assert "ne l’est pas" in client.get(path, headers=PERSON | {header.replace("_", "-"): "1"}).text


def test_the_visit_in_which_somebody_agrees_is_their_browsers(
    client: FlaskClient, world: World, place: Place, path: str
) -> None:
    address = come(client, world, place, path)
    say(client, address, "yes")
    drain_hits(world)
    [visit], [browser] = rows_of(world, Visit), rows_of(world, Browser)
    assert visit.browser == browser.id


def test_the_tweets_before_the_form_and_after_it_are_touches_of_the_person(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    say(client, come(client, world, place, path), "yes")
    drain_hits(world)
    clock.advance(days=3)
    come(client, world, place, path)
    assert count_of(world, Touch) == [0]
    clock.advance(days=1)
    send(client, clock, come(client, world, place, path))
    assert [touch.evidence for touch in rows_of(world, Touch)] == ["link+x"] * 3
    assert len({touch.tweet_id for touch in rows_of(world, Touch)}) == 3
    clock.advance(days=1)
    come(client, world, place, path)
    touches = rows_of(world, Touch)
    assert [touch.key.partition(":")[0] for touch in touches] == ["hit"] * 4
    assert len({touch.person_id for touch in touches}) == 1
    assert rows_of(world, Browser)[0].person_id == touches[0].person_id


def test_pages_within_half_an_hour_are_one_visit_and_another_link_begins_one(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    say(client, come(client, world, place, path), "yes")
    for _ in range(3):
        clock.advance(minutes=20)
        client.post(f"{path}/seen", data={"referrer": "https://www.google.com/"}, headers=PERSON)
    drain_hits(world)
    clock.advance(minutes=5)
    come(client, world, place, path)
    clock.advance(minutes=31)
    client.post(f"{path}/seen", data={"referrer": "https://www.google.com/"}, headers=PERSON)
    clock.advance(days=1)
    send(client, clock, come(client, world, place, path))
    kept = [touch.evidence for touch in sorted(rows_of(world, Touch), key=lambda touch: touch.at)]
    assert kept == ["link+x", "link+x", "referrer", "link+x"]


def test_a_form_without_its_token_belongs_to_the_visit_that_the_link_began(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    say(client, come(client, world, place, path), "yes")
    drain_hits(world)
    send(client, clock, path)
    [touch] = rows_of(world, Touch)
    assert touch.evidence == "link+x"


def test_of_two_persons_with_one_browser_the_second_gets_nothing_of_before(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    say(client, come(client, world, place, path), "yes")
    send(client, clock, come(client, world, place, path))
    clock.advance(days=1)
    send(client, clock, come(client, world, place, path), "paul@ecole.example")
    persons = [touch.person_id for touch in rows_of(world, Touch)]
    assert [persons.count(each) for each in dict.fromkeys(persons)] == [3, 1], (
        "the last click was the first one's, until the form told otherwise"
    )


def test_who_takes_it_back_is_forgotten_here_and_there(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    address = come(client, world, place, path)
    say(client, address, "yes")
    drain_hits(world)
    form = soup(client.get(address, headers=PERSON)).select_one(".foot button")
    assert form
    assert form["value"] == "withdraw"
    [gone] = say(client, address, "withdraw").values()
    assert (gone.value, gone["max-age"]) == ("", "0")
    assert count_of(world, Browser) == [0]
    assert [visit.browser for visit in rows_of(world, Visit)] == [None]
    assert banner(client, path)


@pytest.mark.parametrize("header", ["DNT", "Sec_GPC"])
def test_who_agreed_and_now_asks_not_to_be_followed_can_still_take_it_back(
    client: FlaskClient, world: World, place: Place, path: str, header: str
) -> None:
    address = come(client, world, place, path)
    say(client, address, "yes")
    asked = PERSON | {header.replace("_", "-"): "1"}
    form = soup(client.get(address, headers=asked)).select_one(".foot button")
    assert form
    assert (form["value"], form.get_text()) == ("withdraw", "Supprimer notre cookie")
    assert say(client, address, "no", **{header: "1"}) == {}
    [gone] = say(client, address, "withdraw", **{header: "1"}).values()
    assert (gone.value, gone["max-age"]) == ("", "0")
    assert count_of(world, Browser) == [0]
    assert not soup(client.get(address, headers=asked)).select(".foot button")


def test_a_cookie_that_nobody_gave_recognises_nobody(
    client: FlaskClient, world: World, place: Place, path: str, clock: HandClock
) -> None:
    [(name, _)] = say(client, path, "yes").items()
    client.set_cookie(name, "x" * 43)
    send(client, clock, come(client, world, place, path))
    drain_hits(world)
    assert [visit.browser for visit in rows_of(world, Visit) if visit.link_id] == [None]
    assert len(rows_of(world, Touch)) == 1


def test_another_sites_page_answers_for_nobody(client: FlaskClient, world: World, path: str) -> None:
    answer = client.post(path, data={"pc-choice": "yes"}, headers=PERSON | {"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, "Set-Cookie" in answer.headers, count_of(world, Browser)) == (403, False, [0])


def test_an_answer_that_is_none_is_refused(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"pc-choice": "maybe"}, headers=PERSON)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (422, False)


class TestOverHttps:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PERCHOIR_BASE_URL": "https://localhost"}

    def test_the_cookie_is_this_hosts_alone(self, client: FlaskClient, path: str) -> None:
        client.post(path, data={"pc-choice": "yes"}, base_url="https://localhost", headers=PERSON)
        answer = client.post(path, data={"pc-choice": "no"}, base_url="https://localhost", headers=PERSON)
        [(name, cookie)] = SimpleCookie(answer.headers["Set-Cookie"]).items()
        assert name.startswith("__Host-")
        assert cookie["secure"]
