"""Whose sale it is: the surest word wins, and a word that leads nowhere is passed over."""

import pytest

from campaigns.kernel.codes import new_id
from campaigns.selling import coupons, owners
from campaigns.selling.owners import Owner
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.selling import Buyer, make_buyer
from tests.makers.tracking import make_lead


def find(world: World, **references: str) -> Owner:
    with world.db.read() as session:
        return owners.find(session, {name.replace("__", "."): value for name, value in references.items()})


def told(owner: Owner) -> tuple[str | None, str | None]:
    return owner.lead.id if owner.lead else None, owner.found_by


@pytest.fixture
def ana(world: World) -> Buyer:
    return make_buyer(world)


@pytest.fixture
def ben(world: World, ana: Buyer) -> Buyer:
    return make_buyer(world, ana.place, "ben@school.example")


def test_the_reference_beats_everything(world: World, ana: Buyer, ben: Buyer) -> None:
    found = find(world, client_reference_id=ana.lead_id, metadata__lead_id=ben.lead_id, email=ben.email)
    assert told(found) == (ana.lead_id, "reference")


def test_the_metadata_beats_the_address(world: World, ana: Buyer, ben: Buyer) -> None:
    assert told(find(world, metadata__lead_id=ana.lead_id, email=ben.email)) == (ana.lead_id, "metadata")
    assert told(find(world, metadata__coupon_id=ana.coupon_id, email=ben.email)) == (ana.lead_id, "metadata")


def test_the_address_beats_the_code_which_is_noted_all_the_same(world: World, ana: Buyer, ben: Buyer) -> None:
    found = find(world, email="BEN@school.example", metadata__code=ana.code)
    assert (told(found), found.coupon and found.coupon.id) == ((ben.lead_id, "email"), ana.coupon_id)


def test_the_code_is_found_as_it_is_typed_and_as_stripe_calls_it(world: World, ana: Buyer) -> None:
    with world.db.write() as session:
        coupons.note_stripe(session, ana.coupon_id, "perchoir_offer", "promo_1")
    assert told(find(world, metadata__code=f" {ana.code.lower()} ")) == (ana.lead_id, "code")
    assert told(find(world, promotion_code="promo_1", email="who@elsewhere.example")) == (ana.lead_id, "code")


def test_of_a_person_s_leads_the_code_chooses_else_the_newest(world: World, clock: HandClock, ana: Buyer) -> None:
    clock.advance(hours=1)
    elsewhere = make_buyer(world, email="someone@else.example").place
    other = make_lead(world, elsewhere, ana.person_id)
    assert told(find(world, email=ana.email)) == (other, "email")
    assert told(find(world, email=ana.email, metadata__code=ana.code)) == (ana.lead_id, "email")


@pytest.mark.parametrize("word", ["", "x", "\x00", "0193a1b2-0000-7000-8000-00000000000a", "é" * 300, "'; --"])
def test_words_that_lead_nowhere_are_nobody_s(world: World, word: str) -> None:
    found = find(
        world, client_reference_id=word, metadata__lead_id=word, metadata__coupon_id=word, metadata__code=word,
        metadata__offer_id=word, metadata__campaign_id=word, promotion_code=word, email=word,
    )  # fmt: skip
    assert (told(found), found.coupon, found.campaign_id) == ((None, None), None, None)


def test_a_shop_may_name_offer_or_campaign_of_nobody_s_money(world: World, ana: Buyer) -> None:
    assert find(world, metadata__offer_id=ana.place.offer_id).campaign_id == ana.place.campaign_id
    assert find(world, metadata__campaign_id=ana.place.campaign_id).campaign_id == ana.place.campaign_id
    assert find(world, metadata__campaign_id=new_id()).campaign_id is None
