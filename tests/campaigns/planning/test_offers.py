from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kernel.errors import Problem
from campaigns.kernel.money import Money
from campaigns.planning import campaigns, offers
from campaigns.planning.offers import Offer
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import COUPON, WHITE_PAPER, make_campaign, make_coupon, make_white_paper

TODAY = date(2026, 11, 2)


def faults_of(refused: pytest.ExceptionInfo[Problem]) -> list[tuple[str | None, str]]:
    return [(fault.field, fault.code) for fault in refused.value.faults]


def change(world: World, offer: Offer, **more: Any) -> Offer:
    with world.db.write() as session:
        offer = offers.find(session, offer.id, to_change=True)
        campaign = campaigns.find(session, offer.campaign_id)
        draft = replace(offers.draft_of(offer), **more)
        return offers.update(session, campaign, offer, draft, world.clock.now())


@pytest.mark.parametrize(
    "more, faults",
    [
        ({"title": " "}, [("title", "required")]),
        ({"percent_off": None}, [("percent_off", "percent_or_amount")]),
        ({"amount_off": 500}, [("percent_off", "percent_or_amount")]),
        ({"percent_off": 0}, [("percent_off", "out_of_range")]),
        ({"percent_off": 101}, [("percent_off", "out_of_range")]),
        ({"percent_off": None, "amount_off": 12_000}, [("amount_off", "amount_above_price")]),
        ({"percent_off": None, "amount_off": 0}, [("amount_off", "amount_not_positive")]),
        ({"percent_off": None, "amount_off": 500, "price": None}, [("currency", "currency_missing")]),
        ({"currency": "USD"}, [("price.currency", "currency_differs")]),
        ({"currency": "EURO"}, [("currency", "currency_unknown")]),
        ({"price": Money(100, "€")}, [("price.currency", "currency_unknown")]),
        ({"price": Money(-1, "EUR")}, [("price.amount", "amount_not_positive")]),
        ({"price": Money(10**13, "EUR")}, [("price.amount", "amount_too_large")]),
        ({"stock": 0}, [("stock", "out_of_range")]),
        ({"expires_on": date(2026, 11, 1)}, [("expires_on", "expired_already")]),
        ({"kind": "survey"}, [("kind", "not_a_choice")]),
        ({"title": "", "percent_off": 101, "stock": -1},
         [("title", "required"), ("percent_off", "out_of_range"), ("stock", "out_of_range")]),
    ],
)  # fmt: skip
def test_a_coupon_is_told_all_that_is_wrong(more: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(Problem) as refused:
        offers.check(replace(COUPON, **more), TODAY)
    assert faults_of(refused) == faults


def test_a_white_paper_takes_nothing_of_a_coupon() -> None:
    with pytest.raises(Problem) as refused:
        offers.check(replace(WHITE_PAPER, percent_off=5, price=Money(1, "EUR"), stock=1), TODAY)
    assert faults_of(refused) == [("percent_off", "not_a_coupon"), ("price", "not_a_coupon"), ("stock", "not_a_coupon")]


def test_the_price_brings_the_currency(world: World) -> None:
    offer = make_coupon(world, price=Money(12_000, "chf"))
    assert (offer.currency, offer.price) == ("CHF", Money(12_000, "CHF"))
    assert change(world, offer, price=Money(9_000, "EUR")).price == Money(9_000, "EUR")


@given(
    price=st.one_of(st.none(), st.integers(-10, 10**13)),
    amount_off=st.integers(-10, 10**13),
    currency=st.sampled_from(["EUR", "JPY", "BHD", "XXQ", ""]),
)
def test_a_reduction_that_is_kept_is_below_its_price(price: int | None, amount_off: int, currency: str) -> None:
    money = None if price is None else Money(price, currency)
    draft = replace(COUPON, percent_off=None, amount_off=amount_off, currency=currency or None, price=money)
    with suppress(Problem):
        kept = offers.check(draft, TODAY)
        assert kept.currency in ("EUR", "JPY", "BHD")
        assert kept.amount_off is not None
        assert 0 < kept.amount_off < (kept.price.amount if kept.price else 10**13)


def test_the_last_code_is_taken_once_by_eight_at_one_moment(world: World) -> None:
    offer = make_coupon(world, stock=3)
    start, taken = Barrier(8), []

    def take() -> None:
        start.wait()
        with world.db.write() as session:
            taken.append(offers.take_one(session, offer.id))

    threads = [Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.db.read() as session:
        assert offers.find(session, offer.id).issued == 3
    assert sorted(taken) == [False] * 5 + [True] * 3


def test_without_a_stock_there_is_always_another_code(world: World) -> None:
    offer = make_coupon(world, stock=None)
    with world.db.write() as session:
        assert all(offers.take_one(session, offer.id) for _ in range(5))


def test_what_codes_promise_stays_once_they_are_given_out(world: World) -> None:
    offer = make_coupon(world)
    assert change(world, offer, percent_off=30).percent_off == 30
    with world.db.write() as session:
        offers.take_one(session, offer.id)
        offers.take_one(session, offer.id)
    with pytest.raises(Problem) as refused:
        change(world, offer, percent_off=40, expires_on=date(2027, 1, 1))
    assert refused.value.kind == "conflict"
    assert faults_of(refused) == [("percent_off", "terms_fixed"), ("expires_on", "terms_fixed")]
    with pytest.raises(Problem) as refused:
        change(world, offer, stock=1)
    assert refused.value.faults[0].values == {"issued": 2}
    assert change(world, offer, stock=2, title="Other").title == "Other"


def test_a_stock_lowered_while_codes_go_out_is_never_overdrawn(world: World) -> None:
    offer = make_coupon(world, stock=10)
    start, told = Barrier(2), []

    def take() -> None:
        start.wait()
        for _ in range(6):
            with world.db.write() as session:
                told.append(offers.take_one(session, offer.id))

    def lower() -> None:
        start.wait()
        try:
            change(world, offer, stock=3)
        except Problem as refused:
            told.append(refused.faults[0].code)

    threads = [Thread(target=take), Thread(target=lower)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.db.read() as session:
        after = offers.find(session, offer.id)
    assert (after.stock, after.issued) in [(3, 3), (10, 6)]
    assert told.count(True) == after.issued


def test_an_offer_past_its_day_can_still_be_renamed(world: World, clock: HandClock) -> None:
    offer = make_coupon(world, expires_on=date(2026, 11, 3))
    clock.advance(days=30)
    assert change(world, offer, title="Other").title == "Other"
    with pytest.raises(Problem) as refused:
        change(world, offer, expires_on=date(2026, 11, 4))
    assert faults_of(refused) == [("expires_on", "expired_already")]


def test_the_last_day_is_the_campaign_zones(world: World, clock: HandClock) -> None:
    tokyo = make_campaign(world, zone="Asia/Tokyo")
    clock.set(datetime(2026, 11, 2, 20, 0, tzinfo=UTC))  # the 3rd in Tokyo
    with pytest.raises(Problem):
        make_coupon(world, tokyo, expires_on=date(2026, 11, 2))
    offer = make_coupon(world, tokyo, expires_on=date(2026, 11, 3))
    last = datetime(2026, 11, 3, 14, 59, 59, tzinfo=UTC)
    assert offers.last_moment(offer, "Asia/Tokyo") == last
    assert not offers.has_ended(offer, "Asia/Tokyo", last)
    assert offers.has_ended(offer, "Asia/Tokyo", last.replace(hour=15, minute=0, second=0))


def test_the_last_day_has_25_hours_when_the_clocks_go_back(world: World) -> None:
    offer = make_coupon(world, expires_on=date(2027, 10, 31))
    assert offers.last_moment(offer, "Europe/Paris") == datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC)


def test_terms_say_what_the_payment_side_needs(world: World) -> None:
    terms = offers.terms(make_coupon(world, percent_off=None, amount_off=500), "Europe/Paris")
    assert (terms.percent_off, terms.amount_off, terms.redeem_by) == (None, Money(500, "EUR"), None)


def test_a_kind_is_for_ever(world: World) -> None:
    with pytest.raises(Problem) as refused:
        change(world, make_white_paper(world, paper=False), kind="coupon", percent_off=5)
    assert faults_of(refused) == [("kind", "not_a_choice")]


def test_offers_are_listed_by_campaign(world: World) -> None:
    campaign = make_campaign(world)
    mine = [make_coupon(world, campaign).id, make_white_paper(world, campaign, paper=False).id]
    make_coupon(world)
    with world.db.read() as session:
        assert [offer.id for offer in offers.list_of(session, campaign.id)] == mine
        assert {offer.id for offer in offers.list_page(session, campaign.id).items} == set(mine)
