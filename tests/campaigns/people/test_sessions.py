"""Sessions: rows, so that each can be ended from here, and none outlives its time."""

from campaigns.people import sessions
from campaigns.people.users import User
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.people import is_in, make_member, make_session


def test_a_session_ends_after_eight_idle_hours_and_lives_on_when_it_is_used(world: World, clock: HandClock) -> None:
    user = make_member(world)
    used, idle = make_session(world, user), make_session(world, user)
    for _ in range(3):
        clock.advance(hours=4)
        with world.db.write() as session:
            found = sessions.find(session, used, clock.now(), 8 * 3600, 7 * 86400)
            assert found
            assert sessions.is_stale(found[0], clock.now())
            sessions.note_seen(session, found[0].id, user.id, clock.now())
    assert is_in(world, used)
    assert not is_in(world, idle)


def test_a_session_ends_after_seven_days_however_much_it_is_used(world: World, clock: HandClock) -> None:
    user = make_member(world)
    secret = make_session(world, user)
    for _ in range(7 * 4 - 1):
        clock.advance(hours=6)
        with world.db.write() as session:
            found = sessions.find(session, secret, clock.now(), 8 * 3600, 7 * 86400)
            assert found
            sessions.note_seen(session, found[0].id, user.id, clock.now())
    clock.advance(hours=6)
    assert not is_in(world, secret)


def test_a_clock_that_goes_back_an_hour_ends_nothing(world: World, clock: HandClock) -> None:
    secret = make_session(world, make_member(world))
    clock.advance(hours=-1)
    assert is_in(world, secret)


def test_who_signs_in_is_seen_at_once(world: World, clock: HandClock) -> None:
    user = make_member(world)
    make_session(world, user)
    with world.db.read() as session:
        assert session.get_one(User, user.id).seen_at == clock.now()


def test_only_the_hash_of_the_secret_is_kept(world: World) -> None:
    user = make_member(world)
    secret = make_session(world, user)
    with world.db.read() as session:
        (row,) = sessions.list_of(session, user.id, world.clock.now(), 8 * 3600, 7 * 86400)
    assert secret not in str(vars(row))
    assert not is_in(world, row.token_hash)


def test_everywhere_else_ends_all_sessions_but_one_and_nobody_elses(world: World) -> None:
    lea, tom = make_member(world), make_member(world, email="tom@feuillet.example")
    here, there, toms = make_session(world, lea), make_session(world, lea), make_session(world, tom)
    with world.db.write() as session:
        found = sessions.find(session, here, world.clock.now(), 8 * 3600, 7 * 86400)
        assert found
        assert sessions.end_all(session, lea.id, world.clock.now(), but=found[0].id) == 1
    assert [is_in(world, secret) for secret in (here, there, toms)] == [True, False, True]


def test_nobody_ends_the_session_of_another(world: World) -> None:
    lea, tom = make_member(world), make_member(world, email="tom@feuillet.example")
    secret = make_session(world, lea)
    with world.db.write() as session:
        (row,) = sessions.list_of(session, lea.id, world.clock.now(), 8 * 3600, 7 * 86400)
        assert not sessions.end_own(session, row.id, tom.id, world.clock.now())
        assert sessions.end_own(session, row.id, lea.id, world.clock.now())
        assert not sessions.end_own(session, row.id, lea.id, world.clock.now())
    assert not is_in(world, secret)
