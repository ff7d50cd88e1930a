"""Stripe's messages: who signed them, when, and what each type means for us."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from campaigns.adapters.stripe_events import sign
from campaigns.kernel.money import Money
from campaigns.ports import Event, Payments, Refused
from tests.clock import HandClock
from tests.loopback.stripe import KEY, SECRET, signed
from tests.ports.conftest import Compose
from tests.ports.test_payments import CHECKOUT

Thing = dict[str, Any]
Read = Callable[[str, Thing], Event]
OTHER_SECRET = "whsec_loopback0000000000000002"
CREATED = int(datetime(2026, 11, 2, 8, 59, tzinfo=UTC).timestamp())

SESSION: Thing = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "mode": "payment",
    "payment_status": "paid",
    "payment_intent": "pi_1",
    "client_reference_id": "r1",
    "metadata": {"coupon_id": "c1"},
    "currency": "eur",
    "amount_total": 2352,
    "total_details": {"amount_discount": 490, "amount_shipping": 0, "amount_tax": 392},
    "customer": {"id": "cus_1", "object": "customer"},
    "customer_details": {"email": "lea@example.org"},
    "discounts": [{"coupon": None, "promotion_code": "promo_1"}],
}
INVOICE: Thing = {
    "id": "in_1",
    "object": "invoice",
    "billing_reason": "subscription_cycle",
    "amount_paid": 1200,
    "currency": "eur",
    "customer": "cus_1",
    "customer_email": "lea@example.org",
    "discounts": ["di_1"],
    "metadata": {},
    "parent": {
        "type": "subscription_details",
        "subscription_details": {"subscription": "sub_1", "metadata": {"lead_id": "l1"}},
    },
    "total_taxes": [{"amount": 150}, {"amount": 50}],
    "payments": {"data": [{"payment": {"type": "payment_intent", "payment_intent": "pi_9"}}]},
}
CHARGE: Thing = {
    "id": "ch_1",
    "object": "charge",
    "payment_intent": "pi_1",
    "amount": 2352,
    "amount_refunded": 1000,
    "currency": "eur",
    "metadata": {},
}
DISPUTE: Thing = {
    "id": "du_1",
    "object": "dispute",
    "payment_intent": {"id": "pi_1"},
    "charge": "ch_1",
    "amount": 2352,
    "currency": "eur",
    "status": "needs_response",
    "metadata": {},
}


def told(kind: str, thing: Thing, **changes: Any) -> bytes:
    event = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": CREATED,
        "livemode": False,
        "data": {"object": thing},
    }
    return json.dumps(event | changes).encode()


@pytest.fixture(params=["secrets alone", "with a key"])
def payments(request: pytest.FixtureRequest, composed: Compose) -> Payments:
    environ = {"PERCHOIR_STRIPE_WEBHOOK_SECRETS": f"{OTHER_SECRET}, {SECRET}"}
    if request.param == "with a key":
        environ["PERCHOIR_STRIPE_SECRET_KEY"] = KEY
    return composed(environ).payments


@pytest.fixture
def read(payments: Payments, clock: HandClock) -> Read:
    def read(kind: str, thing: Thing) -> Event:
        body = told(kind, thing)
        return payments.read_event(body, signed(body, clock.now()), clock.now())

    return read


def code_of(payments: Payments, body: bytes, signature: str, now: datetime) -> str:
    with pytest.raises(Refused) as refused:
        payments.read_event(body, signature, now)
    return refused.value.code


def test_a_payment_is_read_whole(read: Read) -> None:
    event = read("checkout.session.completed", SESSION)
    assert (event.id, event.what, event.object_key, event.intent) == ("evt_1", "paid", "cs_test_1", "pi_1")
    assert (event.paid, event.tax) == (Money(2352, "EUR"), Money(392, "EUR"))
    assert event.happened_at == datetime(2026, 11, 2, 8, 59, tzinfo=UTC)
    assert event.references == {
        "client_reference_id": "r1",
        "metadata.coupon_id": "c1",
        "promotion_code": "promo_1",
        "email": "lea@example.org",
        "customer": "cus_1",
    }
    assert event.payload["data"]["object"] == SESSION
    assert not event.rehearsed


@pytest.mark.parametrize(
    "kind,status,what",
    [
        ("completed", "paid", "paid"),
        ("completed", "no_payment_required", "paid"),
        ("completed", "unpaid", "pending"),
        ("async_payment_succeeded", "paid", "paid"),
        ("async_payment_failed", "unpaid", "failed"),
        ("expired", "unpaid", "expired"),
    ],
)
def test_a_checkout_ends_in_one_of_five_ways(read: Read, kind: str, status: str, what: str) -> None:
    event = read(f"checkout.session.{kind}", SESSION | {"payment_status": status})
    assert (event.what, event.object_key) == (what, "cs_test_1")


def test_a_card_that_was_only_kept_is_no_sale(read: Read) -> None:
    setup = SESSION | {"mode": "setup", "amount_total": None, "currency": None, "payment_status": "no_payment_required"}
    assert read("checkout.session.completed", setup).what == "ignored"


def test_an_invoice_of_a_subscription_is_a_sale_of_its_own(read: Read) -> None:
    event = read("invoice.paid", INVOICE)
    assert (event.what, event.object_key, event.intent) == ("paid", "in_1", "pi_9")
    assert (event.paid, event.tax) == (Money(1200, "EUR"), Money(200, "EUR"))
    assert event.references["subscription"] == "sub_1"
    assert event.references["metadata.lead_id"] == "l1"
    assert event.references["email"] == "lea@example.org"


@pytest.mark.parametrize(
    "kind,change",
    [
        ("invoice.paid", {"billing_reason": "subscription_create"}),
        ("invoice.paid", {"billing_reason": "manual", "parent": None}),
        ("invoice.paid", {"amount_paid": 0}),
        ("invoice.payment_succeeded", {}),
        ("customer.subscription.deleted", {}),
        ("promotion_code.updated", {}),
        ("coupon.deleted", {}),
        ("a.type.of.next.year", {}),
    ],
)
def test_what_isnt_our_business_is_kept_and_ignored(read: Read, kind: str, change: Thing) -> None:
    event = read(kind, INVOICE | change)
    assert (event.what, event.type, event.paid, event.object_key) == ("ignored", kind, None, None)


def test_a_refund_is_told_as_all_that_went_back(read: Read) -> None:
    event = read("charge.refunded", CHARGE)
    assert (event.what, event.object_key, event.intent) == ("refunded", "ch_1", "pi_1")
    assert (event.refunded, event.paid) == (Money(1000, "EUR"), None)


@pytest.mark.parametrize(
    "kind,status,what,won",
    [
        ("created", "needs_response", "dispute_opened", None),
        ("created", "warning_needs_response", "ignored", None),
        ("closed", "won", "dispute_closed", True),
        ("closed", "lost", "dispute_closed", False),
        ("closed", "warning_closed", "ignored", None),
    ],
)
def test_a_dispute_takes_money_and_may_give_it_back(
    read: Read, kind: str, status: str, what: str, won: bool | None
) -> None:
    event = read(f"charge.dispute.{kind}", DISPUTE | {"status": status})
    assert (event.what, event.dispute_won) == (what, won)
    if what != "ignored":
        assert (event.object_key, event.intent, event.disputed) == ("du_1", "pi_1", Money(2352, "EUR"))


def test_a_currency_without_cents_stays_as_it_is(read: Read) -> None:
    yen = SESSION | {"currency": "jpy", "amount_total": 3000, "total_details": None}
    event = read("checkout.session.completed", yen)
    assert (event.paid, event.tax) == (Money(3000, "JPY"), Money(0, "JPY"))


def test_our_signature_is_stripes(clock: HandClock) -> None:
    body = told("coupon.deleted", {"é": "🪶"})
    assert sign(body, SECRET, clock.now()) == signed(body, clock.now())
    assert stripe.WebhookSignature.verify_header(body, sign(body, SECRET, clock.now()), SECRET)


def test_each_of_several_secrets_signs(payments: Payments, clock: HandClock) -> None:
    body = told("coupon.deleted", {})
    for secret in (SECRET, OTHER_SECRET):
        assert payments.read_event(body, signed(body, clock.now(), secret), clock.now()).id == "evt_1"


def test_a_second_signature_in_the_header_counts_too(payments: Payments, clock: HandClock) -> None:
    body = told("coupon.deleted", {})
    at, _, right = signed(body, clock.now()).partition(",")
    header = f"{at},v1={'0' * 64},{right},v0=abc"
    assert payments.read_event(body, header, clock.now()).id == "evt_1"


def test_a_forged_signature_is_refused(payments: Payments, clock: HandClock) -> None:
    body = told("checkout.session.completed", SESSION)
    header = signed(body, clock.now())
    middle = header.index("v1=") + 3 + 32
    forged = header[:middle] + ("0" if header[middle] != "0" else "1") + header[middle + 1 :]
    now = clock.now()
    assert code_of(payments, body, forged, now) == "signature_invalid"
    assert code_of(payments, body.replace(b"2352", b"9999"), header, now) == "signature_invalid"
    assert code_of(payments, body, signed(body, now, "whsec_somebody_else"), now) == "signature_invalid"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        "v1=00",
        "t=x,v1=00",
        "t=1,t=2,v1=00",
        "t=٣,v1=00",
        "t=99999999999999,v1=00",
        "t=-5,v1=é",
        "🪶",
        "=,=,=",
    ],
)
def test_a_header_of_another_shape_is_refused(payments: Payments, clock: HandClock, header: str) -> None:
    assert code_of(payments, told("coupon.deleted", {}), header, clock.now()) == "signature_invalid"


@pytest.mark.parametrize("seconds,taken", [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_message_is_taken_for_five_minutes_and_not_from_the_future(
    payments: Payments, clock: HandClock, seconds: int, taken: bool
) -> None:
    body = told("coupon.deleted", {})
    header = signed(body, clock.now() + timedelta(seconds=seconds))
    if taken:
        assert payments.read_event(body, header, clock.now()).id == "evt_1"
    else:
        assert code_of(payments, body, header, clock.now()) == "signature_invalid"


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"{}",
        DEEP,
        b'{"object": "v2.core.event", "id": "evt_1", "type": "v1.a"}',
        told("coupon.deleted", {}, object="v2.core.event"),
        told("coupon.deleted", {}, created="now"),
        told("coupon.deleted", {}, created=True),
        told("coupon.deleted", {}, created=10**30),
        told("coupon.deleted", {}, id=""),
        told("coupon.deleted", {}, id=None),
        told("coupon.deleted", {}, type=5),
        told("coupon.deleted", {}, data=None),
        told("coupon.deleted", {}, data={"object": "text"}),
        told("coupon.deleted", {"a": "\x00"}),
        told("coupon.deleted", {"a": "\ud800"}),
        b'{"object": "event", "a": NaN}',
        b'{"object": "event", "a": 1e999}',
        told("checkout.session.completed", {}),
        told("checkout.session.completed", SESSION | {"amount_total": "12"}),
        told("checkout.session.completed", SESSION | {"amount_total": -1}),
        told("checkout.session.completed", SESSION | {"amount_total": 10**15}),
        told("checkout.session.completed", SESSION | {"currency": "zzz"}),
        told("checkout.session.completed", SESSION | {"currency": None}),
        told("checkout.session.completed", SESSION | {"payment_status": "perhaps"}),
        told("checkout.session.completed", SESSION | {"id": "c" * 300}),
        told("invoice.paid", INVOICE | {"total_taxes": [None]}),
        told("invoice.paid", INVOICE | {"payments": {"data": [1]}}),
        told("charge.refunded", CHARGE | {"amount_refunded": None}),
        told("charge.dispute.closed", {"id": "du_1"}),
    ],
    ids=lambda body: body[:12].decode("ascii", "replace") if isinstance(body, bytes) else "",
)
def test_a_signed_message_that_cant_be_read_is_refused(payments: Payments, clock: HandClock, body: bytes) -> None:
    header = sign(body, SECRET, clock.now())
    assert code_of(payments, body, header, clock.now()) == "event_unreadable"


def test_a_backslash_that_only_looks_like_a_nul_is_kept(read: Read) -> None:
    assert read("coupon.deleted", {"name": "a \\u0000 in a text"}).payload["data"]["object"]["name"]


@pytest.mark.parametrize("key,livemode,taken", [("test", False, True), ("test", True, False), ("live", False, False)])
def test_the_mode_of_a_message_is_the_keys(
    composed: Compose, clock: HandClock, key: str, livemode: bool, taken: bool
) -> None:
    environ = {"PERCHOIR_STRIPE_SECRET_KEY": f"sk_{key}_1", "PERCHOIR_STRIPE_WEBHOOK_SECRETS": SECRET}
    payments = composed(environ).payments
    body = told("coupon.deleted", {}, livemode=livemode)
    header = signed(body, clock.now())
    if taken:
        assert payments.read_event(body, header, clock.now()).id == "evt_1"
    else:
        assert code_of(payments, body, header, clock.now()) == "livemode_differs"


def test_without_a_key_either_mode_is_taken(composed: Compose, clock: HandClock) -> None:
    payments = composed({"PERCHOIR_STRIPE_WEBHOOK_SECRETS": SECRET}).payments
    for livemode in (True, False):
        body = told("checkout.session.completed", SESSION, livemode=livemode)
        event = payments.read_event(body, signed(body, clock.now()), clock.now())
        assert (event.what, event.rehearsed) == ("paid", False)


def test_the_till_signs_only_while_payments_rehearse(composed: Compose, clock: HandClock) -> None:
    rehearsing = composed()
    assert rehearsing.rehearsal is not None
    rehearsed = opened(rehearsing.payments)
    body, header = rehearsing.rehearsal.pay(rehearsed, clock.now())
    assert rehearsing.payments.read_event(body, header, clock.now()).rehearsed
    real = composed({"PERCHOIR_STRIPE_SECRET_KEY": KEY, "PERCHOIR_STRIPE_WEBHOOK_SECRETS": SECRET})
    assert code_of(real.payments, body, header, clock.now()) == "signature_invalid"
    elsewhere = composed({"PERCHOIR_SECRET_KEY": "another-installation-0123456789-abcdef"})
    assert code_of(elsewhere.payments, body, header, clock.now()) == "signature_invalid"


def test_the_till_stays_known_while_the_key_is_rotated(composed: Compose, clock: HandClock) -> None:
    before = composed()
    assert before.rehearsal is not None
    body, header = before.rehearsal.pay(opened(before.payments), clock.now())
    rotated = composed(
        {
            "PERCHOIR_SECRET_KEY": "another-installation-0123456789-abcdef",
            "PERCHOIR_SECRET_KEY_FALLBACKS": before.settings.keys()[0],
        }
    )
    assert rotated.payments.read_event(body, header, clock.now()).rehearsed


def opened(payments: Payments) -> str:
    return payments.open_checkout(CHECKOUT).stripe_id
