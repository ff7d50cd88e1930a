"""A tweet in trouble is told to its writer, once each time; without one, to the administrators."""

import pytest

from campaigns.flows.plan_tweet import publish
from campaigns.flows.publish_due import publish_due
from campaigns.flows.tell_trouble import tell_trouble
from campaigns.flows.write_tweet import TweetDraft, write_tweet
from campaigns.people import users
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import mails_of
from tests.makers.people import make_member
from tests.makers.publishing import Answer, loses, make_place, refuses, with_x


def written(world: World, user_id: str | None) -> str:
    """A tweet of this member's that is due."""
    place = make_place(world)
    draft = TweetDraft(place.campaign_id, place.offer_id, "Le guide : {link}", world.clock.now().isoformat())
    return write_tweet(world, draft, who="Léa", user_id=user_id).tweet.id


@pytest.mark.parametrize(
    "answers,subject",
    [((refuses("x_forbidden"),), "A tweet didn’t go out"), ((loses, loses), "A tweet needs you: is it on X?")],
)
def test_its_writer_hears_of_it_once_with_the_way_to_act(
    world: World, clock: HandClock, answers: tuple[Answer, ...], subject: str
) -> None:
    world, _ = with_x(world, *answers)
    tweet_id = written(world, make_member(world).id)
    for _step in range(8):
        publish_due(world, "w")
        clock.advance(seconds=61)
    assert (tell_trouble(world), tell_trouble(world)) == (1, 0)
    [mail] = mails_of(world)
    assert (mail["to"], mail["subject"]) == ("lea@feuillet.example", subject)
    assert f"/tweets/{tweet_id}" in mail["text"]


def test_failing_again_is_told_again(world: World, clock: HandClock) -> None:
    world, _ = with_x(world, refuses("x_forbidden"), refuses("x_forbidden"))
    tweet_id = written(world, make_member(world).id)
    publish_due(world, "w")
    tell_trouble(world)
    clock.advance(minutes=5)
    publish(world, tweet_id, who="Léa")
    publish_due(world, "w")
    assert tell_trouble(world) == 1


def test_a_machine_s_tweet_and_one_of_a_member_shut_out_are_the_administrators(world: World) -> None:
    world, _ = with_x(world, refuses("x_forbidden"))
    admin = make_member(world, "admin", "ines@feuillet.example")
    gone = make_member(world, "marketer")
    with world.db.write() as session:
        users.find(session, gone.id).disabled_at = world.clock.now()
    written(world, gone.id)
    publish_due(world, "w")
    assert tell_trouble(world) == 1
    assert [mail["to"] for mail in mails_of(world)] == [admin.email]


def test_old_trouble_and_what_went_well_are_not_told(world: World, clock: HandClock) -> None:
    world, _ = with_x(world, refuses("x_forbidden"))
    written(world, make_member(world).id)
    publish_due(world, "w")
    clock.advance(days=2)
    assert tell_trouble(world) == 0
