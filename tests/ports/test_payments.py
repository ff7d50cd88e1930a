"""What every payment side does, rehearsed or real; then the till's own ways."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from campaigns.kernel.errors import Problem
from campaigns.kernel.money import Money
from campaigns.ports import CheckoutTerms, CodeTerms, CouponTerms, Event, Refused
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.stripe import FakeStripe
from tests.ports.conftest import Compose

COUPON = CouponTerms("o1", "Vingt pour cent sur le cahier", 20, None, None, 50)
CODE = CodeTerms("c1", "PLUME-7K2M", "perchoir_o1", None)
CHECKOUT = CheckoutTerms(
    key="k1",
    reference="r1_A-b",
    title="Le cahier",
    price=Money(2450, "EUR"),
    code="PLUME-7K2M",
    code_stripe_id="",
    email="lea@example.org",
    locale="fr",
    success_url="https://feuillet.example/p/cahier/paid?session={CHECKOUT_SESSION_ID}",
    cancel_url="https://feuillet.example/p/cahier",
    metadata={"coupon_id": "c1", "lead_id": "l1"},
    discount=Money(490, "EUR"),
)


@dataclass
class Side:
    """A payment side and whoever pays there."""

    world: World
    server: FakeStripe | None

    def paid(self, checkout_id: str) -> Event:
        now = self.world.clock.now()
        if self.server:
            return self.world.payments.read_event(*self.server.pay(checkout_id), now)
        assert self.world.rehearsal is not None
        return self.world.payments.read_event(*self.world.rehearsal.pay(checkout_id, now), now)

    def refunded(self, checkout_id: str, amount: int, total: int) -> Event:
        now = self.world.clock.now()
        if self.server:
            return self.world.payments.read_event(*self.server.refund(checkout_id, amount, total), now)
        assert self.world.rehearsal is not None
        back = self.world.rehearsal.refund(checkout_id, Money(amount, "EUR"), now)
        return self.world.payments.read_event(*back, now)


@pytest.fixture(params=["rehearsal", "stripe"])
def side(request: pytest.FixtureRequest, composed: Compose, stripe_server: FakeStripe) -> Side:
    if request.param == "stripe":
        return Side(composed(stripe_server.environ), stripe_server)
    return Side(composed(), None)


def with_code(side: Side, **changes: object) -> CheckoutTerms:
    side.world.payments.ensure_coupon(COUPON)
    code_id = side.world.payments.ensure_code(CODE)
    return replace(CHECKOUT, code_stripe_id=code_id, **changes)  # type: ignore[arg-type]


def test_a_coupon_and_a_code_are_made_once(side: Side) -> None:
    payments = side.world.payments
    assert payments.ensure_coupon(COUPON) == payments.ensure_coupon(COUPON) == "perchoir_o1"
    first = payments.ensure_code(CODE)
    assert payments.ensure_code(CODE) == first
    assert payments.ensure_code(replace(CODE, code_id="c2", code="PLUME-OTHER")) != first


def test_a_code_without_its_coupon_is_refused(side: Side) -> None:
    with pytest.raises(Refused, match="stripe_refused"):
        side.world.payments.ensure_code(CODE)


def test_a_checkout_opened_twice_is_one(side: Side) -> None:
    terms = with_code(side)
    opened = side.world.payments.open_checkout(terms)
    assert side.world.payments.open_checkout(terms) == opened
    assert opened.url.endswith(opened.stripe_id)
    assert side.world.payments.open_checkout(replace(terms, key="k2")) != opened


def test_a_checkout_with_a_code_nobody_made_is_refused(side: Side) -> None:
    with pytest.raises(Refused, match="stripe_refused"):
        side.world.payments.open_checkout(replace(CHECKOUT, code_stripe_id="promo_none"))


def test_a_payment_says_what_was_paid_and_whose_it_may_be(side: Side, clock: HandClock) -> None:
    terms = with_code(side)
    opened = side.world.payments.open_checkout(terms)
    event = side.paid(opened.stripe_id)
    assert (event.what, event.type, event.happened_at) == ("paid", "checkout.session.completed", clock.now())
    assert (event.paid, event.tax, event.object_key) == (Money(1960, "EUR"), Money(0, "EUR"), opened.stripe_id)
    assert event.intent
    assert event.references == {
        "client_reference_id": "r1_A-b",
        "metadata.coupon_id": "c1",
        "metadata.lead_id": "l1",
        "promotion_code": terms.code_stripe_id,
        "email": "lea@example.org",
    }
    assert event.rehearsed == (side.server is None)


def test_a_payment_of_nothing_is_paid_with_nothing(side: Side) -> None:
    side.world.payments.ensure_coupon(replace(COUPON, percent_off=100))
    code_id = side.world.payments.ensure_code(CODE)
    opened = side.world.payments.open_checkout(replace(CHECKOUT, code_stripe_id=code_id, discount=CHECKOUT.price))
    event = side.paid(opened.stripe_id)
    assert (event.what, event.paid, event.intent) == ("paid", Money(0, "EUR"), None)


def test_a_used_code_opens_no_second_checkout(side: Side) -> None:
    terms = with_code(side)
    side.paid(side.world.payments.open_checkout(terms).stripe_id)
    with pytest.raises(Refused, match="stripe_refused"):
        side.world.payments.open_checkout(replace(terms, key="k2"))


def test_a_payment_without_a_code_is_the_full_price(side: Side) -> None:
    opened = side.world.payments.open_checkout(replace(CHECKOUT, code="", discount=Money(0, "EUR")))
    event = side.paid(opened.stripe_id)
    assert event.paid == Money(2450, "EUR")
    assert "promotion_code" not in event.references


def test_refunds_tell_all_that_went_back_so_far(side: Side) -> None:
    opened = side.world.payments.open_checkout(with_code(side))
    paid = side.paid(opened.stripe_id)
    first, second = side.refunded(opened.stripe_id, 500, 500), side.refunded(opened.stripe_id, 1460, 1960)
    assert [first.what, second.what] == ["refunded", "refunded"]
    assert [first.refunded, second.refunded] == [Money(500, "EUR"), Money(1960, "EUR")]
    assert first.intent == second.intent == paid.intent
    assert first.id != second.id


def test_the_account_is_named(side: Side) -> None:
    assert side.world.payments.whoami().id


def test_nothing_is_asked_while_a_transaction_is_open(side: Side, clock: HandClock) -> None:
    payments = side.world.payments
    with side.world.db.read():
        for call in (
            lambda: payments.ensure_coupon(COUPON),
            lambda: payments.ensure_code(CODE),
            lambda: payments.open_checkout(CHECKOUT),
            lambda: payments.read_event(b"", "", clock.now()),
            payments.whoami,
        ):
            with pytest.raises(RuntimeError, match="inside a read transaction"):
                call()


@pytest.fixture
def till(composed: Compose) -> Side:
    return Side(composed(), None)


def test_paying_twice_is_one_event(till: Side, clock: HandClock) -> None:
    opened = till.world.payments.open_checkout(with_code(till))
    first = till.paid(opened.stripe_id)
    clock.advance(minutes=3)
    assert till.paid(opened.stripe_id) == first


def test_what_lapsed_cant_be_paid_and_what_is_paid_doesnt_lapse(till: Side, clock: HandClock) -> None:
    terms = with_code(till)
    rehearsal, payments = till.world.rehearsal, till.world.payments
    assert rehearsal is not None
    lapsed, paid = payments.open_checkout(terms), payments.open_checkout(replace(terms, key="k2"))
    event = payments.read_event(*rehearsal.expire(lapsed.stripe_id, clock.now()), clock.now())
    assert (event.what, event.object_key) == ("expired", lapsed.stripe_id)
    till.paid(paid.stripe_id)
    for refused in (lambda: till.paid(lapsed.stripe_id), lambda: rehearsal.expire(paid.stripe_id, clock.now())):
        with pytest.raises(Problem) as gone:
            refused()
        assert (gone.value.kind, gone.value.faults[0].code) == ("gone", "checkout_closed")


def test_no_more_goes_back_than_was_paid(till: Side) -> None:
    opened = till.world.payments.open_checkout(with_code(till))
    for amount, code in ((1, "refund_too_large"), (0, "amount_not_positive"), (-5, "amount_not_positive")):
        with pytest.raises(Problem) as invalid:
            till.refunded(opened.stripe_id, amount, amount)
        assert invalid.value.faults[0].code == code
    till.paid(opened.stripe_id)
    till.refunded(opened.stripe_id, 1960, 1960)
    with pytest.raises(Problem, match="refund_too_large"):
        till.refunded(opened.stripe_id, 1, 1961)


def test_the_till_shows_what_is_due_and_what_went_back(till: Side, clock: HandClock) -> None:
    opened = till.world.payments.open_checkout(with_code(till))
    till.paid(opened.stripe_id)
    till.refunded(opened.stripe_id, 500, 500)
    assert till.world.rehearsal is not None
    [shown] = till.world.rehearsal.checkouts(10)
    assert shown == till.world.rehearsal.checkout(opened.stripe_id)
    assert (shown.state, shown.price, shown.due, shown.refunded) == (
        "refunded",
        Money(2450, "EUR"),
        Money(1960, "EUR"),
        Money(500, "EUR"),
    )
    assert shown.success_url == f"https://feuillet.example/p/cahier/paid?session={opened.stripe_id}"
    assert till.world.rehearsal.checkouts(10, before=opened.stripe_id) == []


def test_a_checkout_that_isnt_there_is_missing(till: Side, clock: HandClock) -> None:
    assert till.world.rehearsal is not None
    assert till.world.rehearsal.checkout("cs_none") is None
    with pytest.raises(Problem) as missing:
        till.world.rehearsal.pay("cs_none", clock.now())
    assert missing.value.kind == "missing"


def test_a_code_past_its_day_opens_nothing(till: Side, clock: HandClock) -> None:
    till.world.payments.ensure_coupon(COUPON)
    code_id = till.world.payments.ensure_code(replace(CODE, expires_at=clock.now() + timedelta(hours=1)))
    clock.advance(hours=2)
    with pytest.raises(Refused, match="stripe_refused"):
        till.world.payments.open_checkout(replace(CHECKOUT, code_stripe_id=code_id))
