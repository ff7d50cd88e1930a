"""How each of X's answers, and its silence, is sorted; and that one call is one request."""

import logging
import socket
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.adapters import x_seam
from campaigns.ports import Later, Publisher, Refused, Unknown
from tests.clock import HandClock
from tests.loopback.server import HTML, Trouble
from tests.loopback.x import ACCESS_SECRET, CONSUMER_KEY, USER, FakeX
from tests.ports.conftest import Compose

POST, TIMELINE = "POST /2/tweets", f"GET /2/users/{USER['id']}/tweets"


@pytest.fixture
def publisher(composed: Compose, x: FakeX) -> Publisher:
    return composed(x.environ).publisher


@pytest.mark.parametrize(
    "status,detail,code",
    [
        (400, "One or more parameters to your request was invalid.", "x_refused"),
        (400, "Your Tweet text is too long.", "x_text_too_long"),
        (401, "Unauthorized", "x_unauthorized"),
        (403, "You are not permitted to perform this action.", "x_forbidden"),
        (403, "You are not allowed to create a Tweet with duplicate content.", "x_duplicate"),
        (403, "Tweet needs to be a bit shorter.", "x_text_too_long"),
        (404, "Not Found", "x_refused"),
        (302, "", "x_refused"),
    ],
)
def test_a_no_is_refused(publisher: Publisher, x: FakeX, status: int, detail: str, code: str) -> None:
    headers = {"Location": "https://elsewhere.example/2/tweets"} if status == 302 else {}
    x.trouble(POST, Trouble(status=status, body={"title": "No", "detail": detail, "status": status}, headers=headers))
    with pytest.raises(Refused) as refused:
        publisher.post("Hello")
    assert refused.value.code == code
    assert refused.value.detail.endswith(detail)
    assert len(x.requests) == 1


def test_the_limit_of_a_day_waits_though_x_says_forbidden(publisher: Publisher, x: FakeX) -> None:
    said = {"errors": [{"code": 185, "message": "User is over daily status update limit."}]}
    x.trouble(POST, Trouble(status=403, body=said))
    with pytest.raises(Later) as later:
        publisher.post("Hello")
    assert later.value.code == "x_limit"


def test_used_up_credits_wait(publisher: Publisher, x: FakeX) -> None:
    x.trouble(POST, Trouble(status=402, body={"title": "CreditsDepleted", "detail": "No credits."}))
    with pytest.raises(Later) as later:
        publisher.post("Hello")
    assert (later.value.code, later.value.until) == ("x_credits", None)


@pytest.mark.parametrize(
    "headers,until",
    [
        ({"x-rate-limit-reset": "1793611800"}, datetime.fromtimestamp(1793611800, UTC)),
        (
            {
                "x-rate-limit-remaining": "12",
                "x-rate-limit-reset": "1793611800",
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": "1793690000",
            },
            datetime.fromtimestamp(1793690000, UTC),
        ),
        ({"x-rate-limit-reset": "soon"}, None),  # tweepy itself stumbles over it
        ({}, None),
    ],
)
def test_a_limit_waits_until_the_moment_that_x_names(
    publisher: Publisher, x: FakeX, headers: dict[str, str], until: datetime | None
) -> None:
    x.trouble(POST, Trouble(status=429, body={"title": "Too Many Requests"}, headers=headers))
    with pytest.raises(Later) as later:
        publisher.post("Hello")
    assert (later.value.code, later.value.until) == ("x_limit", until)
    assert len(x.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(cut="silent", effect=True),
        Trouble(cut="silent"),
        Trouble(cut="half", effect=True),
        Trouble(status=500, body=HTML),
        Trouble(status=503, body={"title": "Service Unavailable"}, effect=True),
        Trouble(status=200, body=HTML),
        Trouble(status=201, body=[1, 2]),
        Trouble(status=201, body={"data": None, "errors": [{"title": "Not Found Error"}]}),
        Trouble(status=201, body={"data": {"text": "no id"}}),
        Trouble(status=502, body=[{"a": 1}]),
        Trouble(status=201, body=b""),
    ],
    ids=str,
)
def test_an_answer_that_says_neither_is_unknown_and_asked_once(
    publisher: Publisher, x: FakeX, trouble: Trouble
) -> None:
    x.trouble(POST, trouble)
    with pytest.raises(Unknown):
        publisher.post("Hello")
    assert len(x.requests) == 1
    assert len(x.tweets) == trouble.effect


def test_a_post_that_takes_too_long_is_unknown(publisher: Publisher, x: FakeX, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x_seam, "TIMEOUT_S", (5, 0.2))
    x.trouble(POST, Trouble(delay_s=0.6, effect=True))
    with pytest.raises(Unknown):
        publisher.post("Hello")
    assert len(x.requests) == 1


def test_a_post_that_found_nobody_waits(composed: Compose, x: FakeX) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: the connection is refused
        base = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        publisher = composed(x.environ, {"PERCHOIR_X_API_BASE": base}).publisher
        with pytest.raises(Later) as later:
            publisher.post("Hello")
    assert later.value.code == "x_down"


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(cut="silent"),
        Trouble(cut="half"),
        Trouble(status=500, body=HTML),
        Trouble(status=503, body=[]),
        Trouble(status=200, body=HTML),
        Trouble(status=200, body=[1]),
        Trouble(status=200, body={"data": [{"no": "id"}]}),
        Trouble(status=200, body={"data": "text"}),
    ],
    ids=str,
)
def test_a_timeline_that_cant_be_read_waits(publisher: Publisher, x: FakeX, clock: HandClock, trouble: Trouble) -> None:
    x.trouble(TIMELINE, trouble)
    with pytest.raises(Later) as later:
        publisher.own_posts(clock.now())
    assert later.value.code == "x_down"


def test_a_timeline_may_lag_behind(publisher: Publisher, x: FakeX, clock: HandClock) -> None:
    publisher.post("Hello")
    x.hidden_looks = 1
    assert publisher.own_posts(clock.now() - timedelta(minutes=1)) == []
    assert len(publisher.own_posts(clock.now() - timedelta(minutes=1))) == 1


@pytest.mark.parametrize("known", ["tweet.fields", "post.fields"])
@pytest.mark.parametrize("passes_over", [False, True])
def test_the_fields_are_asked_for_by_the_name_that_x_knows(
    publisher: Publisher, x: FakeX, clock: HandClock, known: str, passes_over: bool
) -> None:
    x.fields, x.passes_over = {known}, passes_over
    x.put("Read https://go.feuillet.example/l/abc2345")
    for _ in range(2):
        [found] = publisher.own_posts(clock.now() - timedelta(minutes=1))
        assert found.urls == ("https://go.feuillet.example/l/abc2345",)
    asked = len(x.asked(TIMELINE))
    assert asked == (2 if known == "tweet.fields" else 3)  # the name that works is kept


def test_the_account_is_asked_for_once(publisher: Publisher, x: FakeX, clock: HandClock) -> None:
    assert publisher.whoami().handle == "feuillet"
    publisher.own_posts(clock.now())
    publisher.own_posts(clock.now())
    assert len(x.asked("GET /2/users/me")) == 1


def test_an_account_that_cant_be_read_is_asked_for_again(publisher: Publisher, x: FakeX) -> None:
    x.trouble("GET /2/users/me", Trouble(status=401, body={"detail": "Unauthorized"}))
    with pytest.raises(Refused, match="x_unauthorized"):
        publisher.whoami()
    assert publisher.whoami().handle == "feuillet"


def test_a_delete_that_failed_is_told(publisher: Publisher, x: FakeX) -> None:
    posted = publisher.post("Hello")
    x.trouble("DELETE", Trouble(status=503, body=HTML))
    with pytest.raises(Later):
        publisher.delete(posted.x_id)
    with pytest.raises(Refused):
        publisher.delete("../users/me")
    assert len(x.asked("DELETE")) == 1


def test_wrong_keys_are_told_from_a_wrong_tweet(composed: Compose, x: FakeX) -> None:
    publisher = composed(x.environ, {"PERCHOIR_X_ACCESS_SECRET": "another-secret-0001"}).publisher
    with pytest.raises(Refused, match="x_unauthorized"):
        publisher.post("Hello")


def test_no_log_tells_the_keys_whatever_its_level(
    publisher: Publisher, x: FakeX, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    publisher.post("Hello")
    x.trouble(POST, Trouble(status=403, body={"detail": "no"}))
    with pytest.raises(Refused) as refused:
        publisher.post("Hello again")
    told = caplog.text + str(refused.value)
    assert CONSUMER_KEY not in told
    assert ACCESS_SECRET not in told
    assert "OAuth" not in told


def test_a_timeline_without_its_times_is_read_by_the_ids(publisher: Publisher, x: FakeX, clock: HandClock) -> None:
    bare = {"data": [{"id": "2117179907896246272", "text": "Hello"}], "meta": {"result_count": 1}}
    x.trouble(TIMELINE, Trouble(status=200, body=bare), times=None)
    [found] = publisher.own_posts(clock.now() - timedelta(days=1))
    assert (found.posted_at, found.urls) == (clock.now(), ())


def test_a_long_timeline_is_read_to_its_end(publisher: Publisher, x: FakeX, clock: HandClock) -> None:
    first = publisher.post("https://go.feuillet.example/l/abc2345")
    for number in range(450):
        x.put(f"{number}")
    assert publisher.own_posts(clock.now() - timedelta(days=1))[-1].x_id == first.x_id
