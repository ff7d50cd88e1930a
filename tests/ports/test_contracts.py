"""Every request that our adapters send, held against what X and Stripe publish; and the fake X's answers too."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from campaigns.kernel.money import Money
from campaigns.ports import CheckoutTerms, Extras, Media, Publisher, Refused
from tests.clock import HandClock
from tests.loopback.server import Request
from tests.loopback.stripe import FakeStripe
from tests.loopback.x import FakeX
from tests.ports.conftest import Compose
from tests.ports.contracts import Contract, stripe_faults, x_faults
from tests.ports.test_payments import CHECKOUT, CODE, COUPON

pytestmark = pytest.mark.reference

X_OLD, X_NEW = "x-openapi-2.157-2026-01-07.json", "x-openapi-2.167-2026-08-22.json"


@pytest.fixture(scope="module")
def contract(reference: Path) -> Callable[[str], Contract]:
    known: dict[str, Contract] = {}

    def read(name: str) -> Contract:
        if name not in known:
            known[name] = Contract(reference / "contracts" / name)
        return known[name]

    return read


@pytest.fixture
def publisher(composed: Compose, x: FakeX) -> Publisher:
    return composed(x.environ).publisher


@pytest.mark.parametrize("name,fields", [(X_OLD, "tweet.fields"), (X_NEW, "post.fields")])
def test_what_we_ask_of_x_keeps_its_contract(
    publisher: Publisher, x: FakeX, clock: HandClock, contract: Callable[[str], Contract], name: str, fields: str
) -> None:
    x.fields = {fields}
    posted = publisher.post("Le guide est là 🪶\nhttps://go.feuillet.example/l/abc2345")
    for number in range(120):
        x.put(f"{number}")
    assert len(publisher.own_posts(clock.now() - timedelta(days=1))) == 121
    publisher.delete(posted.x_id)
    # by the other name X answered 400 as its contract has it, and we asked again by this one
    kept = [request for request in x.requests if not ({"tweet.fields", "post.fields"} - {fields}) & set(request.query)]
    faults = [f"{request.name}: {x_faults(request, contract(name))}" for request in kept]
    assert len(kept) == 5
    assert faults == [f"{request.name}: []" for request in kept]


def test_every_request_to_x_is_signed_as_oauth_wants(publisher: Publisher, x: FakeX, clock: HandClock) -> None:
    posted = publisher.post("Signé ! & voilà = 100 % +plus")
    publisher.own_posts(clock.now() - timedelta(days=1))
    publisher.delete(posted.x_id)
    assert len(x.requests) == 4
    assert [x.is_signed(request) for request in x.requests] == [True] * 4
    timeline = x.asked("GET /2/users/1")[0]
    assert not x.is_signed(replace(timeline, url=timeline.url.replace("exclude=retweets", "exclude=replies")))


@pytest.mark.parametrize("name", [X_OLD, X_NEW])
def test_what_we_send_ahead_of_a_post_keeps_its_contract(
    publisher: Publisher, x: FakeX, contract: Callable[[str], Contract], name: str
) -> None:
    x.uploads.slow_looks, x.uploads.tells_type = 1, name == X_OLD
    film = publisher.upload(Media(b"\0" * 1_100_000, "video/mp4", "video", "Un film")).x_id
    publisher.finish_upload(film, "Un film")
    picture = publisher.upload(Media(b"png", "image/png", alt="Une page du guide")).x_id
    publisher.post("Un film", Extras(media=(film,)))
    publisher.post("Une image", Extras(media=(picture,)))
    document = contract(name)
    assert [fault for request in x.requests for fault in x_faults(request, document)] == []
    assert len(x.requests) == 12
    for request in x.requests:
        if "/media/" in request.path:
            answer = x.answer(request)
            told = document.operation(request)["responses"][str(answer.status)]["content"]["application/json"]["schema"]
            assert document.faults(answer.body, told) == []


@pytest.mark.parametrize("name,fields", [(X_OLD, "tweet.fields"), (X_NEW, "post.fields")])
def test_reposts_and_counts_keep_their_contract_both_ways(
    publisher: Publisher, x: FakeX, contract: Callable[[str], Contract], name: str, fields: str
) -> None:
    x.fields = {fields}
    posted = publisher.post("Worth another look")
    publisher.repost(posted.x_id)
    publisher.profile()
    publisher.unrepost(posted.x_id)
    document, asked = contract(name), [each for each in x.requests if each.name != "POST /2/tweets"]
    assert [request.method for request in asked] == ["GET", "POST", "GET", "DELETE"]
    assert [fault for request in asked for fault in x_faults(request, document)] == []
    for request in asked:
        answer = x.answer(request)
        told = document.operation(request)["responses"][str(answer.status)]["content"]["application/json"]["schema"]
        assert document.faults(answer.body, told) == []


@pytest.mark.parametrize("name", [X_OLD, X_NEW])
def test_accounts_are_connected_where_x_says_by_scopes_that_it_has(
    composed: Compose, x: FakeX, contract: Callable[[str], Contract], name: str
) -> None:
    connector = composed(x.client_environ).connector
    assert connector is not None
    flow = contract(name).document["components"]["securitySchemes"]["OAuth2UserToken"]["flows"]["authorizationCode"]
    page = urlsplit(connector.begin2("https://feuillet.example/back").url)
    assert page.path == urlsplit(flow["authorizationUrl"]).path
    assert set(dict(parse_qsl(page.query))["scope"].split()) <= set(flow["scopes"])
    with pytest.raises(Refused):
        connector.refresh("any")
    assert [request.path for request in x.requests] == [urlsplit(flow["tokenUrl"]).path]


@pytest.mark.parametrize("name", [X_OLD, X_NEW])
def test_the_fake_x_answers_as_x_says_it_does(
    publisher: Publisher, x: FakeX, clock: HandClock, contract: Callable[[str], Contract], name: str
) -> None:
    posted = publisher.post("https://go.feuillet.example/l/abc2345")
    publisher.own_posts(clock.now() - timedelta(days=1))
    publisher.delete(posted.x_id)
    document = contract(name)
    for request in x.requests:
        if request.method == "DELETE":
            x.put("another")
            x.tweets[-1]["id"] = posted.x_id
        answer = x.answer(request)
        if answer.status >= 400:  # the same text again
            assert request.name == "POST /2/tweets"
            continue
        schema = document.operation(request)["responses"][str(answer.status)]["content"]["application/json"]["schema"]
        assert document.faults(answer.body, schema) == []


def test_what_we_ask_of_stripe_keeps_its_contract(
    composed: Compose, stripe_server: FakeStripe, clock: HandClock, contract: Callable[[str], Contract]
) -> None:
    payments = composed(stripe_server.environ).payments
    soon = clock.now() + timedelta(hours=12)
    payments.ensure_coupon(replace(COUPON, redeem_by=soon, title="Un titre de plus de quarante caractères, vraiment"))
    amount = replace(COUPON, offer_id="o2", percent_off=None, amount_off=Money(500, "EUR"), max_redemptions=None)
    payments.ensure_coupon(amount)
    payments.ensure_code(replace(CODE, expires_at=soon))
    code_id = payments.ensure_code(CODE)
    payments.open_checkout(replace(CHECKOUT, code_stripe_id=code_id, expires_at=soon))
    payments.open_checkout(CheckoutTerms(**(vars(CHECKOUT) | {"key": "k2", "code_stripe_id": "", "locale": "en"})))
    document = contract("stripe-requests-2026-08-26.dahlia.json")
    faults = {request.name: found for request in stripe_server.requests if (found := stripe_faults(request, document))}
    assert len(stripe_server.requests) == 9
    assert faults == {}
    assert {request.headers["stripe-version"] for request in stripe_server.requests} == {"2026-08-26.dahlia"}


@pytest.mark.parametrize(
    "body,fault",
    [
        (b"id=a&duration=once&percent_of=5", "body.percent_of: unknown"),
        (b"id=a&duration=once&percent_off=five", "body.percent_off: 'five' is no number"),
        (b"id=a&duration=twice", "body.duration: 'twice' is none of 3 values"),
        (b"id=a&id=b&duration=once", "id: twice"),
        (b"duration=once&applies_to[product][0]=a", "body.applies_to.product: unknown"),
    ],
)
def test_a_misspelt_parameter_is_found(contract: Callable[[str], Contract], body: bytes, fault: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request = Request("POST", "/v1/coupons", {}, headers, body, "http://127.0.0.1/v1/coupons")
    assert stripe_faults(request, contract("stripe-requests-2026-08-26.dahlia.json")) == [fault]


def test_a_parameter_that_x_doesnt_know_is_found(contract: Callable[[str], Contract]) -> None:
    path = "/2/users/17/tweets"
    request = Request("GET", path, {"tweet.field": "id", "max_results": "1000"}, {}, b"", "http://127.0.0.1" + path)
    faults = x_faults(request, contract(X_OLD))
    assert faults[0] == "tweet.field: unknown"
    assert "max_results=1000" in faults[1]
