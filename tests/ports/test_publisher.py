"""What every publisher does, rehearsed or real."""

from datetime import timedelta

import pytest

from campaigns.ports import Publisher, Refused
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.x import FakeX
from tests.ports.conftest import Compose

LINK = "https://go.feuillet.example/l/abc2345"


@pytest.fixture(params=["rehearsal", "x"])
def publisher(request: pytest.FixtureRequest, composed: Compose, x: FakeX) -> Publisher:
    return composed(x.environ if request.param == "x" else {}).publisher


def test_a_post_is_found_on_the_timeline_by_its_link(publisher: Publisher, clock: HandClock) -> None:
    posted = publisher.post(f"Le guide est là : {LINK}, bonne lecture 🪶")
    [found] = publisher.own_posts(clock.now() - timedelta(minutes=5))
    assert posted.x_id.isdigit()
    assert posted.posted_at == clock.now()
    assert (found.x_id, found.urls, found.posted_at) == (posted.x_id, (LINK,), clock.now())


def test_the_timeline_is_newest_first_and_begins_at_the_moment_asked_for(
    publisher: Publisher, clock: HandClock
) -> None:
    publisher.post("before")
    since = clock.advance(hours=1)
    first = publisher.post("first")
    clock.advance(seconds=1)
    second = publisher.post("second")
    assert [post.x_id for post in publisher.own_posts(since)] == [second.x_id, first.x_id]


def test_an_empty_timeline_is_an_empty_list(publisher: Publisher, clock: HandClock) -> None:
    assert publisher.own_posts(clock.now() - timedelta(days=1)) == []


def test_a_timeline_of_several_pages_is_read_whole(publisher: Publisher, clock: HandClock) -> None:
    since = clock.now()
    ids = [publisher.post(f"number {number}").x_id for number in range(130)]
    assert [post.x_id for post in publisher.own_posts(since)] == ids[::-1]


def test_the_same_text_is_refused_within_a_day(publisher: Publisher, clock: HandClock) -> None:
    publisher.post(f"Twice {LINK}")
    clock.advance(hours=23)
    with pytest.raises(Refused) as refused:
        publisher.post(f"Twice {LINK}")
    assert refused.value.code == "x_duplicate"
    assert len(publisher.own_posts(clock.now() - timedelta(days=2))) == 1


def test_the_same_text_is_taken_two_days_later(publisher: Publisher, clock: HandClock) -> None:
    first = publisher.post("Every other day")
    clock.advance(days=2)
    assert publisher.post("Every other day").x_id != first.x_id


def test_a_deleted_post_is_gone_and_deleting_it_again_is_no_error(publisher: Publisher, clock: HandClock) -> None:
    posted = publisher.post("Soon gone")
    publisher.delete(posted.x_id)
    publisher.delete(posted.x_id)
    assert publisher.own_posts(clock.now() - timedelta(hours=1)) == []


def test_the_account_has_a_handle(publisher: Publisher) -> None:
    account = publisher.whoami()
    assert account.id.isdigit()
    assert account.handle
    assert account.name
    assert publisher.whoami() == account


def reposted(world: World, x: FakeX) -> list[str]:
    """What the account shows again, wherever it went."""
    if world.rehearsal is not None and world.publisher.rehearses:
        return [each.x_id for each in world.rehearsal.reposts(10)]
    return x.reposts


@pytest.mark.parametrize("way", ["rehearsal", "x"])
def test_a_repost_is_there_once_and_taken_back_once(composed: Compose, x: FakeX, way: str) -> None:
    world = composed(x.environ if way == "x" else {})
    posted = world.publisher.post("Worth another look")
    for _ in range(2):
        world.publisher.repost(posted.x_id)
        assert reposted(world, x) == [posted.x_id]
    for _ in range(2):
        world.publisher.unrepost(posted.x_id)
        assert reposted(world, x) == []


def test_a_repost_is_no_post_of_ours(publisher: Publisher, clock: HandClock) -> None:
    posted = publisher.post("Once")
    publisher.repost(posted.x_id)
    assert [post.x_id for post in publisher.own_posts(clock.now() - timedelta(hours=1))] == [posted.x_id]


def test_what_is_no_id_is_never_reposted(publisher: Publisher) -> None:
    with pytest.raises(Refused, match="x_refused"):
        publisher.repost("../users/me")


def test_the_account_s_posts_are_counted(publisher: Publisher) -> None:
    publisher.post("One")
    publisher.post("Two")
    assert publisher.profile().posts == 2


def test_a_post_that_was_never_edited_has_no_former_ids(publisher: Publisher, clock: HandClock) -> None:
    publisher.post("As it is")
    assert [post.edits for post in publisher.own_posts(clock.now())] == [()]


def test_nothing_is_posted_while_a_transaction_is_open(composed: Compose, x: FakeX) -> None:
    for environ in ({}, x.environ):
        world = composed(environ)
        with world.db.read(), pytest.raises(RuntimeError, match="inside a read transaction"):
            world.publisher.post("Never")
    assert x.requests == []


def test_the_wall_shows_what_was_posted_page_by_page(composed: Compose, clock: HandClock) -> None:
    world = composed()
    posted = [world.publisher.post(f"{number}") for number in range(5)]
    assert world.rehearsal is not None
    first = world.rehearsal.posts(3)
    rest = world.rehearsal.posts(3, before=first[-1].x_id)
    assert [post.x_id for post in first + rest] == [post.x_id for post in reversed(posted)]


def test_the_rehearsal_is_shared_by_all_processes(composed: Compose, clock: HandClock) -> None:
    web, worker = composed(), composed()
    worker.publisher.post("From the worker")
    assert web.rehearsal is not None
    assert [post.text for post in web.rehearsal.posts(10)] == ["From the worker"]
