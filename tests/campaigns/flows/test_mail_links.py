"""A link in a letter of ours that its person follows: a touch of theirs, once a visit, that takes from no tweet."""

from typing import Any

import pytest

from campaigns.capturing import deliveries
from campaigns.capturing.conversions import Conversion, Restated
from campaigns.capturing.deliveries import Delivery
from campaigns.capturing.touches import Touch
from campaigns.crediting.models import Lens
from campaigns.flows.deliver_paper import note_followed
from campaigns.flows.enter_sale import enter_sale
from campaigns.measuring import whys
from campaigns.tracking.requests import Request
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import at_once, claim, mails_of, rows_of, via_of_click
from tests.makers.planning import make_campaign, make_page, make_white_paper
from tests.makers.tracking import FIREFOX


def asked(**more: Any) -> Request:
    plain = {"method": "GET", "code": "", "agent": FIREFOX, "referrer": "", "address": "192.0.2.7", "headers": {}}
    return Request(**(plain | more))


def mailed(world: World, place: int = -1) -> list[str]:
    """What the link in a letter carries."""
    token = mails_of(world)[place]["text"].partition("/d/")[2].split()[0]
    value: list[str] = world.signer.read(deliveries.PURPOSE, token, world.clock.now(), 10**9)[0]
    return value


def path(world: World) -> list[tuple[str, bool]]:
    """The touches of all persons in order: their evidence, and whether a letter's link began them."""
    return [(touch.evidence, touch.is_mailed) for touch in sorted(rows_of(world, Touch), key=lambda each: each.at)]


@pytest.fixture
def tweet(world: World) -> str:
    """The tweet that brought the one lead."""
    campaign = make_campaign(world)
    page = make_page(world, make_white_paper(world, campaign))
    tweet_id, via = via_of_click(world, page, campaign.id)
    claim(world, page, via=via)
    return tweet_id


def test_following_a_letters_link_is_a_touch_of_its_person(world: World, tweet: str, clock: HandClock) -> None:
    at = clock.advance(days=2)
    assert note_followed(world, mailed(world), asked())
    first, touch = sorted(rows_of(world, Touch), key=lambda each: each.at)
    assert (touch.person_id, touch.campaign_id, touch.at) == (first.person_id, first.campaign_id, at)
    assert (touch.evidence, touch.tweet_id, touch.link_id, touch.is_mailed) == ("direct", None, None, True)


def test_the_sale_after_it_is_still_the_tweets(world: World, tweet: str, clock: HandClock) -> None:
    clock.advance(days=2)
    note_followed(world, mailed(world), asked())
    clock.advance(days=1)
    lead_id = rows_of(world, Delivery)[0].lead_id
    enter_sale(world, lead_id, 12_345, "EUR", "Zoé", None)
    sale = next(each for each in rows_of(world, Conversion) if each.kind == "sale")
    with world.db.read() as session:
        usual = whys.why(session, sale.id, Lens())
        always = whys.why(session, sale.id, Lens("linear", direct="always"))
    assert [(step.touch.is_mailed, step.cents, step.why_not) for step in usual.steps] == [
        (False, 12_345, None), (True, 0, "direct"),
    ]  # fmt: skip
    assert [step.cents for step in always.steps] == [6_173, 6_172]
    assert usual.steps[0].touch.tweet_id == tweet


def test_a_visit_that_goes_on_is_not_begun_again(world: World, tweet: str, clock: HandClock) -> None:
    clock.advance(minutes=29)
    assert not note_followed(world, mailed(world), asked())  # the form was just sent
    clock.advance(minutes=1)
    assert note_followed(world, mailed(world), asked())
    clock.advance(minutes=29, seconds=59)
    assert not note_followed(world, mailed(world), asked())
    clock.advance(seconds=1)
    assert note_followed(world, mailed(world), asked())
    assert path(world) == [("link+x", False), ("direct", True), ("direct", True)]


def test_a_form_sent_just_before_is_the_visit_that_goes_on(world: World, clock: HandClock) -> None:
    campaign = make_campaign(world)
    page = make_page(world, make_white_paper(world, campaign))
    _, via = via_of_click(world, page, campaign.id)
    clock.advance(minutes=25)  # the touch is the click's, long before
    claim(world, page, via=via)
    clock.advance(minutes=25)
    assert not note_followed(world, mailed(world), asked())
    assert path(world) == [("link+x", False)]


def test_followed_eight_times_at_once_it_is_one_touch(world: World, tweet: str, clock: HandClock) -> None:
    clock.advance(days=1)
    value = mailed(world)
    assert sorted(map(bool, at_once(8, lambda _: note_followed(world, value, asked())))) == [False] * 7 + [True]
    assert path(world) == [("link+x", False), ("direct", True)]


@pytest.mark.parametrize(
    "more",
    [
        {"method": "HEAD"}, {"agent": "Twitterbot/1.0"}, {"agent": ""}, {"member": True},
        {"headers": {"Sec-Purpose": "prefetch"}}, {"headers": {"X-Purpose": "preview"}},
        {"headers": {"Sec-GPC": "1"}}, {"headers": {"DNT": "1"}},
    ],
)  # fmt: skip
def test_machines_members_and_who_is_not_to_be_followed_are_no_touch(
    world: World, tweet: str, clock: HandClock, more: dict[str, Any]
) -> None:
    clock.advance(days=1)
    assert not note_followed(world, mailed(world), asked(**more))
    assert path(world) == [("link+x", False)]


def test_the_link_of_the_thanks_page_and_of_a_letter_of_yore_is_no_mail_link(
    world: World, tweet: str, clock: HandClock
) -> None:
    clock.advance(days=1)
    for value in (mailed(world)[:2], [*mailed(world)[:2], "x"]):
        assert not note_followed(world, value, asked())
    assert path(world) == [("link+x", False)]


def test_a_link_of_another_offer_or_of_nobody_is_no_touch(world: World, tweet: str, clock: HandClock) -> None:
    other = make_white_paper(world, make_campaign(world, name="Other"))
    clock.advance(days=1)
    delivery_id, offer_id, mark = mailed(world)
    for value in ([delivery_id, other.id, mark], [other.id, offer_id, mark]):
        assert not note_followed(world, value, asked())
    assert path(world) == [("link+x", False)]


def test_nothing_that_came_before_it_is_computed_again(world: World, tweet: str, clock: HandClock) -> None:
    clock.advance(days=1)
    before = len(rows_of(world, Restated))
    assert note_followed(world, mailed(world), asked())
    assert len(rows_of(world, Restated)) == before
