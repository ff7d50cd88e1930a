"""How Stripe's answers, and its silence, are sorted; and that asking again makes nothing twice."""

import logging
from dataclasses import replace

import pytest
import stripe

from campaigns.adapters import stripe_payments
from campaigns.kernel.money import Money
from campaigns.ports import Later, Payments, Refused
from tests.loopback.server import HTML, Trouble
from tests.loopback.stripe import KEY, FakeStripe
from tests.ports.conftest import Compose
from tests.ports.test_payments import CHECKOUT, CODE, COUPON

FULL_PRICE = replace(CHECKOUT, code="", discount=Money(0, "EUR"))
OPEN = "POST /v1/checkout/sessions"


@pytest.fixture
def payments(composed: Compose, stripe_server: FakeStripe, monkeypatch: pytest.MonkeyPatch) -> Payments:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.02)
    return composed(stripe_server.environ).payments


def fault(message: str, kind: str = "invalid_request_error") -> dict[str, dict[str, str]]:
    return {"error": {"type": kind, "message": message}}


@pytest.mark.parametrize(
    "status,message",
    [(400, "Invalid integer: x"), (401, "Invalid API Key"), (403, "Not permitted"), (404, "No such thing")],
)
def test_a_no_is_refused(payments: Payments, stripe_server: FakeStripe, status: int, message: str) -> None:
    stripe_server.trouble(OPEN, Trouble(status=status, body=fault(message)))
    with pytest.raises(Refused) as refused:
        payments.open_checkout(FULL_PRICE)
    assert (refused.value.code, refused.value.detail) == ("stripe_refused", f"{status} {message}")
    assert len(stripe_server.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=429, body=fault("Slow down", "rate_limit_error")),
        Trouble(status=500, body=fault("Sorry", "api_error")),
        Trouble(status=503, body=HTML),
        Trouble(status=409, body=fault("In use", "idempotency_error")),
        Trouble(cut="silent"),
        Trouble(cut="half", effect=True),
    ],
    ids=str,
)
def test_what_passes_by_itself_waits(payments: Payments, stripe_server: FakeStripe, trouble: Trouble) -> None:
    stripe_server.trouble(OPEN, trouble, times=None)
    with pytest.raises(Later) as later:
        payments.open_checkout(FULL_PRICE)
    assert later.value.code == "stripe_down"
    assert len(stripe_server.requests) <= 3


@pytest.mark.parametrize("body", [HTML, [1], {"id": "cs_1"}, {"id": "cs_1", "url": "javascript:1"}], ids=str)
def test_a_success_that_cant_be_read_waits(payments: Payments, stripe_server: FakeStripe, body: object) -> None:
    stripe_server.trouble(OPEN, Trouble(status=200, body=body), times=None)
    with pytest.raises(Later):
        payments.open_checkout(FULL_PRICE)


def test_a_lost_answer_is_asked_for_again_and_makes_one_checkout(payments: Payments, stripe_server: FakeStripe) -> None:
    stripe_server.trouble(OPEN, Trouble(cut="silent", effect=True))
    payments.open_checkout(FULL_PRICE)
    assert len(stripe_server.sessions) == 1
    assert len({request.headers["idempotency-key"] for request in stripe_server.requests}) == 1


def test_an_answer_that_takes_too_long_waits(
    payments: Payments, stripe_server: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_payments, "TIMEOUT_S", 0.1)
    stripe_server.trouble(OPEN, Trouble(delay_s=0.4, effect=True), times=None)
    with pytest.raises(Later):
        payments.open_checkout(FULL_PRICE)
    assert len(stripe_server.sessions) <= 1


def test_the_same_key_with_other_terms_is_no_second_page(payments: Payments) -> None:
    payments.open_checkout(FULL_PRICE)
    with pytest.raises(Refused, match="stripe_refused"):
        payments.open_checkout(replace(FULL_PRICE, price=Money(1, "EUR")))


def test_a_coupon_made_meanwhile_by_somebody_quicker_is_taken(payments: Payments, stripe_server: FakeStripe) -> None:
    payments.ensure_coupon(COUPON)
    stripe_server.trouble("GET /v1/coupons/", Trouble(status=404, body=fault("No such coupon")))
    assert payments.ensure_coupon(replace(COUPON, title="Another title")) == "perchoir_o1"
    assert len(stripe_server.coupons) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(COUPON, percent_off=25),
        replace(COUPON, percent_off=None, amount_off=Money(20, "EUR")),
    ],
)
def test_a_coupon_of_another_reduction_isnt_taken_for_ours(
    payments: Payments, stripe_server: FakeStripe, other: object
) -> None:
    payments.ensure_coupon(COUPON)
    with pytest.raises(Refused, match="another reduction"):
        payments.ensure_coupon(other)  # type: ignore[arg-type]


def test_an_amount_in_its_currency_is_a_coupon_too(payments: Payments, stripe_server: FakeStripe) -> None:
    terms = replace(COUPON, percent_off=None, amount_off=Money(500, "EUR"))
    assert payments.ensure_coupon(terms) == payments.ensure_coupon(terms)
    assert stripe_server.coupons["perchoir_o1"]["amount_off"] == 500


def test_a_code_that_belongs_to_another_coupon_isnt_taken_for_ours(
    payments: Payments, stripe_server: FakeStripe
) -> None:
    payments.ensure_coupon(COUPON)
    payments.ensure_coupon(replace(COUPON, offer_id="o2"))
    payments.ensure_code(CODE)
    with pytest.raises(Refused, match="already exists"):
        payments.ensure_code(replace(CODE, code_id="c9", coupon_stripe_id="perchoir_o2"))


def test_an_address_that_stripe_refuses_is_typed_there(payments: Payments, stripe_server: FakeStripe) -> None:
    payments.open_checkout(replace(FULL_PRICE, email="zoé@écran.example"))
    [session] = stripe_server.sessions.values()
    assert session["customer_email"] is None


def test_a_key_that_may_not_read_the_account_is_no_fault(payments: Payments, stripe_server: FakeStripe) -> None:
    stripe_server.trouble("GET /v1/account", Trouble(status=403, body=fault("Not permitted")))
    stripe_server.trouble("GET /v1/coupons", Trouble(status=200, body={"object": "list", "data": []}))
    assert payments.whoami().handle == "test"


def test_no_log_tells_the_key_whatever_its_level(
    payments: Payments, stripe_server: FakeStripe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    payments.open_checkout(FULL_PRICE)
    stripe_server.trouble(OPEN, Trouble(status=401, body=fault("Invalid API Key provided: sk_test_****0001")))
    with pytest.raises(Refused) as refused:
        payments.open_checkout(replace(FULL_PRICE, key="k2"))
    assert KEY not in caplog.text + str(refused.value)
    assert "lea@example.org" not in caplog.text


def test_stripe_is_asked_by_the_key_alone(composed: Compose, stripe_server: FakeStripe) -> None:
    wrong = composed(stripe_server.environ, {"PERCHOIR_STRIPE_SECRET_KEY": "sk_test_another"}).payments
    with pytest.raises(Refused, match="401 Invalid API Key"):
        wrong.ensure_coupon(COUPON)
    assert stripe_server.coupons == {}


def test_a_coupon_made_by_hand_under_our_id_is_taken_as_it_is(payments: Payments, stripe_server: FakeStripe) -> None:
    payments.ensure_coupon(COUPON)
    stripe_server.coupons["perchoir_o1"] |= {"metadata": {}, "percent_off": 30.0}
    assert payments.ensure_coupon(COUPON) == "perchoir_o1"
