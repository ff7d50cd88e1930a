"""Stripe's messages: any number of times, in any order, several at one moment, on both databases."""

import itertools
import threading
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.capturing import leads
from campaigns.capturing.touches import Touch
from campaigns.flows.settle_payment import settle_payment
from campaigns.kernel.errors import Problem
from campaigns.kernel.money import Money
from campaigns.selling import coupons
from campaigns.selling.sales import Refund, Sale, StripeEvent
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_tweet
from tests.makers.selling import HOOK, Buyer, Message, make_buyer, till
from tests.makers.tracking import make_touch


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | HOOK


def sales_of(world: World) -> list[Sale]:
    with world.db.read() as session:
        return list(session.scalars(select(Sale).order_by(Sale.key)))


def the_sale(world: World) -> Sale:
    [sale] = sales_of(world)
    return sale


def refunds_of(world: World) -> list[tuple[str, int, int]]:
    with world.db.read() as session:
        found = session.scalars(select(Refund).order_by(Refund.kind, Refund.total))
        return [(refund.kind, refund.total, refund.amount) for refund in found]


def state_of(world: World, buyer: Buyer) -> str:
    with world.db.read() as session:
        return leads.find(session, buyer.lead_id).state


def redeemed_at(world: World, buyer: Buyer) -> datetime | None:
    with world.db.read() as session:
        return coupons.find(session, buyer.coupon_id).redeemed_at


def test_a_payment_is_a_sale_of_its_lead_and_uses_the_code_up(world: World) -> None:
    buyer = make_buyer(world)
    paying = till(world, tax=1_600).of(client_reference_id=buyer.lead_id, metadata={"coupon_id": buyer.coupon_id})
    assert settle_payment(world, *paying.completed()) == "paid"
    sale = the_sale(world)
    assert (sale.lead_id, sale.person_id, sale.campaign_id) == (buyer.lead_id, buyer.person_id, buyer.place.campaign_id)
    assert (sale.amount, sale.tax, sale.currency, sale.state) == (9_600, 1_600, "EUR", "paid")
    assert (sale.found_by, sale.coupon_id, sale.rehearsed, sale.key) == (
        "reference", buyer.coupon_id, False, "stripe:cs_1",
    )  # fmt: skip
    assert state_of(world, buyer) == "won"
    assert redeemed_at(world, buyer) == world.clock.now()


def test_money_never_comes_before_its_code_though_stripe_tells_whole_seconds(world: World, clock: HandClock) -> None:
    clock.advance(milliseconds=700)
    made = make_tweet(world)
    buyer = make_buyer(world)
    make_touch(world, buyer.person_id, made.tweet.id, campaign_id=buyer.place.campaign_id)
    paying = till(world).of(client_reference_id=buyer.lead_id, metadata={"coupon_id": buyer.coupon_id})
    for event in ("done", "done_again"):
        settle_payment(world, *paying.completed(event=event))
        sale = the_sale(world)
        assert (sale.paid_at, sale.evidence) == (clock.now(), "link+x")


def test_yen_have_no_minor_unit_and_are_kept_as_they_come(world: World) -> None:
    settle_payment(world, *till(world, paid=Money(9_600, "JPY")).completed())
    assert (the_sale(world).amount, the_sale(world).currency) == (9_600, "JPY")


def test_five_deliveries_in_any_order_are_one_sale(world: World) -> None:
    buyer = make_buyer(world)
    paying = till(world).of(client_reference_id=buyer.lead_id)
    told = [settle_payment(world, *paying.completed()) for _ in range(5)]
    assert told == ["paid", *["repeated"] * 4]
    assert settle_payment(world, *paying.completed(event="sent by another endpoint")) == "paid"
    assert the_sale(world).amount == 9_600
    with world.db.read() as session:
        assert len(leads.history(session, buyer.lead_id)) == 1


def test_a_refund_before_its_sale_is_kept_and_applied(world: World) -> None:
    assert settle_payment(world, *till(world).refunded(2_000)) == "refunded, before its sale"
    settle_payment(world, *till(world).completed())
    sale = the_sale(world)
    assert (sale.state, sale.refunded) == ("partly_refunded", 2_000)


def test_refunds_are_cumulative_and_the_largest_holds(world: World) -> None:
    settle_payment(world, *till(world).completed())
    settle_payment(world, *till(world).refunded(5_000))
    settle_payment(world, *till(world).refunded(2_000))
    assert (the_sale(world).state, the_sale(world).refunded) == ("partly_refunded", 5_000)
    settle_payment(world, *till(world).refunded(9_600))
    assert (the_sale(world).state, the_sale(world).refunded) == ("refunded", 9_600)
    assert refunds_of(world) == [("refund", 2_000, 2_000), ("refund", 5_000, 3_000), ("refund", 9_600, 4_600)]


def test_what_goes_back_in_another_currency_is_kept_and_taken_from_nothing(world: World) -> None:
    dollars = till(world, paid=Money(9_600, "USD"))
    assert settle_payment(world, *dollars.refunded(3_000)) == "refunded, before its sale"
    settle_payment(world, *till(world).completed())
    assert settle_payment(world, *dollars.disputed("needs_response", 900)) == "dispute_opened, in USD for a sale in EUR"
    assert (the_sale(world).state, the_sale(world).refunded, the_sale(world).disputed) == ("paid", 0, 0)
    settle_payment(world, *till(world).refunded(3_000))
    assert (the_sale(world).state, the_sale(world).refunded) == ("partly_refunded", 3_000)
    assert refunds_of(world) == [("dispute", 900, 900), ("refund", 3_000, 3_000), ("refund", 3_000, 3_000)]


def test_a_dispute_takes_the_money_and_gives_it_back_when_won(world: World) -> None:
    settle_payment(world, *till(world).completed())
    settle_payment(world, *till(world).disputed("needs_response", 9_600))
    assert (the_sale(world).state, the_sale(world).disputed) == ("disputed", 9_600)
    settle_payment(world, *till(world).disputed("won", 9_600))
    assert (the_sale(world).state, the_sale(world).disputed) == ("paid", 0)


def test_a_dispute_won_before_it_was_heard_of_takes_nothing(world: World) -> None:
    settle_payment(world, *till(world).completed())
    settle_payment(world, *till(world).disputed("won", 9_600))
    settle_payment(world, *till(world).disputed("needs_response", 9_600))
    assert (the_sale(world).state, the_sale(world).disputed) == ("paid", 0)


def test_a_lost_dispute_after_a_partial_refund_takes_no_more_than_was_left(world: World) -> None:
    settle_payment(world, *till(world).refunded(2_000))
    settle_payment(world, *till(world).disputed("lost", 9_600))
    settle_payment(world, *till(world).completed())
    sale = the_sale(world)
    assert (sale.state, sale.refunded, sale.disputed) == ("disputed", 2_000, 7_600)


def test_a_late_payment_is_pending_then_paid_at_its_own_moment(world: World, clock: HandClock) -> None:
    buyer = make_buyer(world)
    settle_payment(world, *till(world).of(client_reference_id=buyer.lead_id).completed("unpaid"))
    assert (the_sale(world).state, state_of(world, buyer)) == ("pending", "new")
    later = clock.advance(days=2)
    settle_payment(world, *till(world).of(client_reference_id=buyer.lead_id).succeeded())
    assert (the_sale(world).state, the_sale(world).paid_at, state_of(world, buyer)) == ("paid", later, "won")


def test_a_late_payment_that_fails_leaves_the_code_unused(world: World) -> None:
    buyer = make_buyer(world)
    paying = till(world).of(client_reference_id=buyer.lead_id, metadata={"coupon_id": buyer.coupon_id})
    for message in (paying.failed(), paying.completed("unpaid")):
        settle_payment(world, *message)
    assert (the_sale(world).state, state_of(world, buyer), redeemed_at(world, buyer)) == ("failed", "new", None)


def test_a_code_that_pays_all_is_redeemed_and_earns_nothing(world: World) -> None:
    buyer = make_buyer(world, percent_off=100)
    free = till(world, paid=Money(0, "EUR")).of(metadata={"coupon_id": buyer.coupon_id}, payment_intent=None)
    settle_payment(world, *free.completed("no_payment_required"))
    assert (the_sale(world).amount, the_sale(world).state, the_sale(world).found_by) == (0, "paid", "metadata")
    assert redeemed_at(world, buyer)


def test_a_subscription_s_later_invoice_is_a_sale_of_its_own(world: World) -> None:
    make_buyer(world)
    invoice = {
        "id": "in_2", "amount_paid": 1_200, "currency": "eur", "billing_reason": "subscription_cycle",
        "customer_email": "ANA@school.example",
        "parent": {"subscription_details": {"subscription": "sub_1", "metadata": {}}},
    }  # fmt: skip
    settle_payment(world, *till(world).message("invoice.paid", "second", invoice))
    assert (the_sale(world).key, the_sale(world).found_by, the_sale(world).amount) == ("stripe:in_2", "email", 1_200)


def code_reference(world: World, buyer: Buyer) -> dict[str, Any]:
    """What a session says of a code that was typed at a checkout of somebody else's making."""
    with world.db.write() as session:
        coupons.note_stripe(session, buyer.coupon_id, "perchoir_offer", "promo_77")
    return {"discounts": [{"promotion_code": "promo_77"}]}


def test_a_code_alone_leads_to_its_lead_and_leaves_a_touch_of_that_lead_s_tweet(world: World) -> None:
    made = make_tweet(world)
    buyer = make_buyer(world)
    make_touch(world, buyer.person_id, made.tweet.id, campaign_id=buyer.place.campaign_id)
    typed = till(world).of(**code_reference(world, buyer), customer_details={"email": "stranger@elsewhere.example"})
    settle_payment(world, *typed.completed())
    sale = the_sale(world)
    assert (sale.lead_id, sale.found_by, sale.evidence) == (buyer.lead_id, "code", "code")
    with world.db.read() as session:
        [touch] = session.scalars(select(Touch).where(Touch.evidence == "code"))
    assert (touch.key, touch.tweet_id, touch.at) == ("code:stripe:cs_1", made.tweet.id, sale.paid_at)


def test_an_address_of_a_lead_beats_a_code_that_was_passed_on(world: World) -> None:
    owner = make_buyer(world)
    friend = make_buyer(world, owner.place, "ben@school.example")
    typed = till(world).of(**code_reference(world, owner), customer_details={"email": "Ben@School.example"})
    settle_payment(world, *typed.completed())
    sale = the_sale(world)
    assert (sale.lead_id, sale.found_by, sale.coupon_id) == (friend.lead_id, "email", owner.coupon_id)


def test_nobody_s_payment_is_kept_unattributed(world: World) -> None:
    strange = till(world).of(client_reference_id="../../etc", customer_details={"email": "not an address"})
    settle_payment(world, *strange.completed())
    assert (the_sale(world).lead_id, the_sale(world).campaign_id, the_sale(world).state) == (None, None, "paid")


def test_a_shop_s_own_checkout_may_name_the_campaign_of_nobody_s_payment(world: World) -> None:
    buyer = make_buyer(world)
    settle_payment(world, *till(world).of(metadata={"campaign_id": buyer.place.campaign_id}).completed())
    assert (the_sale(world).lead_id, the_sale(world).campaign_id) == (None, buyer.place.campaign_id)


def test_what_is_not_our_business_is_kept_and_does_nothing(world: World) -> None:
    assert settle_payment(world, *till(world).message("customer.created", "c", {"id": "cus_1"})) == "ignored"
    assert settle_payment(world, *till(world).refunded(5)) == "refunded, before its sale"
    with world.db.read() as session:
        kept = {event.type: event.outcome for event in session.scalars(select(StripeEvent))}
    assert kept == {"customer.created": "ignored", "charge.refunded": "refunded, before its sale"}
    assert sales_of(world) == []


@pytest.mark.parametrize("ruin", ["body", "signature", "age", "json"])
def test_a_message_that_nobody_signed_changes_nothing(world: World, clock: HandClock, ruin: str) -> None:
    body, signature = till(world).completed()
    if ruin == "age":
        clock.advance(hours=1)
    body = body.replace(b"9600", b"9601") if ruin == "body" else body
    signature = signature[:-5] + "00000" if ruin == "signature" else signature
    with pytest.raises(Problem) as refused:
        settle_payment(world, b"{" if ruin == "json" else body, signature)
    assert refused.value.faults[0].code == "signature_invalid"
    assert sales_of(world) == []


def together(world: World, messages: list[Message]) -> None:
    """Let all of them come at one moment; what one of them raises is raised here."""
    begin, faults = threading.Barrier(len(messages)), []

    def come(message: Message) -> None:
        begin.wait()
        try:
            settle_payment(world, *message)
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=come, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_eight_at_one_moment_are_one_sale_with_its_refunds(world: World) -> None:
    buyer = make_buyer(world)
    paying = till(world).of(client_reference_id=buyer.lead_id, metadata={"coupon_id": buyer.coupon_id})
    for _ in range(3):
        together(
            world,
            [paying.completed()] * 3
            + [paying.completed(event="again"), paying.refunded(1_000), paying.refunded(4_000)]
            + [paying.disputed("needs_response", 500), paying.refunded(4_000)],
        )
    sale = the_sale(world)
    assert (sale.amount, sale.refunded, sale.disputed, sale.state) == (9_600, 4_000, 500, "disputed")
    assert refunds_of(world) == [("dispute", 500, 500), ("refund", 1_000, 1_000), ("refund", 4_000, 3_000)]


def test_every_order_of_a_payment_its_refunds_and_its_dispute_ends_the_same(world: World) -> None:
    ends = set()
    for n, order in enumerate(itertools.permutations(range(4))):
        paying = till(world, f"{n:02}")
        messages = [
            paying.completed("unpaid"), paying.succeeded(), paying.refunded(1_000), paying.disputed("lost", 2_000),
        ]  # fmt: skip
        for place in order:
            settle_payment(world, *messages[place])
    for sale in sales_of(world):
        ends.add((sale.state, sale.amount, sale.refunded, sale.disputed))
    assert ends == {("disputed", 9_600, 1_000, 2_000)}
    assert len(sales_of(world)) == 24
