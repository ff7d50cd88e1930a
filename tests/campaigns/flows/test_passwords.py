"""A password is forgotten or changed: what it opened before is shut."""

import pytest

from campaigns.flows import reset_password, sign_in
from campaigns.flows.change_password import change_password
from campaigns.flows.send_link import send_link
from campaigns.flows.sign_in import Browser
from campaigns.kernel.errors import Problem
from campaigns.people import sessions
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.people import PASSWORD, actions, is_in, knock, mailed_secret, make_member, make_session

NEW = "huit retweets par mois"


def session_of(world: World, user_id: str) -> str:
    with world.db.read() as session:
        return sessions.list_of(session, user_id, world.clock.now(), 10**6, 10**6)[0].id


def change(world: World, user_id: str, session_id: str, current: str = PASSWORD, password: str = NEW) -> None:
    change_password(world, user_id, session_id, current=current, password=password, address="192.0.2.7")


def test_a_reset_ends_every_session_and_every_other_link(world: World) -> None:
    user = make_member(world)
    before = make_session(world, user)
    send_link(world, "sign_in", knock(), "en")
    sign_in_secret = mailed_secret(world)
    send_link(world, "password", knock(), "en")
    secret = mailed_secret(world)
    assert reset_password.whose(world, secret).id == user.id
    here = reset_password.reset_password(world, secret, NEW, "tests")
    assert (is_in(world, before), is_in(world, here)) == (False, True)
    with pytest.raises(Problem):
        sign_in.with_link(world, sign_in_secret, Browser("tests"))
    with pytest.raises(Problem) as refused:
        reset_password.reset_password(world, secret, "another good password", "tests")
    assert refused.value.faults[0].code == "token_used"
    assert is_in(world, sign_in.with_password(world, knock(), NEW, Browser("tests")))


def test_a_bad_password_leaves_the_link_for_a_better_one(world: World) -> None:
    make_member(world)
    send_link(world, "password", knock(), "en")
    secret = mailed_secret(world)
    with pytest.raises(Problem) as refused:
        reset_password.reset_password(world, secret, "short", "tests")
    assert refused.value.faults[0].field == "password"
    assert is_in(world, reset_password.reset_password(world, secret, NEW, "tests"))


def test_a_reset_comes_too_late_after_thirty_minutes(world: World, clock: HandClock) -> None:
    make_member(world)
    send_link(world, "password", knock(), "en")
    clock.advance(minutes=30, seconds=1)
    with pytest.raises(Problem) as refused:
        reset_password.reset_password(world, mailed_secret(world), NEW, "tests")
    assert (refused.value.kind, refused.value.faults[0].code) == ("gone", "token_expired")


def test_a_change_keeps_this_session_and_ends_the_others(world: World) -> None:
    user = make_member(world)
    elsewhere = make_session(world, user)
    world.clock.advance(seconds=1)
    here = make_session(world, user)
    send_link(world, "password", knock(), "en")
    change(world, user.id, session_of(world, user.id))
    assert (is_in(world, here), is_in(world, elsewhere)) == (True, False)
    with pytest.raises(Problem):
        reset_password.whose(world, mailed_secret(world))
    assert actions(world)[-1] == "password.changed"


def test_a_change_asks_for_the_current_password_and_counts_wrong_ones(world: World) -> None:
    user = make_member(world)
    make_session(world, user)
    own = session_of(world, user.id)
    for _ in range(10):
        with pytest.raises(Problem) as refused:
            change(world, user.id, own, current="wrong password")
        assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("current", "password_wrong")
    with pytest.raises(Problem) as refused:
        change(world, user.id, own)
    assert refused.value.faults[0].code == "too_often"


def test_a_bad_new_password_changes_nothing(world: World) -> None:
    user = make_member(world)
    make_session(world, user)
    with pytest.raises(Problem) as refused:
        change(world, user.id, session_of(world, user.id), password="password1234")
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("password", "password_common")
    assert is_in(world, sign_in.with_password(world, knock(), PASSWORD, Browser("tests")))
