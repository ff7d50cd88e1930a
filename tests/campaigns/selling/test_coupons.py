"""Codes: one a lead, never more than the stock, found however they are typed, used once."""

import threading
from datetime import date

import pytest

from campaigns.kernel.errors import Problem
from campaigns.kernel.money import Money
from campaigns.planning import offers
from campaigns.planning.offers import Offer
from campaigns.selling import coupons
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import make_coupon, make_page
from tests.makers.publishing import Place
from tests.makers.selling import make_buyer
from tests.makers.tracking import make_lead, make_person


def issue(world: World, offer: Offer, lead_id: str) -> tuple[str, bool]:
    with world.db.write() as session:
        coupon, is_new = coupons.issue(session, offers.find(session, offer.id), lead_id, world.clock.now())
        return coupon.code, is_new


def leads_of(world: World, offer: Offer, count: int) -> list[str]:
    place = Place(offer.campaign_id, offer.id, make_page(world, offer).id)
    return [make_lead(world, place, make_person(world)) for _ in range(count)]


def test_a_lead_has_one_code_however_often_it_asks(world: World) -> None:
    offer = make_coupon(world)
    [lead_id] = leads_of(world, offer, 1)
    code, first = issue(world, offer, lead_id)
    assert (first, issue(world, offer, lead_id)) == (True, (code, False))
    with world.db.read() as session:
        assert offers.find(session, offer.id).issued == 1


def test_of_twelve_at_one_moment_a_stock_of_five_serves_five(world: World) -> None:
    offer = make_coupon(world, stock=5)
    begin, codes, refused = threading.Barrier(12), set[str](), list[str]()

    def ask(lead_id: str) -> None:
        begin.wait()
        try:
            codes.add(issue(world, offer, lead_id)[0])
        except Problem as fault:
            refused.append(fault.faults[0].code)

    threads = [threading.Thread(target=ask, args=(lead_id,)) for lead_id in leads_of(world, offer, 12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(codes), refused) == (5, ["stock_gone"] * 7)
    with world.db.read() as session:
        assert offers.find(session, offer.id).issued == 5


def test_a_code_is_found_however_it_is_typed(world: World) -> None:
    buyer = make_buyer(world)
    with world.db.read() as session:
        for typed in (buyer.code, buyer.code.lower(), f"  {buyer.code} ", buyer.code.replace("-", "- ")):
            found = coupons.get_by_code(session, typed)
            assert found
            assert found.id == buyer.coupon_id
        for strange in ("", "x" * 1000, "ß" * 10, "\x00", buyer.code[:-1]):
            assert coupons.get_by_code(session, strange) is None


def test_only_the_first_use_counts(world: World) -> None:
    buyer = make_buyer(world)
    begin, used = threading.Barrier(8), list[bool]()

    def use() -> None:
        begin.wait()
        with world.db.write() as session:
            used.append(coupons.redeem(session, buyer.coupon_id, world.clock.now()))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(used) == [False] * 7 + [True]


@pytest.mark.parametrize(
    "terms,due",
    [
        ({"percent_off": 20}, 9_600),
        ({"percent_off": 100}, 0),
        ({"percent_off": 33, "price": Money(999, "EUR")}, 669),
        ({"percent_off": None, "amount_off": 2_500, "currency": "EUR"}, 9_500),
    ],
)
def test_what_is_left_to_pay(world: World, terms: dict[str, object], due: int) -> None:
    assert coupons.due(make_coupon(world, **terms)) == Money(due, "EUR")


def test_an_offer_without_a_price_isn_t_paid_here(world: World) -> None:
    assert coupons.due(make_coupon(world, price=None)) is None


def test_a_code_can_be_used_to_the_end_of_its_day_in_the_campaign_s_zone(world: World, clock: HandClock) -> None:
    buyer = make_buyer(world, expires_on=date(2026, 11, 2))
    clock.advance(hours=13, minutes=59)  # 22:59 UTC is 23:59 in Paris
    with world.db.read() as session:
        assert coupons.find_usable(session, buyer.coupon_id, clock.now()).code == buyer.code
        with pytest.raises(Problem) as refused:
            coupons.find_usable(session, buyer.coupon_id, clock.advance(minutes=1))
    assert refused.value.faults[0].code == "code_expired"
