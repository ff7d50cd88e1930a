from campaigns.measuring import attention
from campaigns.publishing import tweets
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet, tweet_of
from tests.makers.tracking import make_lead, make_person


def needs(world: World, *, rehearsal: bool = True) -> list[tuple[str, int]]:
    with world.db.read() as session:
        found = attention.needed(session, world.clock.now(), rehearsal=rehearsal)
    return [(need.kind, need.count) for need in found]


def fail(world: World, place: Place, *, rehearsed: bool) -> None:
    tweet = tweet_of(world, make_tweet(world, place).tweet.id)
    now = world.clock.now()
    with world.db.write() as session:
        tweets.change(session, tweet, "failed", who="w", why="missed", now=now, problem="missed", rehearsed=rehearsed)


def test_a_lead_needs_an_answer_after_two_days(world: World, clock: HandClock) -> None:
    place = make_place(world)
    make_lead(world, place, make_person(world))
    assert needs(world) == []
    clock.advance(days=2, seconds=1)
    assert needs(world) == [("leads", 1)]


def test_what_was_rehearsed_needs_nobody_once_x_is_connected(world: World, clock: HandClock) -> None:
    place = make_place(world)
    for rehearsed in (True, False):
        make_lead(world, place, make_person(world), rehearsed=rehearsed)
        fail(world, place, rehearsed=rehearsed)
    clock.advance(days=3)
    assert needs(world, rehearsal=True) == [("failed", 0), ("failed", 0), ("leads", 2)]
    assert needs(world, rehearsal=False) == [("failed", 0), ("leads", 1)]
