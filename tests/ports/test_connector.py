"""Connecting accounts on X: by OAuth 1.0a's three legs, by OAuth 2 with PKCE, and the next token."""

import logging
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from campaigns.ports import Access, Begun, Connected, Connector, Keys, Later, Refused
from tests.clock import HandClock
from tests.loopback.server import HTML, Trouble
from tests.loopback.x import USER, FakeX
from tests.loopback.x_doors import CLIENT_SECRET, CONSUMER_SECRET, LASTS_S
from tests.ports.conftest import Compose

CALLBACK = "https://feuillet.example/settings/accounts/back?way=x"


@pytest.fixture
def connector(composed: Compose, x: FakeX) -> Connector:
    return connector_of(composed, x.environ, x.client_environ)


def connector_of(composed: Compose, *environs: dict[str, str]) -> Connector:
    found = composed(*environs).connector
    assert found is not None
    return found


def agree(begun: Begun) -> dict[str, str]:
    """What comes back with a person who agrees on X's page."""
    answer = requests.get(begun.url, timeout=5, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(CALLBACK)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def connect1(connector: Connector) -> Connected:
    begun = connector.begin1(CALLBACK)
    back = agree(begun)
    assert back["oauth_token"] == begun.token
    return connector.finish1(begun.token, begun.secret, back["oauth_verifier"])


def connect2(connector: Connector) -> Connected:
    begun = connector.begin2(CALLBACK)
    back = agree(begun)
    assert back["state"] == begun.token
    return connector.finish2(back["code"], begun.secret, CALLBACK)


def test_three_legs_connect_an_account_that_posts(composed: Compose, connector: Connector, x: FakeX) -> None:
    done = connect1(connector)
    assert (done.account.id, done.account.handle, done.account.name) == (USER["id"], "feuillet", "Feuillet")
    publishers = composed(x.environ).publishers
    publishers.of(Access("oauth1", done.account, done.keys.token, done.keys.secret)).post("By three legs")
    assert [tweet["text"] for tweet in x.tweets] == ["By three legs"]
    assert done.keys.token in x.asked("POST /2/tweets")[0].headers["authorization"]


def test_pkce_connects_an_account_that_posts_until_its_token_ends(
    composed: Compose, connector: Connector, x: FakeX, clock: HandClock
) -> None:
    done = connect2(connector)
    assert done.account.handle == "feuillet"
    assert done.keys.ends_at == clock.now() + timedelta(seconds=LASTS_S)
    assert done.keys.scopes == "tweet.read tweet.write users.read media.write offline.access"
    publisher = composed(x.client_environ).publishers.of(Access("oauth2", done.account, done.keys.token))
    publisher.post("By PKCE")
    assert x.asked("POST /2/tweets")[0].headers["authorization"] == f"Bearer {done.keys.token}"
    clock.advance(hours=2, seconds=1)
    with pytest.raises(Refused, match="x_unauthorized"):
        publisher.post("Too late")


def test_a_refresh_token_gives_the_next_token_once(
    composed: Compose, connector: Connector, x: FakeX, clock: HandClock
) -> None:
    done = connect2(connector)
    clock.advance(hours=3)
    keys = connector.refresh(done.keys.refresh)
    assert keys.token != done.keys.token
    assert keys.refresh not in ("", done.keys.refresh)
    assert keys.ends_at == clock.now() + timedelta(seconds=LASTS_S)
    composed(x.client_environ).publishers.of(Access("oauth2", done.account, keys.token)).post("Refreshed")
    with pytest.raises(Refused) as refused:
        connector.refresh(done.keys.refresh)
    assert (refused.value.code, refused.value.detail) == ("x_unauthorized", "Value passed for the token was invalid.")
    assert connector.refresh(keys.refresh).token != keys.token


def test_a_refresh_token_goes_on_where_x_gives_no_other(connector: Connector, x: FakeX) -> None:
    body = {"token_type": "bearer", "access_token": "another", "scope": "tweet.read"}
    x.trouble("POST /2/oauth2/token", Trouble(status=200, body=body))
    assert connector.refresh("the-refresh-token") == Keys("another", "", "the-refresh-token", None, "tweet.read")


def test_each_connection_has_a_state_and_a_verifier_of_its_own(connector: Connector) -> None:
    one, two = connector.begin2(CALLBACK), connector.begin2(CALLBACK)
    assert len({one.token, two.token, one.secret, two.secret}) == 4
    assert 43 <= len(one.secret) <= 128
    assert one.secret not in one.url


def test_a_connection_that_x_knows_no_more_is_begun_again(connector: Connector) -> None:
    begun, other = connector.begin1(CALLBACK), connector.begin1(CALLBACK)
    verifier = agree(begun)["oauth_verifier"]
    wrong: list[tuple[str, str, str]] = [
        (begun.token, begun.secret, "another-verifier"),
        (begun.token, other.secret, verifier),
        (other.token, other.secret, verifier),
        (begun.token, begun.secret, ""),
    ]
    for token, secret, typed in wrong:
        with pytest.raises(Refused, match="x_connect_over"):
            connector.finish1(token, secret, typed)
    connector.finish1(begun.token, begun.secret, verifier)
    with pytest.raises(Refused, match="x_connect_over"):
        connector.finish1(begun.token, begun.secret, verifier)


@pytest.mark.parametrize("wrong", ["verifier", "callback", "code"])
def test_a_code_is_good_once_for_whom_it_was_given(connector: Connector, wrong: str) -> None:
    begun = connector.begin2(CALLBACK)
    code = agree(begun)["code"]
    given = {
        "verifier": (code, connector.begin2(CALLBACK).secret, CALLBACK),
        "callback": (code, begun.secret, "https://elsewhere.example/"),
        "code": ("another-code", begun.secret, CALLBACK),
    }
    with pytest.raises(Refused, match="x_connect_over"):
        connector.finish2(*given[wrong])
    if wrong != "code":  # a code that was shown is used up
        with pytest.raises(Refused, match="x_connect_over"):
            connector.finish2(code, begun.secret, CALLBACK)


def test_the_app_s_own_keys_are_told_from_a_person_s(composed: Compose, connector: Connector, x: FakeX) -> None:
    refresh = connect2(connector).keys.refresh
    wrong = connector_of(
        composed, x.environ, x.client_environ,
        {"PERCHOIR_X_CONSUMER_SECRET": "another-0001", "PERCHOIR_X_CLIENT_SECRET": "another-0002"},
    )  # fmt: skip
    with pytest.raises(Refused, match="x_app_refused"):
        wrong.begin1(CALLBACK)
    with pytest.raises(Refused, match="x_app_refused"):
        wrong.refresh(refresh)
    assert connector.refresh(refresh).token  # which isn't used up by that


def test_an_address_that_x_leads_nobody_back_to_is_told(connector: Connector, x: FakeX) -> None:
    x.doors.callbacks = {"https://elsewhere.example/"}
    with pytest.raises(Refused, match="x_callback_refused"):
        connector.begin1(CALLBACK)


def test_a_callback_that_x_doesn_t_confirm_is_refused(connector: Connector, x: FakeX) -> None:
    x.trouble("POST /oauth/request_token", Trouble(status=200, body="oauth_token=a&oauth_token_secret=b"))
    with pytest.raises(Refused, match="x_callback_refused"):
        connector.begin1(CALLBACK)


def test_only_the_ways_that_have_an_app_are_open(composed: Compose, x: FakeX) -> None:
    assert composed().connector is None
    by_keys, by_client = connector_of(composed, x.environ), connector_of(composed, x.client_environ)
    assert (by_keys.ways, by_client.ways) == (("oauth1",), ("oauth2",))
    for refused in (lambda: by_keys.begin2(CALLBACK), lambda: by_client.begin1(CALLBACK), lambda: by_keys.refresh("a")):
        with pytest.raises(Refused, match="x_keys_missing"):
            refused()
    assert x.requests == []


def test_a_client_without_a_secret_says_who_it_is_in_the_form(composed: Compose, x: FakeX) -> None:
    public = connector_of(composed, x.client_environ, {"PERCHOIR_X_CLIENT_SECRET": ""})
    with pytest.raises(Refused):
        public.refresh("a")
    [request] = x.requests
    assert "authorization" not in request.headers
    assert dict(parse_qsl(request.body.decode())) == {
        "grant_type": "refresh_token", "refresh_token": "a", "client_id": "loopback-client-id-0001"
    }  # fmt: skip


def test_people_are_asked_on_x_itself(composed: Compose, x: FakeX) -> None:
    real = connector_of(composed, x.client_environ, {"PERCHOIR_X_API_BASE": "https://api.twitter.com"})
    assert real.begin2(CALLBACK).url.startswith("https://x.com/i/oauth2/authorize?response_type=code&client_id=")


TROUBLES = [
    Trouble(cut="silent"),
    Trouble(cut="half"),
    Trouble(status=500, body=HTML),
    Trouble(status=503, body=[]),
    Trouble(status=429, body={"title": "Too Many Requests"}),
    Trouble(status=200, body=HTML),
    Trouble(status=200, body={"access_token": None}),
    Trouble(status=200, body=b""),
]
CALLS: list[Callable[[Connector], object]] = [
    lambda connector: connector.begin1(CALLBACK),
    lambda connector: connector.finish1("token", "secret", "verifier"),
    lambda connector: connector.finish2("code", "secret", CALLBACK),
    lambda connector: connector.refresh("refresh"),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
@pytest.mark.parametrize("call", CALLS, ids=["begin1", "finish1", "finish2", "refresh"])
def test_an_x_that_says_neither_yes_nor_no_is_tried_later(
    connector: Connector, x: FakeX, call: Callable[[Connector], object], trouble: Trouble
) -> None:
    x.trouble("POST", trouble)
    with pytest.raises(Later) as later:
        call(connector)
    assert later.value.code == ("x_limit" if trouble.status == 429 else "x_down")
    assert len(x.requests) == 1


def test_nothing_is_asked_while_a_transaction_is_open(composed: Compose, x: FakeX) -> None:
    world = composed(x.environ, x.client_environ)
    assert world.connector is not None
    for call in CALLS:
        with world.db.read(), pytest.raises(RuntimeError, match="inside a read transaction"):
            call(world.connector)
    assert x.requests == []


def test_neither_a_log_nor_a_value_s_picture_tells_a_token(
    connector: Connector, x: FakeX, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    begun = connector.begin1(CALLBACK)
    pictures = [repr(begun)]
    done = [connector.finish1(begun.token, begun.secret, agree(begun)["oauth_verifier"]), connect2(connector)]
    told = caplog.text + "".join([*pictures, *map(repr, done)])
    keys = [each.keys for each in done]
    secret = [
        begun.secret,
        CONSUMER_SECRET,
        CLIENT_SECRET,
        *(each.token for each in keys),
        keys[0].secret,
        keys[1].refresh,
    ]
    assert [each for each in secret if each in told] == []
