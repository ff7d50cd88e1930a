"""Pay: one payment page for one code, however often the button is pressed, and whatever Stripe answers."""

import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from campaigns.flows.open_checkout import open_checkout
from campaigns.flows.send_outbox import send_outbox
from campaigns.flows.settle_payment import settle_payment
from campaigns.kernel.errors import Problem
from campaigns.kernel.money import Money
from campaigns.ports import CheckoutTerms, CodeTerms, CouponTerms, Event, Later, OpenCheckout, Payments, Refused
from campaigns.selling import checkouts, coupons, sales
from campaigns.selling.coupons import Checkout
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.selling import Buyer, make_buyer
from tests.makers.tracking import make_touch

SUCCESS, CANCEL = "http://localhost/p/x/paid?claim=c", "http://localhost/p/x/thanks?claim=c"


class ListeningStripe:
    """The rehearsal's payments, which remember what they were asked and fail as they are told to."""

    rehearses = True

    def __init__(self, real: Payments, fault: Exception | None = None) -> None:
        self._real, self.fault = real, fault
        self.opened: list[CheckoutTerms] = []
        self.made: list[CouponTerms | CodeTerms] = []

    def ensure_coupon(self, terms: CouponTerms) -> str:
        self.made.append(terms)
        return self._real.ensure_coupon(terms)

    def ensure_code(self, terms: CodeTerms) -> str:
        self.made.append(terms)
        return self._real.ensure_code(terms)

    def open_checkout(self, terms: CheckoutTerms) -> OpenCheckout:
        self.opened.append(terms)
        if self.fault:
            raise self.fault
        return self._real.open_checkout(terms)

    def read_event(self, body: bytes, signature: str, now: Any) -> Event:
        return self._real.read_event(body, signature, now)

    def whoami(self) -> Any:
        return self._real.whoami()


def listening(world: World, fault: Exception | None = None) -> tuple[World, ListeningStripe]:
    stripe = ListeningStripe(world.payments, fault)
    return replace(world, payments=stripe), stripe


def pay(world: World, buyer: Buyer) -> str:
    return open_checkout(world, buyer.coupon_id, "fr", SUCCESS, CANCEL)


def refused(world: World, buyer: Buyer) -> tuple[str, str]:
    with pytest.raises(Problem) as fault:
        pay(world, buyer)
    return fault.value.kind, fault.value.faults[0].code


def states(world: World) -> list[str]:
    with world.db.read() as session:
        return list(session.scalars(select(Checkout.state).order_by(Checkout.opened_at, Checkout.id)))


def till_id(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_payment_page_is_opened_with_the_code_and_says_whose_it_is(world: World) -> None:
    world, stripe = listening(world)
    tweet = make_tweet(world).tweet
    buyer = make_buyer(world)
    make_touch(world, buyer.person_id, tweet.id)
    url = pay(world, buyer)
    [terms] = stripe.opened
    assert (terms.reference, terms.email, terms.code, terms.locale) == (
        buyer.lead_id, buyer.email, buyer.code, "fr",
    )  # fmt: skip
    assert (terms.price, terms.discount) == (Money(12_000, "EUR"), Money(2_400, "EUR"))
    assert (terms.metadata["lead_id"], terms.metadata["coupon_id"], terms.metadata["tweet_id"]) == (
        buyer.lead_id, buyer.coupon_id, tweet.id,
    )  # fmt: skip
    assert url == f"http://localhost/rehearsal/till/{till_id(url)}"
    assert states(world) == ["open"]


def test_pressed_twice_it_is_the_same_page(world: World) -> None:
    world, stripe = listening(world)
    buyer = make_buyer(world)
    assert pay(world, buyer) == pay(world, buyer)
    assert (len(stripe.opened), states(world)) == (1, ["open"])


def test_eight_at_one_moment_open_one_page(world: World) -> None:
    buyer, begin = make_buyer(world), threading.Barrier(8)
    urls: list[str] = []

    def press() -> None:
        begin.wait()
        urls.append(pay(world, buyer))

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(urls), len(set(urls)), states(world)) == (8, 1, ["open"])


def test_the_outbox_and_the_button_make_coupon_and_code_once(world: World) -> None:
    world, stripe = listening(world)
    buyer = make_buyer(world)
    assert send_outbox(world, "w1") == 1
    with world.db.read() as session:
        known = coupons.find(session, buyer.coupon_id).stripe_id
    assert known == f"promo_{buyer.coupon_id}"
    pay(world, buyer)
    assert [type(made).__name__ for made in stripe.made] == ["CouponTerms", "CodeTerms"]


def test_the_button_is_quicker_than_the_outbox(world: World) -> None:
    world, stripe = listening(world)
    buyer = make_buyer(world)
    pay(world, buyer)
    assert send_outbox(world, "w1") == 1
    assert len(stripe.made) == 2
    with world.db.read() as session:
        assert coupons.get_by_stripe_id(session, f"promo_{buyer.coupon_id}")


def test_while_stripe_is_away_the_code_is_kept_and_the_next_try_is_a_new_one(world: World) -> None:
    down, stripe = listening(world, Later("stripe_down", "503"))
    buyer = make_buyer(world)
    assert refused(down, buyer) == ("later", "stripe_down")
    stripe.fault = None
    pay(down, buyer)
    assert states(world) == ["failed", "open"]
    assert len({terms.key for terms in stripe.opened}) == 2


def test_what_stripe_refuses_is_told(world: World) -> None:
    down, _ = listening(world, Refused("stripe_refused", "amount too small"))
    assert refused(down, make_buyer(world)) == ("conflict", "stripe_refused")


def test_a_code_that_was_made_elsewhere_is_made_again(world: World) -> None:
    buyer = make_buyer(world)
    with world.db.write() as session:
        coupons.note_stripe(session, buyer.coupon_id, "perchoir_elsewhere", "promo_of_another_account")
    pay(world, buyer)
    with world.db.read() as session:
        assert coupons.find(session, buyer.coupon_id).stripe_id == f"promo_{buyer.coupon_id}"


def test_a_process_that_died_while_opening_opens_the_same_page(world: World) -> None:
    dying, stripe = listening(world, KeyError("killed"))
    buyer = make_buyer(world)
    with pytest.raises(KeyError):
        pay(dying, buyer)
    assert states(world) == ["opening"]
    stripe.fault = None
    pay(dying, buyer)
    assert len({terms.key for terms in stripe.opened}) == 1
    assert states(world) == ["open"]


def test_a_code_that_was_used_pays_nothing_more(world: World) -> None:
    buyer = make_buyer(world)
    assert world.rehearsal
    settle_payment(world, *world.rehearsal.pay(till_id(pay(world, buyer)), world.clock.now()))
    assert refused(world, buyer) == ("gone", "code_used")
    assert states(world) == ["paid"]
    with world.db.read() as session:
        [sale] = sales.of_lead(session, buyer.lead_id)
    assert (sale.amount, sale.rehearsed, sale.key[:5]) == (9_600, True, "till:")


def test_a_code_whose_day_is_past_pays_nothing(world: World, clock: HandClock) -> None:
    buyer = make_buyer(world, expires_on=date(2026, 11, 3))
    clock.advance(hours=38)  # 3 November, 23:59 in Paris is 22:59 UTC; this is 23:00
    assert refused(world, buyer) == ("gone", "code_expired")


def test_a_code_of_an_offer_that_isn_t_paid_here_opens_nothing(world: World) -> None:
    assert refused(world, make_buyer(world, price=None)) == ("invalid", "price_missing")
    assert states(world) == []


def test_a_page_that_lapsed_gives_way_to_a_new_one(world: World, clock: HandClock) -> None:
    buyer = make_buyer(world)
    first = pay(world, buyer)
    assert world.rehearsal
    settle_payment(world, *world.rehearsal.expire(till_id(first), world.clock.now()))
    assert states(world) == ["expired"]
    second = pay(world, buyer)
    clock.advance(hours=24)  # and one whose message was never heard
    third = pay(world, buyer)
    assert len({first, second, third}) == 3


def test_while_the_money_is_on_its_way_nothing_is_paid_twice(world: World) -> None:
    buyer = make_buyer(world)
    url = pay(world, buyer)
    with world.db.write() as session:
        assert checkouts.note_state(session, till_id(url), "pending")
    assert pay(world, buyer) == SUCCESS


def test_two_leads_of_one_offer_have_a_page_each(world: World) -> None:
    one = make_buyer(world)
    other = make_buyer(world, one.place, "ben@school.example")
    assert pay(world, one) != pay(world, other)
    with world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Checkout)) == 2


def test_the_place_of_a_coupon_without_a_price_is_still_one_with_codes(world: World) -> None:
    place: Place = make_place(world)
    buyer = make_buyer(world, place)
    assert send_outbox(world, "w1") == 1
    assert refused(world, buyer) == ("invalid", "price_missing")
